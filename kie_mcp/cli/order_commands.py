"""What the commands that order something share: their options, and how they are run."""

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from kie_mcp.cli.execution import read_settings, run_async, use_settings
from kie_mcp.cli.named_paths import find_path
from kie_mcp.console import warn
from kie_mcp.setting_values import SettingsError

if TYPE_CHECKING:
    from kie_mcp.settings import Settings

LONGEST_TEXT = 1_000_000
"""The most characters that are read of a text."""
NOT_A_PATH = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
"""How a URL, a data URI or a kie:// reference begins; a drive of Windows has one letter."""


def add_order_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that every order has."""
    parser.add_argument("--open", action="store_true", help="open the file when it is made")
    parser.add_argument("--json", action="store_true", help="print the tool's answer as JSON, with each file's path")
    parser.add_argument("--no-picture", action="store_true", help="do not show pictures in the terminal")


def read_text(given: str, file: Path | None) -> str:
    """Return a text that is given as it is, by the name of a file, or as `-` for standard input."""
    if file is None and given != "-":
        return given
    if given not in ("", "-"):
        raise SettingsError("--from: given together with a text.", remedy="Give one of the two.")
    try:
        text = _read(file)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError(f"{file or 'standard input'} cannot be read: {why}.", remedy="Name another.") from None
    if len(text) > LONGEST_TEXT:
        problem = f"{file or 'standard input'} has more than {LONGEST_TEXT:,} characters; no model takes so many."
        raise SettingsError(problem, remedy="Name another.")
    return text.strip()


def _read(file: Path | None) -> str:
    """Read a character more than is allowed: it may be endless. The mark of Windows editors is no part of a text."""
    if file is None or str(file) == "-":
        return sys.stdin.read(LONGEST_TEXT + 1)
    with find_path(file, "--from").open(encoding="utf-8-sig") as opened:
        return opened.read(LONGEST_TEXT + 1)


def resolve_file(given: str) -> str:
    """Return the whole path of a file that is named from the working folder; other references stay as they are."""
    return given if NOT_A_PATH.match(given) else str(find_path(given, "file"))


def find_files(given: Any) -> tuple[Any, list[str]]:
    """Return a model's input with the whole path of each file of this computer that it names, and those paths."""
    if isinstance(given, dict):
        found = {key: find_files(value) for key, value in cast("dict[str, Any]", given).items()}
        return {key: value for key, (value, _) in found.items()}, [one for _, more in found.values() for one in more]
    if isinstance(given, list):
        items = [find_files(value) for value in cast("list[Any]", given)]
        return [value for value, _ in items], [one for _, more in items for one in more]
    if isinstance(given, str) and _is_file(given):
        return resolve_file(given), [resolve_file(given)]
    return given, []


def _is_file(text: str) -> bool:
    try:
        return not NOT_A_PATH.match(text) and Path(text).expanduser().is_file()
    except (OSError, ValueError, RuntimeError):  # it is too long for a name, or has a NUL, or names nobody's home
        return False


def run_order(arguments: argparse.Namespace, tool: str, given: dict[str, Any], *, files: list[str]) -> int:
    """Order by a tool with these arguments, and return the exit code.

    `files` are the files that are named: the person who types their names may hand in any, wherever it is.
    """
    settings = read_settings(arguments)
    from kie_mcp.cli.ordering import STOPPED, Ordering, ask_person, can_ask

    folders = tuple(Path(one).parent for one in files if not NOT_A_PATH.match(one))
    allowed = settings.model_copy(update={"input_roots": (*settings.input_roots, *folders)})
    ordering: Ordering | None = None

    async def order(used: "Settings") -> int:
        nonlocal ordering
        ordering = Ordering(
            settings=used,
            tool=tool,
            arguments=given,
            sandbox=arguments.sandbox,
            as_json=arguments.json,
            opens=arguments.open,
            shows=not arguments.no_picture,
            ask=ask_person if can_ask() else None,
        )
        return await ordering.run()

    async def run() -> int:
        async with use_settings(allowed, arguments) as used:
            return await order(used)

    try:
        return run_async(run())
    except KeyboardInterrupt:
        if ordering:
            ordering.explain_interruption()
        else:
            warn("", STOPPED)
        raise
