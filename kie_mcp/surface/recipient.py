"""The client that an answer goes to, and what is noted with each job of what its caller was told."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import anyio.lowlevel
from mcp.server.context import ServerRequestContext

from kie_mcp.errors import KieError
from kie_mcp.jobs.job import Job
from kie_mcp.jobs.joining import Caller
from kie_mcp.jobs.service import JobService
from kie_mcp.surface.clients import Peer
from kie_mcp.surface.delivery_tracker import Deliveries

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """The client that an answer goes to, and the request that it answers."""

    request: ServerRequestContext[Any, Any]
    late: bool = False
    """Whether the answer took longer than the client is known to wait: it may have given up silently."""

    @property
    def peer(self) -> Peer:
        """What the client says of itself."""
        params = self.request.session.client_params
        name, samples = (params.client_info.name, params.capabilities.sampling is not None) if params else ("", False)
        return Peer(name, self.request.protocol_version, stdio=self.request.request is None, samples=samples)

    async def has_left(self) -> bool:
        """Say whether the connection is closed: over HTTP a call of the older protocol era goes on without it."""
        request = self.request.request
        return request is not None and await request.is_disconnected()


async def note_answer(jobs: Sequence[Job], service: JobService, recipient: Recipient, deliveries: Deliveries) -> None:
    """Note what the caller of these jobs is told: their end, if all of them have come to it, else that they go on.

    The end of a job counts as told only once the answer was written to the client.

    Raises the exception of a cancelled call, whose caller was told nothing.
    """
    await anyio.lowlevel.checkpoint_if_cancelled()
    if await recipient.has_left():
        await note_callers(service, jobs, Caller.LEFT)
    elif not all(job.done for job in jobs):
        await note_callers(service, jobs, Caller.TOLD)
    else:
        _deliver(service, jobs, recipient, deliveries)


async def note_callers(service: JobService, jobs: Sequence[Job], caller: Caller) -> None:
    """Note what the caller of these jobs was told. If that cannot be written down, the answer goes out all the same."""
    try:
        await service.note_all(jobs, caller)
    except KieError as error:
        logger.warning("job %s: %s", ", ".join(job.id for job in jobs), error)


def _deliver(service: JobService, jobs: Sequence[Job], recipient: Recipient, deliveries: Deliveries) -> None:
    """Note the end of each job as told once the answer was written."""
    caller = Caller.LATE if recipient.late else Caller.ANSWERED

    def note_all() -> None:
        for job in jobs:
            service.note_soon(job, caller)

    if not recipient.late:
        for job in jobs:
            service.start_answer(job)
    deliveries.call_when_written(recipient.request, note_all)
