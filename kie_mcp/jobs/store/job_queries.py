"""Jobs as rows of the SQLite file: write, read and find them. All inside a transaction that has begun."""

import json
import logging
import re
import sqlite3
from collections.abc import Iterable
from typing import Any

from kie_mcp.jobs.budget import count, day_of
from kie_mcp.jobs.job import FINAL, Job, Phase
from kie_mcp.jobs.joining import Caller
from kie_mcp.jobs.polling import KEPT
from kie_mcp.jobs.store.errors import StaleJobError
from kie_mcp.jobs.store.job_json import dump, load

logger = logging.getLogger(__name__)

UNFINISHED = ", ".join(repr(phase.value) for phase in Phase if phase not in FINAL)
"""As SQL has it: a literal, or no index would be used."""
UNSENT = 10**9
"""As the column `counted_day` has it of a job that is not sent yet: after all days, so that a range includes it."""
_DIGEST = re.compile(r"#sha256=([0-9a-f]{64})")
"""How an order names a file of the caller's."""


def find_row(db: sqlite3.Connection, sql: str, *values: object) -> sqlite3.Row | None:
    """Return the first row, if there is one."""
    row: Any = db.execute(sql, values).fetchone()
    return row


def find_job(db: sqlite3.Connection, job_id: str) -> Job | None:
    """Return the job with that id, if there is one."""
    row = find_row(db, "SELECT * FROM jobs WHERE id = ?", job_id)
    return load(row) if row else None


def find_task(db: sqlite3.Connection, account: str, task_id: str | None) -> Job | None:
    """Return the account's job with that id of Kie.ai's, if there is one."""
    row = find_row(db, "SELECT * FROM jobs WHERE account = ? AND task_id = ?", account, task_id)
    return load(row) if row else None


def find_jobs(db: sqlite3.Connection, job_ids: Iterable[str]) -> dict[str, Job]:
    """Return the jobs with these ids, as far as they are there."""
    sql = "SELECT * FROM jobs WHERE id IN (SELECT value FROM json_each(?))"
    return {row["id"]: load(row) for row in db.execute(sql, (json.dumps(list(job_ids)),))}


def find_ids(db: sqlite3.Connection, account: str, prefix: str, limit: int) -> tuple[list[str], int]:
    """Return the ids of the account's jobs that begin so, newest first, and how many there are in all."""
    rows = db.execute(
        "SELECT id, count(*) OVER () AS found FROM jobs WHERE account = ? AND substr(id, 1, ?) = ?"
        " ORDER BY created_at DESC, rowid DESC LIMIT ?",
        (account, len(prefix), prefix, limit),
    ).fetchall()
    return [row["id"] for row in rows], rows[0]["found"] if rows else 0


def find_inputs_needed(db: sqlite3.Connection) -> set[str]:
    """Return the SHA-256 of the callers' own files that jobs of any account, not sent yet, still need."""
    rows = db.execute("SELECT record FROM jobs WHERE phase IN (?, ?)", (Phase.RESERVED, Phase.SUBMITTING))
    return {digest for row in rows for digest in _DIGEST.findall(row["record"])}


def load_readable(rows: Iterable[sqlite3.Row]) -> list[Job]:
    """Return the jobs of these rows; one that cannot be read must not hide the others."""
    jobs: list[Job] = []
    for row in rows:
        try:
            jobs.append(load(row))
        except ValueError:
            logger.exception("job %s cannot be read and is left alone", row["id"])
    return jobs


def insert(db: sqlite3.Connection, job: Job, worker: str) -> None:
    """Write a new job down, with a caller who waits."""
    db.execute(
        "INSERT INTO jobs (id, account, kind, phase, state, fingerprint, idempotency_key, task_id, created_at, epoch,"
        " record, worker, caller, caller_worker, model, counted_day, counted_jobs, counted_credits)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(job.id, job.account, job.kind, job.phase, job.state, job.fingerprint, job.idempotency_key),
            *(job.task_id, job.created_at, job.epoch, dump(job), worker, Caller.WAITING, worker),
            *(
                job.model,
                UNSENT if job.phase is Phase.RESERVED else day_of(job.sent_at or job.created_at),
                *_counts(job),
            ),
        ),
    )


def update(db: sqlite3.Connection, job: Job, was: Phase) -> None:
    """Write the job as it is now, and what it counts as; the day to which it counts stays as it was sent.

    Raises StaleJobError if it was not in that phase and epoch any more.
    """
    changed = db.execute(
        "UPDATE jobs SET phase = ?, state = ?, task_id = ?, record = ?, epoch = ?, counted_jobs = ?,"
        " counted_credits = ? WHERE id = ? AND phase = ? AND epoch = ?",
        (job.phase, job.state, job.task_id, dump(job), job.epoch, *_counts(job), job.id, was, job.epoch),
    ).rowcount
    if not changed:
        raise StaleJobError(f"Job {job.id} has gone on without this process.")


def _counts(job: Job) -> tuple[int, float | None]:
    """Return whether the job counts, and as how many credits: None if its price is not known."""
    counted = count(job)
    return counted.jobs, None if counted.unpriced else counted.credits


def learn(db: sqlite3.Connection, bucket: str, seconds: float, now: float) -> None:
    """Remember how long a job took, and forget the oldest."""
    db.execute("INSERT INTO durations (bucket, seconds, at) VALUES (?, ?, ?)", (bucket, seconds, now))
    db.execute(
        "DELETE FROM durations WHERE bucket = ? AND rowid NOT IN"
        " (SELECT rowid FROM durations WHERE bucket = ? ORDER BY at DESC, rowid DESC LIMIT ?)",
        (bucket, bucket, KEPT),
    )
