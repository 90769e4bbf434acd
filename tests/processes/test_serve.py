"""The server over HTTP: real sockets, both eras of the protocol, who is let in, and how it ends."""

import base64
import http.client
import json
import logging
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.to_thread import run_sync
from inline_snapshot import snapshot
from mcp import Client
from pydantic import SecretStr

from kie_mcp.http.limits import HttpLimits
from kie_mcp.http.server import HttpAccess, serve_http
from kie_mcp.jobs.job import Phase
from kie_mcp.sandbox import serve
from kie_mcp.setting_values import SettingsError
from kie_mcp.settings import SANDBOX_KEY
from tests.processes.upstream import png
from tests.support.http_process import environment, serving
from tests.support.sandbox_server import Era, facts, settings, text
from tests.support.shared_ledger import House, opened, until

pytestmark = pytest.mark.anyio

ERAS: tuple[Era, ...] = ("legacy", "auto")
SOON = 5.0
"""Seconds to end, on a busy machine."""
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}


@asynccontextmanager
async def served(
    folder: Path, kie: str = "", *, token: str = "", bounds: HttpLimits | None = None, **access: Any
) -> AsyncGenerator[str]:
    """The URL of a server in this process, on a sandbox in a hurry or another upstream; it leaves by a signal."""
    async with serve(speed=60) as sandbox, anyio.create_task_group() as group:
        send, receive = anyio.create_memory_object_stream[str](1)
        secret = SecretStr(token) if token else None
        used = settings(folder, api_base_url=kie or sandbox, upload_base_url=kie or sandbox, http_token=secret)
        start = partial(serve_http, used, HttpAccess("127.0.0.1", 0, **access), send.send_nowait, bounds=bounds)
        group.start_soon(start)
        with send, receive:
            yield await receive.receive()
        signal.raise_signal(signal.SIGINT)


async def test_clients_of_both_eras_make_pictures_at_one_desk(tmp_path: Path) -> None:
    heard: dict[Era, list[float]] = {era: [] for era in ERAS}

    async def make(url: str, era: Era) -> None:
        async def hear(progress: float, total: float | None, message: str | None) -> None:
            heard[era].append(progress)

        async with Client(url, mode=era) as client:
            assert {"generate_image", "get_job_status"} <= {tool.name for tool in (await client.list_tools()).tools}
            made = facts(await client.call_tool("generate_image", {"prompt": era}, progress_callback=hear))
            read = await client.read_resource(made["outputs"][0]["resource"])
            assert (made["state"], read.contents[0].mime_type) == ("succeeded", "image/png")
            listed[era] = facts(await client.call_tool("list_jobs", {}))["jobs"]

    listed: dict[Era, Any] = {}
    async with served(tmp_path) as url, anyio.create_task_group() as group:
        for era in heard:
            group.start_soon(make, url, era)
    for era, values in heard.items():
        assert values == sorted(set(values)) != []
        assert len(listed[era]) == 2


async def test_local_paths_are_refused_and_everything_else_is_taken(tmp_path: Path) -> None:
    place = tmp_path / "out" / "cat.png"
    place.parent.mkdir()
    place.write_bytes(png())
    uri = "data:image/png;base64," + base64.b64encode(png()).decode()
    async with served(tmp_path) as url, Client(url) as client:

        async def edit(image: str) -> Any:
            order = {"prompt": "a hat", "images": [image], "wait_seconds": 0}
            return await client.call_tool("generate_image", order)

        refused = [await edit(path) for path in (str(place), place.as_uri(), "cat.png", "~/cat.png", "FILE:///a.png")]
        first = facts(await edit(uri))
        second = facts(await edit(f"kie://jobs/{first['job_id']}/outputs/0"))
    for answer in refused:
        assert answer.is_error
        assert "is a local path, and those cannot be handed in over HTTP." in text(answer)
        assert "Give an https URL, kie://jobs/{job_id}/outputs/{n} of an earlier job, or a data URI." in text(answer)
    assert first["state"] in {"queued", "running"}
    assert second["waiting_for"] == [first["job_id"]]


async def test_a_large_data_uri_arrives_and_a_larger_call_does_not(tmp_path: Path) -> None:
    async with served(tmp_path) as url:
        async with Client(url) as client:
            arrived = await client.call_tool(
                "generate_image", {"prompt": "a hat", "images": ["data:image/png;base64," + "A" * 13_000_000]}
            )
        status, _ = await run_sync(lambda: ask(url, {}, b" " * (33 * 1024 * 1024)))
    assert facts(arrived)["error"]["category"] == "invalid_argument"
    assert status == 413


