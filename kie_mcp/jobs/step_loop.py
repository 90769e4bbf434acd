"""Takes the steps of jobs in one process: decides, waits, takes the step, and decides again."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import anyio

from kie_mcp.errors import BusyError, CredentialError
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.durable_writes import DurableWriter
from kie_mcp.jobs.events import JobEvents, JobWatch
from kie_mcp.jobs.follower import Follower
from kie_mcp.jobs.job import Job, Phase
from kie_mcp.jobs.lifecycle import Due, Known, Step, next_step
from kie_mcp.jobs.look_limit import LookLimiter
from kie_mcp.jobs.observer import JobObserver
from kie_mcp.jobs.polling import Spread, trouble_gap
from kie_mcp.jobs.store.errors import StaleJobError
from kie_mcp.jobs.store.protocols import JobStore
from kie_mcp.jobs.submitter import Submitter
from kie_mcp.jobs.timing import STANDARD, Timing

NextStep = Callable[[Job, Known, float, Timing], Due | None]
"""What is to be done next; see `next_step`."""


@dataclass(slots=True)
class _Memory:
    """What this process knows of a job in its care, beside what is written down."""

    watch: JobWatch
    """Of the jobs whose outputs it takes."""
    no_look_before: float
    """By the loop's clock."""
    inputs: dict[str, Job] = field(default_factory=dict[str, Job])
    durations: Sequence[float] | None = None
    failures: int = 0
    """Attempts in a row that came to nothing."""
    pause: float | None = None
    jitter: float = 0.0
    is_asked: bool = False


class StepLoop:
    """Brings jobs to their end, one loop a job, however many wait for it."""

    def __init__(
        self,
        store: JobStore,
        submitter: Submitter,
        follower: Follower,
        writer: DurableWriter,
        looks: LookLimiter,
        events: JobEvents,
        clock: Clock,
        *,
        elsewhere: Callable[[Job], Spread | None] = lambda _: None,
        chance: random.Random | None = None,
        next_step: NextStep = next_step,
        observer: JobObserver | None = None,
        timing: Timing = STANDARD,
    ) -> None:
        self._store = store
        self._submitter = submitter
        self._follower = follower
        self._writer = writer
        self._looks = looks
        self._events = events
        self._clock = clock
        self._elsewhere = elsewhere
        self._chance = chance or random.Random()  # noqa: S311 - jitter is no secret
        self._next_step = next_step
        self._observer = observer or JobObserver()
        self._timing = timing
        self._nudges: dict[str, anyio.Event] = {}
        """What wakes those who wait for the next look at a job."""
        self._asked: set[str] = set()
        """Jobs that somebody asked about, and that did not wait for a look then, as before they are taken over."""

    async def run(self, job: Job, taken: Callable[[Job], None] = lambda _: None) -> Job:
        """Bring the job to its end; tell `taken` after each step what it is now.

        Raises StaleJobError if the job has gone on in another process.
        """
        with self._events.watch(job.waiting_for) as watch:
            # Whoever cared for it before may have looked just now.
            pause = self._timing.shortest_gap if job.epoch else 0.0
            memory = _Memory(watch, no_look_before=anyio.current_time() + pause)
            await self._read_inputs(job, memory)
            while due := await self._decide(job, memory):
                if await self._is_due(job, due, memory):
                    job = await self._take(job, due, memory)
                    taken(job)
        return job

    def nudge(self, job_id: str) -> None:
        """Look at a job as soon as that is allowed, also if it comes into this process's care only later."""
        if event := self._nudges.get(job_id):
            event.set()
        else:
            self._asked.add(job_id)
        self._looks.hurry(job_id)

    async def _decide(self, job: Job, memory: _Memory) -> Due | None:
        if memory.durations is None and job.task_id:
            memory.durations = await self._follower.durations(job.bucket)
        known = Known(
            inputs=memory.inputs,
            durations=memory.durations or (),
            elsewhere=self._elsewhere(job),
            circuit_open=self._submitter.circuit_open,
            pause=memory.pause,
            jitter=memory.jitter,
            is_asked=memory.is_asked,
        )
        return self._next_step(job, known, self._clock.now(), self._timing)

    async def _is_due(self, job: Job, due: Due, memory: _Memory) -> bool:
        """Wait for the step; return whether it is due, and not to be decided anew."""
        if due.step is Step.LOOK:
            return await self._wait_for_look(job, due.seconds, memory)
        if not due.seconds:
            return True
        if await memory.watch.wait(due.seconds):
            memory.inputs |= memory.watch.jobs
            return False
        return True

    async def _wait_for_look(self, job: Job, seconds: float, memory: _Memory) -> bool:
        """Wait for the next look; return False as soon as somebody asks for it for the first time."""
        look_at = max(anyio.current_time() + seconds, memory.no_look_before)
        if memory.is_asked:
            await anyio.sleep_until(look_at)
            return True
        if job.id in self._asked:
            memory.is_asked = True
            return False
        nudge = self._nudges[job.id] = anyio.Event()
        try:
            with anyio.move_on_after(look_at - anyio.current_time()):
                await nudge.wait()
        finally:
            del self._nudges[job.id]
        memory.is_asked = nudge.is_set()
        return not memory.is_asked

    async def _take(self, job: Job, due: Due, memory: _Memory) -> Job:
        with self._observer.step(due.step, job) as report:
            job = await self._take_step(job, due, memory)
            report(job)
        return job

    async def _take_step(self, job: Job, due: Due, memory: _Memory) -> Job:
        match due.step:
            case Step.WAIT:
                await self._read_inputs(job, memory)
            case Step.WRITE if due.job:
                job = await self._writer.move(due.job, was=job.phase)
            case Step.PROBE:
                await self._submitter.probe()
            case Step.CREATE:
                job = await self._submitter.create(job, memory.failures)
                memory.failures = memory.failures + 1 if job.phase is Phase.RESERVED else 0
            case Step.LOOK:
                job = await self._look(job, memory)
            case _:
                job = await self._follow(job, memory, self._follower.save)
        return job

    async def _read_inputs(self, job: Job, memory: _Memory) -> None:
        if job.waiting_for:
            memory.inputs = await self._store.read_all(job.waiting_for)

    async def _look(self, job: Job, memory: _Memory) -> Job:
        await self._looks.turn(job.id, urgent=memory.is_asked)
        try:
            return await self._follow(job, memory, partial(self._follower.look, durations=memory.durations or ()))
        finally:
            memory.no_look_before = anyio.current_time() + self._timing.shortest_gap
            memory.jitter = self._chance.uniform(-1, 1)
            memory.is_asked = False
            self._asked.discard(job.id)

    async def _follow(self, job: Job, memory: _Memory, step: Callable[[Job], Awaitable[Job]]) -> Job:
        """Take a step that is free: what fails is noted, and tried again later."""
        try:
            job = await step(job)
        except StaleJobError:
            raise
        except Exception as error:
            memory.failures += 1
            memory.pause = self._pause_after(error, memory.failures)
            self._observer.postpone(job, error, memory.pause)
            return await self._follower.note_error(job, error)
        memory.failures, memory.pause = 0, None
        return job

    def _pause_after(self, error: Exception, failures: int) -> float:
        if isinstance(error, BusyError) and error.retry_after is not None:
            return max(error.retry_after, self._timing.shortest_gap)
        if isinstance(error, CredentialError):
            return self._timing.overdue_gap
        return trouble_gap(failures, self._timing)
