"""End this process in bounded time, even if one of its threads hangs, for instance on a dead network disk."""

import os
import sys
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from typing import Self

GRACE = 20.0
"""Seconds that a process has to end by itself after it was told to: a create call in flight gets 15 of them."""
LAST_MOMENTS = 1.0
"""Seconds that threads have to end by themselves."""
_FORCED = 1
"""The exit code of a process that did not end by itself."""


class ExitDeadline:
    """A context manager that ends this process if the block is still running GRACE seconds after `start`."""

    def __init__(self, seconds: float = GRACE) -> None:
        self._timer = threading.Timer(seconds, os._exit, [_FORCED])
        self._timer.daemon = True

    def start(self) -> None:
        """Start the time; calling it again changes nothing."""
        with suppress(RuntimeError):
            self._timer.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def exit_despite_threads(before: Collection[threading.Thread], code: int) -> None:
    """Exit at once with *code* if a thread hangs that is not in *before*: Python would wait for it forever."""
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
