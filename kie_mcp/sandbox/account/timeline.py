"""Decide how long a task takes and which state it shows: pure functions of the elapsed time."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

State = Literal["waiting", "queuing", "generating", "success", "fail"]

WAITING_UNTIL = 0.06
QUEUING_UNTIL = 0.15
"""The parts of a task's life, from 0 to 1, after which it leaves `waiting` and `queuing`."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The sandbox's time: `now` in seconds for limits and links, `wall_ms` in Unix milliseconds for records.

    `speed` shortens only the life of tasks; the times of limits, links and records are not faster.
    """

    read: Callable[[], float]
    wall_offset: float
    speed: float = 1.0

    def now(self) -> float:
        """Return the time in seconds, from an arbitrary start."""
        return self.read()

    def wall(self, moment: float) -> float:
        """Return a time of `now` in seconds since 1970."""
        return moment + self.wall_offset

    def wall_ms(self, moment: float) -> int:
        """Return a time of `now` in milliseconds since 1970."""
        return round(self.wall(moment) * 1000)


@dataclass(frozen=True, slots=True)
class TaskTimeline:
    """The life of one task: how it ends, and after how many seconds at speed 1; infinite if it never ends."""

    total: float
    fails: bool = False

    def state_at(self, elapsed: float) -> State:
        """Return the state after so many seconds of its life."""
        if elapsed >= self.total:
            return "fail" if self.fails else "success"
        share = self.share_at(elapsed)
        if share < WAITING_UNTIL:
            return "waiting"
        return "queuing" if share < QUEUING_UNTIL else "generating"

    def share_at(self, elapsed: float) -> float:
        """Return how much of its life is over, from 0 to 1; a task that never ends slowly approaches one half."""
        if math.isinf(self.total):
            return 0.5 * (1 - 1 / (1 + max(elapsed, 0.0) / 10))
        return min(max(elapsed, 0.0) / self.total, 1.0)

    def progress_at(self, elapsed: float) -> int:
        """Return the progress in whole percent; 100 only at the end."""
        return 100 if elapsed >= self.total else min(99, int(100 * self.share_at(elapsed)))


def draw_seconds(makes: str, chance: random.Random, characters: int, audio_seconds: float) -> float:
    """Draw by chance how many seconds a task takes at speed 1.

    Speech takes 3 to 10 s by its characters, a film or a song 60 to 180 s by the seconds of its audio, and anything
    else, as a picture does, 10 to 30 s.
    """
    if makes in ("speech", "dialogue", "isolation", "lyrics"):
        return min(10.0, 3 + characters / 400 + chance.uniform(0, 2))
    if makes in ("film", "lip-sync", "clip", "song"):
        return min(180.0, max(60.0, 60 + 4 * audio_seconds + chance.uniform(-5, 10)))
    return chance.uniform(10, 30)
