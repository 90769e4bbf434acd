"""The rate limit of the sandbox's account: at most 20 creations in any 10 seconds."""

from __future__ import annotations

from collections import deque

CREATIONS = 20
WINDOW_SECONDS = 10.0


class RateLimit:
    """A sliding window over the accepted creations; its clock does not go faster with `speed`."""

    def __init__(self) -> None:
        self._moments: deque[float] = deque()

    def is_reached(self, now: float) -> bool:
        """Return whether a creation now would be one too many."""
        while self._moments and self._moments[0] <= now - WINDOW_SECONDS:
            self._moments.popleft()
        return len(self._moments) >= CREATIONS

    def count(self, now: float) -> None:
        """Count a creation that was accepted."""
        self._moments.append(now)
