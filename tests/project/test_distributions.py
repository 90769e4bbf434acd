"""Wheel and sdist: what is in them, and that whoever builds them again gets the same bytes."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from kie_mcp import __version__

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
CALLED = f"kie_mcp-{__version__}"
NOT_SHIPPED = {"__pycache__", ".pytest_cache", ".ruff_cache"}


def build(kind: str, source: Path, target: Path, umask: int = 0o022) -> Path:
    """Build it as an installer does, with nothing but the folder."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(target)]
    env = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    subprocess.run(command, cwd=source, env=env, check=True, capture_output=True, umask=umask)  # noqa: S603 - our own
    [made] = target.iterdir()
    return made


def files_below(*names: str) -> set[str]:
    """The files of this checkout in these folders, and these files."""
    found = [path for name in names for path in ((ROOT / name).rglob("*") if (ROOT / name).is_dir() else [ROOT / name])]
    kept = [path for path in found if path.is_file() and not NOT_SHIPPED & {*path.parts}]
    return {path.relative_to(ROOT).as_posix() for path in kept}


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


def test_the_wheel_has_the_package_and_nothing_else(wheel: Path) -> None:
    assert wheel.name == f"{CALLED}-py3-none-any.whl"
    about = ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")
    assert set(zipfile.ZipFile(wheel).namelist()) == files_below("kie_mcp") | {
        f"{CALLED}.dist-info/{name}" for name in about
    }


def test_the_sdist_has_what_the_tests_need_and_nothing_of_the_machine(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        members = archive.getmembers()
    names = {one.name.removeprefix(f"{CALLED}/") for one in members}
    folders = ("kie_mcp", "tests", "examples", "packaging", ".claude-plugin")
    assert {name for name in names if "/" in name} == files_below(*folders)
    assert {"Dockerfile", "LICENSE", "Makefile", "PKG-INFO", "README.md", "SECURITY.md", "server.json"} < names
    assert {(one.uid, one.gid, one.uname, one.gname) for one in members} == {(0, 0, "", "")}


def test_building_again_gives_the_same_bytes(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    """From what was published, at another time, by somebody with other habits."""
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    source = tmp_path / CALLED
    for path in source.rglob("*"):
        os.utime(path, (1_900_000_000, 1_900_000_000))
    for kind, made in (("wheel", wheel), ("sdist", sdist)):
        assert build(kind, source, tmp_path / kind, umask=0o077).read_bytes() == made.read_bytes()
