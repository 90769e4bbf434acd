"""A lock file for each process, which tells whether it has ended.

A process holds a lock on a file of its own as long as it lives. The kernel lets go of it, whatever ends the process;
so it tells the truth also of a killed one, of one in another container, and of one whose number is in use again.
"""

import errno
import os
import secrets
import sys
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from kie_mcp.jobs.store.errors import LedgerError
from kie_mcp.jobs.store.serial_thread import SerialThread

_HELD = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK})
"""What is said of a lock that another process holds; whatever else is said means that the disk has no locks."""
_TRIES = 20
"""Attempts at a file of our own: some network disks never say that it is the one that was opened."""
_FLAGS = os.O_RDWR | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC"))


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int, *, own: bool) -> None:
        del own  # there is one kind of lock only
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(handle: int, *, own: bool) -> None:
        fcntl.flock(handle, (fcntl.LOCK_EX if own else fcntl.LOCK_SH) | fcntl.LOCK_NB)


class ProcessLock:
    """This process among those that share a state folder; a context manager."""

    def __init__(self, folder: Path) -> None:
        self.worker = f"{os.getpid()}.{secrets.token_hex(8)}"
        """A name that no other process has or will have."""
        self._folder = folder
        self._handle: int | None = None
        self._is_wanted = False
        """Whether the lock is to be held; if that could not be done, it is tried again."""
        self._run = SerialThread()

    def __enter__(self) -> Self:
        """Hold the lock. Raises LedgerError if the folder cannot be written."""
        self._is_wanted = True
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._sweep()
            for left in reversed(range(_TRIES)):
                if (handle := self._acquire(anyway=not left)) is not None:
                    self._handle = handle
                    break
        except OSError as error:
            message = f"{self._folder} cannot be written: {error.strerror}."
            raise LedgerError(message, remedy="Set KIE_STATE_DIR to a folder that can be.") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_wanted = False
        if self._handle is not None:
            with suppress(OSError):
                (self._folder / self.worker).unlink()
            os.close(self._handle)
            self._handle = None

    def has_ended(self, worker: str) -> bool | None:
        """Return whether the process of that name has ended; None if nobody knows, as on a disk without locks."""
        if worker == self.worker:
            return False
        try:
            handle = os.open(self._folder / worker, _FLAGS)
        except FileNotFoundError:
            return True if (self._folder / self.worker).exists() else None
        except OSError:
            return None
        try:
            _lock(handle, own=False)
        except OSError as error:
            return False if error.errno in _HELD else None
        finally:
            os.close(handle)
        return True

    async def find_ended(self, workers: Collection[str]) -> dict[str, bool | None]:
        """Tell of each of these processes whether it has ended, as `has_ended` does."""
        if not workers and (self._handle is not None or not self._is_wanted):
            return {}
        return await self._run(lambda: self._find_ended(workers))

    def _find_ended(self, workers: Collection[str]) -> dict[str, bool | None]:
        if self._handle is None and self._is_wanted:
            with suppress(LedgerError):
                self.__enter__()
        return {worker: self.has_ended(worker) for worker in workers}

    def _acquire(self, *, anyway: bool) -> int | None:
        """Make the file, lock it, and return its handle; None if another process just looked at it, or swept it away.

        On a disk without locks, and if it is to be had *anyway*, it is only open: then the lease in the ledger alone
        tells whether this process lives.
        """
        path = self._folder / self.worker
        handle = os.open(path, os.O_CREAT | _FLAGS, 0o600)
        try:
            _lock(handle, own=True)
            held = os.path.samestat(os.fstat(handle), path.stat())
        except FileNotFoundError:
            held = False  # swept away between the two lines above
        except OSError as error:
            held = error.errno not in _HELD
        if held or anyway:
            return handle
        os.close(handle)
        return None

    def _sweep(self) -> None:
        """Delete the files of processes that were killed."""
        for left in self._folder.iterdir():
            if self.has_ended(left.name):
                with suppress(OSError):
                    left.unlink()
