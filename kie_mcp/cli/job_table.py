"""The table of `kie-mcp jobs`: for a terminal, in which no word is broken, and for a pipe, one job to a line."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kie_mcp.cli.terminal import STYLES
from kie_mcp.orders.kind import name_kind
from kie_mcp.text import short_link

if TYPE_CHECKING:
    from rich.table import Table

HEAD = ("time", "kind", "state", "job", "file")
LEAST_TEXT = 14
"""Fewer columns than this are not worth a column of words."""
GAP = 2
"""Blanks between two columns."""
_AGES = ((90.0, 1.0, "s"), (5400.0, 60.0, "min"), (172_800.0, 3600.0, "h"), (float("inf"), 86400.0, "d"))

Facts = dict[str, Any]


def format_lines(jobs: Sequence[Facts]) -> list[str]:
    """Return a head and a line for each job, in columns."""
    rows = [HEAD, *(_make_row(job) for job in jobs)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return [line.rstrip() for line in lines]


def build_table(jobs: Sequence[Facts], width: int, now: datetime) -> "Table":
    """Return a table for a terminal of that width: the first words of an order have the room that is left.

    What would not fit whole is left out: how old a job is, then those words.
    """
    from rich.table import Table

    columns = {
        "state": [job["state"] for job in jobs],
        "age": [format_age((now - datetime.fromisoformat(job["created_at"])).total_seconds()) for job in jobs],
        "job": [job["job_id"] for job in jobs],
    }
    if _measure(columns) + GAP + LEAST_TEXT > width:
        del columns["age"]
    room = width - _measure(columns) - GAP
    if room >= LEAST_TEXT:
        columns["what"] = [shorten(_describe(job), room) for job in jobs]
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    for name in columns:
        table.add_column(name, no_wrap=True, overflow="ignore")
    for row in zip(*columns.values(), strict=True):
        table.add_row(
            *[f"{cell}" if name != "state" else _colour(cell) for name, cell in zip(columns, row, strict=True)]
        )
    return table


def shorten(text: str, width: int) -> str:
    """Shorten a text to a width, between its words."""
    import textwrap

    return textwrap.shorten(text, width, placeholder=" …") if len(text) > width else text


def format_age(seconds: float) -> str:
    """Format how long ago something was: "12 s", "3 min", "5 h", "9 d"."""
    _, unit, name = next(one for one in _AGES if seconds < one[0])
    return f"{max(seconds, 0) / unit:.0f} {name}"


def _measure(columns: dict[str, list[str]]) -> int:
    return sum(max(map(len, (name, *cells))) + GAP for name, cells in columns.items()) - GAP


def _colour(state: str) -> Any:
    from rich.text import Text

    return Text(state, style=STYLES.get(state, ""))


def _describe(job: Facts) -> str:
    kind = name_kind(job["kind"], job["model"])
    title = job.get("title")
    return f"{kind}: {title}" if title and title != job["model"] else kind


def _make_row(job: Facts) -> tuple[str, ...]:
    made = datetime.fromisoformat(job["created_at"]).replace(tzinfo=UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return (made, job["kind"], job["state"], job["job_id"], _describe_place(job))


def _describe_place(job: Facts) -> str:
    places = [file.get("path") or short_link(file.get("url") or file["resource"], 200) for file in job["outputs"]]
    more = f" (and {len(places) - 1} more)" if len(places) > 1 else ""
    return f"{places[0]}{more}" if places else ""
