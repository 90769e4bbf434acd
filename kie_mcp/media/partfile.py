"""A file that nobody sees under its name until it is whole and on the disk."""

import contextlib
import filecmp
import glob
import os
import secrets
import threading
from pathlib import Path
from typing import BinaryIO

_BUFFER = 256 * 1024
_FORGOTTEN = 3600.0
"""Seconds after which a part is one that a crash has left: no download may take that long."""


class PartFile:
    """A hidden file beside the one that it becomes; every method blocks, and raises OSError.

    A lock holds its methods apart: a caller that was cancelled may discard the part while a write is still under way
    in its thread.
    """

    def __init__(self, folder: Path, stem: str) -> None:
        self._folder = folder
        self._stem = stem
        self.path = folder / f".{stem}.{secrets.token_hex(8)}.part"
        self._file: BinaryIO | None = None
        self._mode = 0o600
        self._discarded = False
        self._lock = threading.Lock()

    def create(self) -> None:
        """Make the folder, if it is missing, and the part in it, and clear away what a crash has left there."""
        with self._lock:
            if self._discarded:
                return
            self._folder.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
            self._file = os.fdopen(os.open(self.path, flags, 0o666), "wb", buffering=_BUFFER)
            made = os.fstat(self._file.fileno())
            # The mode that the umask leaves is for the whole file; the part is for its owner alone.
            self._mode = made.st_mode & 0o777
            self.path.chmod(0o600)
            self._clear(made.st_mtime - _FORGOTTEN)

    def write(self, data: bytes) -> None:
        """Append."""
        with self._lock:
            if self._file:
                self._file.write(data)

    def settle(self) -> None:
        """Put everything on the disk and close the part."""
        with self._lock:
            if self._file:
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()

    def publish(self, extension: str) -> Path:
        """Give the part its name, in place of whatever else has it, and return the path."""
        with self._lock:
            target = self._folder / f"{self._stem}{extension}"
            if target.is_file() and not target.is_symlink() and filecmp.cmp(self.path, target, shallow=False):
                return target  # another process has saved it meanwhile
            self.path.chmod(self._mode)
            self.path.replace(target)
            self._settle_folder()
            return target

    def discard(self) -> None:
        """Remove the part, if it is still one; never raises OSError."""
        with self._lock:
            self._discarded = True
            if self._file:
                with contextlib.suppress(OSError):  # what could not be written cannot be flushed either
                    self._file.close()
            self._file = None
            with contextlib.suppress(OSError):
                self.path.unlink()

    def _settle_folder(self) -> None:
        # Windows does not open folders, some network disks do not settle them: the file has its name all the same.
        with contextlib.suppress(OSError):
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _clear(self, before: float) -> None:
        for left in self._folder.glob(f".{glob.escape(self._stem)}.*.part"):
            with contextlib.suppress(OSError):
                if left.lstat().st_mtime < before:
                    left.unlink()
