"""What callers over HTTP can hold of the server is bounded, and nobody who waits for a job is cut."""

import gc
import http.client
import json
import socket
import time
import tracemalloc
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.to_thread import run_sync
from mcp import Client

from kie_mcp.http.limits import HttpLimits
from kie_mcp.sandbox import serve
from tests.processes.test_serve import HELLO, JUST_SO, OLD, ask, ping, post, served
from tests.support.sandbox_server import facts
from tests.support.shared_ledger import opened, until

pytestmark = pytest.mark.anyio

MODERN = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "generate_image"}
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": dict[str, str](),
}
SHORT = 0.5
"""Seconds for what a caller owes."""
LONG = 15.0
"""Seconds after which a test gives up."""


def raw(url: str, *said: bytes, pause: float = 0.0) -> bytes:
    """Say these bytes over a connection, and read until it is closed."""
    host, _, port = url.removeprefix("http://").partition("/")[0].partition(":")
    with socket.create_connection((host, int(port)), timeout=LONG) as connection:
        for part in said:
            try:
                connection.sendall(part)
            except OSError:  # it was closed meanwhile
                break
            time.sleep(pause)
        answer = b""
        try:
            while data := connection.recv(65536):
                answer += data
        except ConnectionResetError:
            pass
        return answer


def head(url: str, length: int) -> bytes:
    host = url.removeprefix("http://").partition("/")[0]
    lines = ["POST /mcp HTTP/1.1", f"Host: {host}", "Content-Type: application/json", f"Content-Length: {length}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@pytest.mark.parametrize(
    "said",
    [
        [],
        [b"POST /mcp HT"],
        [b"POST /mcp HTTP/1.1\r\nHost: x\r\n"],
        [b"P", b"O", b"S", b"T"],
    ],
    ids=["nothing", "half a line", "half a head", "a letter at a time"],
)
async def test_a_connection_on_which_no_request_comes_is_closed(tmp_path: Path, said: list[bytes]) -> None:
    async with served(tmp_path, bounds=HttpLimits(head_seconds=SHORT)) as url:
        began = time.monotonic()
        assert await run_sync(lambda: raw(url, *said, pause=SHORT / 3)) == b""
        assert time.monotonic() - began < LONG / 2


async def test_half_a_head_after_an_answer_is_not_waited_for_either(tmp_path: Path) -> None:
    async with served(tmp_path, bounds=HttpLimits(head_seconds=SHORT)) as url:
        body = json.dumps(HELLO).encode()
        answer = await run_sync(lambda: raw(url, head(url, len(body)) + body, b"\r\nPOST /mcp", pause=SHORT / 2))
    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("said", [[], [b"{"], [b"{", b'"', b"a", b'"']], ids=["none", "a byte", "a byte at a time"])
async def test_a_body_that_does_not_come_is_answered_so_and_its_connection_closed(
    tmp_path: Path, said: list[bytes]
) -> None:
    async with served(tmp_path, bounds=HttpLimits(body_seconds=SHORT)) as url:
        answer = await run_sync(lambda: raw(url, head(url, 100), *said, pause=SHORT / 3))
    assert answer.startswith(b"HTTP/1.1 408")
    assert answer.endswith(b"The call did not come in time; nothing was done.")


async def test_what_is_left_of_a_body_that_was_refused_is_not_waited_for(tmp_path: Path) -> None:
    async with served(tmp_path, bounds=HttpLimits(head_seconds=SHORT)) as url:
        answer = await run_sync(lambda: raw(url, head(url, 2**30), b"a", b"b", pause=SHORT / 3))
    assert answer.startswith(b"HTTP/1.1 413")


async def test_a_slow_body_that_keeps_coming_is_waited_for(tmp_path: Path) -> None:
    body = json.dumps(HELLO).encode() + b" " * 4000
    parts = [body[start : start + 1000] for start in range(0, len(body), 1000)]
    async with served(tmp_path, bounds=HttpLimits(body_seconds=SHORT, slowest=1000, head_seconds=2 * SHORT)) as url:
        whole = head(url, len(body)).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        answer = await run_sync(lambda: raw(url, whole, *parts, pause=SHORT / 2))
    assert answer.startswith(b"HTTP/1.1 200")


