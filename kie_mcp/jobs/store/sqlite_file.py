"""Opens the SQLite file of a ledger, and does one transaction at a time, also when the file is replaced meanwhile."""

import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from kie_mcp.jobs.failure_log import FailureLog
from kie_mcp.jobs.store import schema
from kie_mcp.jobs.store.carry_over import carry_over, identify, list_unfinished
from kie_mcp.jobs.store.errors import LedgerError
from kie_mcp.jobs.store.serial_thread import SerialThread

logger = logging.getLogger(__name__)

_OFTEN = 10
"""Files after which it is not noticed any more that there is another one."""
READ = "BEGIN DEFERRED"
WRITE = "BEGIN IMMEDIATE"
R = TypeVar("R")


class Runner(Protocol):
    """Runs a blocking function and waits for it."""

    async def __call__(self, function: Callable[[], R], /) -> R:
        """Return what the function returns."""
        ...


class SqliteFile:
    """Does work in transactions on one file.

    Args:
        path: The file.
        run: Where the blocking calls happen; by default in worker threads, one at a time.
        connect: Opens the file.
    """

    def __init__(
        self, path: Path, run: Runner | None = None, connect: Callable[[Path], sqlite3.Connection] = schema.connect
    ) -> None:
        self.path = path
        self._run = run or SerialThread()
        self._connect = connect
        self._db: sqlite3.Connection | None = None
        self._is_wanted = False
        """Whether the file is to be open; if it could not be opened, each transaction tries again."""
        self._file: tuple[int, int] | None = None
        """The file that is open; None for one that has no path."""
        self._replaced = 0
        self._failures = FailureLog(logger)

    async def open(self) -> None:
        """Open the file, made or migrated where needed. Raises LedgerError if it cannot be used."""
        self._is_wanted = True
        await self._run(self._open)

    async def close(self) -> None:
        """Close the file."""
        self._is_wanted = False
        if self._db is not None:
            db, self._db = self._db, None
            await self._run(db.close)

    async def transact(self, work: Callable[[sqlite3.Connection], R], *, begin: str = WRITE) -> R:
        """Do the work in one transaction and return what it returns; one that begins with `READ` must only read."""
        return await self._run(lambda: self._inside(work, begin))

    def _inside(self, work: Callable[[sqlite3.Connection], R], begin: str) -> R:
        try:
            db = self._current()
            version: int = db.execute("PRAGMA user_version").fetchone()[0]
            if version < len(schema.MIGRATIONS):  # an older file was copied over it
                schema.migrate(db, self.path)
            db.execute(begin)
            with db:
                self._check_version(db)
                return work(db)
        except (OSError, sqlite3.Error) as error:
            raise schema.describe_unusable(self.path, error) from error

    def _check_version(self, db: sqlite3.Connection) -> None:
        try:
            schema.check_version(db, self.path)
        except LedgerError as error:
            self._failures.log(f"Not finished, and left to the newer kie-mcp: {_describe_unfinished(db)}", error)
            raise

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = self._connect(self.path)
            self._file = identify(self.path)
        return self._db

    def _current(self) -> sqlite3.Connection:
        """Return the file that is at the path now; from one that was moved away or replaced, what counts is copied.

        Raises LedgerError if what is there now cannot be used.
        """
        if not self._is_wanted:
            raise LedgerError("The ledger is not open.")
        db = self._open()
        if self._file is None or identify(self.path) == self._file:
            return db
        jobs = _describe_unfinished(db)
        subject = f"The ledger {self.path} was moved away or replaced while this server runs; not finished: {jobs}"
        try:
            new = self._connect(self.path)
        except LedgerError as error:
            self._failures.log(subject, error)
            raise
        try:
            carry_over(db, new)
        except sqlite3.Error as error:
            new.close()
            self._failures.log(subject, schema.describe_unusable(self.path, error))
            raise
        logger.warning("%s. They were written into the one that is there now.", subject)
        self._replaced += 1
        # Some network disks give a file another number each time.
        self._db, self._file = new, identify(self.path) if self._replaced < _OFTEN else None
        db.close()
        return new


def _describe_unfinished(db: sqlite3.Connection) -> str:
    try:
        return ", ".join(list_unfinished(db)) or "none"
    except sqlite3.Error:
        return "not known; see https://kie.ai/logs"
