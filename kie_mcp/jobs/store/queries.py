"""What the ledger asks of SQLite and tells it, inside a transaction that somebody else has begun."""

import json
import logging
import math
import re
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from kie_mcp.jobs import rate_limit
from kie_mcp.jobs.job import FINAL, Job, Phase, stepped
from kie_mcp.jobs.joining import JOIN_FOR, Caller, Candidate, Recent, may_join
from kie_mcp.jobs.polling import KEPT
from kie_mcp.jobs.store import schema
from kie_mcp.jobs.store.ledger import (
    LEASE,
    LOST_CREATE,
    STOPPED_FOR,
    KeyConflictError,
    Note,
    Queue,
    StaleJobError,
)
from kie_mcp.jobs.store.schema import dump, load
from kie_mcp.text import literal

logger = logging.getLogger(__name__)

_UNFINISHED = ", ".join(repr(phase.value) for phase in Phase if phase not in FINAL)
"""As SQL has it: a literal, or no index would be used."""
CALLERS = "SELECT caller_worker FROM jobs WHERE caller = 'waiting'"
"""The workers whose callers wait."""
_DIGEST = re.compile(r"#sha256=([0-9a-f]{64})")
"""How an order names a file of the caller's."""


def prints(job: Job) -> str:
    """The fingerprints that equal orders have, those of earlier versions among them."""
    return json.dumps([job.fingerprint, *job.formerly])


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


def joinable(db: sqlite3.Connection, job: Job, ended: Collection[str], recent: Recent) -> sqlite3.Row | None:
    """The newest equal job that the order may join: newest by its row, since a clock may have been set back."""
    rows = db.execute(
        "SELECT jobs.*, workers.alive_until FROM jobs LEFT JOIN workers ON workers.worker = jobs.caller_worker"
        " WHERE account = ? AND fingerprint IN (SELECT value FROM json_each(?)) ORDER BY jobs.rowid DESC",
        (job.account, prints(job)),
    )
    now = job.created_at
    return next((row for row in rows if may_join(_candidate(row, now, ended), now, recent)), None)


def _candidate(row: sqlite3.Row, now: float, ended: Collection[str]) -> Candidate:
    worker: str = row["caller_worker"]
    return Candidate(
        id=row["id"],
        phase=Phase(row["phase"]),
        caller=Caller(row["caller"]),
        created_at=row["created_at"],
        finished_at=load(row).finished_at,
        told_at=row["told_at"],
        caller_lives=(row["alive_until"] or 0.0) > now and worker not in ended,
    )


def joined(
    db: sqlite3.Connection, job: Job, worker: str, *, new: bool, ended: Collection[str], recent: Recent
) -> Job | None:
    """The job that this order joins, if there is one."""
    if job.idempotency_key and (row := by_key(db, job)):
        if row["fingerprint"] not in {job.fingerprint, *job.formerly}:
            key = literal(job.idempotency_key, 200)
            message = f"idempotency_key {key} stands for another order, job {row['id']}."
            raise KeyConflictError(message)
        return taken_up(db, row, worker)
    if new:
        _close(db, job, recent)
    elif not job.idempotency_key and (row := joinable(db, job, ended, recent)):
        return taken_up(db, row, worker)
    return None


def _close(db: sqlite3.Connection, job: Job, recent: Recent) -> None:
    """Let nobody join an equal unconfirmed job any more whose caller knows of it."""
    rows = db.execute(
        "SELECT id, caller FROM jobs"
        " WHERE account = ? AND fingerprint IN (SELECT value FROM json_each(?)) AND phase = ?",
        (job.account, prints(job), Phase.UNCONFIRMED),
    ).fetchall()
    heard = {Caller.ANSWERED, Caller.LATE}
    known = [row["id"] for row in rows if row["caller"] in heard or row["id"] in recent.leaving]
    db.executemany("UPDATE jobs SET caller = ? WHERE id = ?", [(Caller.CLOSED, name) for name in known])


def kept(db: sqlite3.Connection, job: Job) -> dict[str, str]:
    """What was made for the last equal order, if that came to nothing: ids of its parts by their fingerprints."""
    last = one(
        db,
        "SELECT * FROM jobs WHERE account = ? AND fingerprint IN (SELECT value FROM json_each(?)) AND created_at > ?"
        " ORDER BY rowid DESC",
        *(job.account, prints(job), job.created_at - JOIN_FOR),
    )
    if last is None or not (before := load(last)).lost:
        return {}
    rows = (one(db, "SELECT * FROM jobs WHERE id = ?", part) for part in before.parts)
    return {part.fingerprint: part.id for part in map(load, filter(None, rows)) if not part.lost}


