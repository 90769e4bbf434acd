"""Handles the calls that are about several jobs: orders all or none, waits for all of them, and answers once."""

import logging
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import aclosing
from typing import TypeAlias

import anyio
from mcp.types import CallToolResult, ImageContent

from kie_mcp.catalog.validate import rename_arguments
from kie_mcp.errors import MissingKeyError
from kie_mcp.jobs.budget import check_call
from kie_mcp.jobs.draft import Draft
from kie_mcp.jobs.job import Job, Phase
from kie_mcp.jobs.joining import Caller
from kie_mcp.jobs.service import JobService
from kie_mcp.surface.answers.batch import build_batch, build_batch_estimate, build_lost_batch, describe_batch
from kie_mcp.surface.batch_orders import Wish
from kie_mcp.surface.batch_progress import BatchProgress
from kie_mcp.surface.call import Call, CallOptions
from kie_mcp.surface.call_handler import CallHandler, Ctx
from kie_mcp.surface.clients import Profile, explain_shortening
from kie_mcp.surface.idempotency_keys import number_keys
from kie_mcp.surface.recipient import Recipient, note_answer, note_callers
from kie_mcp.surface.tenant import Tenant, TenantOf

logger = logging.getLogger(__name__)

Placed: TypeAlias = tuple[Job, bool]
"""The job of an order, and whether it was there."""


