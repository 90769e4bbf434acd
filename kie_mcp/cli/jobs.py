"""`kie-mcp jobs`: the latest jobs of this account as a table, with the states that Kie.ai tells just now."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread

from kie_mcp.cli import results
from kie_mcp.cli.exit_codes import DONE, code_of_answer
from kie_mcp.cli.job_table import build_table, format_lines
from kie_mcp.cli.session import Facts, Reply, Session
from kie_mcp.cli.terminal import find_width, is_terminal, make_console, print_lines
from kie_mcp.console import CheckedOutput, say, warn

if TYPE_CHECKING:
    from rich.table import Table

NONE = "No jobs of this key. Each key has its own: set KIE_API_KEY and KIE_API_BASE_URL as your client does."
NONE_IN_SANDBOX = "No jobs: this sandbox began with this command. One that stays is run by: kie-mcp sandbox"
LOOK_SECONDS = 2.0
"""How long a fresh look at the jobs that are not done may take, in seconds."""
MOST_AT_ONCE = 10
"""How many jobs one call asks about."""
_UNFINISHED = {"queued", "running"}


async def list_jobs(session: Session, limit: int, *, sandbox: bool, as_json: bool, watch: bool) -> int:
    """Print the latest jobs; with *watch*, again and again until all of them are done. Return the exit code."""
    reply = await _read_jobs(session, limit)
    if reply.is_refusal:
        results.print_refusal(reply)
        return code_of_answer(reply.facts)
    if as_json:
        results.print_json(reply)
    elif not reply.jobs:
        print_lines([NONE_IN_SANDBOX if sandbox else NONE], CheckedOutput())
    elif watch:
        await _watch(session, reply, limit)
    elif is_terminal(sys.stdout):
        _print_table(reply.jobs)
    else:
        say(*format_lines(reply.jobs))
    if not as_json and any(job.get("sandbox") for job in reply.jobs):
        warn("sandbox: a stand-in for Kie.ai answers here; no money is involved")
    return DONE


def _print_table(jobs: Sequence[Facts]) -> None:
    output = CheckedOutput()
    make_console(output).print(_draw(jobs))
    output.check()


async def _read_jobs(session: Session, limit: int) -> Reply:
    """List the jobs; those that are not done are looked at first."""
    listed = await session.call("list_jobs", {"limit": limit})
    if not (unfinished := _find_unfinished(listed)):
        return listed
    asked = {"job_id": ",".join(unfinished[:MOST_AT_ONCE]), "wait_seconds": LOOK_SECONDS}
    await session.call("get_job_status", asked)
    return await session.call("list_jobs", {"limit": limit})


def _find_unfinished(reply: Reply) -> list[str]:
    return [job["job_id"] for job in reply.jobs if job["state"] in _UNFINISHED]


async def _watch(session: Session, reply: Reply, limit: int) -> None:
    """Show the jobs until all are done: a table that changes on a terminal, else a line for each change."""
    if not is_terminal(sys.stdout):
        said: dict[str, str] = {}
        while True:
            changed = [job for job in reply.jobs if said.get(job["job_id"]) != job["state"]]
            said |= {job["job_id"]: job["state"] for job in changed}
            say(*format_lines(changed)[1:])
            if not _find_unfinished(reply):
                return
            reply = await _read_jobs(session, limit)
    from rich.live import Live

    output = CheckedOutput()
    with Live(_draw(reply.jobs), console=make_console(output), auto_refresh=False) as live:
        while _find_unfinished(reply):
            reply = await _read_jobs(session, limit)
            live.update(_draw(reply.jobs), refresh=True)
            output.check()


def _draw(jobs: Sequence[Facts]) -> "Table":
    return build_table(jobs, find_width(), datetime.now(UTC))


async def show_jobs(session: Session, job_ids: Sequence[str], *, as_json: bool) -> int:
    """Print all that is known of jobs, after a fresh look. Return the exit code, which says how they stand."""
    asked = {"job_id": ",".join(job_ids), "wait_seconds": 0}
    reply = await session.call("get_job_status", asked)
    if not reply.is_done:
        reply = await session.call("get_job_status", asked | {"wait_seconds": LOOK_SECONDS})
    _print(reply, as_json=as_json)
    return code_of_answer(reply.facts)


def _print(reply: Reply, *, as_json: bool) -> None:
    if as_json:
        results.print_json(reply)
    elif reply.is_refusal:
        results.print_refusal(reply)
    else:
        results.print_text(reply.text)


async def save_jobs(session: Session, job_ids: Sequence[str], folder: Path | None, *, as_json: bool) -> int:
    """Wait until jobs are done and their files are saved; with a folder, copy them there. Return the exit code."""
    from kie_mcp.cli.copies import copy_file
    from kie_mcp.cli.ordering import wait_for_jobs

    reply = await wait_for_jobs(session, job_ids)
    if folder is not None:
        for file in results.list_files(reply):
            if "path" in file:
                file["path"] = str(await anyio.to_thread.run_sync(copy_file, Path(file["path"]), folder))
    if as_json or reply.is_refusal:
        _print(reply, as_json=as_json)
    else:
        results.print_result(reply)
    return code_of_answer(reply.facts)


async def open_jobs(session: Session, job_ids: Sequence[str]) -> int:
    """Open the files of jobs with the system's viewer. Return the exit code."""
    from kie_mcp.cli.opening import open_files

    reply = await session.call("get_job_status", {"job_id": ",".join(job_ids), "wait_seconds": LOOK_SECONDS})
    paths = [str(file["path"]) for file in results.list_files(reply) if "path" in file]
    if paths:
        say(*paths)
        open_files(paths)
    else:
        _print(reply, as_json=False)
    return code_of_answer(reply.facts)
