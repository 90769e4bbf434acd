"""The only code that may spend money: reserve → mark → create → record.

What is certain is said, what is not is `unconfirmed`: a job is sent again by itself only when it certainly was not
created. Nothing here is repeated because it probably failed.
"""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

import anyio

from kie_mcp.errors import (
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
from kie_mcp.jobs import unsent_errors
from kie_mcp.jobs.circuit_breaker import PROBE_GAP, CircuitBreaker
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.events import JobEvents
from kie_mcp.jobs.job import Job, Phase, Request, Upstream, stepped
from kie_mcp.jobs.polling import trouble_gap
from kie_mcp.jobs.rate_limit import hold
from kie_mcp.jobs.store.ledger import LOST_CREATE, LedgerError, StaleJobError
from kie_mcp.jobs.store.protocols import Ledger

logger = logging.getLogger(__name__)

Prepare = Callable[[Job], Awaitable[Request]]
"""What is sent for a job; uploads what must be uploaded, which is free."""
Changed = Callable[[Job], None]
"""Tells whoever waits that a job has moved."""

WAIT_AFTER_429 = 10.0
"""Seconds, when Kie.ai does not say how long."""
REREAD = 5.0
"""Seconds after which the jobs that this one waits for are read again: what other processes do is not told here."""
LAST_MOMENTS = 15.0
"""Seconds that a create call in flight is given when the server stops."""


class Submitter:
    """Brings jobs from reserved to submitted, failed or unconfirmed, for the worker of one process."""

    def __init__(
        self,
        ledger: Ledger,
        upstream: Upstream,
        prepare: Prepare,
        clock: Clock,
        changed: Changed,
        worker: str,
        *,
        events: JobEvents | None = None,
    ) -> None:
        self._ledger = ledger
        self._upstream = upstream
        self._prepare = prepare
        self._clock = clock
        self._changed = changed
        self._events = events or JobEvents()
        self._worker = worker
        self._circuit_breaker = CircuitBreaker()
        self._probing = anyio.Lock()
        self._turn = anyio.Lock()
        self._sending: set[anyio.CancelScope] = set()
        self._stopping = False

    async def submit(self, job: Job) -> Job:
        """Send the job as soon as it may be sent; returns it submitted, failed or unconfirmed."""
        if job.phase is Phase.SUBMITTING:
            return await self._end(job, Phase.UNCONFIRMED, LOST_CREATE)
        attempts = 0
        while job.phase is Phase.RESERVED:
            job = await self._attempt(job, attempts)
            attempts += 1
        return job

    def stop(self) -> None:
        """The server stops: begin no more create calls, and give those in flight their last moments."""
        self._stopping = True
        for scope in self._sending:
            scope.deadline = min(scope.deadline, anyio.current_time() + LAST_MOMENTS)

    async def _attempt(self, job: Job, attempts: int) -> Job:
        await anyio.sleep(hold(job.not_before, self._clock.now()))
        job = await self._wait_for_others(job)
        if job.done:
            return job
        job = await self._wait_for_circuit(job)
        if self._circuit_breaker.open or self._clock.now() - job.updated_at > unsent_errors.WANTED_FOR:
            return await self._end(job, Phase.FAILED, unsent_errors.given_up(job))
        try:
            request = await self._prepare(job)
        except (NotYetError, OutputError) as error:
            return await self._postpone(job, error, attempts)
        except Exception as error:
            return await self._end(job, Phase.FAILED, unsent_errors.before_sending(error))
        return await self._create(await self._mark(job), request, attempts)

    async def _wait_for_others(self, job: Job) -> Job:
        """Wait for the jobs whose outputs this one takes; it fails with them, and then nothing was sent or charged."""
        if not job.waiting_for:
            return job
        with self._events.watch(job.waiting_for) as watch:
            known = await self._ledger.read_all(job.waiting_for)
            while job.waiting_for and not job.done:
                others = {name: known.get(name) for name in job.waiting_for}
                lost = [name for name, other in others.items() if other is None or other.lost]
                left = tuple(name for name, other in others.items() if other and not other.done)
                if lost:
                    job = await self._end(job, Phase.FAILED, unsent_errors.left_without(job, lost[0], others[lost[0]]))
                elif left != job.waiting_for:
                    now = self._clock.now()
                    job = await self._write(replace(job, waiting_for=left, ready_at=now, updated_at=now), was=job.phase)
                elif await watch.wait(REREAD):
                    known |= watch.jobs
                else:
                    known = await self._ledger.read_all(job.waiting_for)
        return job

    async def _wait_for_circuit(self, job: Job) -> Job:
        """After trouble upon trouble, ask with free calls only until one is answered."""
        while self._circuit_breaker.open:
            if job.note != unsent_errors.CIRCUIT_NOTE:
                job = await self._write(replace(job, note=unsent_errors.CIRCUIT_NOTE), was=job.phase)
            if self._too_old(job):
                break
            await self._probe()
        return job

    async def _probe(self) -> None:
        """One free call for all that wait."""
        async with self._probing:
            if not self._circuit_breaker.open:
                return
            await anyio.sleep(PROBE_GAP)
            try:
                await self._upstream.credit()
            except (UnreachableError, UnavailableError) as error:
                logger.info("Kie.ai is not well yet: %s", error)
                return
            except NotCreatedError:
                pass  # a refusal is an answer too
            self._circuit_breaker.well()

    async def _mark(self, job: Job) -> Job:
        """Wait for a free place in the account's window, first come first served, and take it."""
        async with self._turn:
            while True:
                now = self._clock.now()
                seconds = await self._ledger.mark(job, now)
                if not seconds:
                    return stepped(job, Phase.SUBMITTING, now, sent_at=now, note="")
                await anyio.sleep(seconds)

    async def _create(self, job: Job, request: Request, attempts: int) -> Job:
        """Send a marked job. Whatever becomes of it is written down, also when this task is cancelled."""
        if self._stopping:
            with anyio.CancelScope(shield=True):
                await self._ledger.move(stepped(job, Phase.RESERVED, self._clock.now(), sent_at=None), was=job.phase)
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
                    ended = await self._not_created(job, error, attempts)
                else:
                    self._circuit_breaker.well()
                    ended = await self._record(job, task_id)
        finally:
            self._sending.discard(scope)
        if ended is None:
            with anyio.CancelScope(shield=True):
                ended = await self._cut_off(job, task_id)
        return ended or job

    async def _not_created(self, job: Job, error: Exception, attempts: int) -> Job:
        """The create call gave no id: say what that means."""
        if isinstance(error, UnreachableError | UnavailableError) or not isinstance(error, NotCreatedError):
            self._circuit_breaker.trouble(self._clock.now())
        else:
            self._circuit_breaker.well()
        if isinstance(error, NotYetError):
            return await self._postpone(job, error, attempts)
        if isinstance(error, NotCreatedError):
            return await self._end(job, Phase.FAILED, error.trouble)
        return await self._end(job, Phase.UNCONFIRMED, unsent_errors.unconfirmed(error))

    async def _record(self, job: Job, task_id: str) -> Job:
        async def attach() -> Job:
            return await self._ledger.attach(job, task_id, self._clock.now(), self._worker)

        return self._tell(await self._durably(f"Kie.ai's id {task_id} of job {job.id}", attach))

    async def _cut_off(self, job: Job, task_id: str | None) -> Job:
        """The last moments are over: write down what is known, in one attempt."""
        now = self._clock.now()
        if task_id is not None:
            return await self._ledger.attach(job, task_id, now, self._worker)
        trouble = UnconfirmedError(
            f"The server stopped before Kie.ai answered the create call. {unsent_errors.PERHAPS}"
        ).trouble
        return await self._ledger.move(
            stepped(job, Phase.UNCONFIRMED, now, trouble=trouble, finished_at=now), was=job.phase
        )

    async def _postpone(self, job: Job, error: KieError, attempts: int) -> Job:
        """Back to reserved: it certainly was not created, and is sent again after a while."""
        now = self._clock.now()
        if not isinstance(error, BusyError) and self._too_old(job):
            return await self._end(job, Phase.FAILED, unsent_errors.given_up(replace(job, note=error.message)))
        seconds = trouble_gap(attempts)
        if isinstance(error, BusyError):
            seconds = WAIT_AFTER_429 if error.retry_after is None else error.retry_after
            with suppress(LedgerError):  # the job's own wait is written below
                await self._ledger.hold(job.account, now + seconds)
        waiting = stepped(job, Phase.RESERVED, now, sent_at=None, not_before=now + seconds, note=error.message)
        return await self._write(waiting, was=job.phase)

    def _too_old(self, job: Job) -> bool:
        return self._clock.now() - (job.ready_at or job.created_at) > unsent_errors.WANTED_FOR

    async def _end(self, job: Job, phase: Phase, trouble: Trouble) -> Job:
        now = self._clock.now()
        return await self._write(stepped(job, phase, now, trouble=trouble, finished_at=now, note=""), was=job.phase)

    async def _write(self, job: Job, *, was: Phase) -> Job:
        async def move() -> Job:
            return await self._ledger.move(job, was=was)

        return self._tell(await self._durably(f"{job.phase} of job {job.id}", move))

    async def _durably(self, what: str, write: Callable[[], Awaitable[Job]]) -> Job:
        """Write until it is written: what is not written down is lost with this process."""
        attempts = 0
        while True:
            try:
                return await write()
            except StaleJobError:
                raise
            except LedgerError as error:
                logger.error("%s is not written down yet: %s", what, error)  # noqa: TRY400 - the cause is in the line
                await anyio.sleep(trouble_gap(attempts))
                attempts += 1

    def _tell(self, job: Job) -> Job:
        self._changed(job)
        return job
