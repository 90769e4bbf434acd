"""A loop in virtual time that notices when somebody turns in circles: time would stand still for ever."""

from tests.support.virtual_time import VirtualLoop

TURNS = 1_000_000
"""Readings of the clock at one moment that cannot be meant."""


class LivelockError(Exception):
    """Somebody is always ready to run, and nothing happens."""


class WatchedLoop(VirtualLoop):
    """Reads its clock in each turn, and counts how often it reads the same."""

    def __init__(self) -> None:
        self._moment, self._turns = 0.0, 0
        super().__init__()

    def time(self) -> float:
        """Virtual seconds since the loop began. Raises LivelockError if they are the same for too long."""
        now = super().time()
        self._turns = self._turns + 1 if now == self._moment else 0
        self._moment = now
        if self._turns > TURNS:
            self._turns = 0  # whoever cleans up now may need the clock
            raise LivelockError
        return now
