"""Handles a tool call: places the order, waits for the job while reporting progress, and answers.

A call owns nothing that matters: its caller may go away at any time and the job goes on. What the caller was told is
noted with the job, since that decides whether an equal order joins it later.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

import anyio
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, ImageContent

from kie_mcp.errors import MissingKeyError
from kie_mcp.jobs.budget import check_call, explain_count
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.draft import Draft
from kie_mcp.jobs.job import Job
from kie_mcp.jobs.joining import Caller
from kie_mcp.jobs.service import JobService
from kie_mcp.orders.order import Order
from kie_mcp.surface.answers.build import build_estimate, build_lost_answer, build_result, describe_job
from kie_mcp.surface.answers.confirmation import Terms
from kie_mcp.surface.answers.preview import PREVIEW_SECONDS, Previews
from kie_mcp.surface.answers.schema import Answer
from kie_mcp.surface.arrivals import Arrivals
from kie_mcp.surface.call import NO_OPTIONS, Arrival, Call, CallOptions
from kie_mcp.surface.clients import NOT_LISTENING, Profile, choose_wait, explain_shortening, find_profile
from kie_mcp.surface.confirmation import Confirmations
from kie_mcp.surface.delivery_tracker import Deliveries
from kie_mcp.surface.idempotency_keys import strip_key
from kie_mcp.surface.progress import Progress
from kie_mcp.surface.recipient import Recipient, note_answer, note_callers
from kie_mcp.surface.tenant import Tenant, TenantOf

logger = logging.getLogger(__name__)

Ctx = Context[Any]
T = TypeVar("T")

GRACE = 2.0
"""Seconds that an answer may take in addition to the wait before it counts as late."""
ASKING_SHARE = 0.9
"""The part of the time that a client waits in which the person can answer: the rest is for what is done then."""


class CallHandler:
    """Handles tool calls, each for the tenant that its request belongs to."""

    def __init__(self, tenant_of: TenantOf, clock: Clock, *, preview_seconds: float = PREVIEW_SECONDS) -> None:
        self._tenant_of = tenant_of
        self._clock = clock
        self._previews = Previews(preview_seconds)
        self.deliveries = Deliveries()
        self.arrivals = Arrivals()
        self._confirmations = Confirmations()

    async def order(
        self, order: Order, ctx: Ctx, options: CallOptions, *, parts: Mapping[str, Order] | None = None
    ) -> CallToolResult:
        """Place an order, wait for its job as long as the client can, and answer. Raises KieError if it is refused.

        If only an estimate is asked for, the order is checked as any other, and its cost is answered: nothing of the
        order is sent. A model that has no row here is looked up on the list of all models, for which Kie.ai may be
        asked; that is free.

        Raises InputNeededError if the client has to put a question to the person and call again.
        """
        tenant = self._tenant_of(ctx.request_context)
        if options.estimate_only:
            draft = await tenant.planner.draft(order, parts=parts, convert=options.convert, keep=False)
            return build_estimate(draft)
        if not tenant.has_key:
            raise MissingKeyError
        arrival = self._note_arrival(tenant.service, ctx)
        draft = await tenant.planner.draft(order, parts=parts, convert=options.convert)
        job, joined, asked = await self._place(draft, ctx, options, arrival)
        try:
            seconds = min(self._choose_wait(ctx, options), self._find_patience(ctx, options) - asked)
            seconds = arrival.shorten(seconds, arrival.waited)
            return await self.answer_when_done(job, ctx, options, joined=joined, seconds=seconds, arrival=arrival)
        except Exception as error:
            # The job goes on in spite of this, so the caller must get its id.
            await note_callers(tenant.service, [job], Caller.LEFT)
            logger.exception("job %s: its answer could not be made", job.id)
            return build_lost_answer(job, error)
        except BaseException:
            await note_callers(tenant.service, [job], Caller.LEFT)
            raise

    async def _place(self, draft: Draft, ctx: Ctx, options: CallOptions, arrival: Arrival) -> tuple[Job, bool, float]:
        """Place what was checked, once the person has agreed if they have to be asked. Raises as `order` does.

        Returns the job, whether it was joined, and how many seconds the person took.
        """
        tenant = self._tenant_of(ctx.request_context)
        key, came = strip_key(options.idempotency_key), arrival.service_time
        terms = self.terms(tenant, options)
        answer_id, asked, price = "", 0.0, terms.sum_prices([draft])
        # An answer counts also if the price has fallen since: it may be a no, or have been sent before.
        if ctx.request_state or not terms.allow(price):
            # What only joins a job costs nothing anew; and what may not be ordered at all is not asked about.
            if job := await tenant.service.join(draft, idempotency_key=key, new=options.new, came=came):
                return job, True, asked
            check_call(price.tally, tenant.limits)
            began = anyio.current_time()
            answer_id = await self.ask([draft], ctx, options, arrival)
            asked = anyio.current_time() - began
        job, joined = await self._confirmations.place(
            answer_id, lambda: tenant.service.place(draft, idempotency_key=key, new=options.new, came=came)
        )
        return job, joined, asked

    def terms(self, tenant: Tenant, options: CallOptions) -> Terms:
        """Return what a call of this tenant's may order unasked."""
        return Terms(
            above=tenant.confirm_above,
            agreed=options.agreed_credits,
            limits=tenant.limits,
            balance=tenant.account_reader.known_balance,
        )

    async def ask(self, drafts: Sequence[Draft], ctx: Ctx, options: CallOptions, arrival: Arrival) -> str:
        """Ask the person about everything that a call orders; return the id of their answer. Raises as `order` does."""
        tenant = self._tenant_of(ctx.request_context)
        left = ASKING_SHARE * self._find_patience(ctx, options) - (anyio.current_time() - arrival.loop_time)
        terms, seconds = self.terms(tenant, options), max(left, 0.0)
        return await self._confirmations.ask(drafts, ctx, terms, account=tenant.account, seconds=seconds)

    async def report_status(self, job: Job, ctx: Ctx, options: CallOptions) -> CallToolResult:
        """Look at the job again, wait for its end as long as the client can, and answer."""
        service = self._tenant_of(ctx.request_context).service
        arrival, seconds = self._note_arrival(service, ctx), self._choose_wait(ctx, options)
        job = await service.ask(job, seconds=arrival.shorten(seconds, arrival.waited))
        seconds = arrival.shorten(seconds, anyio.current_time() - arrival.loop_time)
        return await self.answer_when_done(job, ctx, options, seconds=seconds, arrival=arrival)

    async def answer_when_done(
        self,
        job: Job,
        ctx: Ctx,
        options: CallOptions,
        *,
        joined: bool = False,
        seconds: float | None = None,
        arrival: Arrival | None = None,
    ) -> CallToolResult:
        """Wait for the job's end as long as the client can, or for *seconds*, and answer."""
        service = self._tenant_of(ctx.request_context).service
        arrival = arrival or self._note_arrival(service, ctx)
        progress = Progress(ctx.report_progress, await service.usual_seconds(job))
        with anyio.move_on_after(self._choose_wait(ctx, options) if seconds is None else max(seconds, 0)):
            async with aclosing(service.watch(job.id)) as states:
                async for job in states:
                    await progress.report(job, self._clock.now())
        late = self.has_come_late(ctx, arrival)
        return await self.answer(job, Recipient(request=ctx.request_context, late=late), options, joined=joined)

    def begin(self, ctx: Ctx, options: CallOptions) -> Call:
        """Note that a call about several jobs has come, and how long its client waits."""
        tenant = self._tenant_of(ctx.request_context)
        profile, seconds = self._find_profile(ctx), self._choose_wait(ctx, options)
        arrival, patience = self._note_arrival(tenant.service, ctx), self._find_patience(ctx, options)
        return Call(tenant=tenant, profile=profile, arrival=arrival, seconds=seconds, patience=patience)

    async def place_answered(self, answer_id: str, place: Callable[[], Awaitable[T]]) -> T:
        """Place what an answer of the person's allows; a repeated answer gets what was placed for it before."""
        return await self._confirmations.place(answer_id, place)

    def has_come_late(self, ctx: Ctx, arrival: Arrival) -> bool:
        """Say whether the answer to the call comes now after its client may have given up."""
        return arrival.is_waking or self._is_late(ctx, anyio.current_time() - arrival.loop_time)

    def now(self) -> float:
        """Return the seconds since 1970."""
        return self._clock.now()

    async def draw_preview(self, job: Job) -> tuple[ImageContent | None, str]:
        """Draw the preview of a job; return it, or None and the reason."""
        return await self._previews.draw(job)

    def _note_arrival(self, service: JobService, ctx: Ctx) -> Arrival:
        waited = self.arrivals.take_wait(ctx.request_context.request_id)
        return Arrival(
            loop_time=anyio.current_time() - waited,
            service_time=service.now() - waited,
            is_waking=service.is_waking,
            waited=waited,
        )

    def _is_late(self, ctx: Ctx, seconds: float) -> bool:
        """Say whether a call of so many seconds has taken longer than its client is known to wait."""
        stands = max(self._find_profile(ctx).longest_wait or 0, self._choose_wait(ctx, NO_OPTIONS))
        return seconds > stands + GRACE

    def _choose_wait(self, ctx: Ctx, options: CallOptions) -> float:
        listening = bool((ctx.request_context.meta or {}).get("progress_token"))
        return choose_wait(options.wait_seconds, self._find_profile(ctx), listening=listening)

    def _find_patience(self, ctx: Ctx, options: CallOptions) -> float:
        """Return how many seconds the client is known to wait for an answer, or says that it does."""
        waits = (self._choose_wait(ctx, one) for one in (options, NO_OPTIONS))
        return self._find_profile(ctx).longest_wait or max(*waits, NOT_LISTENING)

    def _find_profile(self, ctx: Ctx) -> Profile:
        request = ctx.request_context
        return find_profile(Recipient(request=request).peer, self._tenant_of(request).client_settings)

    async def answer(
        self, job: Job, recipient: Recipient, options: CallOptions, *, joined: bool = False
    ) -> CallToolResult:
        """Build the answer in the form that this client can read, and note that it is told."""
        tenant = self._tenant_of(recipient.request)
        known = find_profile(recipient.peer, tenant.client_settings)
        facts = await self.describe(job, tenant, joined=joined)
        if not job.done and (short := explain_shortening(options.wait_seconds, known)):
            _add_note(facts, short)
        if options.preview and not job.done:
            facts.next = f'get_job_status(job_id="{job.id}", preview=true)'
        asked = known.preview if options.preview is None else options.preview
        picture, problem = await self._previews.draw(job) if asked else (None, "")
        if problem and (options.preview or tenant.client_settings.preview):
            _add_note(facts, problem)
        answered = build_result(job, facts, links=known.links, preview=picture)
        await note_answer([job], tenant.service, recipient, self.deliveries)
        return answered

    async def describe(self, job: Job, tenant: Tenant, *, joined: bool = False) -> Answer:
        """Describe a job of the tenant's with the fields that every answer has."""
        outlook, parts = await tenant.service.outlook(job), await tenant.service.parts(job)
        facts = describe_job(job, outlook, self._clock.now(), parts=parts, sandbox=tenant.is_sandbox, joined=joined)
        return _add_note(facts, explain_count(job, tenant.limits))


def _add_note(facts: Answer, more: str) -> Answer:
    """Add a sentence to the note of an answer, if there is one to add."""
    facts.note = " ".join(words for words in (facts.note, more) if words) or None
    return facts
