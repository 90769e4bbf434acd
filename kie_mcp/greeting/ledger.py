"""What the start asks of the ledger: the files of finished jobs, whether it can be used, and who needs the server."""

import os
import time

TYPE_CHECKING = False  # importing it from typing takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from kie_mcp.errors import KieError
    from kie_mcp.greeting.plain_messages import JSON
    from kie_mcp.greeting.plain_settings import PlainSettings

GLANCE_EVERY = 10.0
"""Seconds between two looks at who cares for the account's jobs."""
CHECKED, NEEDED = "checked", "needed"
"""The notices of `LedgerWatch`: the ledger was checked; the server is needed for jobs that are not finished."""


class LedgerFiles:
    """Adds the files that the account's jobs made to the list of resources.

    Args:
        settings: Whose ledger it is; None for a sandbox, whose account is made anew when it starts.
        version: The version of the ledger's tables.
        facts: What the entries say beside the jobs' records.
    """

    def __init__(self, settings: "PlainSettings | None", version: int, facts: "Mapping[str, Any]") -> None:
        self._settings = settings
        self._version = version
        self._facts = facts

    def add_to(self, result: "JSON") -> "JSON | None":
        """Return the result of `resources/list` with the files; None if they cannot be read here."""
        if self._settings is None or not _has_content(self._settings.ledger_path):
            return result
        import sqlite3

        try:
            return self._add(result, self._settings)
        except (OSError, sqlite3.Error, LookupError, TypeError, ValueError, AttributeError):
            return None

    def _add(self, result: "JSON", settings: "PlainSettings") -> "JSON":
        from kie_mcp.jobs.store.glance import Glance

        with Glance(settings.ledger_path, self._version) as glance:
            if not glance.has_finished():
                return result  # as for most who never called the server; what follows takes time to load
            from kie_mcp.surface.resources.file_entries import PAGE, add_page

            return add_page(result, glance.read_finished(settings.account, PAGE + 1), self._facts)


class LedgerWatch:
    """Checks the ledger once, and looks from time to time whether a job needs the server; to be run in a thread.

    Args:
        settings: Whose ledger it is.
        version: The version of its tables.
        tell: Is told `CHECKED` once, and `NEEDED` when the server is needed.
        sandbox: Whether the server uses a sandbox of its own, which has no jobs before it starts.
    """

    def __init__(
        self, settings: "PlainSettings", version: int, tell: "Callable[[str], None]", *, sandbox: bool = False
    ) -> None:
        self._settings = settings
        self._version = version
        self._tell = tell
        self._sandbox = sandbox
        self.error: KieError | None = None
        """Why the ledger cannot be used."""
        self.is_done = False
        """Whether it was checked."""

    def run(self) -> None:
        """Check, tell and look."""
        self.error = self._check()
        self.is_done = True
        self._tell(CHECKED)
        if self._sandbox or self.error:
            return
        needed = self._needs_server(at_start=True)
        while not needed:
            time.sleep(GLANCE_EVERY)
            needed = self._needs_server()
        self._tell(NEEDED)

    def _check(self) -> "KieError | None":
        """Open the ledger as the server does. Returns the error if it cannot be used."""
        from pathlib import Path

        from kie_mcp.jobs.store import schema

        try:
            schema.connect(Path(self._settings.ledger_path)).close()
        except Exception as error:
            from kie_mcp.errors import KieError

            if not isinstance(error, KieError):
                raise
            return error
        return None

    def _needs_server(self, *, at_start: bool = False) -> bool:
        """Return whether a job needs the server: at the start any that is not finished, later those left alone.

        At the start the lease of a process that was killed just now is not over yet; the server can tell, by its lock.
        """
        import sqlite3

        from kie_mcp.jobs.store.glance import Glance

        try:
            with Glance(self._settings.ledger_path, self._version) as glance:
                return glance.has_unfinished(lambda: self._settings.account, None if at_start else time.time())
        except (OSError, sqlite3.Error):
            return False  # it is looked at again


def _has_content(path: str) -> bool:
    try:
        return os.stat(path).st_size > 0  # noqa: PTH116 - pathlib takes long to load
    except OSError:
        return False
