"""Tells the time, and is passed in, so that a test can set it. Waiting is the event loop's."""

import time
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> float:
        """Return the seconds since 1970, UTC: it is kept in the ledger and compared between processes."""
        ...


class SystemClock:
    """The computer's own clock."""

    def now(self) -> float:
        """Return the seconds since 1970, UTC."""
        return time.time()
