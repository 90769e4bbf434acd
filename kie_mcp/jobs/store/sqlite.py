"""The ledger in one SQLite file, shared by every server process of one user.

Times inside are seconds since 1970. Every method is one transaction, run in a worker thread: one that changes something
takes the write lock at once and is durable when it returns, one that only reads never takes that lock.
"""

import functools
import math
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import CoroutineType
from typing import Any, Concatenate, ParamSpec, TypeVar

from kie_mcp.jobs.absent_workers import find_absent
from kie_mcp.jobs.budget import NO_LIMITS, Limits, Spending
from kie_mcp.jobs.job import TRANSITIONS, Job, JobState, Phase
from kie_mcp.jobs.joining import NOTHING_RECENT, Recent
from kie_mcp.jobs.store import job_queries, joins, late_ids, leases, schema, send_window, spending
from kie_mcp.jobs.store.errors import LedgerError
from kie_mcp.jobs.store.protocols import NOTHING_KNOWN, NewJob, Note, Queue
from kie_mcp.jobs.store.sqlite_file import READ, Runner, SqliteFile
from kie_mcp.jobs.timing import STANDARD, Timing
from kie_mcp.orders.kind import Kind

FORGET_UPLOADS = 2 * 24 * 3600.0
"""Seconds after which an upload is forgotten: Kie.ai keeps it for one day."""
P = ParamSpec("P")
R = TypeVar("R")


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


