"""Progress notifications of one call: a value that strictly increases, and a sentence for people."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from kie_mcp.jobs.job import Job, Phase
from kie_mcp.jobs.polling import fraction
from kie_mcp.orders.kind import name_kind
from kie_mcp.surface.answers.text import format_duration
from kie_mcp.text import CODE, clause, code, one_line

STEP = 1e-4
"""How much a value grows if the job itself has not moved: ten minutes of such steps, one a second, add 6 %."""


SendProgress: TypeAlias = Callable[[float, float | None, str | None], Awaitable[None]]
"""Sends one progress notification: its value, the total if it is known, and a message."""


class Progress:
    """The progress of one call: a fraction of 1 if the usual time or Kie.ai's own figure is known, else seconds.

    Args:
        send: Sends a notification.
        usual_s: Seconds that such jobs usually take from sending to the end; None if that is not known.
    """

    def __init__(self, send: SendProgress, usual_s: float | None) -> None:
        self._send = send
        self._usual_s = usual_s
        self._sent = 0.0
        self._is_fraction: bool | None = None

    async def report(self, job: Job, now: float) -> None:
        """Send how far the job is; nothing for a job that is done. *now*: seconds since 1970."""
        if job.done:
            return
        elapsed = now - (job.sent_at or job.created_at)
        if self._is_fraction is None:
            self._is_fraction = self._usual_s is not None or job.progress is not None
        value = self._fraction(job, elapsed) if self._is_fraction else now - job.created_at
        self._sent = max(value, self._sent + STEP * ((1 - self._sent) if self._is_fraction else 1))
        await self._send(self._sent, 1.0 if self._is_fraction else None, self._describe(job, elapsed))

    def _fraction(self, job: Job, elapsed: float) -> float:
        guess = fraction(elapsed, self._usual_s) if self._usual_s and job.sent_at else 0.0
        return max(guess, (job.progress or 0.0) * 0.99)

    def _describe(self, job: Job, elapsed: float) -> str:
        kind = name_kind(job.kind, one_line(job.model, CODE))
        if job.waiting_for:
            awaited = [name for name in job.waiting_for if name not in job.parts]
            return f"{kind}: waiting for {', '.join(awaited) or 'what is made for it first'}"
        if job.phase is Phase.RESERVED:
            return f"{kind}: {job.note or 'waiting to be sent'}"
        if job.phase is Phase.SUBMITTING:
            return f"{kind}: ordering"
        usual = f", usually {format_duration(self._usual_s)}" if self._usual_s else ""
        trouble = job.trouble.message if job.trouble else job.note
        doing = clause(trouble) or code(job.upstream_state or "ordered")
        return f"{kind}: {doing}, {format_duration(elapsed)}{usual}"
