"""The process that greets a client before the server is loaded: how it ends, and when it loads the server."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kie_mcp.greeting.ledger import GLANCE_EVERY
from tests.support.shared_ledger import House, until
from tests.support.stdio_process import HELLO

ROOT = Path(__file__).parents[2]
SOON = 10.0
"""Seconds on a busy machine; a thousandth of it on one of its own."""
OPENING = b"".join(
    json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"
    for message in (
        {"id": 1, "method": "initialize", "params": HELLO},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/list"},
    )
)
CALL = b'{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"list_jobs","arguments":{}}}\n'
posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals")


@contextmanager
def greeted(folder: Path, *arguments: str) -> Generator[subprocess.Popen[bytes]]:
    """A process whose client has its first two answers."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("KIE_", "XDG_"))}
    command, pipe = [sys.executable, "-m", "kie_mcp", *arguments], subprocess.PIPE
    place = own | {"PYTHONPATH": str(ROOT), "HOME": str(folder)}
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=place) as process:  # noqa: S603 - our own
        assert process.stdin
        assert process.stdout
        process.stdin.write(OPENING)
        process.stdin.flush()
        assert [json.loads(process.stdout.readline())["id"] for _ in range(2)] == [1, 2]
        yield process
        process.kill()


def end(process: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    """Wait for its end: the exit code, and what it wrote."""
    out, err = process.communicate(timeout=SOON)
    return process.returncode, out, err


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("loading", [False, True], ids=["idle", "loading"])
def test_a_signal_ends_it_in_good_order(tmp_path: Path, number: signal.Signals, loading: bool) -> None:
    with greeted(tmp_path) as process:
        assert process.stdin
        if loading:
            process.stdin.write(CALL)
            process.stdin.flush()
            time.sleep(0.1)
        process.send_signal(number)
        code, out, err = end(process)
    assert (code, err) == (0, b"")
    assert out == b"" or loading


def test_a_client_that_leaves_with_a_call_open_ends_it_at_once(tmp_path: Path) -> None:
    with greeted(tmp_path) as process:
        out, err = process.communicate(CALL, timeout=SOON)
        code = process.returncode
    assert (code, out, err) == (0, b"", b"")


def test_with_a_sandbox_of_its_own_it_greets_first_and_serves_then(tmp_path: Path) -> None:
    with greeted(tmp_path, "--sandbox") as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(CALL)
        process.stdin.flush()
        answer: dict[str, Any] = json.loads(process.stdout.readline())
        code, out, _ = end(process)
    assert (answer["id"], answer["result"]["structuredContent"]["jobs"]) == (3, [])
    assert (code, out) == (0, b"")


@posix
def test_an_idle_process_goes_on_with_the_job_of_one_that_was_killed(house: House) -> None:
    """Nobody calls it; it looks every few seconds whether somebody cares for the jobs of its account."""
    first = house.server()
    first.order("{takes:2} cat")
    until(lambda: house.phases() in (["submitted"], ["running"]))
    first.kill()
    house.write("UPDATE workers SET alive_until = alive_until + 2")
    house.server()
    until(lambda: house.phases() == ["succeeded"], timeout=2 * GLANCE_EVERY + SOON)
    assert house.made() == len(house.files()) == 1


def test_an_order_that_loads_the_server_is_sent_once(house: House) -> None:
    server = house.server()
    answer = server.call("generate_image", prompt="{takes:60} cat")
    assert answer["state"] in {"running", "queued"}
    assert house.made() == len(house.events("create")) == 1
