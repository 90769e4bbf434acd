"""Write the log to standard error, as lines for people or as JSON, with secrets removed from every record."""

import json
import logging
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from kie_mcp.text import redact

_JOB = re.compile(r"\bjob_[a-z2-7]{26}\b")


class TextFormatter(logging.Formatter):
    """Formats a record for people: level, logger and message, and the traceback below if there is one.

    Args:
        secrets: What is never shown, wherever it stands: in a message, in a traceback, in a library's words.
    """

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a record."""
        return self.redact(super().format(record))

    def redact(self, text: str) -> str:
        """Return the text without secrets, without what is secret in links, and without hidden characters."""
        return redact(text, self._secrets)


class JSONFormatter(TextFormatter):
    """Formats a record as one line of JSON.

    Its members are `time` (ISO 8601, UTC), `level`, `logger` and `message`; `job_id` if the record is about a job, and
    `traceback` if there is one.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        message = self.redact(record.getMessage())
        facts = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": message,
        }
        if found := _JOB.search(message):
            facts["job_id"] = found[0]
        if record.exc_info:
            facts["traceback"] = self.redact(self.formatException(record.exc_info))
        return json.dumps(facts)


def log_to_stderr(level: str, form: Literal["text", "json"] = "text", secrets: Sequence[str] = ()) -> None:
    """Log to standard error from now on. The SDK would use rich, which ends the process if nobody reads its lines.

    Args:
        level: The lowest level that is written.
        form: How it is written.
        secrets: What is never shown.
    """
    handler = logging.StreamHandler()
    handler.setFormatter((JSONFormatter if form == "json" else TextFormatter)(secrets))
    logging.basicConfig(level=level, handlers=[handler])
