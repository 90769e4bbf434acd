"""Write what a bug report needs into a file that is safe to attach: without keys, prompts, links and user names."""

import os
import platform
import re
import sqlite3
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import cast

from pydantic import SecretStr

from kie_mcp import __version__
from kie_mcp.cli.findings import Finding
from kie_mcp.cli.ledger_file import open_ledger
from kie_mcp.errors import KieError
from kie_mcp.jobs.job import Job
from kie_mcp.jobs.store.schema import MIGRATIONS
from kie_mcp.optional_packages import TELEMETRY, missing_packages
from kie_mcp.setting_values import SettingsError
from kie_mcp.settings import SECRETS, Settings, read_variables
from kie_mcp.text import code, redact
from kie_mcp.timestamps import day_and_time

PACKAGES = (
    *("mcp", "httpx", "anyio", "pydantic", "starlette", "uvicorn", "jsonschema", "platformdirs", "rich"),
    *("av", "pillow", "pi-heif", "socksio", "opentelemetry-api", "opentelemetry-sdk"),
)
"""What kie-mcp depends on, extras included."""
_SET_ONLY = frozenset({*SECRETS, "KIE_CALLBACK_URL"})
"""Settings of which it is only said that they are set."""
_USER_NAMES = ("USER", "LOGNAME", "USERNAME")
"""Variables that name this user, whose home folder may be called otherwise."""
_LATEST, _FAILURES = 1000, 20
_HEAD = "kie-mcp report. It holds no key, prompt, link or name of yours; read it before you attach it all the same."


async def make_report(
    settings: Settings,
    findings: Sequence[Finding],
    now: float,
    home: Path | None = None,
    users: Collection[str] | None = None,
) -> str:
    """Return the report.

    `now` is in seconds since 1970; `home`, this user's folder, and `users`, the user's names, are the seams for tests.
    """
    lines = [
        *(_HEAD, f"Made {day_and_time(now)}", "", "## Versions", *_list_versions()),
        *("", "## Settings", *_list_settings(settings)),
        *("", "## Findings of kie-mcp doctor", *map(str, findings)),
        *("", "## Ledger", *await _describe_ledger(settings)),
    ]
    names = read_variables(_USER_NAMES).values() if users is None else users
    return _redact("\n".join(lines), settings.secrets, home or _find_home(), names) + "\n"


def write_report(path: Path, report: str) -> None:
    """Write the report into a new file, blocking. Raises SettingsError if there is one, or it cannot be written."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(report)
    except OSError as error:
        why = "it is there already" if isinstance(error, FileExistsError) else error.strerror
        raise SettingsError(f"--report: {path} cannot be written: {why}.", remedy="Name another file.") from None


def name_report(now: float) -> Path:
    """Return the name of a report that is made now, in the current folder."""
    return Path(f"kie-mcp-report-{datetime.fromtimestamp(now, UTC):%Y%m%d-%H%M%S}.txt")


def _redact(text: str, secrets: Sequence[str], home: Path, users: Collection[str]) -> str:
    """Return the text without keys, signed links, the home folder and the names of its user."""
    text = redact(text, secrets)
    for place in (home, Path(os.path.realpath(home))):
        text = text.replace(str(place), "~") if place.name else text  # "/" is no user's
    for name in sorted({home.name, *users} - {""}, key=len, reverse=True):
        # A name of a folder may have an underscore beside it, and capitals where the system makes no difference.
        text = re.sub(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", "[user]", text, flags=re.IGNORECASE)
    return text


def _find_home() -> Path:
    """Return this user's folder; if it is not known, one that hides nothing."""
    try:
        return Path.home()
    except (RuntimeError, KeyError):
        return Path("/")


def _list_versions() -> Iterator[str]:
    yield f"kie-mcp {__version__}"
    yield f"Python {platform.python_version()} ({platform.python_implementation()})"
    yield f"system {platform.system()} {platform.release()} {platform.machine()}"
    yield f"encodings: files {sys.getfilesystemencoding()}, output {sys.stdout.encoding}"
    yield f"SQLite {sqlite3.sqlite_version}"
    for name in PACKAGES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            yield f"{name}: not installed"


def _list_settings(settings: Settings) -> Iterator[str]:
    """Say which settings are set; of what may be secret, nothing but that."""
    for field in sorted(settings.model_fields_set):
        name, value = f"KIE_{field.upper()}", getattr(settings, field)
        if name in _SET_ONLY or isinstance(value, SecretStr):
            value = "set"
        elif isinstance(value, tuple):
            value = ", ".join(map(str, cast("tuple[Path, ...]", value)))
        yield f"{name}: {value}"
    if not settings.model_fields_set:
        yield "none is set"
    proxied = "set" if settings.network != type(settings.network)() else "not set"
    yield f"proxies and certificates: {proxied}"
    signals = [name for name in ("traces", "metrics") if getattr(settings.telemetry, name)]
    absent = missing_packages(TELEMETRY) if signals else []
    yield f"OpenTelemetry: {', '.join(signals) or 'off'}" + (f"; not installed: {', '.join(absent)}" if absent else "")


async def _describe_ledger(settings: Settings) -> list[str]:
    """Say how the latest jobs of this key ended, and why those that failed; nothing of what they were to make."""
    try:
        async with open_ledger(settings.ledger_path) as ledger:
            jobs = await ledger.list_jobs(settings.account, limit=_LATEST)
    except KieError as error:
        return [f"cannot be read: {error.message}"]
    states = Counter(job.state.value for job in jobs)
    counted = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "none"
    failures = [_describe_failure(job) for job in jobs if job.trouble][:_FAILURES]
    return [f"schema {len(MIGRATIONS)}", f"latest jobs of this key, at most {_LATEST}: {counted}", *failures]


def _describe_failure(job: Job) -> str:
    category = code(job.trouble.category) if job.trouble else ""
    return f"{day_and_time(job.updated_at)} {job.state} {job.kind} {code(job.model)}: {category}"
