"""Write what happened to a job until it is written: what is not in the ledger is lost with this process."""

import logging
from collections.abc import Awaitable, Callable

import anyio

from kie_mcp.jobs.job import Job, Phase
from kie_mcp.jobs.polling import trouble_gap
from kie_mcp.jobs.store.errors import LedgerError, StaleJobError
from kie_mcp.jobs.store.protocols import JobStore
from kie_mcp.jobs.timing import STANDARD, Timing

logger = logging.getLogger(__name__)

Changed = Callable[[Job], None]
"""Tells whoever waits that a job has moved."""


class DurableWriter:
    """Writes jobs down for one worker, and tells it."""

    def __init__(self, store: JobStore, changed: Changed, worker: str, *, timing: Timing = STANDARD) -> None:
        self._store = store
        self._changed = changed
        self._worker = worker
        self._timing = timing

    async def move(self, job: Job, *, was: Phase) -> Job:
        """Write the job as it is now. Raises StaleJobError if it has gone on without this process."""

        async def move() -> Job:
            return await self._store.move(job, was=was)

        return await self._write(f"{job.phase} of job {job.id}", move)

    async def attach(self, job: Job, task_id: str, now: float) -> Job:
        """Write Kie.ai's id of the job down. Raises StaleJobError if the job has another one."""

        async def attach() -> Job:
            return await self._store.attach(job, task_id, now, self._worker)

        return await self._write(f"Kie.ai's id {task_id} of job {job.id}", attach)

    async def _write(self, what: str, write: Callable[[], Awaitable[Job]]) -> Job:
        attempts = 0
        while True:
            try:
                job = await write()
            except StaleJobError:
                raise
            except LedgerError as error:
                logger.error("%s is not written down yet: %s", what, error)  # noqa: TRY400 - the cause is in the line
                await anyio.sleep(trouble_gap(attempts, self._timing))
                attempts += 1
            else:
                self._changed(job)
                return job