class Batches:
    """Handles the tool calls that are about several jobs, each for the tenant that its request belongs to."""

    def __init__(self, tenant_of: TenantOf, calls: CallHandler) -> None:
        self._tenant_of = tenant_of
        self._calls = calls

    async def order(self, wishes: Sequence[Wish], ctx: Ctx, options: CallOptions) -> CallToolResult:
        """Place all orders or none, wait for their jobs as long as the client can, and answer.

        Raises KieError if one of them is refused, or all together.
        """
        tenant = self._tenant_of(ctx.request_context)
        if options.estimate_only:
            return build_batch_estimate(await _draft_all(tenant, wishes, options))
        if not tenant.has_key:
            raise MissingKeyError
        call = self._calls.begin(ctx, options)
        drafts = await _draft_all(tenant, wishes, options)
        placed, asked = await self._place(drafts, ctx, options, call)
        jobs = [job for job, _ in placed]
        try:
            seconds = min(call.seconds, call.patience - asked)
            told = await self._wait_for_all(jobs, ctx, tenant.service, max(seconds, 0.0))
            joined = {job.id for job, was_there in placed if was_there}
            return await self._answer(told, ctx, options, call, joined=joined)
        except Exception as error:
            # The jobs go on in spite of this, so the caller must get their ids.
            await note_callers(tenant.service, jobs, Caller.LEFT)
            logger.exception("jobs %s: their answer could not be made", ", ".join(job.id for job in jobs))
            return build_lost_batch(jobs, error)
        except BaseException:
            await note_callers(tenant.service, jobs, Caller.LEFT)
            raise

    async def _place(
        self, drafts: Sequence[Draft], ctx: Ctx, options: CallOptions, call: Call
    ) -> tuple[list[Placed], float]:
        """Place what was checked, once the person has agreed if they have to be asked about the sum.

        Returns the jobs, and how many seconds the person took. Raises KieError if it is refused; then nothing is
        written down.
        """
        service, came = call.tenant.service, call.arrival.service_time
        prints = [draft.fingerprint for draft in drafts]
        keys = dict(zip(prints, number_keys(options.idempotency_key, len(drafts)), strict=True))
        terms = self._calls.terms(call.tenant, options)
        there: dict[str, Placed] = {}
        answer_id, asked = "", 0.0

        async def place() -> dict[str, Placed]:
            rest = [draft for draft in drafts if draft.fingerprint not in there]
            own = [keys[draft.fingerprint] for draft in rest]
            placed = await service.place_all(rest, keys=own, new=options.new, came=came) if rest else []
            return there | dict(zip((draft.fingerprint for draft in rest), placed, strict=True))

        try:
            # An answer counts also if the price has fallen since: it may be a no, or have been sent before.
            if ctx.request_state or not terms.allow(terms.sum_prices(drafts)):
                # What only joins a job costs nothing anew; and what may not be ordered at all is not asked about.
                for draft in drafts:
                    key = keys[draft.fingerprint]
                    if job := await service.join(draft, idempotency_key=key, new=options.new, came=came):
                        there[draft.fingerprint] = job, True
                rest = [draft for draft in drafts if draft.fingerprint not in there]
                for draft in rest:
                    check_call(terms.sum_prices([draft]).tally, call.tenant.limits)
                if rest and (ctx.request_state or not terms.allow(terms.sum_prices(rest))):
                    began = anyio.current_time()
                    answer_id = await self._calls.ask(rest, ctx, options, call.arrival)
                    asked = anyio.current_time() - began
            placed = await self._calls.place_answered(answer_id, place)
        except BaseException:
            await note_callers(service, [job for job, _ in there.values()], Caller.LEFT)
            raise
        return [placed[draft.fingerprint] for draft in drafts], asked

    async def report_status(self, jobs: Sequence[Job], ctx: Ctx, options: CallOptions) -> CallToolResult:
        """Look at the jobs again, wait for the end of all as long as the client can, and answer."""
        call = self._calls.begin(ctx, options)
        service = call.tenant.service
        asked = [await service.ask(job, seconds=call.seconds_left) for job in jobs]
        told = await self._wait_for_all(asked, ctx, service, call.seconds_left)
        return await self._answer(told, ctx, options, call)

    async def _wait_for_all(self, jobs: Sequence[Job], ctx: Ctx, service: JobService, seconds: float) -> list[Job]:
        """Wait so long for the end of all jobs, while one progress of them is sent; return them as they are then."""
        usual = {job.id: await service.usual_seconds(job) for job in jobs}
        progress = BatchProgress(ctx.report_progress, usual, every=service.timing.told_every)
        latest = {job.id: job for job in jobs}

        async def follow(job_id: str) -> None:
            async with aclosing(service.watch(job_id)) as states:
                async for job in states:
                    latest[job_id] = job
                    await progress.report(list(latest.values()), self._calls.now())

        try:
            with anyio.move_on_after(seconds):
                async with anyio.create_task_group() as group:
                    for job_id in latest:
                        group.start_soon(follow, job_id)
        except ExceptionGroup as errors:  # one of them says as much as all
            raise errors.exceptions[0] from errors
        return list(latest.values())

    async def _answer(
        self,
        jobs: Sequence[Job],
        ctx: Ctx,
        options: CallOptions,
        call: Call,
        *,
        joined: Collection[str] | None = None,
    ) -> CallToolResult:
        """Build the answer in the form that this client can read, and note that it is told.

        Whoever has ordered several jobs is owed the end of all of them until all are done: a repeated call joins those
        that were done before, too. A call that only asks, and so joins none, leaves the end that was told as it is.
        """
        tenant, is_done = call.tenant, all(job.done for job in jobs)
        facts = [await self._calls.describe(job, tenant, joined=job.id in (joined or ())) for job in jobs]
        parts = {part.id: part for job in jobs for part in await tenant.service.parts(job)}
        whole = describe_batch(jobs, facts, parts, preview=bool(options.preview))
        picture, problem = await self._draw_first(jobs, options, call.profile)
        asked = options.preview or tenant.client_settings.preview
        short = "" if is_done else explain_shortening(options.wait_seconds, call.profile)
        whole.note = " ".join(filter(None, [short, problem if asked else ""])) or None
        answered = build_batch(jobs, whole, links=call.profile.links, preview=picture)
        owed = [job for job in jobs if not job.done] if joined is None and not is_done else jobs
        late = self._calls.has_come_late(ctx, call.arrival)
        recipient = Recipient(request=ctx.request_context, late=late)
        await note_answer(owed, tenant.service, recipient, self._calls.deliveries)
        return answered

    async def _draw_first(
        self, jobs: Sequence[Job], options: CallOptions, profile: Profile
    ) -> tuple[ImageContent | None, str]:
        """Draw the preview of the first job that has made something, if previews are wanted."""
        made = next((job for job in jobs if job.phase is Phase.SUCCEEDED), None)
        if made is None or not (profile.preview if options.preview is None else options.preview):
            return None, ""
        return await self._calls.draw_preview(made)


async def _draft_all(tenant: Tenant, wishes: Sequence[Wish], options: CallOptions) -> list[Draft]:
    """Check all orders before any of them is placed; equal ones become copies with a number each.

    Raises OrderError that names the prompt which does not fit.
    """
    planner, times, keep = tenant.planner, sum(wish.count for wish in wishes), not options.estimate_only
    drafts: list[Draft] = []
    copies = Counter[str]()
    for wish in wishes:
        with rename_arguments(prompt=wish.argument):
            draft = await planner.draft(wish.order, convert=options.convert, keep=keep, times=times)
        for _ in range(wish.count):
            copies[draft.fingerprint] += 1
            drafts.append(planner.copy(draft, copies[draft.fingerprint]))
    return drafts
