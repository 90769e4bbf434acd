"""Draw which room of the package imports which: `python -m tests.support.import_picture` writes it."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE, PAGE = ROOT / "kie_mcp", ROOT / "CONTRIBUTING.md"
BLOCK = re.compile(r"```mermaid\n.*?```", re.DOTALL)
GROUND = ["errors", "text", "urls", "console", "log_format", "timestamps", "file_system", "optional_packages"]
WHOLE = ["app", "settings", "setting_values", "stdio_server", "stop_signals", "forced_exit"]
ROOMS: Mapping[str, str] = dict.fromkeys(GROUND, "errors") | dict.fromkeys(WHOLE, "app")
"""The files that are shown together, by the most important one; every other file or folder stands for itself."""
LABELS = {"errors": "errors, text, urls …", "app": "app, settings …"}
Imports = Mapping[str, set[str]]


@cache
def read_imports() -> Imports:
    """Return the rooms that each room imports: anywhere in a file, inside functions and for types only, too."""
    found: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if name.startswith("__"):
            continue
        room = ROOMS.get(name, name)
        found.setdefault(room, set()).update(other for other in _imported_rooms(path) if other != room)
    return found


def _imported_rooms(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("kie_mcp"):
            continue
        for alias in node.names:
            name = f"{node.module}.{alias.name}".split(".")[1]
            if not name.startswith("__"):
                yield ROOMS.get(name, name)


def without_detours(imports: Imports) -> Imports:
    """Return the imports without those that also lead through a third room: the picture has few lines, and says all.

    Raises CycleError if there is a circle.
    """
    below: dict[str, set[str]] = {}
    for room in TopologicalSorter(imports).static_order():
        direct = imports.get(room, set())
        below[room] = direct.union(*(below[one] for one in direct))
    return {
        room: {one for one in direct if not any(one in below[other] for other in direct)}
        for room, direct in imports.items()
    }


def draw() -> str:
    """Return the picture as a Mermaid block."""
    direct = without_detours(read_imports())
    names = sorted(direct)
    lines = [f'  {name}["{LABELS.get(name, name)}"]' for name in names]
    lines += [f"  {name} --> {other}" for name in names for other in sorted(direct[name])]
    return "\n".join(["```mermaid", "flowchart TD", *lines, "```"])


def main() -> None:
    """Write the picture into CONTRIBUTING.md."""
    PAGE.write_text(BLOCK.sub(draw(), PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
