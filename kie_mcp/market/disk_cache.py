"""Keeps on disk what Kie.ai has said of its models, each answer with the time at which it came."""

import json
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import anyio
from anyio.to_thread import run_sync

from kie_mcp.file_system import create_file, replace_file

PATIENCE = 5.0
"""Seconds that the disk may take; without it, Kie.ai is asked again."""
_LARGEST = 16 * 1024 * 1024
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """An answer and the time at which it came."""

    at: float
    value: Any


class DiskCache:
    """Answers by name, a file each. Whatever is wrong with the disk, or with a file on it, nothing fails."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    async def read(self, name: str) -> CachedAnswer | None:
        """Return the answer of that name; None if there is none that can be read."""
        folder = self._folder
        return await _run(lambda: _read(folder, name)) if folder else None

    async def write(self, name: str, kept: CachedAnswer) -> None:
        """Keep an answer; if that is not possible, do nothing."""
        if folder := self._folder:
            await _run(lambda: _write(folder, name, kept))


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name.replace('/', '+')}.json"  # no model's id holds a plus


def _read(folder: Path, name: str) -> CachedAnswer | None:
    with _path(folder, name).open("rb") as file:
        whole = json.loads(file.read(_LARGEST))
    given = cast("dict[str, Any]", whole) if isinstance(whole, dict) else {}
    at = given.get("at")
    # On some disks two names that differ only in case are one file.
    if given.get("name") != name or not isinstance(at, int | float) or isinstance(at, bool):
        return None
    return CachedAnswer(float(at), given.get("value"))


def _write(folder: Path, name: str, kept: CachedAnswer) -> None:
    content = json.dumps({"name": name, "at": kept.at, "value": kept.value}).encode()
    for one in (folder.parent.parent, folder.parent, folder):  # the state folder may be missing; it is private
        one.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = folder / f".{secrets.token_hex(8)}.part"
    try:
        with os.fdopen(create_file(part), "wb") as file:
            file.write(content)
        replace_file(part, _path(folder, name))
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


async def _run(work: Callable[[], T]) -> T | None:
    """Run work on the disk in a thread; None if it fails or takes too long."""
    with suppress(OSError, ValueError, RecursionError), anyio.move_on_after(PATIENCE):
        return await run_sync(work, abandon_on_cancel=True)
    return None
