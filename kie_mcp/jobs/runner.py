"""Runs the jobs of one account in one process, from start to stop; `step_loop` takes their steps.

Nothing here belongs to a caller: one that goes away takes nothing with it.
"""

import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

import anyio
from anyio.abc import TaskGroup

from kie_mcp.jobs.caller_times import CallTimes
from kie_mcp.jobs.events import JobEvents
from kie_mcp.jobs.failure_log import FailureLog
from kie_mcp.jobs.follower import Follower
from kie_mcp.jobs.heartbeat import Heartbeat
from kie_mcp.jobs.job import Job
from kie_mcp.jobs.step_loop import StepLoop
from kie_mcp.jobs.store.errors import LedgerError, StaleJobError
from kie_mcp.jobs.store.protocols import Ledger, Note
from kie_mcp.jobs.submitter import Submitter
from kie_mcp.jobs.timing import STANDARD, Timing

logger = logging.getLogger(__name__)


class JobRunner:
    """Runs the jobs of one account in one process."""

    def __init__(
        self,
        ledger: Ledger,
        loop: StepLoop,
        submitter: Submitter,
        follower: Follower,
        heartbeat: Heartbeat,
        events: JobEvents,
        *,
        worker: str,
        real: Callable[[], float] = time.monotonic,
        timing: Timing = STANDARD,
    ) -> None:
        self._ledger = ledger
        self._loop = loop
        self._submitter = submitter
        self._follower = follower
        self._heartbeat = heartbeat
        self._events = events
        self._worker = worker
        self._timing = timing
        self._failures = FailureLog(logger)
        self._unwritten: dict[str, Note] = {}
        self.calls = CallTimes(real=real, timing=timing)
        self._group: TaskGroup | None = None
        self._stopping = False
        self._stopped = anyio.Event()
        self._saving: dict[str, anyio.Event] = {}
        self._mine: dict[str, int] = {}
        """The jobs in this process's care, with the epoch in which it took them over."""

    @asynccontextmanager
    async def open(self, *, anyway: bool = False) -> AsyncGenerator[None]:
        """Open the ledger, go on with what was left unfinished, and stop in good order.

        Raises LedgerError if the ledger cannot be used, unless it is to be opened *anyway*: then everything that needs
        it raises that error, until it can be used.
        """
        try:
            with suppress(*([LedgerError] if anyway else [])):
                await self._ledger.open()
                await self._heartbeat.beat()
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
        self._submitter.stop()
        self._stopping = True
        group = self._group
        if group is None:
            return  # nothing has begun, or all has ended
        with anyio.CancelScope(shield=True), suppress(LedgerError):  # nobody may take over what is being sent
            await self._heartbeat.beat(self._timing.shutdown_grace)
        group.cancel_scope.cancel()
        with anyio.CancelScope(shield=True):
            await self._stopped.wait()

    def has(self, job: Job) -> bool:
        """Return whether this process cares for the job."""
        return job.id in self._mine

    def start(self, job: Job) -> None:
        """Care for the job from now on."""
        if self._group is None or self._stopping or job.done or self._mine.get(job.id) == job.epoch:
            return
        self._mine[job.id] = job.epoch
        self._group.start_soon(self._see_through, job, name=f"job {job.id}")

    def nudge(self, job_id: str) -> None:
        """Look at a job as soon as that is allowed, also if it comes into this process's care only later."""
        self._loop.nudge(job_id)

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
        ended = await self._heartbeat.ended_workers()
        await self._write_notes()
        return ended

    async def _write_notes(self) -> None:
        """Write down what became of the callers; what cannot be written now is written with the next sign of life."""
        notes = dict(self._unwritten)
        if notes:
            await self._ledger.note(notes, self._worker)
        for job_id, note in notes.items():
            if self._unwritten.get(job_id) is note:
                del self._unwritten[job_id]
                self.calls.settle(job_id)

    async def _save_again(self, job: Job) -> None:
        try:
            await self._follower.save_again(job)
        except LedgerError as error:
            logger.warning("job %s: %s", job.id, error)
        except Exception:
            logger.exception("job %s: its files could not be saved again", job.id)
        finally:
            self._saving.pop(job.id).set()

    async def _see_through(self, job: Job) -> None:
        epoch = job.epoch

        def keep(job: Job) -> None:
            nonlocal epoch
            epoch = self._mine[job.id] = job.epoch  # an id that came late comes with another's epoch

        try:
            while not job.done and job.epoch == epoch:
                try:
                    job = await self._loop.run(job, keep)
                except StaleJobError:
                    job = await self._read_again(job)
                    if job.epoch != epoch:
                        raise
                except Exception as error:
                    self._failures.log(_describe(job), error)
                    job = await self._read_again(job)
        except StaleJobError:
            logger.info("job %s goes on in another process", job.id)
        finally:
            if self._mine.get(job.id) == epoch:
                del self._mine[job.id]

    async def _read_again(self, job: Job) -> Job:
        """Return the job as the ledger has it, once the ledger answers. Raises StaleJobError if it is gone."""
        while True:
            await anyio.sleep(self._timing.error_gap)
            try:
                known = await self._ledger.read(job.id)
            except Exception as error:
                self._failures.log(_describe(job), error)
            else:
                if known is None:
                    raise StaleJobError(f"Job {job.id} is gone from the ledger.")
                return known

    async def _care(self, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        """Hold everything that goes on behind the callers' backs."""
        try:
            async with anyio.create_task_group() as group:
                self._group = group
                group.start_soon(self._heartbeat.run, self._on_beat, self._take_up)
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

    async def _on_beat(self) -> None:
        self.calls.beat()
        await self._write_notes()

    def _take_up(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self._events.publish(job)
            self.start(job)

    async def _say_goodbye(self) -> None:
        try:
            await self._write_notes()
            await self._ledger.leave(self._worker)
        except LedgerError as error:
            logger.warning("the jobs of this process are free in a few seconds only: %s", error)


def _describe(job: Job) -> str:
    """Name the job with Kie.ai's id of it, by which it can be found whatever becomes of the ledger."""
    return f"job {job.id}, Kie.ai's id {job.task_id or 'not known'}: trying again"
