"""Write a file so that it has its name only once it is whole and on the disk."""

import contextlib
import errno
import filecmp
import glob
import os
import secrets
import threading
from pathlib import Path
from typing import BinaryIO

from kie_mcp.file_system import Chmod, allocate, create_file, replace_file, set_mode, sync, sync_folder

_BUFFER = 256 * 1024
_TRIED = 32 * 1024 * 1024
"""The most bytes that are really allocated for a check: a quota is seen only when it is used up."""
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Errors of a disk that has no room, or no room for this user."""
LEFTOVER_AGE = 3600.0
"""Seconds after which a part must be left over from a crash: no download may take that long."""


class AtomicFile:
    """A hidden part beside the file that it becomes; every method blocks, and raises OSError.

    A lock holds its methods apart: a caller that was cancelled may discard the part while a write is still under way
    in its thread.
    """

    def __init__(self, folder: Path, stem: str, chmod: Chmod = os.chmod) -> None:
        self._folder = folder
        self._stem = stem
        self._chmod = chmod
        self.path = folder / f".{stem}.{secrets.token_hex(8)}.part"
        self._file: BinaryIO | None = None
        self._mode = 0o600
        self._discarded = False
        self._lock = threading.Lock()

    def create(self) -> None:
        """Make the folder, if it is missing, and the part in it; remove parts that crashes have left there."""
        with self._lock:
            if self._discarded:
                return
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = os.fdopen(create_file(self.path, 0o666), "wb", buffering=_BUFFER)
            made = os.fstat(self._file.fileno())
            # The mode that the umask leaves is for the whole file; the part is for its owner alone.
            self._mode = made.st_mode & 0o777
            set_mode(self.path, 0o600, self._chmod)
            self._remove_leftovers(made.st_mtime - LEFTOVER_AGE)

    def write(self, data: bytes) -> None:
        """Append bytes to the part."""
        with self._lock:
            if self._file:
                self._file.write(data)

    def check_space(self, size: int) -> None:
        """Check that the disk has room for *size* bytes, by allocating up to 32 MB of them."""
        with self._lock:
            if not self._file or not size:
                return
            self._file.flush()
            written = self._file.tell()
            try:
                allocate(self._file.fileno(), min(size, _TRIED))
                self._file.truncate(written)
            except OSError as error:
                if error.errno in FULL:
                    raise
                self._file.write(bytes(min(size, _BUFFER)))

    def flush_and_close(self) -> None:
        """Write everything to the disk and close the part."""
        with self._lock:
            if self._file:
                self._file.flush()
                sync(self._file.fileno())
                self._file.close()

    def publish(self, extension: str, *, durable: bool = True) -> Path:
        """Rename the part to its final name, replacing any other file, and return the path.

        With *durable* the name survives a power cut.
        """
        with self._lock:
            target = self._folder / f"{self._stem}{extension}"
            if self._is_same(target):
                return target  # another process has saved it meanwhile
            set_mode(self.path, self._mode, self._chmod)
            replace_file(self.path, target)
            if durable:
                sync_folder(self._folder)
            return target

    def discard(self) -> None:
        """Remove the part, unless it was published; never raises OSError."""
        with self._lock:
            self._discarded = True
            if self._file:
                with contextlib.suppress(OSError):  # what could not be written cannot be flushed either
                    self._file.close()
            self._file = None
            with contextlib.suppress(OSError):
                self.path.unlink()

    def _is_same(self, target: Path) -> bool:
        try:
            file = not target.is_symlink() and target.is_file()
            return file and filecmp.cmp(self.path, target, shallow=False)
        except OSError:  # it may not be read, or is gone just now
            return False

    def _remove_leftovers(self, before: float) -> None:
        for left in self._folder.glob(f".{glob.escape(self._stem)}.*.part"):
            with contextlib.suppress(OSError):
                if left.lstat().st_mtime < before:
                    left.unlink()
