"""Keeps in memory for a moment how long such jobs took: thousands of jobs may be taken up at once."""

import math

import anyio

from kie_mcp.jobs.store.protocols import Durations
from kie_mcp.jobs.timing import STANDARD, Timing


class DurationCache:
    """Reads the durations of each kind of job once for all who ask at about the same time."""

    def __init__(self, store: Durations, timing: Timing = STANDARD) -> None:
        self._store = store
        self._timing = timing
        self._known: dict[str, tuple[float, list[float]]] = {}

    async def read(self, bucket: str) -> list[float]:
        """Return how long such jobs took, seconds, ascending, as of a moment ago."""
        read_at, durations = self._known.get(bucket, (-math.inf, []))
        if anyio.current_time() - read_at > self._timing.durations_kept:
            durations = await self._store.read_durations(bucket)
            self._known[bucket] = anyio.current_time(), durations
        return durations
