"""Find the job that an order joins, and note what its callers were told. All inside a transaction that has begun."""

import json
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from kie_mcp.jobs.job import Job, Phase
from kie_mcp.jobs.joining import Caller, Candidate, Recent, may_join
from kie_mcp.jobs.parts import with_parts
from kie_mcp.jobs.store.errors import KeyConflictError
from kie_mcp.jobs.store.job_json import load
from kie_mcp.jobs.store.job_queries import find_job, find_row, insert
from kie_mcp.jobs.store.protocols import NewJob, Note
from kie_mcp.jobs.timing import Timing
from kie_mcp.text import literal


@dataclass(frozen=True, slots=True)
class Judge:
    """What decides, beside the job itself, whether an order of this moment joins one that is there."""

    worker: str
    """The one that its caller asks."""
    ended: Collection[str]
    """Workers whose processes certainly have ended."""
    recent: Recent
    timing: Timing


@dataclass(frozen=True, slots=True)
class Placed:
    """The job that an order has got, and what was written down for it: nothing if it joined one that was there."""

    job: Job
    made: Sequence[Job] = ()


def place(db: sqlite3.Connection, ordered: NewJob, judge: Judge, *, new: bool) -> Placed:
    """Write a job down with its parts, or find the one that its order joins. Raises KeyConflictError."""
    if found := find_joined(db, ordered.job, judge, new=new):
        return Placed(found)
    there = {} if new else find_reusable_parts(db, ordered.job, judge.timing)
    ids = {
        name: there.get(part.fingerprint) or reserve(db, part, judge, new=new).id
        for name, part in ordered.parts.items()
    }
    job = with_parts(ordered.job, ids)
    insert(db, job, judge.worker)
    return Placed(job, [*(part for part in ordered.parts.values() if part.id in ids.values()), job])


def reserve(db: sqlite3.Connection, job: Job, judge: Judge, *, new: bool = False) -> Job:
    """Write the job down, or return the one that it joins; *new* joins all but an unconfirmed one."""
    if new:
        _close_unconfirmed(db, job, judge.recent)
    if found := find_joined(db, job, judge, new=False):
        return found
    insert(db, job, judge.worker)
    return job


def find_joined(db: sqlite3.Connection, job: Job, judge: Judge, *, new: bool) -> Job | None:
    """Return the job that this order joins, if there is one. Raises KeyConflictError."""
    if found := join(db, job, judge, new=new):
        return found
    if new:
        _close_unconfirmed(db, job, judge.recent)
    return None


def join(db: sqlite3.Connection, job: Job, judge: Judge, *, new: bool) -> Job | None:
    """Join the job that is there for this order; None changes nothing. Raises KeyConflictError."""
    if job.idempotency_key and (row := _find_by_key(db, job)):
        if row["fingerprint"] not in {job.fingerprint, *job.formerly}:
            key = literal(job.idempotency_key, 200)
            message = f"idempotency_key {key} stands for another order, job {row['id']}."
            raise KeyConflictError(message)
        return _take_up(db, row, judge.worker)
    if not new and not job.idempotency_key and (row := _find_joinable(db, job, judge)):
        return _take_up(db, row, judge.worker)
    return None


def find_reusable_parts(db: sqlite3.Connection, job: Job, timing: Timing) -> dict[str, str]:
    """Return what was made for the last equal order, if that came to nothing: ids of parts by their fingerprints."""
    last = find_row(
        db,
        "SELECT * FROM jobs WHERE account = ? AND fingerprint IN (SELECT value FROM json_each(?)) AND created_at > ?"
        " ORDER BY rowid DESC",
        *(job.account, _fingerprints(job), job.created_at - timing.join_for),
    )
    if last is None or not (before := load(last)).lost:
        return {}
    parts = (find_job(db, part) for part in before.parts)
    return {part.fingerprint: part.id for part in parts if part and not part.lost}


def note_caller(db: sqlite3.Connection, job_id: str, told: Note, worker: str) -> None:
    """Note what the caller was told.

    An end that is not the job's last leaves its caller to be told; what was heard in time stays heard.
    """
    row = find_row(db, "SELECT phase, caller FROM jobs WHERE id = ?", job_id)
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


def _find_by_key(db: sqlite3.Connection, job: Job) -> sqlite3.Row | None:
    sql = "SELECT * FROM jobs WHERE account = ? AND idempotency_key = ?"
    return find_row(db, sql, job.account, job.idempotency_key)


def _find_joinable(db: sqlite3.Connection, job: Job, judge: Judge) -> sqlite3.Row | None:
    """Return the newest equal job that the order may join: newest by its row, since a clock may have been set back."""
    rows = db.execute(
        "SELECT jobs.*, workers.alive_until FROM jobs LEFT JOIN workers ON workers.worker = jobs.caller_worker"
        " WHERE account = ? AND fingerprint IN (SELECT value FROM json_each(?)) ORDER BY jobs.rowid DESC",
        (job.account, _fingerprints(job)),
    )
    now = job.created_at
    for row in rows:
        if may_join(_candidate(row, now, judge.ended), now, judge.recent, judge.timing):
            return row
    return None


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


def _close_unconfirmed(db: sqlite3.Connection, job: Job, recent: Recent) -> None:
    """Let nobody join an equal unconfirmed job any more whose caller knows of it."""
    rows = db.execute(
        "SELECT id, caller FROM jobs"
        " WHERE account = ? AND fingerprint IN (SELECT value FROM json_each(?)) AND phase = ?",
        (job.account, _fingerprints(job), Phase.UNCONFIRMED),
    ).fetchall()
    heard = {Caller.ANSWERED, Caller.LATE}
    known = [row["id"] for row in rows if row["caller"] in heard or row["id"] in recent.leaving]
    db.executemany("UPDATE jobs SET caller = ? WHERE id = ?", [(Caller.CLOSED, name) for name in known])


def _take_up(db: sqlite3.Connection, row: sqlite3.Row, worker: str) -> Job:
    """Return the job of the row, now with a caller who waits again."""
    if row["caller"] != Caller.CLOSED:
        db.execute("UPDATE jobs SET caller = ?, caller_worker = ? WHERE id = ?", (Caller.WAITING, worker, row["id"]))
    return load(row)


def _fingerprints(job: Job) -> str:
    """Return the fingerprints that equal orders have, those of earlier versions among them, as JSON."""
    return json.dumps([job.fingerprint, *job.formerly])
