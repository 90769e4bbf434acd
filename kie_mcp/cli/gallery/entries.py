"""Read from the ledger what was made, and draw a small picture of each file: all that the page shows."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from kie_mcp.catalog.registry import TITLES
from kie_mcp.cli.ledger_file import open_ledger
from kie_mcp.errors import KieError
from kie_mcp.jobs.job import Job, JobState, Output
from kie_mcp.media.convert.preview import draw_output_thumbnail
from kie_mcp.media.outputs.file_names import order_text
from kie_mcp.media.outputs.open_saved_file import is_there
from kie_mcp.optional_packages import PREVIEW, missing_packages
from kie_mcp.orders.job_uris import parse_output_uri
from kie_mcp.orders.kind import KINDS, Kind
from kie_mcp.settings import Settings
from kie_mcp.text import clean

EDGE = 320
"""The most pixels of the long edge of a small picture: sharp where a screen has two pixels for one."""
LONGEST_TEXT = 5000
"""The most characters of a prompt or a script on the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file of the gallery."""

    key: str
    """What it is known by from one page to the next: its job, its number, its length."""
    family: str
    """`image`, `audio` or `video`; empty for anything else."""
    label: str
    """What it is called, such as "talking video"."""
    text: str
    """The prompt, or the script that is heard."""
    model: str
    """The title of its model; the id if it has none here."""
    made_at: float
    """Seconds since 1970."""
    credits: float | None
    """What its job has cost; None for all but the first file of a job, and if it is not known."""
    path: Path | None
    """None if it is not saved, or not there any more."""
    name: str
    """The name of the file, also of one that is gone; empty if it was never saved."""
    width: int | None
    height: int | None
    seconds: float | None
    picture: str = ""
    """A small JPEG as a data: URI; empty if there is none."""


async def read_jobs(settings: Settings, limit: int) -> list[Job]:
    """Return the account's jobs that have made something, newest first."""
    async with open_ledger(settings.ledger_path) as ledger:
        return await ledger.list_jobs(settings.account, state=JobState.SUCCEEDED, limit=limit)


def list_entries(jobs: list[Job], drawn: Mapping[str, str]) -> Iterator[Entry]:
    """Yield an entry for each file of the jobs, blocking: drawing takes a while.

    *drawn* holds the small pictures that an earlier page has, by the keys of their entries.
    """
    spoken = {job.id: str(job.order.get("text") or "") for job in jobs}
    can_draw = not missing_packages(PREVIEW)
    for job in jobs:
        for index, output in enumerate(job.outputs):
            entry = _describe(job, index, output, _find_text(job, spoken))
            if can_draw and entry.path is not None and entry.family in {"image", "video"}:
                entry = replace(entry, picture=drawn.get(entry.key) or _draw(output))
            yield entry


def _describe(job: Job, index: int, output: Output, text: str) -> Entry:
    family = (output.mime_type or "").partition("/")[0]
    path = Path(output.path) if output.path and is_there(output) else None
    return Entry(
        key=f"{job.id}/{index}/{output.bytes}",
        family=family if family in {"image", "audio", "video"} else "",
        label=output.role.replace("_", " ") or KINDS[Kind(job.kind)].label or "file",
        text=clean(text, LONGEST_TEXT) or "",
        model=TITLES.get(job.model) or clean(job.model) or "",
        made_at=job.created_at,
        credits=None if index else job.credits_used,
        path=path,
        name=Path(output.path).name if output.path else "",
        width=output.width,
        height=output.height,
        seconds=output.duration_s,
    )


def _find_text(job: Job, spoken: dict[str, str]) -> str:
    """Return the words of a job: of a video what is said in it, if one of the jobs has spoken it."""
    source = parse_output_uri(str(job.order.get("audio") or ""))
    said = spoken.get(source[0], "") if source else ""
    whole = said or str(job.order.get("prompt") or "") or spoken[job.id]
    return whole or order_text(job)


def _draw(output: Output) -> str:
    try:
        drawn = draw_output_thumbnail(output, EDGE)
    except KieError:  # it is opened by its link all the same
        return ""
    return f"data:image/jpeg;base64,{base64.b64encode(drawn).decode()}"