class SqliteLedger(SqliteFile):
    """Implements `Ledger`.

    Args:
        path: The file.
        run: Where the blocking calls happen; by default in worker threads, one at a time.
        connect: Opens the file.
        timing: The lengths of leases and of the account's window, and how long a job may be joined.
    """

    def __init__(
        self,
        path: Path,
        run: Runner | None = None,
        connect: Callable[[Path], sqlite3.Connection] = schema.connect,
        *,
        timing: Timing = STANDARD,
    ) -> None:
        super().__init__(path, run, connect)
        self._timing = timing

    @_transaction
    def reserve_all(
        self,
        db: sqlite3.Connection,
        ordered: Sequence[NewJob],
        worker: str,
        *,
        new: bool = False,
        ended: Collection[str] = (),
        recent: Recent = NOTHING_RECENT,
        limits: Limits = NO_LIMITS,
    ) -> list[tuple[Job, bool]]:
        """Write the jobs of one call down; return each, or the one that its order joins, and whether it was there."""
        first = ordered[0].job
        leases.extend_lease(db, worker, first.created_at + self._timing.lease)
        judge = joins.Judge(worker, ended, recent, self._timing)
        others = spending.read_usage(db, first.account, first.created_at, limits)
        placed = [joins.place(db, one, judge, new=new) for one in ordered]
        spending.check_new([one.made for one in placed if one.made], others, limits)
        return [(one.job, not one.made) for one in placed]

    async def reserve(
        self,
        job: Job,
        worker: str,
        *,
        parts: Mapping[str, Job] | None = None,
        new: bool = False,
        ended: Collection[str] = (),
        recent: Recent = NOTHING_RECENT,
        limits: Limits = NO_LIMITS,
    ) -> tuple[Job, bool]:
        """Do the same for one job."""
        ordered = [NewJob(job, parts or {})]
        [placed] = await self.reserve_all(ordered, worker, new=new, ended=ended, recent=recent, limits=limits)
        return placed

    @_transaction
    def join(
        self,
        db: sqlite3.Connection,
        job: Job,
        worker: str,
        *,
        new: bool = False,
        ended: Collection[str] = (),
        recent: Recent = NOTHING_RECENT,
    ) -> Job | None:
        """Find the job that this order joins; None if it would be written down, which is not done."""
        found = joins.join(db, job, joins.Judge(worker, ended, recent, self._timing), new=new)
        if found:
            leases.extend_lease(db, worker, job.created_at + self._timing.lease)
        return found

    @_transaction
    def adopt(self, db: sqlite3.Connection, job: Job, worker: str) -> tuple[Job, bool]:
        """Write down a job that was made elsewhere, or find it by its task id; return it, and whether it was there."""
        if found := job_queries.find_task(db, job.account, job.task_id):
            return found, True
        job_queries.insert(db, job, worker)
        return job, False

    @_reading
    def read(self, db: sqlite3.Connection, job_id: str) -> Job | None:
        """Return the job with that id."""
        return job_queries.find_job(db, job_id)

    @_reading
    def read_all(self, db: sqlite3.Connection, job_ids: Collection[str]) -> dict[str, Job]:
        """Return the jobs with these ids, as far as they are there."""
        return job_queries.find_jobs(db, job_ids)

    @_reading
    def read_task(self, db: sqlite3.Connection, account: str, task_id: str) -> Job | None:
        """Return the account's job with that id of Kie.ai's."""
        return job_queries.find_task(db, account, task_id)

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
        """List the account's jobs, newest first; with *after*, those that come after the job with that id."""
        rows = db.execute(
            "SELECT * FROM jobs WHERE account = ? AND (? IS NULL OR state = ?) AND (? IS NULL OR kind = ?)"
            " AND (? = '' OR (created_at, rowid) < (SELECT created_at, rowid FROM jobs WHERE id = ?))"
            " ORDER BY created_at DESC, rowid DESC LIMIT ?",
            (account, state, state, kind, kind, after, after, limit),
        )
        return job_queries.load_readable(rows)

    @_reading
    def find_ids(self, db: sqlite3.Connection, account: str, prefix: str, limit: int) -> tuple[list[str], int]:
        """Return the ids of the account's jobs that begin so, newest first, and how many there are in all."""
        return job_queries.find_ids(db, account, prefix, limit)

    @_transaction
    def move(self, db: sqlite3.Connection, job: Job, *, was: Phase) -> Job:
        """Write the job as it is now; if that is its success, remember how long it took.

        Raises StaleJobError if it was not in that phase and epoch any more.
        """
        if job.phase not in TRANSITIONS[was]:
            raise LedgerError(f"A job cannot go from {was} to {job.phase}.")
        job_queries.update(db, job, was)
        if job.phase is Phase.SUCCEEDED and was is not job.phase and job.took_s is not None and job.bucket:
            job_queries.learn(db, job.bucket, job.took_s, job.updated_at)
        return job

    @_transaction
    def begin_look(self, db: sqlite3.Connection, job_id: str, now: float, gap: float) -> Job | None:
        """Note that a finished job is looked at now; return None if some process looked less than *gap* seconds ago."""
        known = job_queries.find_job(db, job_id)
        if known is None or 0 <= now - (known.looked_at or 0.0) < gap:
            return None
        looked = replace(known, looked_at=now)
        job_queries.update(db, looked, known.phase)
        return looked

    @_transaction
    def mark(self, db: sqlite3.Connection, job: Job, now: float, limits: Limits = NO_LIMITS) -> float:
        """Step from reserved to submitting and count the send, if one may be sent; else return the seconds to wait."""
        return send_window.mark(db, job, now, self._timing, limits)

    @_transaction
    def attach(self, db: sqlite3.Connection, job: Job, task_id: str, now: float, worker: str) -> Job:
        """Write down the task id, whoever cared for the job till now: an id is never lost."""
        return late_ids.attach(db, job, task_id, now, worker)

    @_transaction
    def restore(self, db: sqlite3.Connection, job: Job) -> None:
        """Write a job down again that the ledger has lost; whoever comes next takes it over."""
        late_ids.restore(db, job)

    @_reading
    def read_queue(self, db: sqlite3.Connection, job: Job) -> Queue:
        """Return the line before this job."""
        return send_window.read_queue(db, job, -math.inf)

    @_transaction
    def hold(self, db: sqlite3.Connection, account: str, until: float) -> None:
        """Send nothing for this account before that time."""
        send_window.hold(db, account, until)

    @_transaction
    def beat(self, db: sqlite3.Connection, worker: str, now: float) -> None:
        """Say that this worker is alive."""
        leases.extend_lease(db, worker, now + self._timing.lease)

    @_transaction
    def renew(self, db: sqlite3.Connection, account: str, worker: str, now: float) -> dict[str, float | None]:
        """Say that this worker is alive, and return who else has open jobs of the account, or calls, and until when."""
        leases.extend_lease(db, worker, now + self._timing.lease)
        forgotten = now - self._timing.join_for
        db.execute("DELETE FROM workers WHERE alive_until <= ? AND worker <> ?", (forgotten, worker))
        return leases.read_leases(db, account, worker)

    @_reading
    def find_waiting_workers(self, db: sqlite3.Connection) -> set[str]:
        """Return the workers whose callers wait."""
        return {row["caller_worker"] for row in db.execute(leases.CALLERS)}

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
        silent = find_absent(leases.read_leases(db, account, worker), ended, now, patient=patient)
        leases.end_leases(db, silent)
        jobs = leases.find_free_jobs(db, account, silent, self._timing)
        return [leases.claim(db, job, worker, now) for job in jobs]

    @_transaction
    def leave(self, db: sqlite3.Connection, worker: str) -> None:
        """Let go of all jobs of this worker."""
        db.execute("UPDATE jobs SET worker = NULL WHERE worker = ?", (worker,))
        db.execute("DELETE FROM workers WHERE worker = ?", (worker,))

    @_transaction
    def note(self, db: sqlite3.Connection, notes: Mapping[str, Note], worker: str) -> None:
        """Note what became of callers, by job id."""
        for job_id, note in notes.items():
            joins.note_caller(db, job_id, note, worker)

    @_reading
    def read_durations(self, db: sqlite3.Connection, bucket: str) -> list[float]:
        """Return how long such jobs took, seconds, ascending."""
        rows = db.execute("SELECT seconds FROM durations WHERE bucket = ? ORDER BY seconds", (bucket,))
        return [row["seconds"] for row in rows]

    @_transaction
    def learn(self, db: sqlite3.Connection, bucket: str, seconds: float, now: float) -> None:
        """Remember how long a job took, and forget the oldest."""
        job_queries.learn(db, bucket, seconds, now)

    @_reading
    def read_spending(self, db: sqlite3.Connection, account: str, since: int) -> Spending:
        """Return what counts from that UTC day on, and what is not sent yet, by model and day."""
        return spending.read_spending(db, account, since)

    @_reading
    def find_upload(self, db: sqlite3.Connection, account: str, digest: str, since: float) -> str | None:
        """Return the URL under which these bytes were uploaded, if that was after *since*."""
        sql = "SELECT url FROM uploads WHERE account = ? AND digest = ? AND at > ?"
        row = job_queries.find_row(db, sql, account, digest, since)
        return row["url"] if row else None

    @_transaction
    def remember_upload(self, db: sqlite3.Connection, account: str, digest: str, url: str, now: float) -> None:
        """Remember where these bytes were uploaded, and forget what is long gone at Kie.ai."""
        db.execute("DELETE FROM uploads WHERE at <= ?", (now - FORGET_UPLOADS,))
        db.execute(
            "INSERT OR REPLACE INTO uploads (account, digest, url, at) VALUES (?, ?, ?, ?)", (account, digest, url, now)
        )

    @_reading
    def find_inputs_needed(self, db: sqlite3.Connection) -> set[str]:
        """Return the SHA-256 of the callers' own files that jobs of any account, not sent yet, still need."""
        return job_queries.find_inputs_needed(db)
