"""What the ledger asks of SQLite and tells it, inside a transaction that somebody else has begun."""

import logging
import sqlite3
from collections.abc import Container, Iterable
from typing import Any

from kie_mcp.jobs import schema, throttle
from kie_mcp.jobs.job import Job, Phase, stepped
from kie_mcp.jobs.ledger import (
    JOIN_FOR,
    LEASE,
    LOST_CREATE,
    SIDE_BY_SIDE,
    Caller,
    Gone,
    KeyConflictError,
    Queue,
    StaleJobError,
)
from kie_mcp.jobs.schema import dump, load

logger = logging.getLogger(__name__)


def one(db: sqlite3.Connection, sql: str, *values: object) -> sqlite3.Row | None:
    """The first row, if there is one."""
    row: Any = db.execute(sql, values).fetchone()
    return row


def by_key(db: sqlite3.Connection, job: Job) -> sqlite3.Row | None:
    """The account's job with the same idempotency key."""
    return one(
        db,
        "SELECT * FROM jobs WHERE account = ? AND idempotency_key = ?",
        job.account,
        job.idempotency_key,
    )


def joinable(db: sqlite3.Connection, job: Job, gone: Gone, answered: Container[str]) -> sqlite3.Row | None:
    """The newest equal job whose end nobody has heard, or that may exist without anybody knowing."""
    rows = db.execute(
        "SELECT jobs.*, workers.alive_until FROM jobs LEFT JOIN workers ON workers.worker = jobs.caller_worker"
        " WHERE account = ? AND fingerprint = ? ORDER BY created_at DESC, jobs.rowid DESC",
        (job.account, job.fingerprint),
    )
    return next((row for row in rows if _may_be_joined(row, job.created_at, gone, answered)), None)


def _may_be_joined(row: sqlite3.Row, now: float, gone: Gone, answered: Container[str]) -> bool:
    if row["phase"] == Phase.UNCONFIRMED:  # nobody knows whether it exists: only new=true makes another
        return row["caller"] != Caller.CLOSED
    if row["id"] in answered:
        return False
    match row["caller"]:
        case Caller.WAITING:
            # Calls side by side come together; one that comes later repeats a call that was given up without a word.
            repeats = row["created_at"] <= now - SIDE_BY_SIDE
            unheard = repeats or (row["alive_until"] or 0.0) <= now or gone(row["caller_worker"])
        case Caller.LEFT | Caller.TOLD:
            unheard = True
        case _:
            unheard = False
    return unheard and row["created_at"] > now - JOIN_FOR


def joined(
    db: sqlite3.Connection, job: Job, worker: str, *, new: bool, gone: Gone, answered: Container[str]
) -> Job | None:
    """The job that this order joins, if there is one."""
    if job.idempotency_key and (row := by_key(db, job)):
        if row["fingerprint"] != job.fingerprint:
            message = f"idempotency_key {job.idempotency_key!r} stands for another order, job {row['id']}."
            raise KeyConflictError(message)
        return taken_up(db, row, worker)
    if new:
        _close(db, job, answered)
    elif not job.idempotency_key and (row := joinable(db, job, gone, answered)):
        return taken_up(db, row, worker)
    return None


def _close(db: sqlite3.Connection, job: Job, answered: Container[str]) -> None:
    """Let nobody join an equal unconfirmed job any more whose caller knows of it."""
    rows = db.execute(
        "SELECT id, caller FROM jobs WHERE account = ? AND fingerprint = ? AND phase = ?",
        (job.account, job.fingerprint, Phase.UNCONFIRMED),
    ).fetchall()
    known = [row["id"] for row in rows if row["caller"] == Caller.ANSWERED or row["id"] in answered]
    db.executemany("UPDATE jobs SET caller = ? WHERE id = ?", [(Caller.CLOSED, name) for name in known])


def kept(db: sqlite3.Connection, job: Job) -> dict[str, str]:
    """What was made for the last equal order, if that came to nothing: ids of its parts by their fingerprints."""
    last = one(
        db,
        "SELECT * FROM jobs WHERE account = ? AND fingerprint = ? AND created_at > ?"
        " ORDER BY created_at DESC, rowid DESC",
        *(job.account, job.fingerprint, job.created_at - JOIN_FOR),
    )
    if last is None or not (before := load(last)).lost:
        return {}
    rows = (one(db, "SELECT * FROM jobs WHERE id = ?", part) for part in before.parts)
    return {part.fingerprint: part.id for part in map(load, filter(None, rows)) if not part.lost}


