"""Whether Kie.ai may be asked to create at all: after trouble upon trouble, free calls go first."""

from collections import deque

LIMIT = 5
"""Troubles within SPAN that open the circuit."""
SPAN = 30.0
"""Seconds."""
PROBE_GAP = 10.0
"""Seconds between two free calls that ask whether Kie.ai is well again."""


class CircuitBreaker:
    """Counts connections that were not made and answers that were lost; a refusal is an answer, and no trouble."""

    def __init__(self) -> None:
        self._troubles: deque[float] = deque(maxlen=LIMIT)
        self.open = False
        """True while nothing may be created."""

    def trouble(self, now: float) -> None:
        """One more create call got no proper answer."""
        self._troubles.append(now)
        self.open = self.open or (len(self._troubles) == LIMIT and now - self._troubles[0] <= SPAN)

    def well(self) -> None:
        """Kie.ai answered properly."""
        self._troubles.clear()
        self.open = False