def reserved(
    db: sqlite3.Connection, job: Job, worker: str, ended: Collection[str], recent: Recent, *, new: bool = False
) -> Job:
    """The job, written down, or the one that it joins; *new* joins all but an unconfirmed one."""
    if new:
        _close(db, job, recent)
    if found := joined(db, job, worker, new=False, ended=ended, recent=recent):
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


def leases(db: sqlite3.Connection, account: str, worker: str) -> dict[str, float | None]:
    """The other workers with open jobs of the account, or with calls, and until when they have said to live.

    A job that nobody cares for has a worker without a name.
    """
    rows = db.execute(
        f"SELECT worker FROM jobs WHERE account = ? AND phase IN ({_UNFINISHED}) UNION {CALLERS}",  # noqa: S608 - ours
        (account,),
    )
    names = {row["worker"] or "" for row in rows} - {worker}
    alive = {row["worker"]: row["alive_until"] for row in db.execute("SELECT * FROM workers")}
    return {name: alive.get(name) for name in names}


def end_leases(db: sqlite3.Connection, absent: Mapping[str, float]) -> None:
    """Whoever asked these workers waits no longer, and those that are gone for ever are forgotten."""
    gone = [(worker,) for worker, seconds in absent.items() if seconds == math.inf]
    db.executemany("DELETE FROM workers WHERE worker = ?", gone)
    db.executemany(
        "UPDATE jobs SET caller = ? WHERE caller = 'waiting' AND caller_worker = ?",
        [(Caller.LEFT, worker) for worker in absent],
    )


def unfinished(db: sqlite3.Connection, account: str, absent: Mapping[str, float]) -> list[sqlite3.Row]:
    """The account's unfinished jobs that nobody cares for any more; what may be on its way just now is left alone."""
    rows = db.execute(
        f"SELECT * FROM jobs WHERE account = ? AND phase IN ({_UNFINISHED}) ORDER BY rowid",  # noqa: S608 - our words
        (account,),
    )

    def is_free(row: sqlite3.Row) -> bool:
        silence = math.inf if row["worker"] is None else absent.get(row["worker"], 0.0)
        return silence >= STOPPED_FOR if row["phase"] == Phase.SUBMITTING else silence > 0

    return [row for row in rows if is_free(row)]


def note(db: sqlite3.Connection, job_id: str, told: Note, worker: str) -> None:
    """Note what the caller was told.

    An end that is not the job's last leaves its caller to be told; what was heard in time stays heard.
    """
    row = one(db, "SELECT phase, caller FROM jobs WHERE id = ?", job_id)
    if row is None or row["caller"] == Caller.CLOSED:
        return
    caller = told.caller
    if caller in {Caller.ANSWERED, Caller.LATE} and row["phase"] not in told.ends:
        caller = Caller.TOLD
    if caller is Caller.LATE and row["caller"] == Caller.ANSWERED:
        return
    db.execute(
        "UPDATE jobs SET caller = ?, caller_worker = ?, told_at = ? WHERE id = ?", (caller, worker, told.at, job_id)
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
        sends=[row["at"] for row in sends if row["at"] > now - rate_limit.WINDOW],
        held_until=held["held_until"] if held else 0.0,
    )


def learn(db: sqlite3.Connection, bucket: str, seconds: float, now: float) -> None:
    """Remember how long a job took, and forget the oldest."""
    db.execute("INSERT INTO durations (bucket, seconds, at) VALUES (?, ?, ?)", (bucket, seconds, now))
    db.execute(
        "DELETE FROM durations WHERE bucket = ? AND rowid NOT IN"
        " (SELECT rowid FROM durations WHERE bucket = ? ORDER BY at DESC, rowid DESC LIMIT ?)",
        (bucket, bucket, KEPT),
    )


def inputs_needed(db: sqlite3.Connection) -> set[str]:
    """The SHA-256 of the callers' own files that jobs of any account, not sent yet, still need."""
    rows = db.execute("SELECT record FROM jobs WHERE phase IN (?, ?)", (Phase.RESERVED, Phase.SUBMITTING))
    return {digest for row in rows for digest in _DIGEST.findall(row["record"])}
