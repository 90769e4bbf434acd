"""The service: takes orders, and answers how each job stands.

Jobs are sent and followed by the process's runner, so a caller that goes away takes nothing with it.
"""

import logging
import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager

import anyio
import anyio.lowlevel

from kie_mcp.errors import BudgetError, LookError, NotVisibleError, UnknownJobError
from kie_mcp.jobs.budget import NO_LIMITS, Limits
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.draft import Draft, Expectation
from kie_mcp.jobs.events import JobEvents
from kie_mcp.jobs.follower import Follower
from kie_mcp.jobs.foreign_jobs import make_foreign_job
from kie_mcp.jobs.history import JobHistory
from kie_mcp.jobs.job import FINAL, Job, JobState, Phase, Upstream
from kie_mcp.jobs.job_ids import new_job_id
from kie_mcp.jobs.joining import Caller
from kie_mcp.jobs.look_limit import LookLimiter
from kie_mcp.jobs.observer import JobObserver
from kie_mcp.jobs.polling import ENOUGH, quantile
from kie_mcp.jobs.rate_limit import expected_wait
from kie_mcp.jobs.runner import JobRunner
from kie_mcp.jobs.store.errors import KeyConflictError
from kie_mcp.jobs.store.protocols import Ledger, NewJob, Note
from kie_mcp.jobs.timing import STANDARD, Timing
from kie_mcp.orders.kind import Kind
from kie_mcp.text import literal
from kie_mcp.urls import is_web_link, quote_url

logger = logging.getLogger(__name__)


