"""How long such jobs took, kept in memory for a moment: thousands of jobs are taken up at once."""

import math

import anyio

from kie_mcp.jobs.store.protocols import Durations

REMEMBERED = 0.5
"""Seconds for which they are not read again."""


class DurationCache:
    """Reads the durations of each kind of job once for all who ask at about the same time."""

    def __init__(self, store: Durations) -> None:
        self._store = store
        self._known: dict[str, tuple[float, list[float]]] = {}

    async def read(self, bucket: str) -> list[float]:
        """How long such jobs took, seconds, ascending, as of a moment ago."""
        read_at, durations = self._known.get(bucket, (-math.inf, []))
        if anyio.current_time() - read_at > REMEMBERED:
            durations = await self._store.durations(bucket)
            self._known[bucket] = anyio.current_time(), durations
        return durations
