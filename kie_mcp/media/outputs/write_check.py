"""Check that files can be saved in a folder, by saving a small one, before a job is paid for."""

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from kie_mcp.errors import NotCreatedError
from kie_mcp.file_system import Chmod
from kie_mcp.media.outputs.atomic_file import FULL, LEFTOVER_AGE, AtomicFile
from kie_mcp.media.outputs.download_limits import MB

_STEM = ".kie-mcp-check"

Free = Callable[[Path], int | None]
"""Returns the bytes that are free for this user in a folder; None if that is unknown."""


def free_bytes(folder: Path) -> int | None:
    """Return the free bytes as the file system says them; None if it says nothing sensible."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return usage.free if usage.total else None


def check_writable(
    folder: Path, *, room: int, sidecar: bool = False, chmod: Chmod = os.chmod, free: Free = free_bytes
) -> None:
    """Save a small file as a real one is saved, and remove it, blocking; make the folder if it is missing.

    *room*: the bytes that the ordered file may have. Raises NotCreatedError that says what is wrong with the folder.
    """
    made: list[Path] = []
    try:
        path = _save_trial(AtomicFile(folder, _STEM, chmod), f".{secrets.token_hex(8)}.bin", room, made)
        if sidecar:
            _save_trial(AtomicFile(folder, path.name, chmod), ".json", 0, made)
        left = free(folder)
    except (OSError, UnicodeError) as error:
        raise _unwritable_error(folder, error, room) from error
    finally:
        for path in (*made, *_find_leftovers(folder)):
            with contextlib.suppress(OSError):
                path.unlink()
    if left is not None and left < room:
        raise _full_error(folder, f"{left / MB:.0f} MB are free", room)


def _save_trial(part: AtomicFile, extension: str, room: int, made: list[Path]) -> Path:
    try:
        part.create()
        part.write(secrets.token_bytes(64))
        part.check_space(room)
        part.flush_and_close()
        made.append(path := part.publish(extension, durable=False))
        return path
    finally:
        part.discard()


def _find_leftovers(folder: Path) -> list[Path]:
    """List the files that crashed checks have left."""
    before = time.time() - LEFTOVER_AGE
    left: list[Path] = []
    with contextlib.suppress(OSError):
        left = [path for path in folder.glob(f"{_STEM}.*") if path.lstat().st_mtime < before]
    return left


def _unwritable_error(folder: Path, error: OSError | UnicodeError, room: int) -> NotCreatedError:
    reason = (getattr(error, "strerror", None) or type(error).__name__).lower()
    if getattr(error, "errno", None) in FULL:
        return _full_error(folder, reason, room)
    return NotCreatedError(
        f"The output folder {folder} cannot be written ({reason}).",
        remedy="Set KIE_OUTPUT_DIR to a folder that can be written, and restart the client.",
    )


def _full_error(folder: Path, reason: str, room: int) -> NotCreatedError:
    return NotCreatedError(
        f"The output folder {folder} has no room for what is ordered, which may have {room / MB:.0f} MB ({reason}).",
        remedy="Free some space there and call again, or set KIE_OUTPUT_DIR to a folder on another disk and restart the"
        " client.",
    )
