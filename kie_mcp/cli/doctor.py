"""`kie-mcp doctor`: check everything that a job needs, and say what to do. It costs nothing and never shows the key."""

import os
import platform
import sqlite3
import stat
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import anyio

from kie_mcp import __version__, optional_packages
from kie_mcp.catalog.model import OUTPUT_HOSTS
from kie_mcp.cli.findings import Finding, Grade
from kie_mcp.cli.ledger_file import open_ledger
from kie_mcp.errors import KieError, NotCreatedError
from kie_mcp.jobs.clock import Clock, SystemClock
from kie_mcp.jobs.store.schema import JOURNAL
from kie_mcp.kie.addresses import API
from kie_mcp.kie.client import KieClient
from kie_mcp.media.outputs.download_limits import expected_bytes
from kie_mcp.media.outputs.write_check import check_writable
from kie_mcp.media.worker_threads import run_in_thread
from kie_mcp.orders.kind import Kind
from kie_mcp.settings import Settings
from kie_mcp.text import without_key
from kie_mcp.timestamps import day_and_time

LOW_CREDITS = 10.0
"""Fewer credits than this are worth a remark: little can be made with them."""
SKEW = 60.0
"""Seconds that the clock may be wrong without harm."""
DISK_SECONDS = 10.0
"""The longest that a disk may take to answer, in seconds."""
_PRIVATE = "Its disk takes no permissions, or it is not yours: set KIE_STATE_DIR to a folder on a local disk."
WRONG_CLOCK = "Let the system set its clock from the network."
_PROXIED = "See that the proxy runs and lets {host} through, or name that host in NO_PROXY."
_DIRECT = "Check the network. If only a proxy leads out of it, set HTTPS_PROXY where your client starts this server."
_LOCAL = "Start what is to answer there, for instance with: kie-mcp sandbox; or unset the setting."


Question = Callable[[], Awaitable[list[Finding]]]


async def examine(
    settings: Settings, clock: Clock | None = None, kie: KieClient | None = None, *, live: bool = False
) -> list[Finding]:
    """Check every subject and return the findings; folders and the ledger are made if they are missing.

    `live` also compares the rows of the catalog with Kie.ai's models. `clock` and `kie` are the seams for tests.
    """
    clock = clock or SystemClock()
    now, answered = clock.now(), anyio.Event()
    async with kie or settings.make_client() as kie:
        questions: list[Question] = [
            lambda: _check_key(settings, kie, answered),
            lambda: _check_route(kie, "API", settings.api_base_url),
            lambda: _check_route(kie, "uploads", settings.upload_base_url),
            lambda: _check_files(settings, kie, answered),
            lambda: _check_output_folder(settings),
            lambda: _check_ledger(settings, now),
            lambda: _check_clock(kie, now),
        ]
        findings = [
            _report_version(),
            *await _ask_together(questions),
            _report_style(settings),
            _report_sqlite(),
            _check_sandbox(),
        ]
        if live:
            from kie_mcp.cli.live_check import check_live

            findings += await check_live(settings, kie, clock)
    secret = settings.api_key.get_secret_value() if settings.api_key else ""
    return [_hide_secret(secret, finding) for finding in findings]


async def _ask_together(questions: Sequence[Question]) -> list[Finding]:
    """Ask all questions at once, because each may wait for a host that never answers; return the answers in order."""
    answers: dict[int, list[Finding]] = {}

    async def ask(place: int, question: Question) -> None:
        answers[place] = await question()

    async with anyio.create_task_group() as group:
        for place, question in enumerate(questions):
            group.start_soon(ask, place, question)
    return [finding for place in sorted(answers) for finding in answers[place]]


def _hide_secret(secret: str, finding: Finding) -> Finding:
    hidden = {name: without_key(getattr(finding, name), secret) for name in ("found", "remedy")}
    return replace(finding, **hidden)


def _report_version() -> Finding:
    return Finding(Grade.OK, "kie-mcp", f"{__version__} on Python {platform.python_version()} ({sys.executable})")


def _report_style(settings: Settings) -> Finding:
    """Say how jobs are ordered: another style than the live one is to be known when orders are refused."""
    callback = "; callbacks are asked for" if settings.callback_url else ""
    if settings.api_style == "jobs":
        return Finding(Grade.OK, "API style", f"jobs: Kie.ai's live ids and fields{callback}")
    found = f"{settings.api_style}: orders are written as the specification has them{callback}"
    return Finding(Grade.ATTENTION, "API style", found, "If Kie.ai refuses them, unset KIE_API_STYLE.")


async def _check_key(settings: Settings, kie: KieClient, answered: anyio.Event) -> list[Finding]:
    """Ask for the balance. Then set `answered`: only by then is it known whether a sandbox answers."""
    try:
        balance = await kie.credit()
    except KieError as error:
        return [Finding(Grade.PROBLEM, "key", error.message, error.remedy)]
    finally:
        answered.set()
    where = ("the sandbox at " if kie.sandbox else "") + settings.api_base_url
    found = f"accepted by {where}: {balance:g} credits left"
    if balance < LOW_CREDITS:
        more = "Start the sandbox anew, or with more: kie-mcp sandbox --credits 1000"
        return [Finding(Grade.ATTENTION, "key", found, more if kie.sandbox else "Top up at https://kie.ai/billing")]
    return [Finding(Grade.OK, "key", found)]


