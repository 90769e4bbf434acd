"""Reads what an account has made: page by page, and by the beginning of an id. It changes nothing."""

from kie_mcp.errors import UnknownJobError
from kie_mcp.jobs.job import Job, JobState
from kie_mcp.jobs.store.protocols import JobStore
from kie_mcp.orders.kind import Kind
from kie_mcp.text import literal


class JobHistory:
    """The jobs of one account, as a ledger has them. Kie.ai is never asked."""

    def __init__(self, ledger: JobStore, *, account: str) -> None:
        self._ledger = ledger
        self._account = account

    async def read(self, job_id: str) -> Job:
        """Return the job as the ledger has it. Raises UnknownJobError."""
        job = await self.own(job_id)
        if job is None:
            raise UnknownJobError(f"There is no job {literal(job_id, 100)} here.")
        return job

    async def own(self, job_id: str) -> Job | None:
        """Return the job as the ledger has it; None if there is none, or it is another account's."""
        job = await self._ledger.read(job_id)
        return job if job and job.account == self._account else None

    async def list_finished(self, *, kind: Kind | None = None, limit: int, after: str = "") -> list[Job]:
        """List the jobs that succeeded, newest first; with *after*, those that come after the job with that id.

        Raises UnknownJobError if there is no such job.
        """
        if after:
            await self.read(after)
        return await self._ledger.list_jobs(
            self._account, state=JobState.SUCCEEDED, kind=kind, limit=limit, after=after
        )

    async def ids(self, prefix: str, limit: int) -> tuple[list[str], int]:
        """Return the ids that begin so, newest first, at most so many, and how many there are in all."""
        return await self._ledger.find_ids(self._account, prefix, limit)
