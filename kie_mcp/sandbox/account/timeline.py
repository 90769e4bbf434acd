"""How long a task takes and which state it shows meanwhile: pure functions of elapsed time."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

State = Literal["waiting", "queuing", "generating", "success", "fail"]

WAITING_UNTIL = 0.06
QUEUING_UNTIL = 0.15
"""Shares of a task's life after which it leaves `waiting` and `queuing`."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The sandbox's time: `now` in seconds for limits and links, `wall_ms` in Unix milliseconds for records.

    `speed` shortens the life of tasks only; limits, links and records stay on the unsped clock.
    """

    read: Callable[[], float]
    wall_offset: float
    speed: float = 1.0

    def now(self) -> float:
        """Seconds, unsped."""
        return self.read()

    def wall(self, moment: float) -> float:
        """Unix seconds of a moment of `now`."""
        return moment + self.wall_offset

    def wall_ms(self, moment: float) -> int:
        """Unix milliseconds of a moment of `now`."""
        return round(self.wall(moment) * 1000)


@dataclass(frozen=True, slots=True)
class TaskTimeline:
    """The life of one task: `total` seconds before speeding up (infinite if it never ends), and how it ends."""

    total: float
    fails: bool = False

    def state_at(self, elapsed: float) -> State:
        """What a record shows after so many seconds of its life."""
        if elapsed >= self.total:
            return "fail" if self.fails else "success"
        share = self.share_at(elapsed)
        if share < WAITING_UNTIL:
            return "waiting"
        return "queuing" if share < QUEUING_UNTIL else "generating"

    def share_at(self, elapsed: float) -> float:
        """How much of the life is over, 0 to 1; a task that never ends creeps towards one half."""
        if math.isinf(self.total):
            return 0.5 * (1 - 1 / (1 + max(elapsed, 0.0) / 10))
        return min(max(elapsed, 0.0) / self.total, 1.0)

    def progress_at(self, elapsed: float) -> int:
        """Whole percent; 100 only at the end."""
        return 100 if elapsed >= self.total else min(99, int(100 * self.share_at(elapsed)))


def draw_seconds(makes: str, chance: random.Random, characters: int, audio_seconds: float) -> float:
    """How long a task takes before speeding up.

    An image 10 to 30 s, speech 3 to 10 s by its characters, a film 60 to 180 s by the seconds of its audio.
    """
    if makes == "image":
        return chance.uniform(10, 30)
    if makes == "speech":
        return min(10.0, 3 + characters / 400 + chance.uniform(0, 2))
    return min(180.0, max(60.0, 60 + 4 * audio_seconds + chance.uniform(-5, 10)))
