"""From an order to its answer: placed with the service, waited for with progress, told.

The caller owns nothing here. It may go away at any time; what it has heard is noted.
"""

import logging
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import anyio
import anyio.lowlevel
from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult

from kie_mcp.errors import KieError, MissingKeyError, OrderError
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.draft import Expectation
from kie_mcp.jobs.job import Job
from kie_mcp.jobs.joining import Caller
from kie_mcp.jobs.service import JobService
from kie_mcp.orders.order import Order
from kie_mcp.surface.answers.build import answer, lost_sight, result
from kie_mcp.surface.answers.preview import Previews
from kie_mcp.surface.answers.schema import Answer
from kie_mcp.surface.clients import Peer, Profile, patience, profile, shortening
from kie_mcp.surface.delivery import Deliveries
from kie_mcp.surface.progress import Progress
from kie_mcp.surface.tenant import Tenant, TenantOf

logger = logging.getLogger(__name__)

Ctx = Context[Any]

GRACE = 2.0
"""Seconds that an answer may take on top of the wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOptions:
    """How a caller wants its order to be taken, and itself to be answered."""

    wait_seconds: float | None = None
    idempotency_key: str = ""
    new: bool = False
    preview: bool | None = None
    convert: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Whom an answer goes to."""

    request: ServerRequestContext[Any, Any]
    late: bool = False
    """Whether it has been waited for longer than the client is known to stand: it may have given up without a word."""

    @property
    def peer(self) -> Peer:
        """The client as it shows itself."""
        params = self.request.session.client_params
        name, samples = (params.client_info.name, params.capabilities.sampling is not None) if params else ("", False)
        return Peer(name, self.request.protocol_version, stdio=self.request.request is None, samples=samples)

    async def has_left(self) -> bool:
        """Whether the connection is gone: over HTTP a call of the older era outlives it."""
        request = self.request.request
        return request is not None and await request.is_disconnected()


UNHURRIED = CallOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """When a call has come."""

    at: float
    """Seconds on the loop's clock."""
    came: float
    """The same on the service's."""
    waking: bool
    """Whether the process stood still before: then the call may have been made, and given up, long ago."""


