"""A file that hashes what is read from it: opened once, then probed, hashed and uploaded by the same descriptor."""

import errno
import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path

from kie_mcp.errors import OutputError
from kie_mcp.file_system import open_regular
from kie_mcp.media.probe.file_type import Probe, probe

CHUNK = 1024 * 1024


class HashedFile(io.FileIO):
    """A file open for reading, which owns its descriptor.

    Everything that is read is hashed, so that the bytes that were sent can be compared with those that were checked.
    """

    def __init__(self, descriptor: int) -> None:
        try:
            super().__init__(descriptor)
        except OSError:
            os.close(descriptor)
            raise
        self.length = os.fstat(descriptor).st_size
        self.on_read: Callable[[int], None] | None = None
        """Called after each read with the number of bytes read since the beginning."""
        self._hash = hashlib.sha256()
        self._count = 0

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes read since the beginning, in hexadecimal digits."""
        return self._hash.hexdigest()

    def digest(self) -> str:
        """Return the SHA-256 of the whole file, blocking. Raises OutputError if it grows while it is read."""
        self.seek(0)
        left = self.length
        while data := self.read(CHUNK):
            left -= len(data)
            if left < 0:
                raise OutputError("The file grows while it is read.", remedy="Call again when it is finished.")
        return self.sha256

    def probe(self) -> Probe:
        """Probe the file, blocking."""
        return probe(self.fileno())

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, hash and count."""
        data = super().read(-1 if size is None else size)
        self._hash.update(data)
        self._count += len(data)
        if data and self.on_read:
            self.on_read(self._count)
        return data

    def seek(self, pos: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a position; at position 0 hash and count start again."""
        if (pos, whence) == (0, os.SEEK_SET):
            self._hash = hashlib.sha256()
            self._count = 0
        return super().seek(pos, whence)


def open_own(path: Path, *, length: int | None = None) -> HashedFile:
    """Open a file that this server saved, blocking.

    Raises OSError if it is missing, or is a link or no ordinary file, or has not *length* bytes.
    """
    file = HashedFile(open_regular(path))
    if length is not None and file.length != length:
        file.close()
        raise OSError(errno.ESTALE, f"it has {file.length} bytes instead of {length}", str(path))
    return file
