"""Write down what came late: an id of Kie.ai's, or a job that the ledger has lost. All inside a transaction."""

import logging
import sqlite3

from kie_mcp.jobs.budget import day_of
from kie_mcp.jobs.job import Job, Phase, advance
from kie_mcp.jobs.joining import Caller
from kie_mcp.jobs.store.errors import LedgerError, StaleJobError
from kie_mcp.jobs.store.job_queries import UNSENT, find_job, find_row, insert, update

logger = logging.getLogger(__name__)


def attach(db: sqlite3.Connection, job: Job, task_id: str, now: float, worker: str) -> Job:
    """Write down the task id, whoever cared for the job till now: an id is never lost."""
    known = find_job(db, job.id)
    if known is None and job.phase is not Phase.SUBMITTING:
        raise LedgerError(f"Job {job.id} is not in the ledger; Kie.ai's id of it is {task_id}.")
    if known is None:  # the file was replaced by one that does not know it
        logger.warning("Job %s was not in the ledger any more; Kie.ai's id of it is %s.", job.id, task_id)
        attached = advance(job, Phase.SUBMITTED, now, task_id=task_id, note="")
        insert(db, attached, worker)
        return attached
    if known.task_id == task_id:
        return known
    if known.task_id is not None or known.phase not in {Phase.RESERVED, Phase.SUBMITTING, Phase.UNCONFIRMED}:
        raise StaleJobError(f"Job {job.id} has gone on without this process.")
    attached = advance(known, Phase.SUBMITTED, now, task_id=task_id, trouble=None, finished_at=None, note="")
    update(db, attached, known.phase)
    db.execute(
        "UPDATE jobs SET worker = ?, caller = CASE caller WHEN ? THEN ? WHEN ? THEN ? ELSE caller END,"
        " counted_day = CASE counted_day WHEN ? THEN ? ELSE counted_day END WHERE id = ?",
        (worker, Caller.ANSWERED, Caller.TOLD, Caller.LATE, Caller.TOLD, UNSENT, day_of(now), job.id),
    )
    return attached


def restore(db: sqlite3.Connection, job: Job) -> None:
    """Write a job down again that the ledger has lost; whoever comes next takes it over."""
    if find_row(db, "SELECT id FROM jobs WHERE id = ?", job.id) is None:
        logger.warning("Job %s was not in the ledger any more; Kie.ai's id of it is %s.", job.id, job.task_id)
        insert(db, job, "")
        db.execute("UPDATE jobs SET worker = NULL WHERE id = ?", (job.id,))
