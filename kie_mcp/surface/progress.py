"""A job's life → strictly increasing progress, with a sentence that a person can read."""

from collections.abc import Awaitable
from typing import Protocol

from kie_mcp.jobs.draft import Expectation
from kie_mcp.jobs.job import Job, Phase
from kie_mcp.jobs.polling import fraction
from kie_mcp.surface.answers.text import spoken
from kie_mcp.text import clause, code

STEP = 1e-4
"""What a value grows by when the job itself has not moved: ten minutes of such steps, one a second, are 6 %."""


class Report(Protocol):
    """Sends one progress notification."""

    def __call__(self, progress: float, total: float | None = None, message: str | None = None) -> Awaitable[None]:
        """Send it."""
        ...


class Progress:
    """One call's progress: of 1 where such jobs' usual time, or Kie.ai's own figure, is known, else in seconds."""

    def __init__(self, report: Report, outlook: Expectation) -> None:
        self._report = report
        self._outlook = outlook
        self._sent = 0.0
        self._of_one: bool | None = None

    async def tell(self, job: Job, now: float) -> None:
        """Say how far the job is; a job that is done needs no progress."""
        if job.done:
            return
        elapsed = now - (job.sent_at or job.created_at)
        if self._of_one is None:
            self._of_one = self._outlook.usual_s is not None or job.progress is not None
        value = self._share(job, elapsed) if self._of_one else now - job.created_at
        self._sent = max(value, self._sent + STEP * ((1 - self._sent) if self._of_one else 1))
        await self._report(self._sent, 1.0 if self._of_one else None, self._sentence(job, elapsed))

    def _share(self, job: Job, elapsed: float) -> float:
        usual = self._outlook.usual_s
        guess = fraction(elapsed, usual) if usual and job.sent_at else 0.0
        return max(guess, (job.progress or 0.0) * 0.99)

    def _sentence(self, job: Job, elapsed: float) -> str:
        kind = job.kind.replace("_", " ")
        if job.waiting_for:
            awaited = [name for name in job.waiting_for if name not in job.parts]
            return f"{kind}: waiting for {', '.join(awaited) or 'what is made for it first'}"
        if job.phase is Phase.RESERVED:
            return f"{kind}: {job.note or 'waiting to be sent'}"
        if job.phase is Phase.SUBMITTING:
            return f"{kind}: ordering"
        usual = f", usually {spoken(self._outlook.usual_s)}" if self._outlook.usual_s else ""
        trouble = job.trouble.message if job.trouble else job.note
        doing = clause(trouble) or code(job.upstream_state or "ordered")
        return f"{kind}: {doing}, {spoken(elapsed)}{usual}"
