"""The sandbox on a real port: reset connections, callbacks, clean ends, and what an import costs."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import Any

import anyio
import httpx
import pytest

from kie_mcp.sandbox import create_app, serve
from kie_mcp.sandbox.account.sandbox import Sandbox
from kie_mcp.sandbox.api.callbacks import sign
from tests.support.sandbox_client import IMAGE, SPEECH, VOICE

pytestmark = pytest.mark.anyio
KEY = {"Authorization": "Bearer any"}


@contextmanager
def receiver() -> Generator[tuple[str, Queue[tuple[Any, dict[str, Any]]]]]:
    """A server on a port of its own that keeps the headers and bodies of what is posted to it."""
    posts: Queue[tuple[Any, dict[str, Any]]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            posts.put((self.headers, json.loads(raw)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its parent's word
            del format, args

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hook", posts
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def create(http: httpx.AsyncClient, model: str, callback: str | None = None, **given: Any) -> httpx.Response:
    """Create over the wire."""
    body = {"model": model, "input": given} | ({"callBackUrl": callback} if callback else {})
    return await http.post("/api/v1/jobs/createTask", json=body)


async def called_back(sandbox: Sandbox) -> None:
    """Wait until a callback was sent and answered, or was not."""
    with anyio.fail_after(10):
        while not sandbox.callbacks:  # noqa: ASYNC110  # the sandbox has nobody to tell
            await anyio.sleep(0.01)


async def test_a_speech_is_made_and_fetched_over_a_real_port() -> None:
    async with serve(speed=1000) as base, httpx.AsyncClient(base_url=base, headers=KEY) as http:
        task_id = (await create(http, SPEECH, text="hello", voice=VOICE)).json()["data"]["taskId"]
        data: dict[str, Any] = {"state": ""}
        with anyio.fail_after(10):
            while data["state"] != "success":
                await anyio.sleep(0.01)
                data = (await http.get("/api/v1/jobs/recordInfo", params={"taskId": task_id})).json()["data"]
        url = data["response"]["resultUrls"][0]
        assert url.startswith(base)
        assert (await http.get(url)).headers["content-type"] == "audio/mpeg"


async def test_a_reset_closes_the_connection_without_a_response() -> None:
    app = create_app()
    async with serve(app) as base, httpx.AsyncClient(base_url=base, headers=KEY) as http:
        with pytest.raises(httpx.TransportError):
            await create(http, IMAGE, prompt="sandbox:reset")
        assert app.state.sandbox.created == 1
        assert (await http.get("/api/v1/chat/credit")).json()["data"] == 996


@pytest.mark.parametrize(("prompt", "code", "state"), [("a fox", 200, "success"), ("sandbox:fail", 501, "fail")])
async def test_a_callback_comes_once_at_the_end_and_is_signed(prompt: str, code: int, state: str) -> None:
    app = create_app(speed=1000, webhook_key="test-key")
    with receiver() as (hook, posts):
        async with serve(app) as base, httpx.AsyncClient(base_url=base, headers=KEY) as http:
            task_id = (await create(http, IMAGE, hook, prompt=prompt)).json()["data"]["taskId"]
            await called_back(app.state.sandbox)
        headers, body = posts.get(timeout=5)
        assert posts.empty()
    assert app.state.sandbox.callbacks == [(task_id, 204)]
    assert (body["code"], body["data"]["state"], body["data"]["taskId"]) == (code, state, task_id)
    assert body["msg"].startswith("Playground task ")
    stamp = int(headers["X-Webhook-Timestamp"])
    assert headers["X-Webhook-Signature"] == sign("test-key", task_id, stamp)


def test_the_signature_covers_task_id_and_timestamp() -> None:
    signed = sign("test-key", "ed578231bfed231f0884c564579a965d", 1786432831)
    assert signed == "sUBVLOpJbS+GHCacliWuHI2PW851xSNPDmBHfzNpFug="


async def test_a_callback_that_nobody_takes_harms_nothing() -> None:
    app = create_app(speed=1000)
    async with serve(app) as base, httpx.AsyncClient(base_url=base, headers=KEY) as http:
        await create(http, IMAGE, "http://127.0.0.1:9/hook", prompt="x")
        await called_back(app.state.sandbox)
    assert app.state.sandbox.callbacks[0][1] is None


async def fail_inside(seen: list[str]) -> None:
    """Serve, note the address, and raise."""
    async with serve() as base:
        seen.append(base)
        raise KeyError(base)


async def test_an_error_of_the_caller_comes_through_and_the_port_is_free_again() -> None:
    seen: list[str] = []
    with pytest.raises(KeyError):
        await fail_inside(seen)
    async with serve(port=int(seen[0].rsplit(":", 1)[1])) as base:
        assert base == seen[0]


async def test_a_taken_port_is_an_error() -> None:
    async with serve() as base:
        with pytest.raises(OSError, match="in use"):
            async with serve(port=int(base.rsplit(":", 1)[1])):
                raise NotImplementedError


def test_importing_the_sandbox_loads_nothing_heavy() -> None:
    code = (
        "import sys, kie_mcp.sandbox\n"
        "print(sorted({'PIL', 'av', 'starlette', 'uvicorn', 'httpx'} & sys.modules.keys()))\n"
        "kie_mcp.sandbox.create_app, kie_mcp.sandbox.serve\n"
        "print(sorted({'PIL', 'av', 'httpx'} & sys.modules.keys()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == "[]\n[]\n"