SURROGATE = (
    r'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"generate_image",'
    r'"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",'
    r'"io.modelcontextprotocol/clientCapabilities":{}},"arguments":{"prompt":"a \ud800 fox"}}}'
)
JUST_SO: dict[str, str] = {}
OLD = {"MCP-Protocol-Version": "2025-06-18"}
NEW = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "generate_image"}


async def test_a_call_with_half_a_surrogate_pair_is_refused_and_the_next_one_is_answered(tmp_path: Path) -> None:
    """In the older revisions it cannot be read at all; in the newer one it can, and the argument is refused."""
    async with served(tmp_path) as url:
        session = OLD | {"Mcp-Session-Id": (await run_sync(ask, url, JUST_SO))[1]["Mcp-Session-Id"]}
        older, _, error = await run_sync(post, url, session, SURROGATE.encode())
        newer, _, refusal = await run_sync(post, url, NEW, SURROGATE.encode())
        status, _, pong = await run_sync(post, url, session, ping())
        async with Client(url) as client:
            jobs = facts(await client.call_tool("list_jobs"))["jobs"]
    assert (older, newer, status, b'"result":{}' in pong) == (400, 200, 200, True)
    assert "error" in json.loads(error)
    assert json.loads(refusal)["result"]["structuredContent"]["error"]["category"] == "invalid_argument"
    assert jobs == []


async def test_the_log_of_this_process_is_left_as_it_was(tmp_path: Path) -> None:
    logger = logging.getLogger("uvicorn.error")
    before = logger.level
    logger.setLevel(logging.INFO)
    try:
        async with anyio.create_task_group() as group:
            send, receive = anyio.create_memory_object_stream[str](1)
            group.start_soon(serve_http, settings(tmp_path), HttpAccess("127.0.0.1", 0), send.send_nowait)
            with send, receive:
                await receive.receive()
            signal.raise_signal(signal.SIGINT)
        assert logger.level == logging.INFO
    finally:
        logger.setLevel(before)


def ping() -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 9, "method": "ping"}).encode()


def ask(
    url: str, headers: dict[str, str], body: bytes = b"", method: str = "POST"
) -> tuple[int, http.client.HTTPMessage]:
    """Shake hands as the 2025-11-25 revision does: status and headers of the answer."""
    return post(url, headers, body, method)[:2]


def post(
    url: str, headers: Mapping[str, str | None], body: bytes = b"", method: str = "POST", path: str = "/mcp"
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """The same, or another call: status, headers and body of the answer."""
    host, _, port = url.removeprefix("http://").partition("/")[0].partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    usual = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    given = {name: value.replace("PORT", port) for name, value in (usual | dict(headers)).items() if value is not None}
    connection.request(method, path, body or json.dumps(HELLO), given)
    answer = connection.getresponse()
    told = answer.read()
    connection.close()
    return answer.status, answer.headers, told


async def test_only_known_hosts_and_origins_are_let_in(tmp_path: Path) -> None:
    calls: dict[str, tuple[dict[str, str], int]] = {
        "its own address": ({}, 200),
        "localhost": ({"Host": "localhost:PORT"}, 200),
        "another port": ({"Host": "127.0.0.1:1"}, 421),
        "a name that leads here": ({"Host": "evil.example:PORT"}, 421),
        "a name that begins alike": ({"Host": "127.0.0.1.evil.example:PORT"}, 421),
        "no host": ({"Host": ""}, 421),
        "a page of its own": ({"Origin": "http://127.0.0.1:PORT"}, 200),
        "a page of somebody": ({"Origin": "http://evil.example"}, 403),
        "a page of another server here": ({"Origin": "http://localhost:3000"}, 403),
        "a page without an origin": ({"Origin": "null"}, 403),
        "a proxy's name": ({"Host": "kie.example"}, 200),
        "a proxy's name and port": ({"Host": "kie.example:8443"}, 200),
        "a host with its port": ({"Host": "other.example:8443"}, 200),
        "a host with another port": ({"Host": "other.example:1"}, 421),
        "a page that is let in": ({"Origin": "https://app.example"}, 200),
        "a page that begins alike": ({"Origin": "https://app.example.evil.example"}, 403),
    }
    hosts, origins = ["kie.example", "other.example:8443"], ["https://app.example"]
    async with served(tmp_path, hosts=hosts, origins=origins) as url:
        found = {name: (await run_sync(ask, url, headers))[0] for name, (headers, _) in calls.items()}
    assert found == {name: status for name, (_, status) in calls.items()}


async def test_a_page_that_is_let_in_may_read_the_answer_and_no_other_page(tmp_path: Path) -> None:
    async def allowed(url: str, origin: str) -> str | None:
        before = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        _, headers = await run_sync(ask, url, before, b"", "OPTIONS")
        return headers["Access-Control-Allow-Origin"]

    async with served(tmp_path, origins=["https://app.example"]) as url:
        assert await allowed(url, "https://app.example") == "https://app.example"
        assert await allowed(url, "https://evil.example") is None
    async with served(tmp_path) as url:
        assert await allowed(url, "https://app.example") is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "[::]", "192.0.2.1", "kie.example", "", "127.0.0.1.nip.io"])  # noqa: S104