class CallHandler:
    """Places orders and waits with their callers, for the tenant that each call is of."""

    def __init__(self, tenant_of: TenantOf, clock: Clock) -> None:
        self._tenant_of = tenant_of
        self._clock = clock
        self._previews = Previews()
        self.deliveries = Deliveries()

    async def order(
        self, order: Order, ctx: Ctx, manner: CallOptions, *, parts: Mapping[str, Order] | None = None
    ) -> CallToolResult:
        """Place an order, wait for its end as long as the client can, and answer. Raises KieError if it is refused."""
        tenant = self._tenant_of(ctx.request_context)
        if not tenant.has_key:
            raise MissingKeyError
        arrival = _arrival(tenant.service)
        draft = await tenant.planner.draft(order, parts=parts, convert=manner.convert)
        key = _key(manner.idempotency_key)
        job, joined = await tenant.service.place(draft, idempotency_key=key, new=manner.new, came=arrival.came)
        try:
            return await self.wait(job, ctx, manner, joined=joined, arrival=arrival)
        except Exception as error:
            # The job goes on all the same, so its id has to reach the caller.
            await _note(tenant.service, job, Caller.LEFT)
            logger.exception("job %s: the answer is lost", job.id)
            return lost_sight(job, error)
        except BaseException:
            await _note(tenant.service, job, Caller.LEFT)
            raise

    async def ask(self, job: Job, ctx: Ctx, manner: CallOptions) -> CallToolResult:
        """Have a fresh look at the job, wait for its end as long as the client can, and answer."""
        service = self._tenant_of(ctx.request_context).service
        arrival, seconds = _arrival(service), self._patience(ctx, manner)
        job = await service.ask(job, seconds=seconds)
        seconds -= anyio.current_time() - arrival.at
        return await self.wait(job, ctx, manner, seconds=seconds, arrival=arrival)

    async def wait(
        self,
        job: Job,
        ctx: Ctx,
        manner: CallOptions,
        *,
        joined: bool = False,
        seconds: float | None = None,
        arrival: Arrival | None = None,
    ) -> CallToolResult:
        """Wait for the job's end as long as the client can, and answer."""
        service = self._tenant_of(ctx.request_context).service
        arrival = arrival or _arrival(service)
        progress = Progress(ctx.report_progress, Expectation(usual_s=await service.usual_seconds(job)))
        with anyio.move_on_after(self._patience(ctx, manner) if seconds is None else max(seconds, 0)):
            async with aclosing(service.watch(job.id)) as states:
                async for job in states:
                    await progress.tell(job, self._clock.now())
        late = arrival.waking or self._is_late(ctx, anyio.current_time() - arrival.at)
        return await self.tell(job, Connection(request=ctx.request_context, late=late), manner, joined=joined)

    def _is_late(self, ctx: Ctx, seconds: float) -> bool:
        """Whether a call has taken longer than its client is known to stand: it asked for that, or a disk was slow."""
        stands = max(self._known(ctx).longest or 0, self._patience(ctx, UNHURRIED))
        return seconds > stands + GRACE

    def _patience(self, ctx: Ctx, manner: CallOptions) -> float:
        listening = bool((ctx.request_context.meta or {}).get("progress_token"))
        return patience(manner.wait_seconds, self._known(ctx), listening=listening)

    def _known(self, ctx: Ctx) -> Profile:
        request = ctx.request_context
        return profile(Connection(request=request).peer, self._tenant_of(request).wishes)

    async def tell(
        self, job: Job, connection: Connection, manner: CallOptions, *, joined: bool = False
    ) -> CallToolResult:
        """Answer as this client can be answered; once that is written it counts as told."""
        tenant = self._tenant_of(connection.request)
        known = profile(connection.peer, tenant.wishes)
        facts = await self.describe(job, tenant, joined=joined)
        if not job.done and (short := shortening(manner.wait_seconds, known)):
            facts.note = " ".join(words for words in (facts.note, short) if words)
        if manner.preview and not job.done:
            facts.next = f'get_job_status(job_id="{job.id}", preview=true)'
        asked = known.preview if manner.preview is None else manner.preview
        picture, problem = await self._previews.show(job) if asked else (None, "")
        if problem and (manner.preview or tenant.wishes.preview):
            facts.note = " ".join(words for words in (facts.note, problem) if words)
        answered = result(job, facts, links=known.links, preview=picture)
        await anyio.lowlevel.checkpoint_if_cancelled()  # whoever has left meanwhile has not heard the end
        if await connection.has_left():
            await _note(tenant.service, job, Caller.LEFT)
        elif not job.done:
            await _note(tenant.service, job, Caller.TOLD)
        else:
            self._deliver(tenant.service, job, connection)
        return answered

    def _deliver(self, service: JobService, job: Job, connection: Connection) -> None:
        """Count the end as told once its answer was written."""
        caller = Caller.LATE if connection.late else Caller.ANSWERED
        if not connection.late:
            service.start_answer(job)
        self.deliveries.expect(connection.request, lambda: service.note_soon(job, caller))

    async def describe(self, job: Job, tenant: Tenant, *, joined: bool = False) -> Answer:
        """Gather the facts of a job of the tenant's, as every answer gives them."""
        outlook, parts = await tenant.service.outlook(job), await tenant.service.parts(job)
        return answer(job, outlook, self._clock.now(), parts=parts, sandbox=tenant.sandbox, joined=joined)


def _arrival(service: JobService) -> Arrival:
    return Arrival(at=anyio.current_time(), came=service.now(), waking=service.is_waking)


async def _note(service: JobService, job: Job, caller: Caller) -> None:
    """Note what the caller is told; an answer is not held back because that cannot be written down."""
    try:
        await service.note(job, caller)
    except KieError as error:
        logger.warning("job %s: %s", job.id, error)


def _key(given: str) -> str:
    """A key of blanks would protect nothing, silently."""
    if given and not given.strip():
        remedy = "Give a key that no other order has, or leave it out."
        raise OrderError("holds blanks only.", argument="idempotency_key", remedy=remedy)
    return given.strip()
