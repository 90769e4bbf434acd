"""What not every file system can do, done where it can: names, modes, syncing, and opening what may not be a file.

Drives of Windows under WSL, CIFS, NTFS and exFAT take no `chmod` or take it without effect; some network disks sync
no folders. None of that keeps a file from being saved, so none of it is an error here.
"""

import errno
import os
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

Chmod = Callable[[Path, int], None]

_UNABLE = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
"""What a file system says of something that it cannot do."""
_NEVER = ("/proc", "/sys", "/dev")
"""What the kernel shows there looks like files and is none; but `/dev/shm` is a disk in memory."""
_FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY")
)
"""No link is followed at the end, no FIFO waits for a writer, no terminal becomes ours."""


def describe_undecodable(text: str) -> str:
    """Say what keeps a text of the environment out of ledgers and answers, as `is not UTF-8 (byte FC)`, or nothing.

    Python keeps a byte that it cannot read as half of a surrogate pair, which nothing but a file system takes back.
    """
    found = list(dict.fromkeys(f"{ord(one) & 0xFF:02X}" for one in text if "\ud800" <= one <= "\udfff"))
    if not found:
        return ""
    told = f"byte{'s' * (len(found) > 1)} {', '.join(found)}"
    if (encoding := sys.getfilesystemencoding()) == "utf-8":
        return f"is not UTF-8 ({told})"
    return f"holds what the encoding of this system, {encoding}, does not have ({told}): set PYTHONUTF8=1"


def set_mode(path: Path, mode: int, chmod: Chmod = os.chmod) -> None:
    """Set the permissions, where the file system has any and we may; whether the file can be used shows its use."""
    with suppress(OSError):
        chmod(path, mode)


def sync(descriptor: int) -> None:
    """Put a file on the disk. Raises OSError if that fails, but not if the file system cannot be told to."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _UNABLE:
            raise


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk, where that can be done: Windows does not open folders."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def open_regular(path: Path) -> int:
    """Open an ordinary file for reading and return its descriptor; never follows a link, never waits.

    Raises OSError if it cannot be opened, or is a link, a folder, a FIFO, a device or a file of the kernel's.
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
