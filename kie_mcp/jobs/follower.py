"""The steps of a job that was sent: ask Kie.ai how it is, and save what it made. Looking is free."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import anyio

from kie_mcp.errors import KieError, NotVisibleError, Trouble
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.durable_writes import Changed
from kie_mcp.jobs.duration_cache import DurationCache
from kie_mcp.jobs.failure_log import FailureLog
from kie_mcp.jobs.job import Job, Output, Phase, Upstream, Verdict, advance
from kie_mcp.jobs.lifecycle import age, is_overdue
from kie_mcp.jobs.look_limit import LookLimiter
from kie_mcp.jobs.look_results import after_failed_look, after_look, after_save, expired_trouble
from kie_mcp.jobs.store.errors import LedgerError, StaleJobError
from kie_mcp.jobs.store.protocols import Ledger
from kie_mcp.jobs.timing import STANDARD, Timing

logger = logging.getLogger(__name__)

Save = Callable[[Job, Sequence[str]], Awaitable[tuple[tuple[Output, ...], Trouble | None]]]
"""Saves what is at these links, and says where, or why not."""

KEPT_BY_KIE = 14 * 24 * 3600.0
"""Seconds for which Kie.ai keeps what it made."""


class Follower:
    """Takes the steps that bring a job from submitted to its end."""

    def __init__(
        self,
        ledger: Ledger,
        upstream: Upstream,
        save: Save,
        clock: Clock,
        changed: Changed,
        looks: LookLimiter,
        *,
        timing: Timing = STANDARD,
    ) -> None:
        self._ledger = ledger
        self._durations = DurationCache(ledger, timing)
        self._upstream = upstream
        self._save = save
        self._clock = clock
        self._changed = changed
        self._looks = looks
        self._timing = timing
        self._failures = FailureLog(logger)
        # Callers read the same ledger: never more than one transaction of all followers is before theirs.
        self._one_at_a_time = anyio.Lock()

    async def durations(self, bucket: str) -> list[float]:
        """Return how long such jobs took, seconds, ascending, as of just now."""
        async with self._one_at_a_time:
            return await self._durations.read(bucket)

    async def look(self, job: Job, durations: Sequence[float]) -> Job:
        """Ask once, and write down what is seen. `durations` are those of such jobs, by which it may be overdue.

        A success is written down by `save`: nobody is told of it before its files are there.

        Raises StaleJobError if another process cares for the job now, and whatever the look ends with.
        """
        if job.task_id is None:
            raise LedgerError(f"Job {job.id} has no id of Kie.ai's to look at.")
        await self._check_still_ours(job)
        look = await self._upstream.look(job.task_id)
        now = self._clock.now()
        seen = after_look(job, look, now, self._timing)
        if seen.is_made:
            return seen
        if not seen.done and not seen.note and is_overdue(age(seen, now), durations, self._timing):
            note = f"Still not finished after {age(seen, now) / 60:.0f} min; looked at every minute from here on."
            seen = replace(seen, note=note)
        return await self._write(seen, was=job.phase)

    async def save(self, job: Job) -> Job:
        """Save the files of a job whose success was seen, and write down where they are. That is its end."""
        outputs, trouble = await self._save(replace(job, outputs=()), [output.url for output in job.outputs])
        ended = after_save(job, outputs, job.trouble or trouble, self._clock.now())
        return await self._write(ended, was=job.phase)

    async def note_error(self, job: Job, error: Exception) -> Job:
        """Write down why a look gave no answer about the job: it lives on, and says what is going on."""
        if not isinstance(error, KieError):
            self._failures.log(f"looking at job {job.id}, Kie.ai's id {job.task_id}, failed", error)
        now = self._clock.now()
        if isinstance(error, NotVisibleError) and age(job, now) > KEPT_BY_KIE:
            return await self._write(
                advance(job, Phase.FAILED, now, trouble=expired_trouble(), finished_at=now), was=job.phase
            )
        is_early = isinstance(error, NotVisibleError) and age(job, now) < self._timing.invisible_for
        noted = after_failed_look(job, error, now, expected=is_early)
        try:
            return await self._write(noted, was=job.phase)
        except StaleJobError:
            raise
        except LedgerError:
            return noted

    async def save_again(self, job: Job) -> Job:
        """Save the files of a finished job that are not saved yet; if Kie.ai has named none, ask it again."""
        if job.lacks_files:
            return await self._look_again(job)
        outputs, trouble = await self._save(job, [output.url for output in job.outputs if output.url])
        if job.data is None and any(not (output.url or output.path) for output in outputs):
            return await self._look_again(job)  # the answer that was saved as a file is Kie.ai's alone now
        now = self._clock.now()
        if trouble and age(job, now) > KEPT_BY_KIE:
            trouble = expired_trouble()
        again = replace(after_save(job, outputs, trouble, now), looked_at=now)
        return await self._write(again, was=job.phase)

    async def _look_again(self, job: Job) -> Job:
        """Ask once more about a job that has ended, whose files may be named only now; nothing else of it changes."""
        await self._looks.turn(job.id, urgent=True)
        known = await self._ledger.begin_look(job.id, self._clock.now(), self._timing.shortest_gap)
        if known is None:
            return job  # another process is looking
        job = known
        try:
            look = await self._upstream.look(job.task_id or "")
        except KieError as error:
            return await self._write(after_failed_look(job, error, self._clock.now(), expected=False), was=job.phase)
        if look.verdict is not Verdict.SUCCEEDED:
            return job
        seen = after_look(job, look, self._clock.now(), self._timing)
        outputs, trouble = await self._save(seen, [output.url for output in seen.outputs])
        return await self._write(after_save(seen, outputs, seen.trouble or trouble, self._clock.now()), was=job.phase)

    async def _check_still_ours(self, job: Job) -> None:
        """Raise StaleJobError if another process took the job over, as after a long sleep of this one."""
        async with self._one_at_a_time:
            known = await self._ledger.read(job.id)
            if known is None:  # it is paid for, whatever became of the file
                await self._ledger.restore(job)
        if known is None or known.epoch != job.epoch or known.done:
            raise StaleJobError(f"Job {job.id} has gone on without this process.")

    async def _write(self, job: Job, *, was: Phase) -> Job:
        async with self._one_at_a_time:
            written = await self._ledger.move(job, was=was)
        self._changed(written)
        return written
