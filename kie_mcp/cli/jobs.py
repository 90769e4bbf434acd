"""`kie-mcp jobs`: print the latest jobs of this account as a table."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from kie_mcp.jobs.job import Job
from kie_mcp.jobs.store.store_url import open_store, sqlite_url
from kie_mcp.settings import Settings
from kie_mcp.text import short_link

NONE = "No jobs of this key. Each key has its own: set KIE_API_KEY and KIE_API_BASE_URL as your client does."
HEAD = ("time", "kind", "state", "job", "file")


async def list_latest_jobs(settings: Settings, limit: int) -> str:
    """Return a table of the account's jobs, newest first, one to a line; a sentence if there are none."""
    if not may_exist(settings.ledger_path):
        return f"No jobs yet: there is no ledger at {settings.ledger_path}"
    ledger = open_store(sqlite_url(settings.ledger_path))
    await ledger.open()
    try:
        jobs = await ledger.list_jobs(settings.account, limit=limit)
    finally:
        await ledger.close()
    if not jobs:
        return NONE
    return _format_table([HEAD, *(_make_row(job) for job in jobs)])


def may_exist(path: Path) -> bool:
    """Return whether there may be a ledger at that path."""
    try:
        return path.exists()
    except OSError:  # opening it will say what is wrong
        return True


def _make_row(job: Job) -> tuple[str, ...]:
    made = datetime.fromtimestamp(job.created_at, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return (made, job.kind, job.state, job.id, _describe_place(job))


def _describe_place(job: Job) -> str:
    places = [output.path or short_link(output.url, 200) for output in job.outputs]
    more = f" (and {len(places) - 1} more)" if len(places) > 1 else ""
    return f"{places[0]}{more}" if places else ""


def _format_table(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
