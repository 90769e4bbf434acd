"""Find out whether a file can be saved in a folder by saving one: before a job is paid for."""

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
"""Gives the bytes that are free for us in a folder; None if that cannot be told."""


def free_bytes(folder: Path) -> int | None:
    """Ask the file system; some tell nothing that makes sense."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return usage.free if usage.total else None


def check_writable(
    folder: Path, *, room: int, sidecar: bool = False, chmod: Chmod = os.chmod, free: Free = free_bytes
) -> None:
    """Do all that saving does, with a file that is removed again, blocking; make the folder if it is missing.

    *room* is how many bytes what is ordered may have. Raises NotCreatedError saying what is wrong with the folder.
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
    """What a crash has left of this."""
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
