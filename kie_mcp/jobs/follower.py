"""Look until done: one follower a job, however many wait for it. Looking is free."""

import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import anyio

from kie_mcp.errors import BusyError, CredentialError, JobFailedError, KieError, NotVisibleError, Trouble
from kie_mcp.jobs.cadence import SHORTEST, first_look, next_look, quantile, trouble_gap
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.job import Job, Look, Output, Phase, Upstream, Verdict, stepped
from kie_mcp.jobs.ledger import Ledger, LedgerError, StaleJobError
from kie_mcp.jobs.submission import Changed

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
    ) -> None:
        self._ledger = ledger
        self._upstream = upstream
        self._save = save
        self._clock = clock
        self._changed = changed
        self._chance = chance or random.Random()  # noqa: S311 - jitter is no secret
        self._nudges: dict[str, anyio.Event] = {}

    async def follow(self, job: Job) -> Job:
        """Look at the job again and again until it is done."""
        durations = await self._ledger.durations(job.bucket)
        gap, failures = first_look(durations) - self._age(job), 0
        # Whoever cared for it before may have looked just now.
        earliest = self._clock.now() + SHORTEST if job.epoch else 0.0
        try:
            while not job.done:
                await self._pause(job, gap, earliest)
                try:
                    await self._still_ours(job)
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
        return job

    def nudge(self, job_id: str) -> None:
        """Somebody asks: look as soon as that is allowed."""
        if event := self._nudges.get(job_id):
            event.set()

    async def look(self, job: Job, *, overdue: float = OVERDUE) -> Job:
        """Ask once, and write down what is seen; what a success made is saved before anyone is told."""
        if job.task_id is None:
            raise LedgerError(f"Job {job.id} has no id of Kie.ai's to look at.")
        look = await self._upstream.look(job.task_id)
        seen = _seen(job, look, self._clock.now())
        if look.verdict is Verdict.SUCCEEDED:
            outputs, trouble = await self._save(seen, look.urls)
            now = self._clock.now()
            seen = stepped(seen, Phase.SUCCEEDED, now, outputs=outputs, trouble=look.trouble or trouble)
            await self._learn(job, look, now)
        elif not seen.done and not seen.note and self._age(seen) > overdue:
            note = f"Still not finished after {self._age(seen) / 60:.0f} min; looked at every minute from here on."
            seen = replace(seen, note=note)
        return await self._write(seen, was=job.phase)

    async def _still_ours(self, job: Job) -> None:
        """After a long sleep, such as a closed laptop's, another process may have taken the job over."""
        known = await self._ledger.read(job.id)
        if known is None or known.epoch != job.epoch or known.done:
            raise StaleJobError(f"Job {job.id} has gone on without this process.")

    async def save_again(self, job: Job) -> Job:
        """Save the files of a finished job that are not saved yet."""
        outputs, trouble = await self._save(job, [output.url for output in job.outputs])
        now = self._clock.now()
        if trouble and self._age(job) > KEPT_BY_KIE:
            trouble = _expired()
        return await self._write(replace(job, outputs=outputs, trouble=trouble, looked_at=now), was=job.phase)

    async def _learn(self, job: Job, look: Look, now: float) -> None:
        """Remember how long it took, by Kie.ai's clock, or by ours if it was watched to its end."""
        if look.created_at is not None and look.finished_at is not None:
            seconds = look.finished_at - look.created_at
        elif job.sent_at is not None and now - (job.looked_at or job.sent_at) < 2 * OVERDUE_GAP:
            seconds = now - job.sent_at
        else:
            return
        if job.bucket and seconds > 0:
            await self._ledger.learn(job.bucket, seconds, now)

    async def _pause(self, job: Job, gap: float, earliest: float) -> None:
        """Wait for the next look, or until somebody asks, but never less than the shortest gap since the last."""
        nudge = self._nudges[job.id] = anyio.Event()
        with anyio.move_on_after(max(gap, 0)):
            await nudge.wait()
        if job.looked_at is not None:
            earliest = max(earliest, job.looked_at + SHORTEST)
        # Never longer than that: the clock may have been set back since.
        await anyio.sleep(min(max(earliest - self._clock.now(), 0), SHORTEST))

    async def _note(self, job: Job, error: Exception) -> Job:
        """A look got no answer about the job: it lives on, and says what is going on."""
        if not isinstance(error, KieError):
            logger.error("looking at job %s failed", job.id, exc_info=error)
        now = self._clock.now()
        if isinstance(error, NotVisibleError) and self._age(job) > KEPT_BY_KIE:
            return await self._write(
                stepped(job, Phase.FAILED, now, trouble=_expired(), finished_at=now), was=job.phase
            )
        early = isinstance(error, NotVisibleError) and self._age(job) < GRACE
        words = str(error) if isinstance(error, KieError) else "Looking failed; see the server's log."
        noted = replace(job, updated_at=now, looked_at=now, note="" if early else words)
        try:
            return await self._write(noted, was=job.phase)
        except StaleJobError:
            raise
        except LedgerError:
            return noted

    async def _write(self, job: Job, *, was: Phase) -> Job:
        written = await self._ledger.move(job, was=was)
        self._changed(written)
        return written

    def _gap(self, job: Job, durations: Sequence[float]) -> float:
        age = self._age(job)
        return OVERDUE_GAP if age > _overdue(durations) else next_look(age, durations, self._chance.uniform(-1, 1))

    def _age(self, job: Job) -> float:
        return max(self._clock.now() - (job.sent_at or job.created_at), 0.0)


def _overdue(durations: Sequence[float]) -> float:
    """Seconds after which a job is late, by what such jobs took before."""
    return max(OVERDUE, 3 * quantile(durations, 0.99)) if durations else OVERDUE


def _gap_after(error: Exception, failures: int) -> float:
    if isinstance(error, BusyError) and error.retry_after is not None:
        return max(error.retry_after, SHORTEST)
    return OVERDUE_GAP if isinstance(error, CredentialError) else trouble_gap(failures)


def _expired() -> Trouble:
    return replace(
        JobFailedError(
            "Kie.ai keeps what it made for 14 days, and this job is older.", remedy="Make it again."
        ).trouble,
        category="expired",
        may_have_been_charged=True,
    )


def _seen(job: Job, look: Look, now: float) -> Job:
    """The job with what a look says of it; a success keeps its phase until its files are saved."""
    unknown = f"Kie.ai reports a state that this version does not know: {look.state!r}."
    job = replace(
        job,
        updated_at=now,
        looked_at=now,
        upstream_state=look.state,
        progress=job.progress if look.progress is None else look.progress,
        credits_used=job.credits_used if look.credits is None else look.credits,
        data=look.data,
        note="" if look.known_state else unknown,
    )
    if look.verdict is Verdict.FAILED:
        return stepped(job, Phase.FAILED, now, trouble=look.trouble, finished_at=_finished(job, look, now))
    if look.verdict is Verdict.SUCCEEDED:
        return replace(job, finished_at=_finished(job, look, now))
    return stepped(job, Phase.RUNNING, now)


def _finished(job: Job, look: Look, now: float) -> float:
    """When it ended: by Kie.ai's clock where that fits ours, for we may have looked long after."""
    told = look.finished_at
    return told if told is not None and job.created_at <= told <= now else now
