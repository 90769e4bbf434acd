"""Run blocking file work in threads, and stop waiting for a thread that hangs: a dead network disk may never answer."""

import errno
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import anyio
from anyio import CapacityLimiter
from anyio.to_thread import run_sync

R = TypeVar("R")

PATIENCE = 120.0
"""Seconds that one call may take."""
MOST_HANGING = 32
"""The most threads that may hang at once: a hanging thread cannot be ended, and takes some memory."""


async def run_in_thread(
    function: Callable[[], R], /, *, patience: float = PATIENCE, limiter: CapacityLimiter | None = None
) -> R:
    """Run the function in a thread and return what it returns.

    If the caller is cancelled, it stops waiting at once and the thread runs on; what the thread then returns is closed,
    if it can be. Raises OSError if the function takes longer than *patience* seconds, or if too many threads hang.
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
        """Note that nobody waits for the result any more."""
        with _Call._lock:
            self._left = self._running
            _Call.hanging += self._left
