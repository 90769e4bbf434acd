"""Read the structure of a file that may be malicious: with a limit of bytes and of reads."""

import io
import struct
from pathlib import Path
from typing import Any

MOST_BYTES = 64 * 1024 * 1024
"""The most bytes that are read of one file."""
MOST_READS = 1_000_000
"""The most reads of one file. A frame header takes one: enough for about five hours of speech."""


class BrokenHeaderError(Exception):
    """The structure of the file makes no sense."""


class LimitedReader(io.BufferedReader):
    """A file open for reading that counts its reads; raises BrokenHeaderError beyond a limit."""

    def __init__(self, source: Path | int | bytes) -> None:
        """Open a path, a descriptor, which stays open, or bytes."""
        super().__init__(_raw(source))
        self._bytes_left = MOST_BYTES
        self._reads_left = MOST_READS
        self.length = self.seek(0, io.SEEK_END)
        self.seek(0)

    def read(self, size: int | None = -1, /) -> bytes:
        """Read up to *size* bytes; a negative size means the whole file. Raises BrokenHeaderError."""
        wanted = self.length if size is None or size < 0 else min(size, self.length)
        self._bytes_left -= wanted
        self._reads_left -= 1
        if self._bytes_left < 0 or self._reads_left < 0:
            raise BrokenHeaderError("the header does not end")
        return super().read(wanted)

    def exactly(self, size: int, *, at: int) -> bytes:
        """Read exactly *size* bytes from the byte *at* on. Raises BrokenHeaderError if there are fewer."""
        self.seek(at)
        data = self.read(size)
        if len(data) != size:
            raise BrokenHeaderError("the file ends too early")
        return data

    def fields(self, layout: str, *, at: int) -> tuple[Any, ...]:
        """Read the fields of a `struct` layout from the byte *at* on. Raises BrokenHeaderError."""
        return struct.unpack(layout, self.exactly(struct.calcsize(layout), at=at))


def _raw(source: Path | int | bytes) -> io.FileIO | io.BytesIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    return io.FileIO(source, closefd=not isinstance(source, int))
