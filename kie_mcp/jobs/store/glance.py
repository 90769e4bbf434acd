"""Look into the ledger with plain SQLite, without changing it: what the start asks before the server is loaded."""

import json
import sqlite3

TYPE_CHECKING = False  # importing it from typing takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

UNFINISHED = ("reserved", "submitting", "submitted", "running")
"""The phases in which a job still needs somebody who cares for it; `jobs.job` defines them."""
_MARKS = ", ".join("?" * len(UNFINISHED))
_UNFINISHED_JOBS = (
    "SELECT account FROM jobs LEFT JOIN workers ON workers.worker = jobs.worker"  # noqa: S608 - question marks
    f" WHERE phase IN ({_MARKS}) AND (? IS NULL OR coalesce(alive_until, 0) <= ?)"
)
_PATIENCE = 0.5
"""Seconds to wait for another process's transaction."""


class Glance:
    """One look into the file; a context manager. Raises sqlite3.Error or OSError if it cannot be read.

    Args:
        path: The file.
        version: The version of its tables that is known here.
    """

    def __init__(self, path: str, version: int) -> None:
        # Not `ro`: what another process began and did not finish is rolled back by the first that opens the file.
        self._db = sqlite3.connect(f"file:{_quote(path)}?mode=rw", uri=True, timeout=_PATIENCE, isolation_level=None)
        try:
            self._db.execute("PRAGMA query_only = ON")
            if self._db.execute("PRAGMA user_version").fetchone()[0] != version:
                raise sqlite3.DatabaseError("the file has other tables")
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> "Glance":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def read_finished(self, account: str, limit: int) -> "list[dict[str, Any]]":
        """Return the records of the account's jobs that succeeded, newest first. Raises ValueError."""
        rows = self._db.execute(
            "SELECT record FROM jobs WHERE account = ? AND state = 'succeeded'"
            " ORDER BY created_at DESC, rowid DESC LIMIT ?",
            (account, limit),
        )
        return [json.loads(record) for (record,) in rows]

    def has_finished(self) -> bool:
        """Return whether any account has a job that succeeded."""
        return self._db.execute("SELECT 1 FROM jobs WHERE state = 'succeeded' LIMIT 1").fetchone() is not None

    def has_unfinished(self, account: "Callable[[], str]", now: float | None) -> bool:
        """Return whether the account has a job that is not finished.

        With a time, only one for which nobody cares who gives a sign of life counts. *account* is called only if any
        account has such a job.
        """
        rows = self._db.execute(_UNFINISHED_JOBS, (*UNFINISHED, now, now)).fetchall()
        return bool(rows) and (account(),) in rows


def _quote(path: str) -> str:
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
