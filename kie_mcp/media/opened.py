"""A file that was opened once, and is looked at, counted and handed in through that one descriptor."""

import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path

from kie_mcp.errors import OutputError
from kie_mcp.media.probe import Probe, probe

CHUNK = 1024 * 1024


class Opened(io.FileIO):
    """A file open for reading, which owns its descriptor.

    Whatever is read from the beginning on is hashed, so that what was sent can be compared with what was checked.
    """

    def __init__(self, descriptor: int) -> None:
        try:
            super().__init__(descriptor)
        except OSError:
            os.close(descriptor)
            raise
        self.length = os.fstat(descriptor).st_size
        self.on_read: Callable[[int], None] | None = None
        """Is told after each read how many bytes were read since the beginning."""
        self._hash = hashlib.sha256()
        self._count = 0

    @property
    def heard(self) -> str:
        """The SHA-256 of what was read since the beginning, in hexadecimal digits."""
        return self._hash.hexdigest()

    def digest(self) -> str:
        """The SHA-256 of the whole file, blocking. Raises OutputError if it grows while it is read."""
        self.seek(0)
        left = self.length
        while data := self.read(CHUNK):
            left -= len(data)
            if left < 0:
                raise OutputError("The file grows while it is read.", remedy="Call again when it is finished.")
        return self.heard

    def probe(self) -> Probe:
        """What the bytes say, blocking."""
        return probe(self.fileno())

    def read(self, size: int | None = -1, /) -> bytes:
        """Read and count."""
        data = super().read(-1 if size is None else size)
        self._hash.update(data)
        self._count += len(data)
        if data and self.on_read:
            self.on_read(self._count)
        return data

    def seek(self, pos: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place; the counting begins anew at the beginning."""
        if (pos, whence) == (0, os.SEEK_SET):
            self._hash = hashlib.sha256()
            self._count = 0
        return super().seek(pos, whence)


def open_own(path: Path) -> Opened:
    """Open a file that is ours, blocking; raises OSError."""
    flags = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_BINARY", "O_NOFOLLOW", "O_CLOEXEC"))
    return Opened(os.open(path, flags))
