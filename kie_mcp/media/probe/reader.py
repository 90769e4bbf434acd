"""Reading the first bytes of a file that may lie: never more than the budget, never for ever."""

import io
import struct
from pathlib import Path
from typing import Any

MOST_BYTES = 64 * 1024 * 1024
"""A header that wants more than this is not a header."""
MOST_READS = 1_000_000
"""One frame header a read: about five hours of speech."""


class BrokenHeaderError(Exception):
    """The file's own account of itself makes no sense."""


class Header(io.BufferedReader):
    """A file open for reading whose reads are counted; raises BrokenHeaderError when they run out."""

    def __init__(self, source: Path | int | bytes) -> None:
        """Open a path, or read what is already here: a descriptor, which stays open, or the bytes themselves."""
        super().__init__(_raw(source))
        self._bytes_left = MOST_BYTES
        self._reads_left = MOST_READS
        self.length = self.seek(0, io.SEEK_END)
        self.seek(0)

    def read(self, size: int | None = -1, /) -> bytes:
        """Read up to *size* bytes, which must be known."""
        wanted = self.length if size is None or size < 0 else min(size, self.length)
        self._bytes_left -= wanted
        self._reads_left -= 1
        if self._bytes_left < 0 or self._reads_left < 0:
            raise BrokenHeaderError("the header does not end")
        return super().read(wanted)

    def exactly(self, size: int, *, at: int) -> bytes:
        """Read *size* bytes that begin at the byte *at*."""
        self.seek(at)
        data = self.read(size)
        if len(data) != size:
            raise BrokenHeaderError("the file ends too early")
        return data

    def fields(self, layout: str, *, at: int) -> tuple[Any, ...]:
        """Read the fields of a `struct` layout that begin at the byte *at*."""
        return struct.unpack(layout, self.exactly(struct.calcsize(layout), at=at))


def _raw(source: Path | int | bytes) -> io.FileIO | io.BytesIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    return io.FileIO(source, closefd=not isinstance(source, int))