async def test_a_call_that_waits_for_its_job_is_cut_by_none_of_the_times(tmp_path: Path) -> None:
    """Nor is the session in which it waits, and a stream of notifications keeps its own session too."""
    bounds = HttpLimits(head_seconds=SHORT, body_seconds=SHORT, session_seconds=SHORT, turn_seconds=SHORT, sessions=1)
    with opened(tmp_path) as house:
        async with served(tmp_path, house.url, bounds=bounds) as url, Client(url, mode="legacy") as client:
            started = time.monotonic()
            order = {"prompt": "a cat {takes:3}", "wait_seconds": 60}
            answers: list[Any] = []

            async def call() -> None:
                answers.append(facts(await client.call_tool("generate_image", order)))

            async with anyio.create_task_group() as group:
                group.start_soon(call)
                await run_sync(until, house.made)
                for _ in range(3):  # more sessions than there may be
                    assert (await run_sync(ask, url, JUST_SO))[0] == 200
    assert answers[0]["state"] == "succeeded"
    assert time.monotonic() - started > 4 * SHORT


async def test_the_session_that_was_idle_longest_makes_room(tmp_path: Path) -> None:
    async with served(tmp_path, bounds=HttpLimits(sessions=3)) as url:
        opened = [(await run_sync(ask, url, JUST_SO))[1]["Mcp-Session-Id"] for _ in range(3)]
        await run_sync(post, url, OLD | {"Mcp-Session-Id": opened[0]}, ping())
        opened += [(await run_sync(ask, url, JUST_SO))[1]["Mcp-Session-Id"] for _ in range(2)]
        found = [(await run_sync(post, url, OLD | {"Mcp-Session-Id": one}, ping()))[0] for one in opened]
    assert found == [200, 404, 404, 200, 200]


async def test_a_session_that_its_client_has_ended_takes_no_room_from_one_that_lives(tmp_path: Path) -> None:
    async with served(tmp_path, bounds=HttpLimits(sessions=2)) as url:

        async def begun() -> dict[str, str]:
            return OLD | {"Mcp-Session-Id": (await run_sync(ask, url, JUST_SO))[1]["Mcp-Session-Id"]}

        lives, ended = await begun(), await begun()
        assert (await run_sync(post, url, ended, b"", "DELETE"))[0] == 200
        assert (await run_sync(post, url, ended, ping()))[0] == 404
        assert (await run_sync(post, url, ended, b"", "DELETE"))[0] == 404, "once is enough"
        last = await begun()
        found = [(await run_sync(post, url, one, ping()))[0] for one in (lives, last)]
    assert found == [200, 200]


async def test_a_session_that_could_not_be_ended_keeps_its_place_in_the_line(tmp_path: Path) -> None:
    async with served(tmp_path, bounds=HttpLimits(sessions=2)) as url:
        opened = [(await run_sync(ask, url, JUST_SO))[1]["Mcp-Session-Id"] for _ in range(2)]
        first = OLD | {"Mcp-Session-Id": opened[0]}
        refused = await run_sync(post, url, first | {"Origin": "http://evil.example"}, b"", "DELETE")
        opened += [(await run_sync(ask, url, JUST_SO))[1]["Mcp-Session-Id"]]
        found = [(await run_sync(post, url, OLD | {"Mcp-Session-Id": one}, ping()))[0] for one in opened]
    assert refused[0] == 403
    assert found == [200, 404, 200], "whoever it was, it was used last"


def answers(url: str, calls: int = 40) -> list[float]:
    """How long each of some calls over one connection took, seconds."""
    host, _, port = url.removeprefix("http://").partition("/")[0].partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=LONG)
    took: list[float] = []
    for _ in range(calls):
        began = time.monotonic()
        connection.request("POST", "/mcp", json.dumps(HELLO), {"Content-Type": "application/json"})
        connection.getresponse().read()
        took.append(time.monotonic() - began)
    connection.close()
    return took


