"""What commands do when their output has nowhere to go, or a console that cannot show every character."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.http_process import environment

NOWHERE = "http://127.0.0.1:9"
"""Nobody listens there: the doctor has something to find at once."""
COMMANDS = [["--help"], ["--version"], ["serve", "--help"], ["jobs"], ["doctor"], ["sandbox", "--port", "0"], ["demo"]]
every_command = pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
# Python writes what is not buffered at once, and the rest at the end: a short and a long command show both.
buffered_or_not = pytest.mark.parametrize(
    ("command", "unbuffered"), [*((command, "") for command in COMMANDS), (["--help"], "1"), (["jobs"], "1")]
)


def run(folder: Path, redirect: str, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a shell that redirects as told."""
    own = environment(folder, KIE_API_BASE_URL=NOWHERE, KIE_UPLOAD_BASE_URL=NOWHERE, PYTHONUNBUFFERED="") | settings
    given = ["sh", "-c", f'exec "$@" {redirect}', "sh", sys.executable, "-m", "kie_mcp", *command]
    return subprocess.run(  # noqa: S603 - our own command
        given,
        cwd=folder,
        env=own,
        errors="replace",
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )


@buffered_or_not
def test_output_on_a_full_device_is_said_in_one_sentence(tmp_path: Path, command: list[str], unbuffered: str) -> None:
    ran = run(tmp_path, ">/dev/full", *command, PYTHONUNBUFFERED=unbuffered)
    said = "kie-mcp: Standard output cannot be written (No space left on device).\n"
    assert (ran.returncode, ran.stderr) == (1, said)


@every_command
def test_closed_output_is_said_in_one_sentence(tmp_path: Path, command: list[str]) -> None:
    ran = run(tmp_path, ">&-", *command)
    assert (ran.returncode, ran.stderr) == (1, "kie-mcp: Standard output cannot be written (Bad file descriptor).\n")


@buffered_or_not
def test_output_that_nobody_reads_ends_the_command_quietly(tmp_path: Path, command: list[str], unbuffered: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    own = environment(tmp_path, KIE_API_BASE_URL=NOWHERE, KIE_UPLOAD_BASE_URL=NOWHERE, PYTHONUNBUFFERED=unbuffered)
    ran = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "kie_mcp", *command],
        stdout=writing,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        cwd=tmp_path,
        env=own,
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (128 + signal.SIGPIPE, b"")


@pytest.mark.parametrize("redirect", ["2>&-", "2>/dev/full", "<&-", "<&- 2>&-"])
def test_closed_input_and_errors_that_cannot_be_written_change_nothing(tmp_path: Path, redirect: str) -> None:
    assert run(tmp_path, redirect, "jobs").returncode == 0
    assert run(tmp_path, redirect, "jobs").stdout.startswith("No jobs yet")
    assert run(tmp_path, redirect, "jobs", KIE_WAIT_SECONDS="soon").returncode == 2


def test_nothing_that_is_opened_takes_the_number_of_a_closed_stream(tmp_path: Path) -> None:
    """The ledger would, and the server points those numbers elsewhere."""
    ran = run(tmp_path, "<&- 2>&-")
    assert (ran.returncode, ran.stdout) == (0, "")
    assert run(tmp_path, "", "jobs").returncode == 0


@pytest.mark.parametrize("redirect", [">&-", "<&- >&-"])
def test_a_server_that_cannot_answer_says_so(tmp_path: Path, redirect: str) -> None:
    ran = run(tmp_path, redirect)
    assert (ran.returncode, ran.stderr) == (1, "kie-mcp: Standard output cannot be written (Bad file descriptor).\n")


@pytest.mark.parametrize("encoding", ["ascii", "ascii:strict", "cp1252", "cp437", "utf-8"])
@pytest.mark.parametrize("command", ["jobs", "doctor"])
def test_what_a_console_cannot_show_is_escaped(tmp_path: Path, command: str, encoding: str) -> None:
    state = str(tmp_path / "Pílulas-画像")
    ran = run(tmp_path, "", command, PYTHONIOENCODING=encoding, KIE_STATE_DIR=state, PYTHONUTF8="1")
    assert "Traceback" not in ran.stderr
    assert ("画像" if encoding == "utf-8" else r"\u753b\u50cf") in ran.stdout
    assert ran.returncode == (0 if command == "jobs" else 1)


def test_what_standard_error_cannot_show_is_escaped(tmp_path: Path) -> None:
    ran = run(tmp_path, "", "jobs", PYTHONIOENCODING="ascii:strict", KIE_OUTPUT_DIR="画像")
    assert ran.returncode == 2
    assert r"(given: '\u753b\u50cf')" in ran.stderr
