"""The names of the processes that care for jobs, and whether one of them has ended.

A process holds a lock on a file of its own as long as it lives. The kernel lets go of it, whatever ends the process;
so it tells the truth also of a killed one, of one in another container, and of one whose number is in use again.
"""

import os
import secrets
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from kie_mcp.jobs.ledger import LedgerError

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int, *, own: bool) -> bool:
        del own  # there is one kind of lock only
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _lock(handle: int, *, own: bool) -> bool:
        try:
            fcntl.flock(handle, (fcntl.LOCK_EX if own else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


class Presence:
    """This process among those that share a state folder; a context manager."""

    def __init__(self, folder: Path) -> None:
        self.worker = f"{os.getpid()}.{secrets.token_hex(8)}"
        """A name that no other process has or will have."""
        self._folder = folder
        self._handle: int | None = None

    def __enter__(self) -> Self:
        """Hold the lock. Raises LedgerError if the folder cannot be written."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._sweep()
            while self._handle is None:
                self._handle = self._held()
        except OSError as error:
            message = f"{self._folder} cannot be written: {error.strerror}."
            raise LedgerError(message, remedy="Set KIE_STATE_DIR to a folder that can be.") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._handle is not None:
            with suppress(OSError):
                (self._folder / self.worker).unlink()
            os.close(self._handle)
            self._handle = None

    def gone(self, worker: str) -> bool | None:
        """Whether the process of that name has ended; None if its file cannot be looked at."""
        if worker == self.worker:
            return False
        try:
            handle = os.open(self._folder / worker, os.O_RDWR)
        except FileNotFoundError:
            return True
        except OSError:
            return None
        try:
            return _lock(handle, own=False)
        finally:
            os.close(handle)

    def _held(self) -> int | None:
        """Make the file and lock it; None if another process was just looking at it, or swept it away."""
        path = self._folder / self.worker
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            if _lock(handle, own=True) and os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        except FileNotFoundError:
            pass  # swept away between the two lines above
        os.close(handle)
        return None

    def _sweep(self) -> None:
        """Take away the files of those that were killed."""
        for left in self._folder.iterdir():
            if self.gone(left.name):
                with suppress(OSError):
                    left.unlink()