class JobService:
    """Everything the tools ask of jobs."""

    def __init__(
        self,
        ledger: Ledger,
        upstream: Upstream,
        runner: JobRunner,
        follower: Follower,
        looks: LookLimiter,
        events: JobEvents,
        clock: Clock,
        *,
        account: str,
        worker: str,
        kind_of: Callable[[str | None], Kind],
        saved: Callable[[Job], Awaitable[bool]],
        new_id: Callable[[], str] | None = None,
        limits: Limits = NO_LIMITS,
        observer: JobObserver | None = None,
        timing: Timing = STANDARD,
    ) -> None:
        self.account = account
        self._limits = limits
        self._observer = observer or JobObserver()
        self._ledger = ledger
        self._history = JobHistory(ledger, account=account)
        self._upstream = upstream
        self._runner = runner
        self._follower = follower
        self._looks = looks
        self.timing = timing
        self._events = events
        self._clock = clock
        self._kind_of = kind_of
        self._worker = worker
        self._new_id = new_id or new_job_id
        self._saved = saved
        self._placing = anyio.Lock()
        self._doubtful: set[str] = set()
        """Jobs of which it is not known whether they were written down."""

    @asynccontextmanager
    async def open(self, *, anyway: bool = False) -> AsyncGenerator["JobService"]:
        """Open the ledger, go on with what was left unfinished, and stop in good order. Raises as `JobRunner.open`."""
        async with self._runner.open(anyway=anyway):
            yield self

    async def ready(self) -> None:
        """Find out now whether jobs can be written down. Raises LedgerError."""
        await self._runner.ready()

    async def stop(self) -> None:
        """Let go of all jobs; a create call in flight gets its last moments to be written down."""
        await self._runner.stop()

    def now(self) -> float:
        """Tell when a call comes, for `place`: seconds on a clock that nobody sets and that stands still with us."""
        return self._runner.calls.now()

    async def place(
        self, draft: Draft, *, idempotency_key: str = "", new: bool = False, came: float | None = None
    ) -> tuple[Job, bool]:
        """Take an order; return its job, and whether it joined one that was there. All else as `place_all`."""
        [placed] = await self.place_all([draft], keys=[idempotency_key], new=new, came=came)
        return placed

    async def place_all(
        self, drafts: Sequence[Draft], *, keys: Sequence[str], new: bool = False, came: float | None = None
    ) -> list[tuple[Job, bool]]:
        """Take the orders of one call, each with its idempotency key or ""; durable when it returns.

        Returns the job of each, and whether it joined one that was there. *came* is when the call has come, by `now`:
        what was done for it since may have taken long.

        Raises BudgetError if they do not fit into the limits together; then nothing is written down.
        """
        came = self.now() if came is None else came
        ordered = [self._new_job(draft, key) for draft, key in zip(drafts, keys, strict=True)]
        # One at a time: a caller that was cancelled meanwhile is known to have left before the next one is judged.
        async with self._placing:
            ended = await self._runner.settle()
            ids = {job.id for one in ordered for job in one.all}
            self._doubtful |= ids
            recent, limits = self._runner.calls.recent(came), self._limits
            try:
                placed = await self._ledger.reserve_all(
                    ordered, self._worker, new=new, ended=ended, recent=recent, limits=limits
                )
            except (BudgetError, KeyConflictError):  # nothing of it is there
                self._doubtful -= ids
                raise
            self._doubtful -= ids
            for one, (job, joined) in zip(ordered, placed, strict=True):
                if not joined:
                    self._runner.calls.take(job, came)
                    for made in (*(part for part in one.parts.values() if part.id in job.parts), job):
                        self._runner.start(made)
            await self._take_up({name for job, _ in placed for name in (job.id, *job.parts)})
            await self._note_if_left([job for job, _ in placed])
        return placed

    async def join(
        self, draft: Draft, *, idempotency_key: str = "", new: bool = False, came: float | None = None
    ) -> Job | None:
        """Return the job that `place` would join, with this call as its caller; None if it would write a new one down.

        Nothing is written down for the order itself.
        """
        came = self.now() if came is None else came
        async with self._placing:
            ended = await self._runner.settle()
            recent = self._runner.calls.recent(came)
            job = self._job(draft, idempotency_key)
            found = await self._ledger.join(job, self._worker, new=new, ended=ended, recent=recent)
            if found:
                await self._take_up({found.id, *found.parts})
                await self._note_if_left([found])
        return found

    async def _note_if_left(self, jobs: Sequence[Job]) -> None:
        """Note it if the caller was cancelled meanwhile, and let the cancellation go on."""
        try:
            await anyio.lowlevel.checkpoint_if_cancelled()
        except anyio.get_cancelled_exc_class():
            await self.note_all(jobs, Caller.LEFT)
            raise

    async def _take_up(self, job_ids: set[str]) -> None:
        """Care for those that were written down after all, by a disk that had answered too late."""
        for name in self._doubtful & job_ids:
            self._runner.start(await self.read(name))
            self._doubtful.discard(name)

    async def watch(self, job_id: str) -> AsyncGenerator[Job]:
        """Give the job, with what is done for it just now, at each change and every few seconds, until it is done."""
        with self._events.watch({job_id}) as watch, self._observer.wait(job_id):
            job, read_at, tell_at = await self.read(job_id), anyio.current_time(), -math.inf
            seen: Job | None = None
            # What a job waits for is waited for, too.
            with self._looks.prefer({job_id, *job.waiting_for}):
                while seen is None or not seen.done:
                    now, shown = anyio.current_time(), self._events.annotate(job)
                    reread_at = read_at + self._reread_gap(job)
                    if shown != seen or now >= tell_at:
                        seen, tell_at = shown, now + self.timing.told_every
                        yield shown
                    elif now >= reread_at:
                        job, read_at = await self.read(job_id), anyio.current_time()
                    elif await watch.wait(min(tell_at, reread_at) - now):
                        told = _newer(watch.jobs.get(job_id), job)
                        if told is not job:
                            job, read_at = told, anyio.current_time()

    def _reread_gap(self, job: Job) -> float:
        """Return the seconds between two readings of a job that somebody waits for, beside what is told of it."""
        # That a job is being sent is not told: it is not for long.
        is_told = self._runner.has(job) and (job.phase is not Phase.RESERVED or job.waiting_for)
        return self.timing.own_gap if is_told else self.timing.foreign_gap

    async def read(self, job_id: str) -> Job:
        """Return the job as the ledger has it. Raises UnknownJobError."""
        return await self._history.read(job_id)

    async def find(self, name: str) -> Job:
        """Find the job by our id or Kie.ai's; one that was made elsewhere is looked up, and followed from here on."""
        ours = name.startswith("job_")
        job = await self.read(name) if ours else await self._ledger.read_task(self.account, name)
        if job is None:
            return await self._adopt(name)
        await self._take_up({job.id})
        return job

    async def ask(self, job: Job, *, seconds: float = math.inf) -> Job:
        """Have a fresh look, if the last one is older than two seconds; files that are missing are saved again.

        For that it waits so many seconds at most; it goes on all the same.
        """
        old = job.looked_at is None or not 0 <= self._clock.now() - job.looked_at < self.timing.shortest_gap
        if not job.done:
            if old:
                self._runner.nudge(job.id)
        elif job.phase is Phase.SUCCEEDED and old and await self._misses_files(job):
            with anyio.move_on_after(seconds):
                await self._runner.save_again(job).wait()
            job = await self.read(job.id)
        return job

    async def _misses_files(self, job: Job) -> bool:
        """Return whether files of the job are missing, or it is said so of them although their disk is back."""
        return job.lacks_files or job.missed_files or not await self._saved(job)

    async def outlook(self, job: Job) -> Expectation:
        """Return what is to be expected of the job."""
        # Of one that is done nothing is to be expected.
        usual = None if job.done else _usual(await self._ledger.read_durations(job.bucket))
        if job.phase is not Phase.RESERVED:
            return Expectation(usual_s=usual)
        queue = await self._ledger.read_queue(job)
        held = max(queue.held_until, job.not_before)
        seconds = expected_wait(queue.sends, self._clock.now(), queue.place, held, self.timing)
        return Expectation(usual_s=usual, place=queue.place, sent_in_s=seconds)

    async def usual_seconds(self, job: Job) -> float | None:
        """Return how long such jobs take, in seconds from sending to the end; None until enough of them were seen."""
        return _usual(await self._follower.durations(job.bucket))

    async def list_jobs(self, state: JobState | None = None, kind: Kind | None = None, limit: int = 20) -> list[Job]:
        """List the account's jobs, newest first."""
        return await self._ledger.list_jobs(self.account, state=state, kind=kind, limit=limit)

    async def note(self, job: Job, caller: Caller) -> None:
        """Write down what became of the caller of the job as it is here, also while that caller is being cancelled."""
        await self.note_all([job], caller)

    async def note_all(self, jobs: Iterable[Job], caller: Caller) -> None:
        """Write the same down of the caller of several jobs."""
        for job in jobs:
            self.note_soon(job, caller)
        await self._runner.write_notes()

    def note_soon(self, job: Job, caller: Caller) -> None:
        """Write the same down as soon as that can be; it is not lost if the process leaves before.

        As long as a video is not delivered, the picture and the voice that were made for it are not either: the same
        order takes them again instead of paying for others.
        """
        now = self._clock.now()
        if caller in {Caller.ANSWERED, Caller.LATE}:
            self._runner.calls.answer(job.id)
        ends = FINAL if job.phase is Phase.SUCCEEDED else FINAL - {Phase.SUCCEEDED}
        notes = dict.fromkeys(job.parts, Note(caller=caller, ends=ends, at=now))
        self._runner.note(notes | {job.id: Note(caller=caller, ends={job.phase}, at=now)})

    @property
    def is_waking(self) -> bool:
        """Whether a call that is read now may have been given up long ago: this process stood still."""
        return self._runner.calls.is_waking

    def start_answer(self, job: Job) -> None:
        """Remember that the job's end is on its way to the caller: an equal order that comes now is another wish."""
        self._runner.calls.start_answer(job)

    async def parts(self, job: Job) -> list[Job]:
        """Return the jobs that were ordered along with this one, as they are. Raises UnknownJobError."""
        known = await self._ledger.read_all(job.parts) if job.parts else {}
        if missing := [part for part in job.parts if part not in known]:
            raise UnknownJobError(f"There is no job {literal(missing[0], 100)} here.")
        return [known[part] for part in job.parts]

    def _new_job(self, draft: Draft, idempotency_key: str) -> NewJob:
        job = self._job(draft, idempotency_key)
        return NewJob(job, {name: self._job(part) for name, part in draft.parts.items()})

    def _job(self, draft: Draft, idempotency_key: str = "") -> Job:
        now = self._clock.now()
        return draft.make_job(self._new_id(), account=self.account, now=now, idempotency_key=idempotency_key)

    async def _adopt(self, task_id: str) -> Job:
        if is_web_link(task_id):  # it would be fetched as what a job has made, from wherever a caller says
            raise UnknownJobError(f"{quote_url(task_id)} is a link, and no job here has it as its id.")
        try:
            await self._looks.turn(task_id, urgent=True)
            look = await self._upstream.look(task_id)
        except NotVisibleError as error:
            raise UnknownJobError(f"There is no job {literal(task_id, 100)}, neither here nor at Kie.ai.") from error
        except LookError as error:
            raise error.with_facts(remedy="Ask again in a minute.") from error
        kind, now = self._kind_of(look.model), self._clock.now()
        job = make_foreign_job(self._new_id(), look, task_id, account=self.account, kind=kind, now=now)
        with anyio.CancelScope(shield=True):
            self._doubtful.add(made := job.id)
            job, there = await self._ledger.adopt(job, self._worker)
            self._doubtful.discard(made)
            if not there:
                self._runner.start(job)
        return job


def _usual(durations: Sequence[float]) -> float | None:
    return quantile(durations, 0.5) if len(durations) >= ENOUGH else None


def _newer(told: Job | None, known: Job) -> Job:
    """Return the one of both that was written down last: who has taken a job over has the last word."""
    return known if told is None or told.epoch < known.epoch else told
