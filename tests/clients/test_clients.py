"""The scenes find out what they are there for; `make clients` puts the other clients through them."""

import json
import os
import sys
from pathlib import Path
from subprocess import run

import pytest

from tests.clients.evidence import Evidence, read
from tests.clients.fleet import FLEET, HERE
from tests.clients.scenes import Scene, play, scenes

CLIENT = FLEET["sdk-v2"]
SHORT = Scene("short", picture=0.5)
JOB = f"job_{'a' * 26}"

TWICE = """
import asyncio, sys
sys.path.insert(0, {drivers!r})
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from story import ARGUMENTS, COMMAND, ENVIRONMENT, PROMPT

async def main():
    server = StdioServerParameters(command=COMMAND, args=ARGUMENTS, env=ENVIRONMENT)
    async with Client(stdio_client(server)) as client:
        for _ in range(2):
            await client.call_tool("generate_image", {{"prompt": PROMPT, "new": True}})

asyncio.run(main())
"""

FOLLOW = """
import asyncio, sys
sys.path.insert(0, {drivers!r})
from story import tell

async def list_tools():
    return []

async def call_tool(tool, arguments):
    return {shown!r} if tool == "generate_image" else f"{{arguments}} succeeded"

asyncio.run(tell(list_tools, call_tool))
"""
STRUCTURED = {"job_id": JOB, "state": "running", "next": f'get_job_status(job_id="{JOB}", preview=true)'}


@pytest.fixture
def anyio_backend() -> str:
    """uvicorn, which serves the sandbox, runs on asyncio."""
    return "asyncio"


@pytest.mark.anyio
async def test_the_sdk_gets_to_its_picture() -> None:
    outcome = await play(CLIENT, SHORT)
    assert outcome.problems == []
    assert (outcome.created, outcome.evidence.orders, outcome.evidence.client) == (1, 1, "mcp")


@pytest.mark.anyio
async def test_a_second_creation_is_found_out(tmp_path: Path) -> None:
    driver = tmp_path / "twice.py"
    driver.write_text(TWICE.format(drivers=str(HERE / "drivers")))
    outcome = await play(CLIENT, SHORT, command=[sys.executable, str(driver)])
    assert outcome.problems[:2] == ["2 jobs were created for one order", "gave no account"]


@pytest.mark.anyio
async def test_a_client_does_after_each_answer_what_comes_next() -> None:
    outcome = await play(CLIENT, Scene("follows", picture=8, follows=True))
    assert outcome.problems == []
    assert [call["tool"] for call in outcome.account["calls"]][:2] == ["generate_image", "get_job_status"]
    assert {call["state"] for call in outcome.account["calls"][:-1]} <= {"queued", "running"}


@pytest.mark.parametrize(
    "shown",
    [f"running\njob: {JOB}\nnext: {STRUCTURED['next']}", str(STRUCTURED), json.dumps(STRUCTURED)],
    ids=["text", "as Python shows it", "as JSON"],
)
def test_what_comes_next_is_done_however_a_client_shows_it(shown: str) -> None:
    driver = FOLLOW.format(drivers=str(HERE / "drivers"), shown=shown)
    command = [sys.executable, "-c", driver, "a prompt", "no server"]
    told = run(command, env={**os.environ, "CLIENT_FOLLOWS": "1"}, check=True, capture_output=True)  # noqa: S603 - ours
    calls = json.loads(told.stdout.splitlines()[-1])["calls"]
    assert [call["tool"] for call in calls] == ["generate_image", "get_job_status"]
    assert calls[1]["text"] == f"{ {'job_id': JOB, 'preview': True} } succeeded"


@pytest.mark.anyio
async def test_a_call_that_was_lost_though_it_came_next_is_found_out() -> None:
    call = {"tool": "get_job_status", "seconds": 5.0, "state": "", "text": "timed out"}
    account = {"tools": [], "calls": [call], "jobs": [], "outputs": [], "state": ""}
    tell = f"print({json.dumps(json.dumps(account))})"
    outcome = await play(CLIENT, Scene("follows", follows=True), command=[sys.executable, "-c", tell])
    assert "lost the answer to get_job_status, called as it was told" in outcome.problems


@pytest.mark.anyio
async def test_a_client_that_never_starts_is_found_out() -> None:
    outcome = await play(CLIENT, SHORT, command=[sys.executable, "-c", "raise SystemExit('no such client')", "--"])
    assert outcome.problems == ["0 jobs were created for one order", "gave no account", "no such client"]


def test_what_a_client_says_of_itself_is_read_in_both_eras(tmp_path: Path) -> None:
    meta = {"io.modelcontextprotocol/clientInfo": {"name": "new", "version": "2"}, "progressToken": 1}
    call = {"name": "generate_image", "arguments": {}, "_meta": meta}
    hello = {"protocolVersion": "2025-11-25", "clientInfo": {"name": "old", "version": "1"}}
    assert read(_wire(tmp_path / "new", {"id": 7, "method": "tools/call", "params": call})) == Evidence(
        client="new", version="2", orders=1, listens=True
    )
    assert read(_wire(tmp_path / "old", {"id": 0, "method": "initialize", "params": hello})) == Evidence(
        client="old", version="1", protocol="2025-11-25", servers=1
    )


def test_a_call_that_was_given_up_is_timed(tmp_path: Path) -> None:
    call = {"id": 7, "method": "tools/call", "params": {"name": "get_job_status"}}
    cancelled = {"method": "notifications/cancelled", "params": {"requestId": 7}}
    assert read(_wire(tmp_path / "wire", call, cancelled)).gave_up == (5.0,)


@pytest.mark.parametrize("name", FLEET)
def test_a_client_has_a_driver_and_exact_pins_without_a_host(name: str) -> None:
    client = FLEET[name]
    assert Path(client.command[-1]).stem == f"with_{name.replace('-', '_')}"
    assert list((HERE / "drivers").glob(f"with_{name.replace('-', '_')}.*"))
    if client.pins and client.pins.suffix == ".txt":
        assert all("==" in line for line in client.pins.read_text().splitlines())
    elif client.pins:
        assert '"resolved"' not in client.pins.read_text()
        assert "omit-lockfile-registry-resolved=true" in (client.pins.parent / ".npmrc").read_text().splitlines()


def test_a_client_that_gives_up_by_itself_is_made_to() -> None:
    for client in FLEET.values():
        assert any(scene.cuts for scene in scenes(client)) == bool(client.cuts_after or client.can_be_told)


def _wire(path: Path, *messages: object) -> Path:
    path.write_text("".join(json.dumps({"at": 5.0 * n, "message": said}) + "\n" for n, said in enumerate(messages)))
    return path
