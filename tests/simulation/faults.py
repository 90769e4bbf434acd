"""What goes wrong in one seed, by the dice."""

from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import TypeVar

T = TypeVar("T")


class CreateFault(StrEnum):
    """What becomes of a create call."""

    NONE = "created"
    SLOW = "created, answered late"
    CONNECT = "no connection"
    BUSY = "429 with Retry-After"
    BUSY_SILENT = "429 without Retry-After"
    REFUSED = "422"
    TIMEOUT = "read timeout after the work"
    HANG = "read timeout without the work"
    RESET_BEFORE = "reset before the work"
    RESET_AFTER = "reset after the work"
    BAD_GATEWAY_BEFORE = "502 before the work"
    BAD_GATEWAY_AFTER = "502 after the work"
    NO_ID = "answer without an id"


class LookFault(StrEnum):
    """What becomes of a look."""

    NONE = "answered"
    SERVER = "5xx"
    BUSY = "429"
    RESET = "reset"
    HANG = "hang"
    MALFORMED = "malformed"
    UNKNOWN_STATE = "unknown state"
    NOT_FOUND = "404"
    KEY = "401"
    SURPRISE = "an error that nobody thought of"


WORKS = frozenset(
    {
        CreateFault.NONE,
        CreateFault.SLOW,
        CreateFault.TIMEOUT,
        CreateFault.RESET_AFTER,
        CreateFault.BAD_GATEWAY_AFTER,
        CreateFault.NO_ID,
    }
)
"""After these a job exists and is charged."""

_CREATE = {
    CreateFault.NONE: 0.60,
    CreateFault.SLOW: 0.05,
    CreateFault.CONNECT: 0.07,
    CreateFault.BUSY: 0.03,
    CreateFault.BUSY_SILENT: 0.03,
    CreateFault.REFUSED: 0.03,
    CreateFault.TIMEOUT: 0.04,
    CreateFault.HANG: 0.02,
    CreateFault.RESET_BEFORE: 0.02,
    CreateFault.RESET_AFTER: 0.03,
    CreateFault.BAD_GATEWAY_BEFORE: 0.02,
    CreateFault.BAD_GATEWAY_AFTER: 0.04,
    CreateFault.NO_ID: 0.02,
}
_LOOK = {
    LookFault.NONE: 0.86,
    LookFault.SERVER: 0.03,
    LookFault.BUSY: 0.02,
    LookFault.RESET: 0.02,
    LookFault.HANG: 0.015,
    LookFault.MALFORMED: 0.02,
    LookFault.UNKNOWN_STATE: 0.015,
    LookFault.NOT_FOUND: 0.01,
    LookFault.KEY: 0.005,
    LookFault.SURPRISE: 0.005,
}
_POINTS = {
    "before ledger": 0.002,
    "after ledger": 0.002,
    "create sent": 0.06,
    "create answered": 0.06,
    "look answered": 0.006,
    "saving": 0.03,
    "saved": 0.05,
}
"""Where a process may be killed, and how likely that is each time it comes by."""


@dataclass
class Trouble:
    """The dice of one seed. After `calm_at` (virtual seconds) nothing goes wrong any more."""

    random: Random
    calm_at: float
    kills: int
    """How many processes may still be killed."""
    storms: bool = field(init=False)
    """Seeds without any upstream fault show what crashes do alone."""
    locks: bool = field(init=False)

    def __post_init__(self) -> None:
        self.storms = self.random.random() < 0.8
        self.locks = self.random.random() < 0.5

    def create(self, now: float) -> CreateFault:
        """What becomes of the next create call."""
        return self._pick(_CREATE) if self.storms and now < self.calm_at else CreateFault.NONE

    def look(self, now: float) -> LookFault:
        """What becomes of the next look."""
        return self._pick(_LOOK) if self.storms and now < self.calm_at else LookFault.NONE

    def save_fails(self, now: float) -> bool:
        """Whether a file cannot be saved."""
        return self.storms and now < self.calm_at and self.random.random() < 0.15

    def lock(self, now: float) -> float:
        """Seconds that the ledger is locked by somebody else."""
        if not self.locks or now >= self.calm_at or self.random.random() > 0.02:
            return 0.0
        return self.random.choice([0.01, 0.3, 2.0])

    def kills_at(self, point: str, now: float) -> bool:
        """Whether a process is killed at this point."""
        if not self.kills or now >= self.calm_at or self.random.random() >= _POINTS[point]:
            return False
        self.kills -= 1
        return True

    def _pick(self, chances: dict[T, float]) -> T:
        return self.random.choices(list(chances), list(chances.values()))[0]
