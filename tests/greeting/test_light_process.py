"""A process that only greets is light: the first page of an account with a thousand jobs loads no server."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.greeting.connections import LISTS, after_opening, ask
from tests.greeting.test_connections import write_jobs
from tests.support.raw_connection import own_settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process has loaded"),
]
ROOT = Path(__file__).parents[2]
MEGABYTES = 20.0
"""More than it needs on any system, and less than a third of what a server needs that was loaded."""


def test_what_claude_code_asks_at_first_loads_no_server(tmp_path: Path) -> None:
    settings = own_settings(tmp_path)
    write_jobs(settings, 1000)
    environment = {"HOME": str(tmp_path), "KIE_STATE_DIR": str(settings.state_dir), "PYTHONPATH": str(ROOT)}
    command, pipe = [sys.executable, "-m", "kie_mcp"], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment) as process:  # noqa: S603 - ours
        assert process.stdin
        assert process.stdout
        process.stdin.write(after_opening(*(ask(method, number) for number, method in enumerate(LISTS[:3], 1))))
        process.stdin.flush()
        answers = [json.loads(process.stdout.readline()) for _ in range(4)]
        system = Path(f"/proc/{process.pid}")
        loaded, status = (system / "maps").read_text(), (system / "status").read_text()
        process.stdin.close()
    assert answers[3]["result"]["nextCursor"], "the page is full of the ledger's files"
    assert "_sqlite3" in loaded
    assert "pydantic" not in loaded
    [resident] = (int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS:"))
    assert resident < MEGABYTES
    assert process.returncode == 0
