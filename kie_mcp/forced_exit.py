"""The end of a process, in bounded time: what hangs in one of its threads, on a dead network disk, cannot be ended."""

import os
import sys
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from typing import Self

GRACE = 20.0
"""Seconds that a process has to end once it was told to: a create call in flight gets 15 of them."""
LAST_MOMENTS = 1.0
"""Seconds that threads get to end by themselves."""
_FORCED = 1


class Deadline:
    """A context manager: once it was set, this process ends after GRACE if the block has not ended by itself."""

    def __init__(self, seconds: float = GRACE) -> None:
        self._timer = threading.Timer(seconds, os._exit, [_FORCED])
        self._timer.daemon = True

    def set(self) -> None:
        """Let the time run, if it does not run already."""
        with suppress(RuntimeError):
            self._timer.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def exit_despite_threads(before: Collection[threading.Thread], code: int) -> None:
    """End this process at once if a thread that was not there *before* hangs: Python would wait for it."""
    end = time.monotonic() + LAST_MOMENTS
    for thread in threading.enumerate():
        if thread in before or thread.daemon or thread is threading.current_thread():
            continue
        thread.join(max(end - time.monotonic(), 0))
        if thread.is_alive():
            _flush()
            os._exit(code)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):
            stream.flush()
