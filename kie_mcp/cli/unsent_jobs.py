"""Find out which jobs were not sent to Kie.ai when a command was stopped."""

from collections.abc import Sequence

import anyio

from kie_mcp.cli.ledger_file import open_ledger
from kie_mcp.errors import KieError
from kie_mcp.jobs.job import Phase
from kie_mcp.settings import Settings


def find_unsent(settings: Settings, job_ids: Sequence[str]) -> list[str]:
    """Return those of the jobs that wait to be sent; none if the ledger cannot be read."""

    async def read() -> list[str]:
        async with open_ledger(settings.ledger_path) as ledger:
            jobs = [await ledger.read(job_id) for job_id in job_ids]
        return [job.id for job in jobs if job and job.phase is Phase.RESERVED]

    try:
        return anyio.run(read)
    except KieError:
        return []