def test_what_others_could_reach_is_not_served_on(host: str) -> None:
    with pytest.raises(SettingsError) as caught:
        HttpAccess(host, 0).listen()
    assert str(caught.value).replace(f"--host {host}:", "--host HOST:") == snapshot(
        "--host HOST: other machines could reach that, and this server does not ask who calls."
    )
    assert caught.value.remedy == snapshot("""\
Serve on 127.0.0.1, ::1 or localhost: whoever reaches it spends your credits and sees your jobs.
For callers elsewhere put a reverse proxy on this machine that lets only them in, and name it with --allow-host;
or have them forward the port with ssh -L.\
""")


def test_the_host_and_origin_lists_are_on_wherever_it_listens() -> None:
    for host in ("127.0.0.1", "localhost", "::1", "127.0.0.2"):
        security = HttpAccess(host, 80).security(80)
        assert security.enable_dns_rebinding_protection
        assert HttpAccess(host, 80).url(80).removesuffix("/mcp") in security.allowed_origins
        assert "localhost" in security.allowed_hosts


def test_a_port_that_is_taken_is_named_with_the_way_out_and_exit_code_2(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "kie_mcp", "serve", "--port", port]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment(tmp_path))  # noqa: S603
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.replace(port, "PORT") == snapshot("""\
kie-mcp: Port PORT of 127.0.0.1 cannot be used (address already in use).
Choose another with --port N; 0 picks a free one.
""")


async def test_a_client_that_goes_away_in_a_call_loses_nothing(tmp_path: Path) -> None:
    async def go_and_come_back(house: House, url: str, era: Era) -> None:
        prompt = f"a cat for {era}"
        order = {"prompt": prompt, "wait_seconds": 60}
        async with Client(url, mode=era) as client, anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "generate_image", order)
            await run_sync(until, lambda: house.made(prompt))
            group.cancel_scope.cancel()
        async with Client(url, mode=era) as client:
            answer = facts(await client.call_tool("generate_image", order))
        assert (answer["state"], answer["joined"]) == ("succeeded", True)
        assert house.made(prompt) == 1

    with opened(tmp_path) as house:
        async with served(tmp_path, house.url) as url, anyio.create_task_group() as group:
            for era in ERAS:
                group.start_soon(go_and_come_back, house, url, era)


async def test_a_process_that_is_told_to_leave_in_a_call_writes_the_job_down_and_the_next_one_goes_on(
    tmp_path: Path,
) -> None:
    order = {"prompt": "{late:go} cat", "wait_seconds": 60}

    async def call(url: str) -> None:
        with suppress(Exception):  # whatever its connection breaks with
            async with Client(url) as client:
                await client.call_tool("generate_image", order)

    with opened(tmp_path) as house:
        upstream = {"KIE_API_KEY": SANDBOX_KEY, "KIE_API_BASE_URL": house.url, "KIE_UPLOAD_BASE_URL": house.url}
        with serving(tmp_path, "serve", "--port", "0", **upstream) as first:
            async with anyio.create_task_group() as group:
                group.start_soon(call, await run_sync(first.url))
                await run_sync(until, house.made)
                first.process.terminate()
                await anyio.sleep(0.3)
                assert first.process.poll() is None, "it left before the answer to what it had sent"
                house.say("go")
                await run_sync(first.process.wait, SOON)
                group.cancel_scope.cancel()
        assert (first.process.returncode, first.said) == (0, "")
        assert house.phases() == [Phase.SUBMITTED]
        assert [job["task_id"] for job in house.jobs().values()] == [event.task for event in house.events("made")]

        async with served(tmp_path, house.url) as url, Client(url) as client:
            answer = facts(await client.call_tool("generate_image", order))
        assert (answer["state"], answer["joined"]) == ("succeeded", True)
        assert house.made() == 1
