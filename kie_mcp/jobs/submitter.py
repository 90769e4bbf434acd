"""The only code that may spend money: prepare → mark → create → record.

What is certain is said, what is not is `unconfirmed`: a job is sent again only when it certainly was not created.
Nothing here is repeated because it probably failed.
"""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

import anyio

from kie_mcp.errors import (
    BudgetError,
    BusyError,
    KieError,
    NotCreatedError,
    NotYetError,
    OutputError,
    Trouble,
    UnavailableError,
    UnconfirmedError,
    UnreachableError,
)
from kie_mcp.jobs import unsent_messages
from kie_mcp.jobs.budget import NO_LIMITS, Limits
from kie_mcp.jobs.circuit_breaker import CircuitBreaker
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.durable_writes import DurableWriter
from kie_mcp.jobs.job import Job, Phase, Prepared, Request, Upstream, advance
from kie_mcp.jobs.lifecycle import was_wanted_too_long
from kie_mcp.jobs.observer import JobObserver
from kie_mcp.jobs.polling import trouble_gap
from kie_mcp.jobs.store.errors import LedgerError, StaleJobError
from kie_mcp.jobs.store.protocols import Ledger
from kie_mcp.jobs.timing import STANDARD, Timing

logger = logging.getLogger(__name__)

Prepare = Callable[[Job], Awaitable[Prepared]]
"""Makes what is sent for a job, and tells what is known of the job by then; uploads what must be uploaded, which is
free."""


