"""The Pythons of this machine that the product supports: what `make test-oldest` and its like run on."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

Version = tuple[int, int]

OLDEST: Version = (3, 11)
"""What `requires-python` says."""
_NAME = re.compile(r"python3(\.[0-9]+)?")
_ASK = "import sys; v = sys.version_info; print(v.major, v.minor, v.releaselevel, sys.implementation.name)"


def candidates(environment: dict[str, str]) -> list[Path]:
    """Where a Python may be: on the path, and where pyenv and uv keep theirs, which need not be on it."""
    home = Path(environment.get("HOME", "/"))
    pyenv = Path(environment.get("PYENV_ROOT") or home / ".pyenv")
    uv = Path(environment.get("UV_PYTHON_INSTALL_DIR") or home / ".local/share/uv/python")
    folders = [Path(one) for one in environment.get("PATH", "").split(os.pathsep) if one]
    folders += sorted([*pyenv.glob("versions/*/bin"), *uv.glob("*/bin")], reverse=True)
    return [path for folder in folders for path in sorted(folder.glob("python3*")) if _NAME.fullmatch(path.name)]


def version(python: Path) -> Version | None:
    """Ask a Python for its version; None if it does not answer, is not final or not CPython: there are no wheels then.

    A shim of pyenv's stands on the path for each Python that is installed, and refuses for those not chosen.
    """
    ran = subprocess.run([python, "-c", _ASK], capture_output=True, text=True, check=False)  # noqa: S603 - a Python
    said = ran.stdout.split()
    if ran.returncode or said[2:] != ["final", "cpython"]:
        return None
    return int(said[0]), int(said[1])


def supported(found: Iterable[Path]) -> dict[Version, Path]:
    """The first of each version, the oldest version first."""
    known: dict[Version, Path] = {}
    for python in found:
        if (asked := version(python)) and asked >= OLDEST:
            known.setdefault(asked, python)
    return dict(sorted(known.items()))


def main(which: str) -> None:
    """Print the path of the `oldest` or of the `newest`."""
    pythons = supported([*candidates(dict(os.environ)), Path(sys.executable)])
    print(pythons[{"oldest": min, "newest": max}[which](pythons)])  # noqa: T201 - for the shell


if __name__ == "__main__":
    main(*sys.argv[1:])