def reserved(
    db: sqlite3.Connection, job: Job, worker: str, gone: Gone, answered: Container[str], *, new: bool = False
) -> Job:
    """The job, written down, or the one that it joins; *new* joins all but an unconfirmed one."""
    if new:
        _close(db, job, answered)
    if found := joined(db, job, worker, new=False, gone=gone, answered=answered):
        return found
    insert(db, job, worker)
    return job


def taken_up(db: sqlite3.Connection, row: sqlite3.Row, worker: str) -> Job:
    """The job of the row, now with a caller who waits again."""
    if row["caller"] != Caller.CLOSED:
        db.execute("UPDATE jobs SET caller = ?, caller_worker = ? WHERE id = ?", (Caller.WAITING, worker, row["id"]))
    return load(row)


def readable(rows: Iterable[sqlite3.Row]) -> list[Job]:
    """The jobs of these rows; one that cannot be read must not hide the others."""
    jobs: list[Job] = []
    for row in rows:
        try:
            jobs.append(load(row))
        except ValueError:
            logger.exception("job %s cannot be read and is left alone", row["id"])
    return jobs


def ids(db: sqlite3.Connection, account: str, prefix: str, limit: int) -> tuple[list[str], int]:
    """The ids of the account's jobs that begin so, newest first, and how many there are in all."""
    rows = db.execute(
        "SELECT id, count(*) OVER () AS found FROM jobs WHERE account = ? AND substr(id, 1, ?) = ?"
        " ORDER BY created_at DESC, rowid DESC LIMIT ?",
        (account, len(prefix), prefix, limit),
    ).fetchall()
    return [row["id"] for row in rows], rows[0]["found"] if rows else 0


def insert(db: sqlite3.Connection, job: Job, worker: str) -> None:
    """Write a new job down, with a caller who waits."""
    db.execute(
        "INSERT INTO jobs (id, account, kind, phase, state, fingerprint, idempotency_key, task_id, created_at, epoch,"
        " record, worker, caller, caller_worker) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(job.id, job.account, job.kind, job.phase, job.state, job.fingerprint, job.idempotency_key),
            *(job.task_id, job.created_at, job.epoch, dump(job), worker, Caller.WAITING, worker),
        ),
    )


def update(db: sqlite3.Connection, job: Job, was: Phase) -> None:
    """Write the job as it is now. Raises StaleJobError if it was not in that phase and epoch any more."""
    changed = db.execute(
        "UPDATE jobs SET phase = ?, state = ?, task_id = ?, record = ?, epoch = ?"
        " WHERE id = ? AND phase = ? AND epoch = ?",
        (job.phase, job.state, job.task_id, dump(job), job.epoch, job.id, was, job.epoch),
    ).rowcount
    if not changed:
        raise StaleJobError(f"Job {job.id} has gone on without this process.")


def beat(db: sqlite3.Connection, worker: str, now: float) -> None:
    """The worker is alive."""
    db.execute(
        "INSERT INTO workers (worker, alive_until) VALUES (?, ?)"
        " ON CONFLICT (worker) DO UPDATE SET alive_until = max(alive_until, excluded.alive_until)",
        (worker, now + LEASE),
    )


def claimed(db: sqlite3.Connection, job: Job, worker: str, now: float) -> Job:
    """Give the job to this worker; what was being sent when its worker died is unconfirmed."""
    taken = schema.taken_over(job)
    if job.phase is Phase.SUBMITTING:
        taken = stepped(taken, Phase.UNCONFIRMED, now, trouble=LOST_CREATE, finished_at=now)
    db.execute(
        "UPDATE jobs SET worker = ?, epoch = ?, phase = ?, state = ?, record = ? WHERE id = ?",
        (worker, taken.epoch, taken.phase, taken.state, dump(taken), taken.id),
    )
    return taken


def queue(db: sqlite3.Connection, job: Job, now: float) -> Queue:
    """The line before the job, and what the account has sent within the window before *now*."""
    place = one(
        db,
        "SELECT count(*) AS n FROM jobs WHERE account = ? AND phase = ? AND created_at < ?"
        " AND json_extract(record, '$.waiting_for') IS NULL",
        job.account,
        Phase.RESERVED,
        job.created_at,
    )
    sends = db.execute("SELECT at FROM sends WHERE account = ? ORDER BY at", (job.account,))
    held = one(db, "SELECT held_until FROM accounts WHERE account = ?", job.account)
    return Queue(
        place=place["n"] if place else 0,
        sends=[row["at"] for row in sends if row["at"] > now - throttle.WINDOW],
        held_until=held["held_until"] if held else 0.0,
    )
