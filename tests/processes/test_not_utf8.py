"""Text that no UTF-8 can carry, and a home that nobody knows: a sentence at the start, and never a job that hangs."""

import json
import logging
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from kie_mcp.errors import Trouble
from kie_mcp.jobs.job import Look, Phase, Verdict
from kie_mcp.settings import Settings
from tests.support.scripted_kie import Script, Stage
from tests.support.virtual_time import VIRTUAL

ROOT = Path(__file__).parents[2]
POOR = Path(__file__).parents[1] / "support" / "poor_disk.py"
linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are kept as text")


@pytest.fixture
def anyio_backend() -> Any:
    """Time passes only when everybody sleeps."""
    return VIRTUAL


def run(folder: Path, *command: bytes | str, **environment: bytes) -> subprocess.CompletedProcess[bytes]:
    """Run a Python program in a bare environment, with standard input at its end."""
    given = {"PATH": os.defpath, "PYTHONPATH": str(ROOT)}
    given |= {name: os.fsdecode(value) for name, value in environment.items()}
    return subprocess.run(  # noqa: S603 - our own
        [sys.executable, *command],
        env=given,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )


@linux
@pytest.mark.parametrize("command", [(), ("doctor",), ("jobs",), ("serve", "--port", "0")])
@pytest.mark.parametrize(
    ("variable", "named"),
    [
        ("KIE_OUTPUT_DIR", "KIE_OUTPUT_DIR: "),
        ("KIE_STATE_DIR", "KIE_STATE_DIR: "),
        ("KIE_INPUT_ROOTS", "KIE_INPUT_ROOTS: "),
        ("KIE_API_KEY", "KIE_API_KEY: "),
        ("KIE_API_BASE_URL", "KIE_API_BASE_URL: "),
        ("XDG_PICTURES_DIR", "KIE_OUTPUT_DIR is not set, and the default "),
        ("XDG_STATE_HOME", "KIE_STATE_DIR is not set, and the default "),
        ("HOME", "KIE_OUTPUT_DIR is not set, and the default "),
    ],
)
def test_a_setting_that_is_not_utf_8_is_named_at_the_start(
    tmp_path: Path, command: tuple[str, ...], variable: str, named: str
) -> None:
    given = {"HOME": os.fsencode(tmp_path), variable: os.fsencode(tmp_path) + b"/\xfc"}
    done = run(tmp_path, "-m", "kie_mcp", *command, **given)
    told = done.stderr.decode()
    assert (done.returncode, done.stdout) == (2, b"")
    assert told.startswith(f"kie-mcp: {named}")
    assert "is not UTF-8 (byte FC)" in told
    assert told.count("\n") == 2


@linux
def test_letters_that_the_system_does_not_have_are_told_with_the_way_out(tmp_path: Path) -> None:
    plain = {"LC_ALL": b"POSIX", "PYTHONUTF8": b"0", "PYTHONCOERCECLOCALE": b"0"}
    given = plain | {"HOME": os.fsencode(tmp_path), "KIE_OUTPUT_DIR": "/tmp/ü".encode()}
    done = run(tmp_path, "-m", "kie_mcp", **given)
    assert done.returncode == 2
    assert b"KIE_OUTPUT_DIR: holds what the encoding of this system, ascii, does not have" in done.stderr
    assert b"set PYTHONUTF8=1" in done.stderr


@linux
@pytest.mark.parametrize("command", [(), ("doctor",), ("jobs",)])
def test_a_user_whom_nobody_knows_is_told_what_to_set(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = run(tmp_path, str(POOR), "getuid=EPERM", "kie_mcp", *command)
    assert done.returncode == 2
    assert done.stderr.decode() == (
        "kie-mcp: KIE_OUTPUT_DIR is not set, and the default is in the home folder, which is not known.\n"
        "Set KIE_OUTPUT_DIR to an absolute path, or HOME to your home folder, and start again.\n"
    )


@linux
def test_a_user_whom_nobody_knows_is_served_when_the_folders_are_set(tmp_path: Path) -> None:
    given = {"KIE_OUTPUT_DIR": os.fsencode(tmp_path / "out"), "KIE_STATE_DIR": os.fsencode(tmp_path / "state")}
    done = run(tmp_path, str(POOR), "getuid=EPERM", "kie_mcp", **given)
    assert (done.returncode, done.stderr) == (0, b"")


@linux
def test_the_home_of_a_user_whom_nobody_knows_is_no_traceback(tmp_path: Path) -> None:
    given = {"KIE_OUTPUT_DIR": b"~/pictures", "KIE_STATE_DIR": os.fsencode(tmp_path / "state")}
    done = run(tmp_path, str(POOR), "getuid=EPERM", "kie_mcp", "doctor", **given)
    assert done.returncode == 2
    assert b"KIE_OUTPUT_DIR: names a home folder, and it is not known where that is" in done.stderr
    assert b"Traceback" not in done.stderr


@linux
def test_a_folder_for_the_demo_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, "-m", "kie_mcp", "demo", "--out", os.fsencode(tmp_path) + b"/\xfc", HOME=os.fsencode(tmp_path))
    assert done.returncode == 1
    assert b"is not UTF-8 (byte FC).\nChoose another folder with --out DIR." in done.stderr


@pytest.mark.parametrize("field", ["output_dir", "state_dir"])
def test_a_folder_that_a_program_gives_is_checked_too(field: str) -> None:
    with pytest.raises(ValueError, match="is not UTF-8"):
        Settings(**{field: Path("/tmp/\udcfc")})  # pyright: ignore[reportArgumentType]


@pytest.mark.anyio
async def test_half_a_letter_from_kie_costs_no_job_its_record() -> None:
    """Whatever Kie.ai says is written down, with a mark in the place of what cannot be."""
    said = Trouble(category="failed", message="Kie.ai says no.", upstream_message="no \ud83e fox")
    stage = Stage(Script(looks=[Look(verdict=Verdict.FAILED, state="\udc00", trouble=said)]))
    job, ledger = await stage.sent()
    await stage.steps(ledger).follow(job)
    (kept,) = stage.rows()
    assert (kept.phase, kept.upstream_state) == (Phase.FAILED, "\ufffd")
    assert kept.trouble == replace(said, upstream_message="no \ufffd fox")
    json.dumps(kept.data, ensure_ascii=False).encode()


@pytest.mark.anyio
async def test_a_look_that_fails_again_and_again_is_told_in_full_once(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage(Script(looks=[ValueError("not foreseen")]))
    job, ledger = await stage.sent()
    with caplog.at_level(logging.INFO), anyio.move_on_after(600):
        await stage.steps(ledger).follow(job)
    assert len(stage.kie.looked) > 5
    told = [record for record in caplog.records if record.exc_info]
    assert len(told) == 1
    assert "task-1" in told[0].getMessage()
    assert len(caplog.text) < 5000


@pytest.mark.anyio
async def test_a_ledger_that_fails_again_and_again_is_told_in_full_once(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage()
    with caplog.at_level(logging.INFO):
        service = stage.service()
        async with service.open():
            stage.connection.execute("DROP TABLE workers")
            await anyio.sleep(60)
            stage.connection.execute("CREATE TABLE workers (worker TEXT PRIMARY KEY, alive_until REAL NOT NULL)")
    assert caplog.text.count("the ledger does not answer") == 1