class Submitter:
    """Takes the steps that bring a job from reserved to submitted, failed or unconfirmed."""

    def __init__(
        self,
        ledger: Ledger,
        upstream: Upstream,
        prepare: Prepare,
        clock: Clock,
        writer: DurableWriter,
        worker: str,
        *,
        limits: Limits = NO_LIMITS,
        observer: JobObserver | None = None,
        timing: Timing = STANDARD,
    ) -> None:
        self._ledger = ledger
        self._upstream = upstream
        self._prepare = prepare
        self._clock = clock
        self._writer = writer
        self._worker = worker
        self._limits = limits
        self._observer = observer or JobObserver()
        self._timing = timing
        self._circuit_breaker = CircuitBreaker(timing)
        self._probing = anyio.Lock()
        self._turn = anyio.Lock()
        self._sending: set[anyio.CancelScope] = set()
        self._stopping = False

    @property
    def circuit_open(self) -> bool:
        """Whether nothing may be created until a free call is answered."""
        return self._circuit_breaker.open

    def stop(self) -> None:
        """Begin no more create calls, and give those in flight their last moments: the server stops."""
        self._stopping = True
        for scope in self._sending:
            scope.deadline = min(scope.deadline, anyio.current_time() + self._timing.shutdown_grace)

    async def create(self, job: Job, attempts: int) -> Job:
        """Send a reserved job; return it submitted, failed, unconfirmed, or reserved again if it was not created.

        `attempts` counts those that came to nothing. Raises StaleJobError if the job has gone on elsewhere.
        """
        try:
            prepared = await self._prepare(job)
        except (NotYetError, OutputError) as error:
            return await self._postpone(job, error, attempts)
        except Exception as error:
            return await self._end(job, Phase.FAILED, unsent_messages.describe_failed_preparation(error))
        try:
            marked = await self._mark(prepared.job)
        except BudgetError as error:
            return await self._end(prepared.job, Phase.FAILED, error.trouble)
        return await self._send(marked, prepared.request, attempts)

    async def probe(self) -> None:
        """Ask with one free call for all that wait whether Kie.ai is well again."""
        async with self._probing:
            if not self._circuit_breaker.open:
                return
            await anyio.sleep(self._timing.probe_gap)
            try:
                await self._upstream.credit()
            except (UnreachableError, UnavailableError) as error:
                logger.info("Kie.ai is not well yet: %s", error)
                return
            except NotCreatedError:
                pass  # a refusal is an answer too
            self._circuit_breaker.record_answer()

    async def _mark(self, job: Job) -> Job:
        """Wait for a free place in the account's window, first come first served, and take it.

        Raises BudgetError if the job does not fit into the budget any more.
        """
        async with self._turn:
            while True:
                now = self._clock.now()
                seconds = await self._ledger.mark(job, now, self._limits)
                if not seconds:
                    return advance(job, Phase.SUBMITTING, now, sent_at=now, note="")
                await anyio.sleep(seconds)

    async def _send(self, job: Job, request: Request, attempts: int) -> Job:
        """Send a marked job. Whatever becomes of it is written down, also when this task is cancelled."""
        if self._stopping:
            with anyio.CancelScope(shield=True):
                await self._ledger.move(advance(job, Phase.RESERVED, self._clock.now(), sent_at=None), was=job.phase)
            raise StaleJobError(f"Job {job.id} is left to the next start: nothing was sent.")
        task_id: str | None = None
        ended: Job | None = None
        scope = anyio.CancelScope(shield=True)
        self._sending.add(scope)
        try:
            with scope:
                try:
                    task_id = await self._upstream.create(request)
                except Exception as error:
                    ended = await self._record_error(job, error, attempts)
                else:
                    self._circuit_breaker.record_answer()
                    ended = await self._writer.attach(job, task_id, self._clock.now())
        finally:
            self._sending.discard(scope)
        if ended is None:
            with anyio.CancelScope(shield=True):
                ended = await self._cut_off(job, task_id)
        return ended or job

    async def _record_error(self, job: Job, error: Exception, attempts: int) -> Job:
        """Write down what it means that the create call gave no id."""
        if isinstance(error, UnreachableError | UnavailableError) or not isinstance(error, NotCreatedError):
            self._circuit_breaker.record_trouble(self._clock.now())
        else:
            self._circuit_breaker.record_answer()
        if isinstance(error, NotYetError):
            return await self._postpone(job, error, attempts)
        if isinstance(error, NotCreatedError):
            return await self._end(job, Phase.FAILED, error.trouble)
        return await self._end(job, Phase.UNCONFIRMED, unsent_messages.describe_lost_answer(error))

    async def _cut_off(self, job: Job, task_id: str | None) -> Job:
        """Write down what is known, in one attempt: the last moments are over."""
        now = self._clock.now()
        if task_id is not None:
            return await self._ledger.attach(job, task_id, now, self._worker)
        trouble = UnconfirmedError(
            f"The server stopped before Kie.ai answered the create call. {unsent_messages.PERHAPS}"
        ).trouble
        return await self._ledger.move(
            advance(job, Phase.UNCONFIRMED, now, trouble=trouble, finished_at=now), was=job.phase
        )

    async def _postpone(self, job: Job, error: KieError, attempts: int) -> Job:
        """Put the job back to reserved: it certainly was not created, and is sent again after a while."""
        now = self._clock.now()
        if not isinstance(error, BusyError) and was_wanted_too_long(job, now, self._timing):
            trouble = unsent_messages.describe_giving_up(replace(job, note=error.message), self._timing)
            return await self._end(job, Phase.FAILED, trouble)
        seconds = trouble_gap(attempts, self._timing)
        if isinstance(error, BusyError):
            seconds = self._timing.busy_pause if error.retry_after is None else error.retry_after
            with suppress(LedgerError):  # the job's own wait is written below
                await self._ledger.hold(job.account, now + seconds)
        self._observer.postpone(job, error, seconds)
        waiting = advance(job, Phase.RESERVED, now, sent_at=None, not_before=now + seconds, note=error.message)
        return await self._writer.move(waiting, was=job.phase)

    async def _end(self, job: Job, phase: Phase, trouble: Trouble) -> Job:
        now = self._clock.now()
        ended = advance(job, phase, now, trouble=trouble, finished_at=now, note="")
        return await self._writer.move(ended, was=job.phase)
