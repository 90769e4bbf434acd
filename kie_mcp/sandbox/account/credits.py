"""The account's purse and its rate limit: credits, and at most 20 creations in any 10 seconds."""

from __future__ import annotations

from collections import deque

CREATIONS = 20
WINDOW_SECONDS = 10.0


class Window:
    """A sliding window over accepted creations, on the unsped clock."""

    def __init__(self) -> None:
        self._moments: deque[float] = deque()

    def is_full(self, now: float) -> bool:
        """Whether a creation now would be one too many."""
        while self._moments and self._moments[0] <= now - WINDOW_SECONDS:
            self._moments.popleft()
        return len(self._moments) >= CREATIONS

    def count(self, now: float) -> None:
        """Remember a creation."""
        self._moments.append(now)


class CreditBalance:
    """Credits: taken when a task is accepted, given back when it fails."""

    def __init__(self, balance: float) -> None:
        self.balance = balance

    def take(self, amount: float) -> bool:
        """Whether there was enough; nothing is taken otherwise."""
        if amount > self.balance + 1e-9:
            return False
        self.balance = round(self.balance - amount, 4)
        return True

    def give_back(self, amount: float) -> None:
        """Undo a `take`."""
        self.balance = round(self.balance + amount, 4)
