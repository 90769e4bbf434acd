"""Look until done: one follower a job, however many wait for it. Looking is free."""

import logging
import random
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

import anyio

from kie_mcp.errors import BusyError, CredentialError, KieError, NotVisibleError, Trouble
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.durations import DurationCache
from kie_mcp.jobs.failure_log import FailureLog
from kie_mcp.jobs.job import JSON, Job, Look, Output, Phase, Upstream, Verdict, stepped
from kie_mcp.jobs.look_limit import LookLimiter
from kie_mcp.jobs.look_results import (
    MOST_OUTPUTS,
    after_failed_look,
    after_look,
    expired,
    gap_for_files,
    names_nothing_yet,
)
from kie_mcp.jobs.polling import (
    EARLY_GAP,
    ENOUGH,
    LONGEST,
    SHORTEST,
    Spread,
    expected,
    first_look,
    next_look,
    quantile,
    trouble_gap,
)
from kie_mcp.jobs.store.ledger import LedgerError, StaleJobError
from kie_mcp.jobs.store.protocols import Ledger
from kie_mcp.jobs.submitter import Changed

logger = logging.getLogger(__name__)

Save = Callable[[Job, Sequence[str]], Awaitable[tuple[tuple[Output, ...], Trouble | None]]]
"""Saves what is at these links, and says where, or why not."""

GRACE = 90.0
"""Seconds after sending in which Kie.ai may not know a job yet."""
OVERDUE = 1200.0
"""Seconds after which a job counts as overdue, or three times what nearly all such jobs took."""
OVERDUE_GAP = 60.0
KEPT_BY_KIE = 14 * 24 * 3600.0
"""Seconds for which Kie.ai keeps what it made."""