async def test_no_answer_waits_for_an_acknowledgement(tmp_path: Path) -> None:
    """It leaves in two pieces, and the second would wait for 40 ms: not at first, but from some calls on."""
    async with served(tmp_path) as url, serve() as sandbox:
        took = {one: await run_sync(answers, one) for one in (url, sandbox)}
    assert {one: min(seconds[-20:]) < 0.03 for one, seconds in took.items()} == dict.fromkeys(took, True), took


async def test_a_session_in_which_nothing_is_asked_ends(tmp_path: Path) -> None:
    async with served(tmp_path, bounds=HttpLimits(session_seconds=SHORT)) as url:
        session = {"Mcp-Session-Id": (await run_sync(ask, url, JUST_SO))[1]["Mcp-Session-Id"]}
        assert (await run_sync(post, url, OLD | session, ping()))[0] == 200
        await anyio.sleep(3 * SHORT)
        assert (await run_sync(post, url, OLD | session, ping()))[0] == 404


async def test_an_idle_connection_makes_room_and_one_too_many_is_told_so(tmp_path: Path) -> None:
    async with served(tmp_path, bounds=HttpLimits(connections=3)) as url:
        host, _, port = url.removeprefix("http://").partition("/")[0].partition(":")
        usual = {"Content-Type": "application/json", "Connection": "keep-alive"}

        def hold() -> http.client.HTTPConnection:
            connection = http.client.HTTPConnection(host, int(port), timeout=LONG)
            connection.request("POST", "/mcp", json.dumps(HELLO), usual)
            connection.getresponse().read()
            return connection

        idle = [await run_sync(hold) for _ in range(6)]
        begun = [socket.create_connection((host, int(port)), timeout=LONG) for _ in range(3)]
        for one in begun:
            one.sendall(b"POST /mcp")
        await anyio.sleep(SHORT)
        assert (await run_sync(raw, url, b"")).startswith(b"HTTP/1.1 503")
        for one in begun:
            one.close()
        await anyio.sleep(SHORT)
        assert (await run_sync(ask, url, JUST_SO))[0] == 200
        for one in idle:
            one.close()


async def test_few_large_bodies_are_read_at_once_and_small_ones_pass_them(tmp_path: Path) -> None:
    """A large one waits for its turn, and is told when that does not come; then there is room again."""
    size = 2 * 1024 * 1024
    bounds = HttpLimits(bodies=size, body=size, turn_seconds=SHORT, body_seconds=6 * SHORT)
    body = json.dumps(HELLO).encode()
    large = body + b" " * (size - len(body))
    async with served(tmp_path, bounds=bounds) as url:
        async with anyio.create_task_group() as group:
            group.start_soon(run_sync, lambda: raw(url, head(url, size), b"{"))
            await anyio.sleep(SHORT)
            assert (await run_sync(ask, url, JUST_SO))[0] == 200
            status, headers, _ = await run_sync(post, url, {"Content-Length": str(size)}, large)
            assert (status, headers["Retry-After"]) == (503, "5")
        assert (await run_sync(ask, url, JUST_SO, large))[0] == 200


async def test_what_was_made_of_a_large_body_is_let_go_once_it_is_answered(tmp_path: Path) -> None:
    """The SDK leaves it in circles, which nobody else is made to collect here."""
    order = {"prompt": "a cat", "images": ["data:image/png;base64," + "A" * 20_000_000]}
    call = {"name": "generate_image", "arguments": order, "_meta": META}
    body = json.dumps(HELLO | {"method": "tools/call", "params": call}).encode()
    async with served(tmp_path) as url:
        await run_sync(post, url, MODERN, body)
        gc.collect()
        gc.disable()
        tracemalloc.start()
        try:
            for _ in range(4):
                assert b"more than 10 MB" in (await run_sync(post, url, MODERN, body))[2]
            await anyio.sleep(SHORT)
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
            gc.enable()
    assert held < len(body)
