"""Make the gallery's file, say where it is, and open it."""

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kie_mcp.cli.gallery.entries import Entry, list_entries, read_jobs
from kie_mcp.cli.gallery.page import GENERATOR, read_pictures, write_page
from kie_mcp.cli.ledger_file import may_exist
from kie_mcp.console import say, warn
from kie_mcp.errors import OutputError
from kie_mcp.file_system import open_regular
from kie_mcp.media.outputs.atomic_file import AtomicFile
from kie_mcp.optional_packages import PREVIEW, install_hint, missing_packages
from kie_mcp.settings import Settings

NAME = "gallery.html"
_MANY = 100
"""More new files than this take seconds."""
_HEAD = 400
"""In so many bytes the mark of a page of ours comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryOptions:
    """Where the page goes, how much it shows, and whether it is opened."""

    out: Path | None
    """Where the page goes; None for the folder of the outputs."""
    limit: int
    as_json: bool
    open_page: Callable[[str], bool] | None
    """Opens an address in a browser; None to leave it closed."""


async def make_gallery(settings: Settings, wishes: GalleryOptions) -> int:
    """Write the page, if anything was made, and open it; return the exit code.

    Raises OutputError if it cannot be written.
    """
    target = (wishes.out or settings.output_dir / NAME).absolute()
    before = _read_before(target)
    found = await read_jobs(settings, wishes.limit + 1) if may_exist(settings.ledger_path) else []
    jobs, note = found[: wishes.limit], ""
    if len(found) > wishes.limit:
        note = f"Only the newest jobs, {wishes.limit:,}; --limit {min(wishes.limit * 5, 10_000)} has more."
        warn(note)
    drawn = read_pictures(before)
    if (new := sum(len(job.outputs) for job in jobs) - len(drawn)) > _MANY:
        warn(f"Drawing up to {new} small pictures; the next gallery takes them over.")
    entries = list(list_entries(jobs, drawn))
    if entries:
        _write(target, write_page(entries, time.time(), note))
    _report(target, entries, as_json=wishes.as_json)
    if entries and wishes.open_page and not wishes.open_page(target.as_uri()):
        warn("No browser could be started: open that file in one.")
    return 0


def _report(target: Path, entries: Sequence[Entry], *, as_json: bool) -> None:
    count, missing = len(entries), sum(1 for entry in entries if entry.path is None)
    if as_json:
        say(json.dumps({"path": str(target) if count else None, "files": count, "missing": missing}))
    elif count:
        say(target)
    else:
        warn("Nothing was made with this key yet. Each key has its own jobs: set KIE_API_KEY as your client does.")
    if missing:
        warn(f"Not there any more: {missing} of {count} files. The page names them.")
    if count and (absent := missing_packages(PREVIEW)):
        warn(f"Without small pictures: {', '.join(absent)} not installed. {install_hint('preview')}")


def _read_before(target: Path) -> str:
    """Return the page that is to be replaced, empty if there is none. Raises OutputError if it is none of ours."""
    try:
        with os.fdopen(open_regular(Path(os.path.realpath(target))), "rb") as file:
            head = file.read(_HEAD)
            is_ours = GENERATOR.encode() in head
            before = head + file.read() if is_ours else b""
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise _unwritable_error(target, error) from None
    if not is_ours:
        raise OutputError(f"{target} is there already, and is no gallery.", remedy="Name another file with --out.")
    return before.decode("utf-8", "replace")


def _write(target: Path, page: str) -> None:
    part = AtomicFile(target.parent, target.stem)
    try:
        part.create()
        part.write(page.encode("utf-8"))
        part.flush_and_close()
        part.path.replace(target)
    except OSError as error:
        part.discard()
        raise _unwritable_error(target, error) from None


def _unwritable_error(target: Path, error: OSError) -> OutputError:
    reason = (error.strerror or "unknown").lower()
    return OutputError(f"{target} cannot be written ({reason}).", remedy="Name another file with --out.")
