"""Which process cares for which jobs, and which of them live. All inside a transaction that has begun."""

import math
import sqlite3
from collections.abc import Mapping
from dataclasses import replace

from kie_mcp.jobs.job import Job, Phase, advance
from kie_mcp.jobs.joining import Caller
from kie_mcp.jobs.store.job_json import dump
from kie_mcp.jobs.store.job_queries import UNFINISHED, load_readable
from kie_mcp.jobs.timing import Timing
from kie_mcp.jobs.unsent_messages import LOST_CREATE

CALLERS = "SELECT caller_worker FROM jobs WHERE caller = 'waiting'"
"""The workers whose callers wait."""


def extend_lease(db: sqlite3.Connection, worker: str, until: float) -> None:
    """Note that the worker lives until then, if that is not known already."""
    db.execute(
        "INSERT INTO workers (worker, alive_until) VALUES (?, ?)"
        " ON CONFLICT (worker) DO UPDATE SET alive_until = max(alive_until, excluded.alive_until)",
        (worker, until),
    )


def read_leases(db: sqlite3.Connection, account: str, worker: str) -> dict[str, float | None]:
    """Return the other workers with open jobs of the account, or with calls, and until when they have said to live.

    A job that nobody cares for has a worker without a name.
    """
    rows = db.execute(
        f"SELECT worker FROM jobs WHERE account = ? AND phase IN ({UNFINISHED}) UNION {CALLERS}",  # noqa: S608 - ours
        (account,),
    )
    names = {row["worker"] or "" for row in rows} - {worker}
    alive = {row["worker"]: row["alive_until"] for row in db.execute("SELECT * FROM workers")}
    return {name: alive.get(name) for name in names}


def end_leases(db: sqlite3.Connection, absent: Mapping[str, float]) -> None:
    """Note that whoever asked these workers waits no longer, and forget those that are gone for ever."""
    gone = [(worker,) for worker, seconds in absent.items() if seconds == math.inf]
    db.executemany("DELETE FROM workers WHERE worker = ?", gone)
    db.executemany(
        "UPDATE jobs SET caller = ? WHERE caller = 'waiting' AND caller_worker = ?",
        [(Caller.LEFT, worker) for worker in absent],
    )


def find_free_jobs(db: sqlite3.Connection, account: str, absent: Mapping[str, float], timing: Timing) -> list[Job]:
    """Return the account's unfinished jobs that nobody cares for any more.

    What may be on its way just now is left alone. `absent` says for how many seconds each worker has been silent.
    """
    rows = db.execute(
        f"SELECT * FROM jobs WHERE account = ? AND phase IN ({UNFINISHED}) ORDER BY rowid",  # noqa: S608 - our words
        (account,),
    )

    def is_free(row: sqlite3.Row) -> bool:
        silence = math.inf if row["worker"] is None else absent.get(row["worker"], 0.0)
        return silence >= timing.stopped_for if row["phase"] == Phase.SUBMITTING else silence > 0

    return load_readable(row for row in rows if is_free(row))


def claim(db: sqlite3.Connection, job: Job, worker: str, now: float) -> Job:
    """Give the job to this worker; what was being sent when its worker died is unconfirmed."""
    taken = replace(job, epoch=job.epoch + 1)
    if job.phase is Phase.SUBMITTING:
        taken = advance(taken, Phase.UNCONFIRMED, now, trouble=LOST_CREATE, finished_at=now)
    db.execute(
        "UPDATE jobs SET worker = ?, epoch = ?, phase = ?, state = ?, record = ? WHERE id = ?",
        (worker, taken.epoch, taken.phase, taken.state, dump(taken), taken.id),
    )
    return taken
