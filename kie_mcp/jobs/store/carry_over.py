"""Go on with what is unfinished when the ledger's file was moved away or replaced under a running server."""

import json
import math
import sqlite3
from pathlib import Path
from typing import Any

from kie_mcp.jobs.job import Phase
from kie_mcp.jobs.joining import Caller
from kie_mcp.jobs.store.job_queries import UNFINISHED, UNSENT
from kie_mcp.jobs.timing import STANDARD


def identify(path: Path) -> tuple[int, int] | None:
    """Return what tells the file at that path from others; None if there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def list_unfinished(old: sqlite3.Connection) -> list[str]:
    """Describe the jobs that are not finished, with Kie.ai's ids, by which they can be found at Kie.ai."""
    rows = old.execute(f"SELECT id, task_id FROM jobs WHERE phase IN ({UNFINISHED}) ORDER BY created_at")  # noqa: S608
    return [f"{row['id']} (Kie.ai's id: {row['task_id'] or 'none yet'})" for row in rows]


def carry_over(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    """Copy what keeps anything from being paid twice: unfinished jobs, those of the last day, and who cares for them.

    That is also what counts against a day's budget.

    A job that is in both, as after a backup was put back, stays as it was changed last.
    """
    rows = old.execute(
        f"SELECT * FROM jobs WHERE phase IN ({UNFINISHED}) OR phase = ? OR idempotency_key IS NOT NULL"  # noqa: S608
        " OR caller NOT IN (?, ?) OR created_at > (SELECT max(created_at) FROM jobs) - ?"
        " OR (counted_jobs = 1 AND counted_day >= (SELECT max(counted_day) FROM jobs WHERE counted_day < ?))",
        (Phase.UNCONFIRMED, Caller.ANSWERED, Caller.CLOSED, STANDARD.join_for, UNSENT),
    ).fetchall()
    new.execute("BEGIN IMMEDIATE")
    with new:
        for row in rows:
            there = new.execute("SELECT record FROM jobs WHERE id = ?", (row["id"],)).fetchone()
            if there is None or _changed_at(there) < _changed_at(row):
                _put(new, "jobs", row)
        for table in ("workers", "accounts", "sends"):
            for row in old.execute(f"SELECT * FROM {table}"):  # noqa: S608 - one of ours
                _put(new, table, row)


def _put(db: sqlite3.Connection, table: str, row: sqlite3.Row) -> None:
    values = dict(zip(row.keys(), row, strict=True))
    if table == "jobs" and _is_taken(db, values):
        values["idempotency_key"] = None  # to replace the other one would forget a paid job
    names, marks = ", ".join(row.keys()), ", ".join("?" * len(row))
    db.execute(f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608 - ours


def _is_taken(db: sqlite3.Connection, job: dict[str, Any]) -> bool:
    """Return whether the job's key stands for another one."""
    sql = "SELECT 1 FROM jobs WHERE account = ? AND idempotency_key = ? AND id <> ?"
    return db.execute(sql, (job["account"], job["idempotency_key"], job["id"])).fetchone() is not None


def _changed_at(row: sqlite3.Row) -> float:
    """Return when the job was changed last; one that cannot be read gives way to one that can."""
    try:
        return float(json.loads(row["record"])["updated_at"])
    except (ValueError, LookupError, TypeError):
        return -math.inf
