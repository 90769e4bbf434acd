"""Runs examples as a newcomer does, from another folder, and all at once, because most of the time they wait."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess

import anyio

EXAMPLES = Path(__file__).parents[2] / "examples"
SECONDS = 180.0
"""How long all of them may take, on a busy machine."""
Ran = dict[str, CompletedProcess[bytes]]


def run_all(pythons: Mapping[str, str], folder: Path) -> Ran:
    """Run each example with its Python, with a home folder of its own and with `kie-mcp` on the path.

    They must leave nothing in the folder that they are started in. Raises TimeoutError if one is not done in time.
    """
    ran: Ran = {}
    here = folder / "here"
    here.mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("KIE_", "XDG_", "PYTHON"))}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

    async def run(name: str) -> None:
        home = folder / name
        home.mkdir()
        env = clean | {"PATH": path, "HOME": str(home), "TMPDIR": str(home)}
        command = [pythons[name], str(EXAMPLES / f"{name}.py")]
        ran[name] = await anyio.run_process(command, cwd=here, env=env, check=False)

    async def main() -> None:
        with anyio.fail_after(SECONDS):
            async with anyio.create_task_group() as group:
                for name in pythons:
                    group.start_soon(run, name)

    anyio.run(main)
    assert list(here.iterdir()) == []
    return ran


def read_lines(ran: CompletedProcess[bytes]) -> list[str]:
    """Return the lines that an example has printed; it must have ended well, and said nothing on stderr."""
    assert (ran.returncode, ran.stderr.decode()) == (0, "")
    return ran.stdout.decode().splitlines()
