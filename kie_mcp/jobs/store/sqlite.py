"""The ledger in one SQLite file, shared by every server process of one user.

Times inside are seconds since 1970. Every method is one transaction, run in a worker thread: one that changes something
takes the write lock at once and is durable when it returns, one that only reads never takes that lock.
"""

import functools
import json
import logging
import sqlite3
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from types import CoroutineType
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from kie_mcp.jobs import rate_limit
from kie_mcp.jobs.absence import absent
from kie_mcp.jobs.failure_log import FailureLog
from kie_mcp.jobs.job import Job, JobState, Phase, stepped
from kie_mcp.jobs.joining import JOIN_FOR, NOTHING_RECENT, Caller, Recent
from kie_mcp.jobs.ledger_replaced import carry_over, identity, unfinished
from kie_mcp.jobs.parts import with_parts
from kie_mcp.jobs.store import queries, schema
from kie_mcp.jobs.store.ledger import (
    NOTHING_KNOWN,
    STEPS,
    LedgerError,
    Note,
    Queue,
    StaleJobError,
)
from kie_mcp.jobs.store.schema import load
from kie_mcp.orders.kind import Kind

logger = logging.getLogger(__name__)

_OFTEN = 10
"""Files after which it is not noticed any more that there is another one."""
FORGET_UPLOADS = 2 * 24 * 3600.0
"""Seconds after which an upload is forgotten: Kie.ai keeps it for one day."""
READ = "BEGIN DEFERRED"
WRITE = "BEGIN IMMEDIATE"
P = ParamSpec("P")
R = TypeVar("R")


class Runner(Protocol):
    """Runs a blocking function and waits for it."""

    async def __call__(self, function: Callable[[], R], /) -> R:
        """Return what the function returns."""
        ...


def _transaction(
    method: Callable[Concatenate["SqliteLedger", sqlite3.Connection, P], R],
) -> "Callable[Concatenate[SqliteLedger, P], CoroutineType[Any, Any, R]]":
    """Make a method that speaks SQL an awaitable one that is a transaction of its own, and may write."""

    @functools.wraps(method)
    async def run(self: "SqliteLedger", *args: P.args, **kwargs: P.kwargs) -> R:
        return await self.transact(lambda db: method(self, db, *args, **kwargs))

    return run


def _reading(
    method: Callable[Concatenate["SqliteLedger", sqlite3.Connection, P], R],
) -> "Callable[Concatenate[SqliteLedger, P], CoroutineType[Any, Any, R]]":
    """Make a method that speaks SQL an awaitable one that sees one state of the file, and writes nothing."""

    @functools.wraps(method)
    async def run(self: "SqliteLedger", *args: P.args, **kwargs: P.kwargs) -> R:
        return await self.transact(lambda db: method(self, db, *args, **kwargs), begin=READ)

    return run


