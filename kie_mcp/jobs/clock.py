"""The time that a job lives by, passed in so that a test can turn the hands."""

import time
from typing import Protocol

import anyio


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> float:
        """Seconds since 1970, UTC: it is kept in the ledger and compared between processes."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        ...


class SystemClock:
    """The computer's own clock."""

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait that long; a negative wait is none."""
        await anyio.sleep(max(seconds, 0))
