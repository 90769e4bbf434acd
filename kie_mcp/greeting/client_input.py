"""Reads what the client sends, with the time at which it arrived; two ways, one of which has no threads."""

import os
import select
import sys
import time

TYPE_CHECKING = False  # importing it from typing takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    Piece: TypeAlias = tuple[float, bytes]

CHUNK = 64 * 1024
_MOST = 1024
"""How many pieces are kept while the server is loaded; what comes then waits in the pipe."""


def read_piece(descriptor: int) -> "Piece":
    """Wait for input and return it with the time of its arrival; nothing at its end."""
    while True:
        try:
            data = os.read(descriptor, CHUNK)
        except BlockingIOError:
            select.select([descriptor], [], [])
            continue
        except OSError:  # the terminal was closed
            data = b""
        return time.monotonic(), data


def poll_piece(descriptor: int, output: int, seconds: float) -> "Piece | None":
    """Return what comes within so many seconds; nothing at the end, or if nobody reads the output any more.

    Raises OSError on Windows, which cannot wait for a pipe.
    """
    if sys.platform == "win32":
        raise OSError("Windows cannot wait for a pipe.")
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    poll.register(output, 0)
    found = dict(poll.poll(seconds * 1000))
    if found.get(output, 0) & (select.POLLERR | select.POLLHUP):
        return time.monotonic(), b""
    return read_piece(descriptor) if descriptor in found else None


class ThreadedInput:
    """Reads in a thread from now on, also while the server is loaded, so that every piece has its time of arrival.

    Args:
        descriptor: Where the input comes from; duplicated, because the server redirects standard input.
        output: Where the answers go: when nobody reads them any more, that is the end of the input.
    """

    def __init__(self, descriptor: int, output: int) -> None:
        from queue import Queue
        from threading import Thread

        self._at_end: Callable[[], object] | None = None
        """Called in the thread when the input ends."""
        self._has_ended = False
        self._pieces: Queue[Piece | str] = Queue(_MOST)
        self._first: list[Piece] = []
        self._input, self._output = os.dup(descriptor), os.dup(output)
        Thread(target=self._read_all, daemon=True).start()
        Thread(target=self._watch_output, daemon=True).start()

    def call_at_end(self, call: "Callable[[], object]") -> None:
        """Call this when the input ends, or now if it has; until the first `read`."""
        self._at_end = call
        if self._has_ended:
            call()

    def put(self, notice: str) -> None:
        """Let `get` return a notice of ours, after what has come before."""
        self._pieces.put(notice)

    def put_back(self, *pieces: "Piece") -> None:
        """Let `read` return these first."""
        self._first.extend(pieces)

    def get(self) -> "Piece | str":
        """Wait for the next piece or notice."""
        return self._first.pop(0) if self._first else self._pieces.get()

    def read(self) -> "Piece":
        """Wait for the next piece; notices are left out."""
        self._at_end = None
        while isinstance(found := self.get(), str):
            pass
        return found

    def _read_all(self) -> None:
        while True:
            piece = read_piece(self._input)
            if not piece[1]:
                self._end()
                return
            self._pieces.put(piece)

    def _watch_output(self) -> None:
        if sys.platform == "win32":  # it does not tell
            return
        poll = select.poll()
        poll.register(self._output, 0)
        if any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll()):
            self._end()

    def _end(self) -> None:
        self._has_ended = True
        if call := self._at_end:
            call()
        self._pieces.put((time.monotonic(), b""))
