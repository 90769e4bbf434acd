"""Progress notifications of a call that waits for several jobs: one value and one sentence for all of them."""

import math
from collections.abc import Mapping, Sequence

import anyio

from kie_mcp.jobs.job import Job
from kie_mcp.jobs.polling import fraction
from kie_mcp.surface.answers.batch import count_states
from kie_mcp.surface.answers.text import format_duration
from kie_mcp.surface.progress import STEP, SendProgress


class BatchProgress:
    """The progress of one call: the mean of what its jobs have got done, a fraction of 1.

    Args:
        send: Sends a notification.
        usual: Seconds that each job usually takes from sending to the end, by its id; None if that is not known.
        every: The seconds after which it is said that nothing has changed.
    """

    def __init__(self, send: SendProgress, usual: Mapping[str, float | None], *, every: float) -> None:
        self._send = send
        self._usual = usual
        self._every = every
        self._sent = 0.0
        self._said: tuple[str, float] = "", -math.inf
        """What was said last, and when."""

    async def report(self, jobs: Sequence[Job], now: float) -> None:
        """Send how far the jobs are; nothing once all are done. *now*: seconds since 1970."""
        if all(job.done for job in jobs):
            return
        counts = count_states(jobs)
        said, at = self._said
        if counts == said and anyio.current_time() - at < self._every:
            return  # each job tells by itself that it goes on: once is enough
        self._said = counts, anyio.current_time()
        mean = sum(self._fraction(job, now) for job in jobs) / len(jobs)
        self._sent = max(mean, self._sent + STEP * (1 - self._sent))
        await self._send(self._sent, 1.0, self._describe(counts, jobs, now))

    def _fraction(self, job: Job, now: float) -> float:
        if job.done:
            return 1.0
        usual = self._usual[job.id]
        guess = fraction(now - job.sent_at, usual) if usual and job.sent_at else 0.0
        return max(guess, (job.progress or 0.0) * 0.99, 0.0)

    def _describe(self, counts: str, jobs: Sequence[Job], now: float) -> str:
        begun = min(job.created_at for job in jobs if not job.done)
        usual = [seconds for job in jobs if not job.done and (seconds := self._usual[job.id])]
        words = [f"usually {format_duration(max(usual))}"] if usual else []
        return ", ".join([counts, format_duration(max(now - begun, 0.0)), *words])
