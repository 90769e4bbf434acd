"""Stops the creating of jobs after repeated trouble, until a free call shows that Kie.ai is there again."""

from collections import deque

from kie_mcp.jobs.timing import STANDARD, Timing

LIMIT = 5
"""Troubles, one soon after the other, that open the circuit."""


class CircuitBreaker:
    """Counts connections that were not made and answers that were lost; a refusal is an answer, and no trouble."""

    def __init__(self, timing: Timing = STANDARD) -> None:
        self._timing = timing
        self._troubles: deque[float] = deque(maxlen=LIMIT)
        self.open = False
        """True while nothing may be created."""

    def record_trouble(self, now: float) -> None:
        """Count one more create call that got no proper answer."""
        self._troubles.append(now)
        self.open = self.open or (len(self._troubles) == LIMIT and now - self._troubles[0] <= self._timing.trouble_span)

    def record_answer(self) -> None:
        """Close the circuit: Kie.ai answered properly."""
        self._troubles.clear()
        self.open = False
