"""Blocking work on files, in threads that nobody has to wait for: a dead network disk may never answer."""

import errno
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import anyio
from anyio import CapacityLimiter
from anyio.to_thread import run_sync

R = TypeVar("R")

PATIENCE = 120.0
"""Seconds that a disk may take for one thing."""
MOST_HANGING = 32
"""Threads that may hang: none of them can be ended, and each takes some memory."""


async def run_in_thread(
    function: Callable[[], R], /, *, patience: float = PATIENCE, limiter: CapacityLimiter | None = None
) -> R:
    """Run the function in a thread and return what it returns.

    A caller that is cancelled goes at once, and the thread goes on by itself; a file that it opens for nobody is closed
    again. Raises OSError if the thread does not end in that many seconds, or if too many hang already.
    """
    if _Call.hanging >= MOST_HANGING:
        raise _no_answer_error()
    call = _Call(function)
    try:
        with anyio.move_on_after(patience):
            return await run_sync(call.run, abandon_on_cancel=True, limiter=limiter)
    finally:
        call.leave()
    raise _no_answer_error()


def _no_answer_error() -> OSError:
    return OSError(errno.EIO, "the disk does not answer")


class _Call(Generic[R]):
    """One function in a thread, and whether somebody still waits for it."""

    hanging = 0
    """Calls that nobody waits for any more, and that have not ended."""
    _lock = threading.Lock()

    def __init__(self, function: Callable[[], R]) -> None:
        self._function = function
        self._running = self._left = False

    def run(self) -> R:
        with _Call._lock:
            self._running = True
        try:
            result = self._function()
        finally:
            with _Call._lock:
                self._running = False
                _Call.hanging -= self._left
        if self._left and callable(close := getattr(result, "close", None)):
            close()
        return result

    def leave(self) -> None:
        """Nobody waits any more."""
        with _Call._lock:
            self._left = self._running
            _Call.hanging += self._left
