"""Remembers when callers' tool calls came and were answered, by a clock that does not jump."""

import math
import time
from collections.abc import Callable
from typing import TypeVar

import anyio

from kie_mcp.jobs.job import Job, Phase
from kie_mcp.jobs.joining import Recent
from kie_mcp.jobs.timing import STANDARD, Timing

T = TypeVar("T")

MOST = 10_000
"""Jobs of which it is remembered; the oldest are forgotten first, and then the ledger's times count."""


class CallTimes:
    """What is remembered of the calls; gone with the process, as those calls are.

    While the process stands still, as on a laptop that is closed, nothing here ages.

    Args:
        steady: Seconds on a clock that nobody sets.
        real: Seconds of the world, by which it is told whether the process stood still: a busy machine delays a loop
            whose time hurries by as little as any other.
    """

    def __init__(
        self,
        steady: Callable[[], float] = anyio.current_time,
        real: Callable[[], float] = time.monotonic,
        *,
        timing: Timing = STANDARD,
    ) -> None:
        self._timing = timing
        self._steady = steady
        self._real = real
        self._taken: dict[str, float] = {}
        self._answered: dict[str, float] = {}
        self._leaving: dict[str, tuple[Phase, float]] = {}
        self._alive_at: tuple[float, float] | None = None
        """By either clock."""
        self._awake_at = -math.inf
        self._stood_for = 0.0

    def beat(self) -> None:
        """Note that the process runs; to be called every few seconds."""
        now, real = self._steady(), self._real()
        before, real_before = self._alive_at or (now, real)
        self._alive_at = now, real
        if real - real_before > self._timing.stood_still:
            self._stood_for += now - before
            self._awake_at = self._now()

    def take(self, job: Job, came: float) -> None:
        """Note when the call has come whose order was taken."""
        _remember(self._taken, job.id, came)

    def start_answer(self, job: Job) -> None:
        """Note that the job's end is on its way to its caller."""
        _remember(self._leaving, job.id, (job.phase, self._now()))

    def answer(self, job_id: str) -> None:
        """Note that the end has reached the caller."""
        _remember(self._answered, job_id, self._now())

    def settle(self, job_id: str) -> None:
        """Forget that an end was on its way: what became of it is in the ledger."""
        self._leaving.pop(job_id, None)

    def now(self) -> float:
        """Return the seconds on a clock that stands still with the process: when a call has come, for `recent`."""
        self.beat()
        return self._now()

    @property
    def is_waking(self) -> bool:
        """Whether the process stood still just now: a call that is read now may have been given up long ago."""
        return self.now() - self._awake_at < self._timing.duplicate_window

    def recent(self, came: float) -> Recent:
        """Return the ages as seen by a call that has come at that time."""
        now = self.now()
        return Recent(
            taken={job_id: abs(came - at) for job_id, at in self._taken.items()},
            answered={job_id: came - at for job_id, at in self._answered.items()},
            leaving={
                job_id: phase
                for job_id, (phase, at) in self._leaving.items()
                if at <= came and now - at < self._timing.answer_leaves_within
            },
            awake=came - self._awake_at,
        )

    def _now(self) -> float:
        """Return the seconds on a clock that stands still with the process."""
        return self._steady() - self._stood_for


def _remember(notes: dict[str, T], job_id: str, note: T) -> None:
    notes.pop(job_id, None)
    notes[job_id] = note
    if len(notes) > MOST:
        del notes[next(iter(notes))]
