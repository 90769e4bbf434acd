"""The only code that may spend money: reserve → mark → create → record.

What is certain is said, what is not is `unconfirmed`: a job is sent again by itself only when it certainly was not
created. Nothing here is repeated because it probably failed.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

import anyio

from kie_mcp.errors import BusyError, KieError, NotCreatedError, NotYetError, Trouble, UnconfirmedError
from kie_mcp.jobs.cadence import trouble_gap
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.job import Job, Phase, Request, Upstream, stepped
from kie_mcp.jobs.ledger import LOST_CREATE, Ledger, LedgerError, StaleJobError

logger = logging.getLogger(__name__)

Prepare = Callable[[Job], Awaitable[Request]]
"""What is sent for a job; uploads what must be uploaded, which is free."""
Changed = Callable[[Job], None]
"""Tells whoever waits that a job has moved."""

WAIT_AFTER_429 = 10.0
"""Seconds, when Kie.ai does not say how long."""
UNREACHABLE_FOR = 900.0
"""Seconds after which a job that cannot be sent is given up: nobody wants it sent tomorrow."""
LAST_MOMENTS = 15.0
"""Seconds that a create call in flight is given when the server stops."""
RECORD_ATTEMPTS = 5
PERHAPS = "The job may exist and may have been charged."


class Submission:
    """Brings jobs from reserved to submitted, failed or unconfirmed."""

    def __init__(self, ledger: Ledger, upstream: Upstream, prepare: Prepare, clock: Clock, changed: Changed) -> None:
        self._ledger = ledger
        self._upstream = upstream
        self._prepare = prepare
        self._clock = clock
        self._changed = changed
        self._turn = anyio.Lock()
        self._sending: set[anyio.CancelScope] = set()

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
        """The server stops: give the create calls in flight their last moments."""
        for scope in self._sending:
            scope.deadline = min(scope.deadline, anyio.current_time() + LAST_MOMENTS)

    async def _attempt(self, job: Job, attempts: int) -> Job:
        await anyio.sleep(job.not_before - self._clock.now() if job.not_before > self._clock.now() else 0)
        try:
            request = await self._prepare(job)
        except NotYetError as error:
            return await self._postpone(job, error, attempts)
        except Exception as error:
            return await self._end(job, Phase.FAILED, _before_sending(error))
        return await self._create(await self._mark(job), request, attempts)

    async def _mark(self, job: Job) -> Job:
        """Wait for a free place in the account's window, first come first served, and take it."""
        async with self._turn:
            while True:
                now = self._clock.now()
                seconds = await self._ledger.mark(job, now)
                if not seconds:
                    return stepped(job, Phase.SUBMITTING, now, sent_at=now)
                await anyio.sleep(seconds)

    async def _create(self, job: Job, request: Request, attempts: int) -> Job:
        """Send a marked job. Whatever becomes of it is written down, also when this task is cancelled."""
        scope = anyio.CancelScope(shield=True)
        self._sending.add(scope)
        try:
            with scope:
                return self._tell(await self._record(job, await self._upstream.create(request)))
            raise UnconfirmedError(f"The server stopped before Kie.ai answered the create call. {PERHAPS}")
        except StaleJobError:
            raise
        except NotYetError as error:
            return await self._postpone(job, error, attempts)
        except NotCreatedError as error:
            return await self._end(job, Phase.FAILED, error.trouble)
        except Exception as error:
            return await self._end(job, Phase.UNCONFIRMED, _unconfirmed(error))
        finally:
            self._sending.discard(scope)

    async def _record(self, job: Job, task_id: str) -> Job:
        """Write the id down, and again if the ledger balks: an id that is lost cannot be asked for."""
        for attempt in range(RECORD_ATTEMPTS):
            try:
                return await self._ledger.attach(job, task_id, self._clock.now())
            except StaleJobError:
                raise
            except LedgerError as error:
                logger.error("job %s: Kie.ai's id %s is not written down yet: %s", job.id, task_id, error)  # noqa: TRY400 - the cause is in the line
                await anyio.sleep(trouble_gap(attempt))
        raise UnconfirmedError(f"The job was created as {task_id}, but the ledger cannot be written.")

    async def _postpone(self, job: Job, error: NotYetError, attempts: int) -> Job:
        """Back to reserved: it certainly was not created, and is sent again after a while."""
        now = self._clock.now()
        if not isinstance(error, BusyError) and now - job.created_at > UNREACHABLE_FOR:
            return await self._end(job, Phase.FAILED, _given_up(error))
        seconds = trouble_gap(attempts)
        if isinstance(error, BusyError):
            seconds = WAIT_AFTER_429 if error.retry_after is None else error.retry_after
            await self._ledger.hold(job.account, now + seconds)
        waiting = stepped(job, Phase.RESERVED, now, sent_at=None, not_before=now + seconds, note=error.message)
        return await self._write(waiting, was=job.phase)

    async def _end(self, job: Job, phase: Phase, trouble: Trouble) -> Job:
        now = self._clock.now()
        ended = stepped(job, phase, now, trouble=trouble, finished_at=now, note="")
        return await self._write(ended, was=job.phase)

    async def _write(self, job: Job, *, was: Phase) -> Job:
        with anyio.CancelScope(shield=True):
            await self._ledger.move(job, was=was)
        return self._tell(job)

    def _tell(self, job: Job) -> Job:
        self._changed(job)
        return job


def _before_sending(error: Exception) -> Trouble:
    """Nothing was sent, so nothing was charged, whatever the cause."""
    if isinstance(error, KieError):
        return error.trouble
    logger.error("preparing a job failed", exc_info=error)
    return NotCreatedError("The job could not be prepared; nothing was sent.", remedy="See the server's log.").trouble


def _given_up(error: NotYetError) -> Trouble:
    message = f"{error.message} It could not be sent for {UNREACHABLE_FOR / 60:.0f} minutes; nothing was charged."
    return replace(error.trouble, message=message, remedy="Check the network and call again.")


def _unconfirmed(error: Exception) -> Trouble:
    if not isinstance(error, UnconfirmedError):
        logger.error("the create call ended unexpectedly", exc_info=error)
        error = UnconfirmedError(f"Kie.ai's answer to the create call was lost. {PERHAPS}")
    return error.trouble
