"""A file that was opened once, and is looked at, counted and handed in through that one descriptor."""

import errno
import hashlib
import io
import os
import stat
from collections.abc import Callable
from pathlib import Path

from kie_mcp.errors import OutputError
from kie_mcp.file_system import open_regular
from kie_mcp.jobs.job import Job, Output
from kie_mcp.media.probe.file_type import Probe, probe

CHUNK = 1024 * 1024


class OpenFile(io.FileIO):
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
    def sha256(self) -> str:
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
        return self.sha256

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


def open_own(path: Path, *, length: int | None = None) -> OpenFile:
    """Open a file that is ours, blocking for no longer than its disk does.

    Raises OSError if it is not there, or if what is there now is a link, no ordinary file, or has another length.
    """
    file = OpenFile(open_regular(path))
    if length is not None and file.length != length:
        file.close()
        raise OSError(errno.ESTALE, f"it has {file.length} bytes instead of {length}", str(path))
    return file


def is_there(output: Output) -> bool:
    """Whether the file of an output is there as it was saved, blocking."""
    try:
        open_saved(output).close()
    except OSError:
        return False
    return True


def is_changed(job: Job, index: int, folder: Path) -> bool:
    """Whether a file that was saved in the folder, and is to be saved again, is there with other bytes, blocking.

    Somebody may have worked on it.
    """
    output = job.outputs[index] if index < len(job.outputs) else None
    if output is None or output.path is None or output.bytes is None:
        return False
    try:
        status = (folder / Path(output.path).name).lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size not in {0, output.bytes}


def open_saved(output: Output) -> OpenFile:
    """Open the file of an output, blocking; raises OSError if it is not there as it was saved."""
    if output.path is None:
        raise FileNotFoundError(errno.ENOENT, "it is not saved")
    return open_own(Path(output.path), length=output.bytes)
