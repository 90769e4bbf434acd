"""The shift: the jobs in the care of this process, from order to end, and the sign that it is alive.

Several processes share a ledger. Each says every few seconds that it is there, and takes over the jobs of one that is
not.
"""

import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress

import anyio
from anyio.abc import TaskGroup, TaskStatus

from kie_mcp.jobs.absence import Ended, absent, ended_unknown
from kie_mcp.jobs.call_times import CallTimes
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.events import JobEvents
from kie_mcp.jobs.failure_log import FailureLog
from kie_mcp.jobs.follower import Follower
from kie_mcp.jobs.job import Job
from kie_mcp.jobs.store.ledger import LEASE, LedgerError, Note, StaleJobError
from kie_mcp.jobs.store.protocols import Ledger
from kie_mcp.jobs.submitter import LAST_MOMENTS, Submitter

logger = logging.getLogger(__name__)

BEAT = 2.0
"""Seconds between two signs of life."""
AWAY = 2
"""Signs of life at the start and after an absence before the jobs of others are taken over that may live."""
_LEDGER = "the ledger does not answer; trying again"
AGAIN = 10.0
"""Seconds after which a job is taken up again whose care ended in an error of our own."""


class JobRunner:
    """One process's care for the jobs of one account. Nothing here belongs to a caller."""

    def __init__(
        self,
        ledger: Ledger,
        submission: Submitter,
        follower: Follower,
        events: JobEvents,
        clock: Clock,
        *,
        account: str,
        worker: str,
        ended: Ended = ended_unknown,
        real: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._submission = submission
        self._follower = follower
        self._events = events
        self._clock = clock
        self._account = account
        self._worker = worker
        self._ended = ended
        self._failures = FailureLog(logger)
        self._unwritten: dict[str, Note] = {}
        self.calls = CallTimes(real=real)
        self._group: TaskGroup | None = None
        self._stopping = False
        self._stopped = anyio.Event()
        self._saving: dict[str, anyio.Event] = {}
        self._mine: dict[str, int] = {}
        """The jobs in this process's care, with the epoch in which it took them over."""

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Open the ledger, go on with what was left unfinished, and stop in good order."""
        await self._ledger.open()
        try:
            async with anyio.create_task_group() as group:
                await group.start(self._care)
                try:
                    yield
                finally:
                    await self.stop()
        finally:
            with anyio.CancelScope(shield=True), suppress(LedgerError):
                await self._ledger.close()

    async def ready(self) -> None:
        """Find out now whether the ledger can be used. Raises LedgerError."""
        await self._ledger.open()

    async def stop(self) -> None:
        """Let go of all jobs; a create call in flight gets its last moments to be written down."""
        self._submission.stop()
        self._stopping = True
        group = self._group
        if group is None:
            return  # nothing has begun, or all has ended
        with anyio.CancelScope(shield=True), suppress(LedgerError):  # nobody may take over what is being sent
            await self._ledger.beat(self._worker, self._clock.now() + LAST_MOMENTS)
        group.cancel_scope.cancel()
        with anyio.CancelScope(shield=True):
            await self._stopped.wait()

    def has(self, job: Job) -> bool:
        """Whether this process cares for the job."""
        return job.id in self._mine

    def note(self, notes: Mapping[str, Note]) -> None:
        """Note what became of callers, by job id: written down at once, or with the next sign of life."""
        self._unwritten.update(notes)
        if self._group and not self._stopping:
            self._group.start_soon(self.write_notes)

    async def write_notes(self) -> None:
        """Write down what became of the callers now, also while one of them is being cancelled."""
        with anyio.CancelScope(shield=True), suppress(LedgerError):
            await self._write_notes()

    async def settle(self) -> set[str]:
        """Let the callers that were cancelled meanwhile be noted before the next order is judged.

        Returns the workers with callers whose processes have ended.
        """
        # This stands in line behind the call in which such a caller may still be.
        workers = await self._ledger.workers_with_calls()
        ended = await self._ended(workers - {self._worker, ""})
        await self._write_notes()
        return {worker for worker, over in ended.items() if over}

    async def _write_notes(self) -> None:
        """Write down what became of the callers; what cannot be written now is written with the next sign of life."""
        notes = dict(self._unwritten)
        if notes:
            await self._ledger.note(notes, self._worker)
        for job_id, note in notes.items():
            if self._unwritten.get(job_id) is note:
                del self._unwritten[job_id]
                self.calls.settle(job_id)

    def save_again(self, job: Job) -> anyio.Event:
        """Save the missing files of a finished job; returns what is set when that has ended, however it did."""
        if ended := self._saving.get(job.id):
            return ended
        ended = anyio.Event()
        if self._group is None or self._stopping:
            ended.set()
        else:
            self._saving[job.id] = ended
            self._group.start_soon(self._save_again, job)
        return ended

    async def _save_again(self, job: Job) -> None:
        try:
            await self._follower.save_again(job)
        except LedgerError as error:
            logger.warning("job %s: %s", job.id, error)
        except Exception:
            logger.exception("job %s: its files could not be saved again", job.id)
        finally:
            self._saving.pop(job.id).set()

    def start(self, job: Job) -> None:
        """Care for the job from now on."""
        if self._group is None or self._stopping or job.done or self._mine.get(job.id) == job.epoch:
            return
        self._mine[job.id] = job.epoch
        self._group.start_soon(self._see_through, job, name=f"job {job.id}")

    async def _see_through(self, job: Job) -> None:
        epoch = job.epoch
        try:
            while not job.done and job.epoch == epoch:
                try:
                    job = await self._submission.submit(job)
                    epoch = self._mine[job.id] = job.epoch  # an id that came late comes with another's epoch
                    job = job if job.done else await self._follower.follow(job)
                except StaleJobError:
                    job = await self._read_again(job)
                    if job.epoch != epoch:
                        raise
                except Exception as error:
                    self._failures.tell(_named(job), error)
                    job = await self._read_again(job)
        except StaleJobError:
            logger.info("job %s goes on in another process", job.id)
        finally:
            if self._mine.get(job.id) == epoch:
                del self._mine[job.id]

    async def _read_again(self, job: Job) -> Job:
        """The job as the ledger has it, once the ledger answers."""
        while True:
            await anyio.sleep(AGAIN)
            try:
                known = await self._ledger.read(job.id)
            except Exception as error:
                self._failures.tell(_named(job), error)
            else:
                if known is None:
                    raise StaleJobError(f"Job {job.id} is gone from the ledger.")
                return known

    async def _care(self, *, task_status: TaskStatus[None]) -> None:
        """Hold everything that goes on behind the callers' backs."""
        try:
            await self._ledger.beat(self._worker, self._clock.now())
            async with anyio.create_task_group() as group:
                self._group = group
                group.start_soon(self._keep_alive)
                if self._stopping:
                    group.cancel_scope.cancel()
                task_status.started()
        finally:
            self._group = None
            try:
                with anyio.CancelScope(shield=True):
                    await self._say_goodbye()
            finally:
                self._stopped.set()

    async def _say_goodbye(self) -> None:
        try:
            await self._write_notes()
            await self._ledger.leave(self._worker)
        except LedgerError as error:
            logger.warning("the jobs of this process are free in a few seconds only: %s", error)

    async def _keep_alive(self) -> None:
        """Say that this process is alive, and take over the jobs of those that are not."""
        alive_at = self._clock.now()
        patience = AWAY
        while True:
            # After a closed lid, or a change of the clock, everybody has been away: let the others say first that they
            # are back.
            try:
                began = self._clock.now()
                leases = await self._ledger.renew(self._account, self._worker, began)
                self.calls.beat()
                patience = AWAY if self._clock.now() - alive_at > LEASE else max(patience - 1, 0)
                alive_at = began
                await self._write_notes()
                await self._take_over(leases, patient=patience > 0)
                self._failures.over(_LEDGER)
            except LedgerError as error:
                self._failures.tell(_LEDGER, error)
            except Exception as error:
                self._failures.tell("a sign of life went wrong; trying again", error)
            await anyio.sleep(BEAT)

    async def _take_over(self, leases: Mapping[str, float | None], *, patient: bool) -> None:
        if not leases:
            return
        ended, now = await self._ended([worker for worker in leases if worker]), self._clock.now()
        if not absent(leases, ended, now, patient=patient):
            return
        for job in await self._ledger.claim(self._account, self._worker, now, ended, patient=patient):
            self._events.changed(job)
            self.start(job)


def _named(job: Job) -> str:
    """The job with Kie.ai's id of it, by which it can be found whatever becomes of the ledger."""
    return f"job {job.id}, Kie.ai's id {job.task_id or 'not known'}: trying again"
