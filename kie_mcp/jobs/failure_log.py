"""Logs a failure that comes again and again in full once, and then in a word: a log is read by people."""

import logging

from kie_mcp.errors import KieError

MOST = 1000
"""Subjects that are remembered; what is forgotten is told in full again."""


class FailureLog:
    """Logs failures by subject. One that we know the cause of is told without a traceback."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._last: dict[str, tuple[type[Exception], str]] = {}

    def log(self, subject: str, error: Exception) -> None:
        """Log what went wrong: as an error if that is new of this subject, else for those who want to know all."""
        failure = type(error), str(error)
        if self._last.get(subject) == failure:
            self._logger.debug("%s: still %s", subject, failure[0].__name__)
            return
        if len(self._last) >= MOST:
            self._last.clear()
        self._last[subject] = failure
        if isinstance(error, KieError):
            self._logger.error("%s: %s %s", subject, error, error.remedy)
        else:
            self._logger.error("%s", subject, exc_info=error)

    def clear(self, subject: str) -> None:
        """Take the next failure of this subject for a new one: it went well."""
        self._last.pop(subject, None)
