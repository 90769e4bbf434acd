"""Set permissions, sync and open files where the file system can do it, without an error where it cannot.

Windows drives under WSL, CIFS, NTFS and exFAT refuse `chmod` or ignore it; some network disks cannot sync a folder.
Files can be saved there all the same, so none of this is an error here.
"""

import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

Chmod = Callable[[Path, int], None]

_UNABLE = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""The error numbers by which a file system says that it cannot do something."""
_NEVER = ("/proc", "/sys", "/dev")
"""Folders whose entries look like files and are none; only `/dev/shm` holds files, in memory."""
_PAUSES = (0.02, 0.05, 0.1, 0.3, 0.5)
"""Seconds between the attempts to rename a file that another program has open."""
_FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY")
)
"""With these flags a symbolic link at the end is not followed, a FIFO does not wait for a writer, and a terminal does
not become the terminal of this process."""


def set_mode(path: Path, mode: int, chmod: Chmod = os.chmod) -> None:
    """Set the permissions of a file if that is possible; if not, do nothing: using the file shows whether it works."""
    with suppress(OSError):
        chmod(path, mode)


def sync(descriptor: int) -> None:
    """Write a file's buffered bytes to the disk. Raises OSError if that fails; not if the file system has no sync."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _UNABLE:
            raise


def sync_folder(folder: Path) -> None:
    """Write the names in a folder to the disk if that is possible; Windows, for one, does not open folders."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def lock_folder(folder: Path) -> Generator[None]:
    """Keep other processes that do the same out of a folder, blocking, for the block; where it can be locked.

    Nothing is left of the lock in the folder, also if the process is killed. Windows has no such lock.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # some network disks lock nothing
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def allocate(descriptor: int, size: int) -> None:
    """Have the disk set aside the first *size* bytes of a file. Raises OSError if it has no room, or cannot do it.

    Windows and macOS have no such call, and not every file system has it elsewhere.
    """
    if sys.platform == "win32" or sys.platform == "darwin":  # written so that type checkers follow it
        raise OSError(errno.ENOSYS, "this system sets no bytes aside")
    os.posix_fallocate(descriptor, 0, size)


def replace_file(
    part: Path,
    target: Path,
    *,
    replace: Callable[[Path, Path], None] = os.replace,
    sleep: Callable[[float], None] = time.sleep,
    windows: bool = os.name == "nt",
) -> None:
    """Give the part the target's name, in place of what has it; blocking. Raises OSError.

    Windows refuses that as long as any program has one of both open, as virus scanners have a file that has just been
    written: it is tried again for a second. The last three arguments are seams for tests.
    """
    for pause in _PAUSES if windows else ():
        try:
            return replace(part, target)
        except PermissionError:
            sleep(pause)
    return replace(part, target)


def create_file(path: Path, mode: int = 0o600) -> int:
    """Create a file of bytes and return its descriptor, for writing. Raises OSError, also if there is one already."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return os.open(path, flags, mode)


def open_regular(path: Path) -> int:
    """Open an ordinary file for reading and return its descriptor, without following a link and without waiting.

    Raises OSError if it cannot be opened, or if it is a link, a folder, a FIFO, a device or a file of the kernel.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        place = Path(os.path.realpath(path))
        if not stat.S_ISREG(os.fstat(descriptor).st_mode) or _is_kernel_file(place):
            raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _is_kernel_file(place: Path) -> bool:
    return any(place.is_relative_to(never) for never in _NEVER) and not place.is_relative_to("/dev/shm")  # noqa: S108
