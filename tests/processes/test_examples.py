"""The examples run as they are, without a key, and make what they say; so does the demo."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kie_mcp.media.probe.file_type import probe
from tests.support.examples import EXAMPLES, read_lines, run_all
from tests.support.examples import Ran as ExamplesRan

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


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> ExamplesRan:
    """What became of each example that needs no more than this package."""
    names = [path.stem for path in EXAMPLES.glob("*.py") if not path.stem.endswith("_agent")]
    return run_all(dict.fromkeys(names, sys.executable), tmp_path_factory.mktemp("homes"))


def test_the_client_prints_progress_and_the_saved_image(ran: ExamplesRan) -> None:
    *progress, last = read_lines(ran["progress"])
    assert progress
    assert all("image: " in line for line in progress)
    assert last.endswith(", 4 credits")
    assert probe(Path(last.removesuffix(", 4 credits"))).mime_type == "image/png"


def test_a_card_that_speaks_is_ordered_before_its_parts_are_done(ran: ExamplesRan) -> None:
    state, card = read_lines(ran["greeting_card"])
    assert re.fullmatch(r"queued, waiting for job_\w+ and job_\w+", state)
    assert probe(Path(card)).mime_type == "video/mp4"


def test_one_call_makes_a_face_a_voice_and_the_video(ran: ExamplesRan) -> None:
    lines = read_lines(ran["one_call_video"])
    assert lines[0].startswith("estimate: ")
    assert probe(saved(next(line for line in lines if line.startswith("file: ")))).mime_type == "video/mp4"


def test_pictures_that_do_not_fit_the_budget_are_refused_and_fewer_are_made(ran: ExamplesRan) -> None:
    lines = read_lines(ran["product_pictures"])
    assert lines[1].startswith("error: ")
    assert lines[2].startswith("what to do: ")
    files = [saved(line) for line in lines if line.startswith("file: ")]
    assert [probe(file).mime_type for file in files] == 6 * ["image/png"]


def test_the_library_makes_an_image_without_mcp(ran: ExamplesRan) -> None:
    *_, last = read_lines(ran["library"])
    assert last.endswith("fox.png, 4 credits")
    assert probe(Path(last.removesuffix(", 4 credits"))).mime_type == "image/png"


@pytest.mark.parametrize(("style", "picture"), [("seed", "image/png"), ("legacy", "image/jpeg")])
def test_the_demo_makes_all_its_files_in_each_style(tmp_path: Path, style: str, picture: str) -> None:
    ran = run("-m", "kie_mcp", "demo", "a bear", "--style", style, "--out", str(tmp_path / "out"), home=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    files = [saved(line) for line in ran.stdout.splitlines()[-3:]]
    assert [probe(file).mime_type for file in files] == [picture, "audio/mpeg", "video/mp4"]
    assert "fox" not in ran.stdout


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


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_an_example_is_read_at_a_glance(file: Path) -> None:
    """Its code, without the sentences and the empty lines, has less than forty lines, and it opens with a sentence."""
    tree = ast.parse(file.read_text("utf-8"))
    assert re.match(r"[A-Z`].*?\. ", ast.get_docstring(tree) or "")
    lines = [line.strip() for line in file.read_text("utf-8").splitlines()]
    assert sum(bool(line) and not line.startswith(("#", '"""')) for line in lines) < 40