class Follower:
    """Brings jobs from submitted to their end."""

    def __init__(
        self,
        ledger: Ledger,
        upstream: Upstream,
        save: Save,
        clock: Clock,
        changed: Changed,
        chance: random.Random | None = None,
        *,
        elsewhere: Callable[[Job], Spread | None] = lambda _: None,
    ) -> None:
        self._ledger = ledger
        self.durations = DurationCache(ledger)
        self._upstream = upstream
        self._save = save
        self._clock = clock
        self._changed = changed
        self._chance = chance or random.Random()  # noqa: S311 - jitter is no secret
        self._failures = FailureLog(logger)
        self._elsewhere = elsewhere
        self._nudges: dict[str, anyio.Event] = {}
        self._looks = LookLimiter()
        self._looked: dict[str, float] = {}
        """When this process looked last at what it follows, by the loop's clock."""
        # Callers read the same ledger: never more than one transaction of all followers is before theirs.
        self._writing = anyio.Lock()

    async def follow(self, job: Job) -> Job:
        """Look at the job again and again until it is done."""
        durations = await self._known(job.bucket)
        gap, failures = first_look(expected(self._elsewhere(job), durations)) - self._age(job), 0
        # Whoever cared for it before may have looked just now.
        earliest = self._clock.now() + SHORTEST if job.epoch else 0.0
        try:
            while not job.done:
                await self._looks.turn(job.id, urgent=await self._pause(job, gap, earliest))
                try:
                    await self._still_ours(job)
                    self._looked[job.id] = anyio.current_time()
                    job = await self.look(job, overdue=_overdue(durations))
                    failures, gap = 0, self._gap(job, durations)
                except StaleJobError:
                    raise
                except Exception as error:
                    failures += 1
                    gap = _gap_after(error, failures)
                    job = await self._note(job, error)
        finally:
            self._nudges.pop(job.id, None)
            self._looked.pop(job.id, None)
        return job

    def nudge(self, job_id: str) -> None:
        """Somebody asks: look as soon as that is allowed."""
        if event := self._nudges.get(job_id):
            event.set()
        self._looks.hurry(job_id)

    def awaited(self, job_ids: Collection[str]) -> AbstractContextManager[None]:
        """Somebody waits for these jobs while inside: their looks go before those of others."""
        return self._looks.awaited(job_ids)

    async def turn(self, task_id: str) -> None:
        """Wait until somebody who asks about a job that nobody here cares for may have a look."""
        await self._looks.turn(task_id, urgent=True)

    async def look(self, job: Job, *, overdue: float = OVERDUE) -> Job:
        """Ask once, and write down what is seen; what a success made is saved before anyone is told."""
        if job.task_id is None:
            raise LedgerError(f"Job {job.id} has no id of Kie.ai's to look at.")
        look = await self._upstream.look(job.task_id)
        now = self._clock.now()
        seen = after_look(job, look, now)
        if look.verdict is Verdict.SUCCEEDED and not names_nothing_yet(seen, look, now):
            took = _seconds_taken(job, look, seen.succeeded_at or now)
            return await self._write(await self._finish(seen, look), was=job.phase, took=took)
        if not seen.done and not seen.note and self._age(seen) > overdue:
            note = f"Still not finished after {self._age(seen) / 60:.0f} min; looked at every minute from here on."
            seen = replace(seen, note=note)
        return await self._write(seen, was=job.phase)

    async def _finish(self, job: Job, look: Look) -> Job:
        """Save what was made. An answer that is no file is kept with the job, unless it was saved as one."""
        outputs, trouble = await self._save(job, look.urls[:MOST_OUTPUTS])
        return stepped(
            job,
            Phase.SUCCEEDED,
            self._clock.now(),
            outputs=outputs,
            data=_unsaved_data(job, outputs),
            trouble=look.trouble or trouble,
        )

    async def _still_ours(self, job: Job) -> None:
        """After a long sleep, such as a closed laptop's, another process may have taken the job over."""
        async with self._writing:
            known = await self._ledger.read(job.id)
            if known is None:  # it is paid for, whatever became of the file
                await self._ledger.restore(job)
        if known is None or known.epoch != job.epoch or known.done:
            raise StaleJobError(f"Job {job.id} has gone on without this process.")

    async def save_again(self, job: Job) -> Job:
        """Save the files of a finished job that are not saved yet; if Kie.ai has named none, ask it again."""
        if job.lacks_files:
            return await self._look_again(job)
        outputs, trouble = await self._save(job, [output.url for output in job.outputs if output.url])
        if job.data is None and any(not (output.url or output.path) for output in outputs):
            return await self._look_again(job)  # the answer that was saved as a file is Kie.ai's alone now
        now = self._clock.now()
        if trouble and self._age(job) > KEPT_BY_KIE:
            trouble = expired()
        again = replace(job, outputs=outputs, data=_unsaved_data(job, outputs), trouble=trouble, looked_at=now)
        return await self._write(again, was=job.phase)

    async def _look_again(self, job: Job) -> Job:
        """Ask once more about a job that has ended, whose files may be named only now; nothing else of it changes."""
        await self.turn(job.id)
        known = await self._ledger.begin_look(job.id, self._clock.now(), SHORTEST)
        if known is None:
            return job  # another process is looking
        job = known
        try:
            look = await self._upstream.look(job.task_id or "")
        except KieError as error:
            return await self._write(after_failed_look(job, error, self._clock.now(), expected=False), was=job.phase)
        if look.verdict is not Verdict.SUCCEEDED:
            return job
        now = self._clock.now()
        job = replace(job, outputs=tuple(output for output in job.outputs if output.url))
        seen = await self._finish(after_look(job, look, now), look)
        return await self._write(seen, was=job.phase)

    async def _known(self, bucket: str) -> list[float]:
        """How long such jobs took, as of just now."""
        async with self._writing:
            return await self.durations.read(bucket)

    async def _pause(self, job: Job, gap: float, earliest: float) -> bool:
        """Wait for the next look, or until somebody asks, but never less than the shortest gap since the last.

        Returns whether somebody has asked.
        """
        nudge = self._nudges[job.id] = anyio.Event()
        with anyio.move_on_after(max(gap, 0)):
            await nudge.wait()
        if job.looked_at is not None:
            earliest = max(earliest, job.looked_at + SHORTEST)
        # The clock may have been set since: it makes the gap neither long nor short.
        known = min(max(earliest - self._clock.now(), 0), SHORTEST)
        own = self._looked.get(job.id, -SHORTEST) + SHORTEST - anyio.current_time()
        await anyio.sleep(max(known, own))
        return nudge.is_set()

    async def _note(self, job: Job, error: Exception) -> Job:
        """A look got no answer about the job: it lives on, and says what is going on."""
        if not isinstance(error, KieError):
            self._failures.tell(f"looking at job {job.id}, Kie.ai's id {job.task_id}, failed", error)
        now = self._clock.now()
        if isinstance(error, NotVisibleError) and self._age(job) > KEPT_BY_KIE:
            return await self._write(stepped(job, Phase.FAILED, now, trouble=expired(), finished_at=now), was=job.phase)
        early = isinstance(error, NotVisibleError) and self._age(job) < GRACE
        noted = after_failed_look(job, error, now, expected=early)
        try:
            return await self._write(noted, was=job.phase)
        except StaleJobError:
            raise
        except LedgerError:
            return noted

    async def _write(self, job: Job, *, was: Phase, took: float | None = None) -> Job:
        async with self._writing:
            written = await self._ledger.move(job, was=was, took=took)
        self._changed(written)
        return written

    def _gap(self, job: Job, durations: Sequence[float]) -> float:
        age, jitter = self._age(job), self._chance.uniform(-1, 1)
        if job.succeeded_at is not None:
            return gap_for_files(job, self._clock.now(), SHORTEST)
        if age > _overdue(durations):
            return OVERDUE_GAP
        early_gap = EARLY_GAP if len(durations) >= ENOUGH else LONGEST
        return next_look(age, expected(self._elsewhere(job), durations), jitter, early_gap=early_gap)

    def _age(self, job: Job) -> float:
        return max(self._clock.now() - (job.sent_at or job.created_at), 0.0)


def _seconds_taken(job: Job, look: Look, now: float) -> float | None:
    """How long it took, by Kie.ai's clock, or by ours if it was watched to its end; None if that is not known."""
    if look.created_at is not None and look.finished_at is not None:
        seconds = look.finished_at - look.created_at
    elif job.sent_at is not None and now - (job.looked_at or job.sent_at) < 2 * OVERDUE_GAP:
        seconds = now - job.sent_at
    else:
        return None
    return seconds if job.bucket and seconds > 0 else None


def _overdue(durations: Sequence[float]) -> float:
    """Seconds after which a job is late, by what such jobs took before."""
    return max(OVERDUE, 3 * quantile(durations, 0.99)) if durations else OVERDUE


def _gap_after(error: Exception, failures: int) -> float:
    if isinstance(error, BusyError) and error.retry_after is not None:
        return max(error.retry_after, SHORTEST)
    return OVERDUE_GAP if isinstance(error, CredentialError) else trouble_gap(failures)


def _unsaved_data(job: Job, outputs: Sequence[Output]) -> JSON | None:
    """The answer that is no file, unless it is one now."""
    return None if any(output.path and not output.url for output in outputs) else job.data
