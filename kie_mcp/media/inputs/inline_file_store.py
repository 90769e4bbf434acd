"""Keep files that came as data URIs on the disk, for as long as their job may need them."""

import contextlib
import errno
import os
import secrets
from collections.abc import Awaitable, Callable, Container
from pathlib import Path

from kie_mcp.file_system import create_file, replace_file, sync
from kie_mcp.jobs.clock import Clock
from kie_mcp.media.inputs.hashed_file import HashedFile, open_own
from kie_mcp.media.outputs.download_limits import MB
from kie_mcp.media.worker_threads import run_in_thread

LIFE = 48 * 3600.0
"""Seconds after which a kept file is removed."""


MOST = 1024 * MB
"""The most bytes of all kept files together."""
YOUNG = 600.0
"""Seconds for which a new file is never removed: its order may not be in the ledger yet."""


class FullError(OSError):
    """The folder is full of files that jobs still need."""


async def _need_nothing() -> Container[str]:
    return ()


class InlineFiles:
    """Keeps the files in one folder that only the user can read, each named by its SHA-256.

    Args:
        folder: Where they are kept.
        clock: Tells how old they are.
        needed: Returns the SHA-256 digests of the files that jobs still need: they are never removed.
        most: Bytes of all of them together.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        needed: Callable[[], Awaitable[Container[str]]] = _need_nothing,
        most: int = MOST,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._needed = needed
        self._most = most

    async def keep(self, data: bytes, digest: str) -> None:
        """Write the bytes to the folder, and remove files that are old, or not needed if there is no room.

        Raises OSError if they cannot be written, and FullError, a kind of it, if there is no room.
        """
        needed, now = await self._needed(), self._clock.now()
        await run_in_thread(lambda: self._write(data, digest, now, needed))

    def open(self, digest: str) -> HashedFile:
        """Open a kept file, blocking; raises OSError if it is not there."""
        return open_own(self._folder / digest)

    def _write(self, data: bytes, digest: str, now: float, needed: Container[str]) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._remove_old(digest, now, self._most - len(data), needed)
        part = self._folder / f".{digest}.{secrets.token_hex(8)}"
        try:
            with os.fdopen(create_file(part), "wb") as file:
                file.write(data)
                file.flush()
                sync(file.fileno())
            with contextlib.suppress(OSError):  # not every disk lets that be set
                os.utime(part, (now, now))
            replace_file(part, self._folder / digest)
        finally:
            part.unlink(missing_ok=True)

    def _remove_old(self, digest: str, now: float, room: int, needed: Container[str]) -> None:
        """Remove the old files, then the oldest until the rest fits into *room* bytes. Raises FullError."""
        files = [one for one in self._list_files() if one[2].name != digest]
        kept = sum(size for _, size, _ in files)
        for at, size, path in sorted(files):
            if (kept <= room and at >= now - LIFE) or at > now - YOUNG or path.name in needed:
                continue
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
                kept -= size
        if kept > room:
            raise FullError(errno.ENOSPC, f"{kept // MB} MB of earlier ones are still needed")

    def _list_files(self) -> list[tuple[float, int, Path]]:
        """List time, size in bytes and path of each kept file."""
        found: list[tuple[float, int, Path]] = []
        for path in self._folder.iterdir():
            with contextlib.suppress(OSError):
                status = path.lstat()
                found.append((status.st_mtime, status.st_size, path))
        return found
