"""What the jobs of an account count as, day by day, and whether more fits. All inside a transaction that has begun.

Whoever writes meanwhile waits for this transaction, so that nobody else can spend what is left.
"""

import sqlite3
from collections.abc import Sequence

from kie_mcp.jobs.budget import (
    NOTHING,
    Entry,
    Limits,
    Spending,
    Tally,
    Usage,
    check_call,
    check_day,
    count,
    count_all,
    day_of,
)
from kie_mcp.jobs.job import Job, JobState
from kie_mcp.jobs.store.job_queries import UNFINISHED, UNSENT, find_jobs, find_row

_TALLY = "count(*) AS jobs, total(counted_credits) AS credits, sum(counted_credits IS NULL) AS unpriced"
_COUNTED = "account = ? AND counted_jobs = 1"
"""As the index has it."""


def read_spending(db: sqlite3.Connection, account: str, since: int) -> Spending:
    """Return what counts from that UTC day on, and what is not sent yet, by model and day."""
    rows = db.execute(
        f"SELECT model, counted_day, {_TALLY} FROM jobs WHERE {_COUNTED} AND counted_day >= ?"  # noqa: S608 - ours
        " GROUP BY counted_day, model ORDER BY counted_day, model",
        (account, since),
    )
    entries = tuple(Entry(row["model"] or "", _day(row), _tally(row)) for row in rows)
    states = db.execute(
        f"SELECT state, count(*) AS n FROM jobs WHERE account = ? AND phase IN ({UNFINISHED}) GROUP BY state",  # noqa: S608
        (account,),
    )
    return Spending(entries, {JobState(row["state"]): row["n"] for row in states})


def read_usage(db: sqlite3.Connection, account: str, now: float, limits: Limits, *, but: str = "") -> Usage:
    """Return what counts today, if the limits ask for it; *but* is the id of a job that is left out.

    What was sent by a clock that is a day ahead counts too: that day may have begun since this process looked.
    """
    if not limits.is_daily:
        return Usage()
    today = day_of(now)
    rows = db.execute(
        f"SELECT counted_day, {_TALLY} FROM jobs WHERE {_COUNTED}"  # noqa: S608 - ours
        " AND counted_day IN (?, ?, ?) AND id <> ? GROUP BY counted_day",
        (account, today, today + 1, UNSENT, but),
    )
    tallies = {_day(row): _tally(row) for row in rows}
    reserved = tallies.pop(None, NOTHING)
    return Usage(sum(tallies.values(), NOTHING), reserved)


def check_new(orders: Sequence[Sequence[Job]], others: Usage, limits: Limits) -> None:
    """Check whether what one call orders fits: each order with its parts, and all beside the others of the day.

    Raises BudgetError if not.
    """
    for jobs in orders:
        check_call(count_all(jobs), limits)
    ordered = [job for jobs in orders for job in jobs]
    if ordered:
        check_day(count_all(ordered), others, limits, max(job.created_at for job in ordered))


def check_sending(db: sqlite3.Connection, job: Job, limits: Limits, now: float) -> None:
    """Check whether a reserved job still fits, as it is known now. Raises BudgetError if not.

    One that is counted for today already, with as much, gives way to what has been sent only: those that are written
    down give way to it.
    """
    asked = count(job)
    check_call(asked + _count_parts(db, job), limits)
    if not limits.is_daily:
        return
    others = read_usage(db, job.account, now, limits, but=job.id)
    check_day(asked, Usage(others.spent) if _is_counted(db, job, limits, now) else others, limits, now)


def set_day(db: sqlite3.Connection, job_id: str, now: float) -> None:
    """Count the job to the day on which it is sent."""
    db.execute("UPDATE jobs SET counted_day = ? WHERE id = ?", (day_of(now), job_id))


def _is_counted(db: sqlite3.Connection, job: Job, limits: Limits, now: float) -> bool:
    """Return whether today's sum holds as much for the job already."""
    sql = f"SELECT counted_day, {_TALLY} FROM jobs WHERE id = ? AND counted_jobs = 1"  # noqa: S608 - ours
    row = find_row(db, sql, job.id)
    if row is None or not row["jobs"] or _day(row) not in {None, day_of(now), day_of(now) + 1}:
        return False
    return count(job).total(limits) <= _tally(row).total(limits)


def _count_parts(db: sqlite3.Connection, job: Job) -> Tally:
    """Count the parts that were ordered along with the job; those that were there before are paid for by another."""
    parts = find_jobs(db, job.parts) if job.parts else {}
    return count_all(part for part in parts.values() if part.created_at >= job.created_at)


def _day(row: sqlite3.Row) -> int | None:
    """Return the day to which the row counts; None if it is not sent yet."""
    return None if row["counted_day"] == UNSENT else row["counted_day"]


def _tally(row: sqlite3.Row) -> Tally:
    return Tally(row["jobs"], row["credits"], row["unpriced"] or 0)
