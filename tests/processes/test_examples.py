"""The examples run as they are, without a key, and make what they say; so does the demo."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kie_mcp.media.probe.file_type import probe

ROOT = Path(__file__).parents[2]
DEMO = """
import pathlib, sys
from kie_mcp.demo.run import run_demo
run_demo(pathlib.Path(sys.argv[1]), speed=60, scenario=sys.argv[2] or None)
"""
Ran = subprocess.CompletedProcess[str]


def run(*command: str, home: Path, cwd: Path = ROOT) -> Ran:
    """Run Python in a home folder of its own; the checkout is where it finds the package."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("KIE_", "XDG_"))}
    return subprocess.run(  # noqa: S603 - our own programs
        [sys.executable, *command],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=cwd,
        env=clean | {"HOME": str(home), "PYTHONPATH": str(ROOT)},
    )


def saved(line: str) -> Path:
    """The path that a line ends with."""
    return Path(line.split()[-1])


def test_the_client_prints_progress_and_the_saved_image(tmp_path: Path) -> None:
    ran = run("examples/image_with_progress.py", home=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    *progress, last = ran.stdout.splitlines()
    assert progress
    assert all("image: " in line for line in progress)
    assert last.startswith("succeeded ")
    assert probe(saved(last)).mime_type == "image/png"


def test_a_face_and_a_voice_become_a_video(tmp_path: Path) -> None:
    ran = run("examples/talking_video.py", home=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert probe(saved(ran.stdout)).mime_type == "video/mp4"


def test_the_library_makes_an_image_without_mcp(tmp_path: Path) -> None:
    ran = run(str(ROOT / "examples/library.py"), home=tmp_path, cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "1000 credits\nsaved fox.png, 4 credits\n"
    assert probe(tmp_path / "fox.png").mime_type == "image/png"


@pytest.mark.parametrize(("style", "picture"), [("seed", "image/png"), ("legacy", "image/jpeg")])
def test_the_demo_makes_all_its_files_in_each_style(tmp_path: Path, style: str, picture: str) -> None:
    ran = run("-m", "kie_mcp", "demo", "--style", style, "--out", str(tmp_path / "out"), home=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    made = [probe(saved(line)).mime_type for line in ran.stdout.splitlines()[-3:]]
    assert made == [picture, "audio/mpeg", "video/mp4"]


def test_a_demo_that_goes_wrong_says_what_the_tool_said(tmp_path: Path) -> None:
    ran = run("-c", DEMO, str(tmp_path), "moderation", home=tmp_path)
    assert ran.returncode == 1
    assert "DemoError: failed: image" in ran.stderr
    assert "what to do:" in ran.stderr


def test_a_folder_that_cannot_be_made_is_said_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = run("-m", "kie_mcp", "demo", "--out", str(tmp_path / "file" / "out"), home=tmp_path)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.endswith("cannot be made: Not a directory\nChoose another folder with --out DIR.\n")


@pytest.mark.parametrize("example", sorted(ROOT.glob("examples/*.py")), ids=lambda path: path.name)
def test_an_example_is_read_at_a_glance(example: Path) -> None:
    assert len(example.read_text("utf-8").splitlines()) < 40
