"""Find the file in which a client keeps its servers, on Linux, macOS and Windows."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kie_mcp.client_config.clients import Client

VARIABLES = ("APPDATA", "LOCALAPPDATA", "XDG_CONFIG_HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME")
"""The variables of the environment that move the files of clients."""


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders that the table of clients names, on one system."""

    system: str
    """As `sys.platform` has it."""
    home: Path
    config: Path
    """Where programs keep settings: on Linux `~/.config`, on macOS and on Windows what stands in its place."""
    local: Path
    """Where programs of Windows keep what belongs to this computer alone."""
    dotconfig: Path
    """What programs use that go by the rules of Linux everywhere."""
    claude: Path
    codex: Path


def find_folders(variables: Mapping[str, str], home: Path, system: str = sys.platform) -> Folders:
    """Find the folders of a system.

    Args:
        variables: Those of `VARIABLES` that are set.
        home: The user's home folder.
        system: As `sys.platform` has it.
    """
    dotconfig = Path(variables.get("XDG_CONFIG_HOME", home / ".config"))
    return Folders(
        system=system,
        home=home,
        config=_find_config(variables, home, system, dotconfig),
        local=Path(variables.get("LOCALAPPDATA", home / "AppData/Local")),
        dotconfig=dotconfig,
        claude=Path(variables.get("CLAUDE_CONFIG_DIR", home)),
        codex=Path(variables.get("CODEX_HOME", home / ".codex")),
    )


def _find_config(variables: Mapping[str, str], home: Path, system: str, dotconfig: Path) -> Path:
    if system == "win32":
        return Path(variables.get("APPDATA", home / "AppData/Roaming"))
    return home / "Library/Application Support" if system == "darwin" else dotconfig


def find_file(client: Client, folders: Folders) -> Path:
    """Return the client's file, which may not exist yet: the first whose folder is there, else the last in its row."""
    by_system = {"darwin": client.macos, "win32": client.windows}
    templates = by_system.get(folders.system) or client.files
    for template in templates[:-1]:
        if found := _find_existing(template, folders):
            return found
    return _fill(templates[-1], folders)


def _find_existing(template: str, folders: Folders) -> Path | None:
    """Return the file of a template whose folder exists, or with a question mark at its end, that exists itself."""
    path = _fill(template.removesuffix("?"), folders)
    if template.endswith("?"):
        return path if path.is_file() else None
    root = Path(path.anchor)
    found = sorted(root.glob(str(path.parent.relative_to(root))))
    return found[0] / path.name if found else None


def _fill(template: str, folders: Folders) -> Path:
    name, _, rest = template.partition("/")
    return Path(getattr(folders, name.strip("{}"))) / rest
