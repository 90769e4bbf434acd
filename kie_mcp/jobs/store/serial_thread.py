"""Runs what blocks on a disk in worker threads, one at a time, and says so when the disk does not answer."""

import threading
from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

from kie_mcp.jobs.store.errors import LedgerError

R = TypeVar("R")

PATIENCE = 120.0
"""Seconds after which a disk counts as dead."""


class SerialThread:
    """Runs blocking functions in worker threads, one at a time; a cancelled caller still waits for its own.

    Not for ever: once a disk has not answered for so long, everybody is told so until it does.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._limiter: anyio.CapacityLimiter | None = None
        self._lock = threading.Lock()
        """Held by the thread: its caller may be gone before it has ended, and one connection takes one transaction."""
        self._hanging = False

    async def __call__(self, function: Callable[[], R], /) -> R:
        """Return what the function returns. Raises LedgerError if the disk does not answer."""
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(1)
        async with self._limiter:
            if self._hanging:
                raise _silent_disk_error()
            with anyio.move_on_after(self._patience, shield=True):
                return await anyio.to_thread.run_sync(self._run_marked, function, abandon_on_cancel=True)
        raise _silent_disk_error()

    def _run_marked(self, function: Callable[[], R]) -> R:
        with self._lock:
            self._hanging = True
            try:
                return function()
            finally:
                self._hanging = False


def _silent_disk_error() -> LedgerError:
    return LedgerError(
        "The ledger cannot be used: its disk does not answer.", remedy="Set KIE_STATE_DIR to a folder on a local disk."
    )
