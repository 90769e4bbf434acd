"""Files that come inside a call as a data URI: kept on disk for as long as their job may need them."""

import contextlib
import os
import secrets
from pathlib import Path

from kie_mcp.disks import sync
from kie_mcp.jobs.clock import Clock
from kie_mcp.media.opened import Opened, open_own
from kie_mcp.media.threads import in_thread

LIFE = 48 * 3600.0
"""Seconds after which a kept file is removed."""


class Inline:
    """Keeps such files in one folder, named by their bytes and private to the user."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    async def keep(self, data: bytes, digest: str) -> None:
        """Write the bytes down, and remove what is old. Raises OSError if they cannot be written."""
        now = self._clock.now()
        await in_thread(lambda: self._write(data, digest, now))

    def open(self, digest: str) -> Opened:
        """Open a kept file, blocking; raises OSError if it is not there."""
        return open_own(self._folder / digest)

    def _write(self, data: bytes, digest: str, now: float) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep(now - LIFE)
        part = self._folder / f".{digest}.{secrets.token_hex(8)}"
        try:
            with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                sync(file.fileno())
            with contextlib.suppress(OSError):  # not every disk lets that be set
                os.utime(part, (now, now))
            part.replace(self._folder / digest)
        finally:
            part.unlink(missing_ok=True)

    def _sweep(self, before: float) -> None:
        for path in self._folder.iterdir():
            with contextlib.suppress(OSError):
                if path.lstat().st_mtime < before:
                    path.unlink()
