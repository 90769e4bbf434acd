"""The rate limits of the sandbox's account: 20 creations in any 10 seconds, one question about models a second."""

from __future__ import annotations

from collections import deque

CREATIONS = 20
WINDOW_SECONDS = 10.0
DISCOVERIES = 1
DISCOVERY_SECONDS = 1.0


class RateLimit:
    """A sliding window over the accepted requests; its clock does not go faster with `speed`."""

    def __init__(self, most: int = CREATIONS, seconds: float = WINDOW_SECONDS) -> None:
        self._most, self._seconds = most, seconds
        self._moments: deque[float] = deque()

    def is_reached(self, now: float) -> bool:
        """Return whether a request now would be one too many."""
        while self._moments and self._moments[0] <= now - self._seconds:
            self._moments.popleft()
        return len(self._moments) >= self._most

    def count(self, now: float) -> None:
        """Count a request that was accepted."""
        self._moments.append(now)