class SqliteLedger:
    """Implements `Ledger`.

    Args:
        path: The file.
        run: Where the blocking calls happen; by default in worker threads, one at a time.
        connect: Opens the file.
    """

    def __init__(
        self, path: Path, run: Runner | None = None, connect: Callable[[Path], sqlite3.Connection] = schema.connect
    ) -> None:
        self.path = path
        self._run = run or schema.SerialThread()
        self._connect = connect
        self._db: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        """The file that is open; None for one that has no path."""
        self._replaced = 0
        self._failures = FailureLog(logger)

    async def open(self) -> None:
        """Open the file, made or migrated where needed. Raises LedgerError if it cannot be used."""
        if self._db is None:
            self._db = await self._run(lambda: self._connect(self.path))
            self._file = identity(self.path)

    async def close(self) -> None:
        """Close the file."""
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
            raise schema.unusable(self.path, error) from error

    def _check_version(self, db: sqlite3.Connection) -> None:
        try:
            schema.check_version(db, self.path)
        except LedgerError as error:
            self._failures.tell(f"Not finished, and left to the newer kie-mcp: {_unfinished(db)}", error)
            raise

    def _current(self) -> sqlite3.Connection:
        """The file that is at the path now; one that was moved away or replaced is left, with what counts carried on.

        Raises LedgerError if what is there now cannot be used.
        """
        db = self._db
        if db is None:
            raise LedgerError("The ledger is not open.")
        if self._file is None or identity(self.path) == self._file:
            return db
        jobs = _unfinished(db)
        subject = f"The ledger {self.path} was moved away or replaced while this server runs; not finished: {jobs}"
        try:
            new = self._connect(self.path)
        except LedgerError as error:
            self._failures.tell(subject, error)
            raise
        try:
            carry_over(db, new)
        except sqlite3.Error as error:
            new.close()
            self._failures.tell(subject, schema.unusable(self.path, error))
            raise
        logger.warning("%s. They were written into the one that is there now.", subject)
        self._replaced += 1
        # Some network disks give a file another number each time.
        self._db, self._file = new, identity(self.path) if self._replaced < _OFTEN else None
        db.close()
        return new

    @_transaction
    def reserve(
        self,
        db: sqlite3.Connection,
        job: Job,
        worker: str,
        *,
        parts: Mapping[str, Job] | None = None,
        new: bool = False,
        ended: Collection[str] = (),
        recent: Recent = NOTHING_RECENT,
    ) -> tuple[Job, bool]:
        """Write a new job down, or find the one that this order joins; says whether it joined."""
        queries.beat(db, worker, job.created_at)
        if found := queries.joined(db, job, worker, new=new, ended=ended, recent=recent):
            return found, True
        kept = {} if new else queries.kept(db, job)
        made = {
            name: kept.get(part.fingerprint) or queries.reserved(db, part, worker, ended, recent, new=new).id
            for name, part in (parts or {}).items()
        }
        job = with_parts(job, made)
        queries.insert(db, job, worker)
        return job, False

    @_transaction
    def adopt(self, db: sqlite3.Connection, job: Job, worker: str) -> tuple[Job, bool]:
        """Write down a job that was made elsewhere, or find it by its task id; says whether it was there."""
        found = queries.one(db, "SELECT * FROM jobs WHERE account = ? AND task_id = ?", job.account, job.task_id)
        if found:
            return load(found), True
        queries.insert(db, job, worker)
        return job, False

    @_reading
    def read(self, db: sqlite3.Connection, job_id: str) -> Job | None:
        """The job with that id."""
        row = queries.one(db, "SELECT * FROM jobs WHERE id = ?", job_id)
        return load(row) if row else None

    @_reading
    def read_all(self, db: sqlite3.Connection, job_ids: Collection[str]) -> dict[str, Job]:
        """The jobs with these ids, as far as they are there."""
        sql = "SELECT * FROM jobs WHERE id IN (SELECT value FROM json_each(?))"
        return {row["id"]: load(row) for row in db.execute(sql, (json.dumps(list(job_ids)),))}

    @_reading
    def read_task(self, db: sqlite3.Connection, account: str, task_id: str) -> Job | None:
        """The account's job with that id of Kie.ai's."""
        row = queries.one(db, "SELECT * FROM jobs WHERE account = ? AND task_id = ?", account, task_id)
        return load(row) if row else None

    @_reading
    def list_jobs(
        self,
        db: sqlite3.Connection,
        account: str,
        *,
        state: JobState | None = None,
        kind: Kind | None = None,
        limit: int = 20,
        after: str = "",
    ) -> list[Job]:
        """The account's jobs, newest first; with the id of one of them in *after*, those that come after it."""
        rows = db.execute(
            "SELECT * FROM jobs WHERE account = ? AND (? IS NULL OR state = ?) AND (? IS NULL OR kind = ?)"
            " AND (? = '' OR (created_at, rowid) < (SELECT created_at, rowid FROM jobs WHERE id = ?))"
            " ORDER BY created_at DESC, rowid DESC LIMIT ?",
            (account, state, state, kind, kind, after, after, limit),
        )
        return queries.readable(rows)

    @_reading
    def job_ids(self, db: sqlite3.Connection, account: str, prefix: str, limit: int) -> tuple[list[str], int]:
        """The ids of the account's jobs that begin so, newest first, and how many there are in all."""
        return queries.ids(db, account, prefix, limit)

    @_transaction
    def move(self, db: sqlite3.Connection, job: Job, *, was: Phase, took: float | None = None) -> Job:
        """Write the job as it is now, and how long it *took*.

        Raises StaleJobError if it was not in that phase and epoch any more.
        """
        if job.phase not in STEPS[was]:
            raise LedgerError(f"A job cannot go from {was} to {job.phase}.")
        queries.update(db, job, was)
        if took is not None:
            queries.learn(db, job.bucket, took, job.updated_at)
        return job

    @_transaction
    def begin_look(self, db: sqlite3.Connection, job_id: str, now: float, gap: float) -> Job | None:
        """Note that a finished job is looked at now; None if it was so many seconds ago, by whichever process."""
        row = queries.one(db, "SELECT * FROM jobs WHERE id = ?", job_id)
        if row is None or 0 <= now - ((known := load(row)).looked_at or 0.0) < gap:
            return None
        looked = replace(known, looked_at=now)
        queries.update(db, looked, known.phase)
        return looked

    @_transaction
    def mark(self, db: sqlite3.Connection, job: Job, now: float) -> float:
        """Step from reserved to submitting and count the send, if one may be sent; else the seconds to wait."""
        queue = queries.queue(db, job, now)
        # Others may have sent since this process looked at its clock; what is far ahead is of a clock set back since.
        sends = [at for at in queue.sends if at <= now + rate_limit.WINDOW]
        now = max([now, *sends])
        held = max(rate_limit.hold(queue.held_until, now), rate_limit.hold(job.not_before, now))
        seconds = rate_limit.wait(sends, now, now + held)
        if seconds > 0:
            return seconds
        queries.update(db, stepped(job, Phase.SUBMITTING, now, sent_at=now), Phase.RESERVED)
        # A process that has just woken must not lose the job while it sends it.
        if row := queries.one(db, "SELECT worker FROM jobs WHERE id = ? AND worker IS NOT NULL", job.id):
            queries.beat(db, row["worker"], now)
        db.execute("DELETE FROM sends WHERE account = ? AND at <= ?", (job.account, now - rate_limit.WINDOW))
        db.execute("INSERT INTO sends (account, at) VALUES (?, ?)", (job.account, now))
        return 0.0

    @_transaction
    def attach(self, db: sqlite3.Connection, job: Job, task_id: str, now: float, worker: str) -> Job:
        """Write down the task id, whoever cared for the job till now: an id is never lost."""
        row = queries.one(db, "SELECT * FROM jobs WHERE id = ?", job.id)
        if row is None and job.phase is not Phase.SUBMITTING:
            raise LedgerError(f"Job {job.id} is not in the ledger; Kie.ai's id of it is {task_id}.")
        if row is None:  # the file was replaced by one that does not know it
            logger.warning("Job %s was not in the ledger any more; Kie.ai's id of it is %s.", job.id, task_id)
            attached = stepped(job, Phase.SUBMITTED, now, task_id=task_id, note="")
            queries.insert(db, attached, worker)
            return attached
        known = load(row)
        if known.task_id == task_id:
            return known
        if known.task_id is not None or known.phase not in {Phase.RESERVED, Phase.SUBMITTING, Phase.UNCONFIRMED}:
            raise StaleJobError(f"Job {job.id} has gone on without this process.")
        attached = stepped(known, Phase.SUBMITTED, now, task_id=task_id, trouble=None, finished_at=None, note="")
        queries.update(db, attached, known.phase)
        db.execute(
            "UPDATE jobs SET worker = ?, caller = CASE caller WHEN ? THEN ? WHEN ? THEN ? ELSE caller END WHERE id = ?",
            (worker, Caller.ANSWERED, Caller.TOLD, Caller.LATE, Caller.TOLD, job.id),
        )
        return attached

    @_transaction
    def restore(self, db: sqlite3.Connection, job: Job) -> None:
        """Write a job down again that the ledger has lost; whoever comes next takes it over."""
        if queries.one(db, "SELECT id FROM jobs WHERE id = ?", job.id) is None:
            logger.warning("Job %s was not in the ledger any more; Kie.ai's id of it is %s.", job.id, job.task_id)
            queries.insert(db, job, "")
            db.execute("UPDATE jobs SET worker = NULL WHERE id = ?", (job.id,))

    @_reading
    def queue(self, db: sqlite3.Connection, job: Job) -> Queue:
        """The line before this job."""
        return queries.queue(db, job, 0.0)

    @_transaction
    def hold(self, db: sqlite3.Connection, account: str, until: float) -> None:
        """Send nothing for this account before that time."""
        db.execute(
            "INSERT INTO accounts (account, held_until) VALUES (?, ?)"
            " ON CONFLICT (account) DO UPDATE SET held_until = max(held_until, excluded.held_until)",
            (account, until),
        )

    @_transaction
    def beat(self, db: sqlite3.Connection, worker: str, now: float) -> None:
        """Say that this worker is alive."""
        queries.beat(db, worker, now)

    @_transaction
    def renew(self, db: sqlite3.Connection, account: str, worker: str, now: float) -> dict[str, float | None]:
        """Say that this worker is alive, and return who else has open jobs of the account, or calls, and until when."""
        queries.beat(db, worker, now)
        db.execute("DELETE FROM workers WHERE alive_until <= ? AND worker <> ?", (now - JOIN_FOR, worker))
        return queries.leases(db, account, worker)

    @_reading
    def workers_with_calls(self, db: sqlite3.Connection) -> set[str]:
        """The workers whose callers wait."""
        return {row["caller_worker"] for row in db.execute(queries.CALLERS)}

    @_transaction
    def claim(
        self,
        db: sqlite3.Connection,
        account: str,
        worker: str,
        now: float,
        ended: Mapping[str, bool | None] = NOTHING_KNOWN,
        *,
        patient: bool = False,
    ) -> list[Job]:
        """Take over the unfinished jobs whose worker has ended or, unless *patient*, gives no sign of life."""
        silent = absent(queries.leases(db, account, worker), ended, now, patient=patient)
        queries.end_leases(db, silent)
        rows = queries.unfinished(db, account, silent)
        return [queries.claimed(db, job, worker, now) for job in queries.readable(rows)]

    @_transaction
    def leave(self, db: sqlite3.Connection, worker: str) -> None:
        """Let go of all jobs of this worker."""
        db.execute("UPDATE jobs SET worker = NULL WHERE worker = ?", (worker,))
        db.execute("DELETE FROM workers WHERE worker = ?", (worker,))

    @_transaction
    def note(self, db: sqlite3.Connection, notes: Mapping[str, Note], worker: str) -> None:
        """Note what became of callers, by job id."""
        for job_id, note in notes.items():
            queries.note(db, job_id, note, worker)

    @_reading
    def durations(self, db: sqlite3.Connection, bucket: str) -> list[float]:
        """How long such jobs took, seconds, ascending."""
        rows = db.execute("SELECT seconds FROM durations WHERE bucket = ? ORDER BY seconds", (bucket,))
        return [row["seconds"] for row in rows]

    @_transaction
    def learn(self, db: sqlite3.Connection, bucket: str, seconds: float, now: float) -> None:
        """Remember how long a job took, and forget the oldest."""
        queries.learn(db, bucket, seconds, now)

    @_reading
    def upload(self, db: sqlite3.Connection, account: str, digest: str, since: float) -> str | None:
        """The URL under which these bytes were uploaded, if that was after *since*."""
        sql = "SELECT url FROM uploads WHERE account = ? AND digest = ? AND at > ?"
        row = queries.one(db, sql, account, digest, since)
        return row["url"] if row else None

    @_transaction
    def uploaded(self, db: sqlite3.Connection, account: str, digest: str, url: str, now: float) -> None:
        """Remember where these bytes were uploaded, and forget what is long gone at Kie.ai."""
        db.execute("DELETE FROM uploads WHERE at <= ?", (now - FORGET_UPLOADS,))
        db.execute(
            "INSERT OR REPLACE INTO uploads (account, digest, url, at) VALUES (?, ?, ?, ?)", (account, digest, url, now)
        )

    @_reading
    def inputs_needed(self, db: sqlite3.Connection) -> set[str]:
        """The SHA-256 of the callers' own files that jobs of any account, not sent yet, still need."""
        return queries.inputs_needed(db)


def _unfinished(db: sqlite3.Connection) -> str:
    try:
        return ", ".join(unfinished(db)) or "none"
    except sqlite3.Error:
        return "not known; see https://kie.ai/logs"