async def _check_files(settings: Settings, kie: KieClient, answered: anyio.Event) -> list[Finding]:
    """Check the route to Kie.ai's result files. Another API may be a sandbox, which serves its files itself."""
    elsewhere = settings.api_base_url != API
    if elsewhere:
        await answered.wait()
        if kie.sandbox is None:
            unknown = "not tried: where files come from is not known before the API answers"
            return [Finding(Grade.ATTENTION, "files", unknown, "See to the API first.")]
    files = settings.api_base_url if elsewhere and kie.sandbox else f"https://{OUTPUT_HOSTS[0]}"
    return await _check_route(kie, "files", files, file=True)


async def _check_route(kie: KieClient, subject: str, url: str, *, file: bool = False) -> list[Finding]:
    """Check that a host can be reached: any answer will do, and asking costs nothing."""
    way = ""
    try:
        way = f" {kie.describe_route(url)}"
        await kie.reach(f"{url}/", file=file)
    except KieError as error:
        generic = _LOCAL if url.startswith("http://") else _PROXIED if "proxy" in way else _DIRECT
        todo = error.remedy or generic.format(host=urlsplit(url).hostname)
        return [Finding(Grade.PROBLEM, subject, f"{url} is not reached{way}: {error.message}", todo)]
    return [Finding(Grade.OK, subject, f"{url} is reached{way}")]


async def _measure_skew(kie: KieClient, now: float) -> float | None:
    """Return the seconds by which this clock is ahead of Kie.ai's; None if Kie.ai does not say."""
    try:
        theirs = await kie.server_time()
    except KieError:
        return None
    return None if theirs is None else now - theirs


async def _check_output_folder(settings: Settings) -> list[Finding]:
    """Check the output folder as an order does before it is paid for, with room for a picture."""
    path = settings.output_dir
    try:
        await run_in_thread(
            lambda: check_writable(path, room=expected_bytes(Kind.IMAGE), sidecar=settings.sidecar),
            patience=DISK_SECONDS,
        )
    except NotCreatedError as error:
        return [Finding(Grade.PROBLEM, "output folder", error.message, error.remedy)]
    except OSError as error:
        found = f"{path}: {error.strerror}"
        return [Finding(Grade.PROBLEM, "output folder", found, "Set KIE_OUTPUT_DIR to another one.")]
    return [Finding(Grade.OK, "output folder", f"{path} can be written")]


async def _check_ledger(settings: Settings, now: float) -> list[Finding]:
    try:
        async with open_ledger(settings.ledger_path) as ledger:
            jobs = await ledger.list_jobs(settings.account, limit=1000)
    except KieError as error:
        return [Finding(Grade.PROBLEM, "ledger", error.message, error.remedy or "Set KIE_STATE_DIR to another folder.")]
    unfinished = sum(not job.done for job in jobs)
    found = f"{settings.ledger_path} opens; jobs of this key that are not finished: {unfinished}"
    ahead = max((job.updated_at for job in jobs), default=now) - now
    if ahead > SKEW:
        found = f"its newest change is {ahead:.0f} s in the future: the clock was set back, or was wrong then"
        return [Finding(Grade.ATTENTION, "ledger", found, WRONG_CLOCK), check_state_folder(settings.state_dir)]
    return [Finding(Grade.OK, "ledger", found), check_state_folder(settings.state_dir)]


def check_state_folder(path: Path, *, windows: bool = os.name == "nt") -> Finding:
    """Check that other users cannot read the state folder: the ledger holds prompts and links."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if windows:  # there the mode says nothing: a folder inherits who may read it
        found = f"{path}; Windows keeps it as private as the folder that it is in"
        return Finding(Grade.OK, "state folder", found)
    if mode & 0o077:
        return Finding(Grade.ATTENTION, "state folder", f"others can look into it (mode {mode:o})", _PRIVATE)
    return Finding(Grade.OK, "state folder", f"{path} is private (mode {mode:o})")


async def _check_clock(kie: KieClient, now: float) -> list[Finding]:
    """Check this computer's clock: the age of jobs is measured with it, also against times that Kie.ai gives."""
    ahead = await _measure_skew(kie, now)
    time = day_and_time(now)
    if ahead is None:
        return [Finding(Grade.OK, "clock", f"{time}; Kie.ai could not be asked for the time")]
    if abs(ahead) > SKEW:
        found = f"{time}, {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} Kie.ai's"
        return [Finding(Grade.ATTENTION, "clock", found, WRONG_CLOCK)]
    return [Finding(Grade.OK, "clock", f"{time}, as at Kie.ai")]


def _report_sqlite() -> Finding:
    return Finding(
        Grade.OK, "SQLite", f"{sqlite3.sqlite_version}; the journal mode is {JOURNAL}, safe with every version"
    )


def _check_sandbox() -> Finding:
    if absent := optional_packages.missing_packages():
        todo = "Needed only for the sandbox and the demo; in a checkout: pip install '.[sandbox]'"
        return Finding(Grade.ATTENTION, "sandbox", f"not installed: {', '.join(absent)}", todo)
    return Finding(Grade.OK, "sandbox", "installed")
