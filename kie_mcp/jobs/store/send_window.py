"""What an account has sent, and when it may send again. All inside a transaction that has begun."""

import sqlite3

from kie_mcp.jobs import rate_limit
from kie_mcp.jobs.budget import Limits
from kie_mcp.jobs.job import Job, Phase, advance
from kie_mcp.jobs.store.job_queries import find_row, update
from kie_mcp.jobs.store.leases import extend_lease
from kie_mcp.jobs.store.protocols import Queue
from kie_mcp.jobs.store.spending import check_sending, set_day
from kie_mcp.jobs.timing import Timing


def read_queue(db: sqlite3.Connection, job: Job, since: float) -> Queue:
    """Return the line before the job, and what the account has sent since then."""
    place = find_row(
        db,
        "SELECT count(*) AS n FROM jobs WHERE account = ? AND phase = ? AND created_at < ?"
        " AND json_extract(record, '$.waiting_for') IS NULL",
        job.account,
        Phase.RESERVED,
        job.created_at,
    )
    sends = db.execute("SELECT at FROM sends WHERE account = ? ORDER BY at", (job.account,))
    held = find_row(db, "SELECT held_until FROM accounts WHERE account = ?", job.account)
    return Queue(
        place=place["n"] if place else 0,
        sends=[row["at"] for row in sends if row["at"] > since],
        held_until=held["held_until"] if held else 0.0,
    )


def mark(db: sqlite3.Connection, job: Job, now: float, timing: Timing, limits: Limits) -> float:
    """Step from reserved to submitting and count the send, if one may be sent; else return the seconds to wait.

    Raises BudgetError if the job, as it is known now, does not fit any more.
    """
    queue = read_queue(db, job, now - timing.send_window)
    # Others may have sent since this process looked at its clock; what is far ahead is of a clock set back since.
    sends = [at for at in queue.sends if at <= now + timing.send_window]
    now = max([now, *sends])
    held = max(rate_limit.hold(until, now, timing) for until in (queue.held_until, job.not_before))
    seconds = rate_limit.wait(sends, now, now + held, timing)
    if seconds > 0:
        return seconds
    check_sending(db, job, limits, now)
    update(db, advance(job, Phase.SUBMITTING, now, sent_at=now), Phase.RESERVED)
    set_day(db, job.id, now)
    # A process that has just woken must not lose the job while it sends it.
    if row := find_row(db, "SELECT worker FROM jobs WHERE id = ? AND worker IS NOT NULL", job.id):
        extend_lease(db, row["worker"], now + timing.lease)
    db.execute("DELETE FROM sends WHERE account = ? AND at <= ?", (job.account, now - timing.send_window))
    db.execute("INSERT INTO sends (account, at) VALUES (?, ?)", (job.account, now))
    return 0.0


def hold(db: sqlite3.Connection, account: str, until: float) -> None:
    """Send nothing for this account before that time."""
    db.execute(
        "INSERT INTO accounts (account, held_until) VALUES (?, ?)"
        " ON CONFLICT (account) DO UPDATE SET held_until = max(held_until, excluded.held_until)",
        (account, until),
    )
