"""Find the command with which a client starts this server, whatever search path the client has."""

import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_UV_CACHE = ("archive-v", "environments-v", "builds-v")
"""Folders of uv's cache in which uvx makes environments; they are gone when the cache is cleaned."""


@dataclass(frozen=True, slots=True)
class LaunchCommand:
    """A program and its arguments."""

    program: str
    arguments: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The program and its arguments, in one row."""
        return (self.program, *self.arguments)


def write_uvx_command(*, sandbox: bool, program: str = "uvx") -> LaunchCommand:
    """Return the command of somebody who has uv and nothing else."""
    if sandbox:
        return LaunchCommand(program, ("--from", "kie-mcp[sandbox]", "kie-mcp", "--sandbox"))
    return LaunchCommand(program, ("kie-mcp",))


def find_command(
    *,
    sandbox: bool,
    started: str = "",
    python: str = "",
    uv: str = "",
    which: Callable[[str], str | None] = shutil.which,
) -> LaunchCommand:
    """Return the command for what runs now: by uvx as it was started, else the absolute path of the installed script.

    Args:
        sandbox: Whether the server has a sandbox inside.
        started: What was started, by default `sys.argv[0]`.
        python: The interpreter, by default `sys.executable`.
        uv: The path of uv, as it tells it to what it starts.
        which: Finds a program on the search path.
    """
    started, python = started or sys.argv[0], python or sys.executable
    if any(part.startswith(_UV_CACHE) for part in Path(python).parts):
        return write_uvx_command(sandbox=sandbox, program=_find_uvx(uv, which))
    options = ("--sandbox",) if sandbox else ()
    script = _find_script(Path(started), Path(python))
    return LaunchCommand(str(script), options) if script else LaunchCommand(python, ("-m", "kie_mcp", *options))


def name_program(
    *, sandbox: bool = False, started: str = "", python: str = "", which: Callable[[str], str | None] = shutil.which
) -> str:
    """Return what a person types in the place of `kie-mcp` to start what runs now; the seams are those above.

    `sandbox`: whether what they type needs the sandbox, which uvx brings only if it is asked for.
    """
    started, python = started or sys.argv[0], python or sys.executable
    if any(part.startswith(_UV_CACHE) for part in Path(python).parts):
        return "uvx --from 'kie-mcp[sandbox]' kie-mcp" if sandbox else "uvx kie-mcp"
    found, script = which("kie-mcp"), _find_script(Path(started), Path(python))
    if script is None:
        return f"{shlex.quote(python)} -m kie_mcp"
    return "kie-mcp" if found and Path(found).samefile(script) else shlex.quote(str(script))


def _find_uvx(uv: str, which: Callable[[str], str | None]) -> str:
    """Return the path of uvx: clients that are started from a menu have a short search path, on which it is not."""
    beside = Path(uv).with_name("uvx" + Path(uv).suffix) if uv else None
    if beside and beside.is_file():
        return str(beside)
    return which("uvx") or "uvx"


def _find_script(started: Path, python: Path) -> Path | None:
    """Return the absolute path of the script `kie-mcp`: the one that was started, else the one beside the interpreter.

    A link to it is not followed: an update may lay the script elsewhere, and leaves the link.
    """
    names = (started.absolute(), python.with_name("kie-mcp"), python.with_name("kie-mcp.exe"))
    return next((path for path in names if path.stem == "kie-mcp" and path.is_file()), None)
