"""Clients of the protocol's older revisions: each shakes hands, lists the tools and makes a picture, by hand."""

import http.client
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.http_process import serving
from tests.support.shared_ledger import House, opened
from tests.support.stdio_process import HELLO, JSON

REVISIONS = ["2024-11-05", "2025-03-26", "2025-06-18"]
TOOLS = {"generate_image", "generate_speech", "create_talking_video", "get_job_status", "list_jobs", "list_models"}
Ask = Callable[[str, JSON], JSON]
"""A method and its parameters to the result."""


def check(revision: str, greeting: JSON, ask: Ask, house: House) -> None:
    """What every client does, whatever carries it; the answer is read as one of these clients can, from its text."""
    assert greeting["protocolVersion"] == revision
    assert {tool["name"] for tool in ask("tools/list", {})["tools"]} >= TOOLS
    order = {"prompt": f"a cat of {revision}", "wait_seconds": 60}
    answer = ask("tools/call", {"name": "generate_image", "arguments": order})
    said = answer["content"][0]["text"]
    [file] = house.files()
    assert (answer["content"][0]["type"], answer.get("isError", False)) == ("text", False)
    assert said.startswith("succeeded: image")
    assert str(file) in said
    assert house.made() == 1


@pytest.mark.parametrize("revision", REVISIONS)
def test_an_older_client_makes_a_picture_over_pipes(revision: str, tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        server = house.server(greet=False)
        check(revision, server.greet(revision), server.ask, house)


class Post:
    """A client over HTTP that reads one answer a call, as it is or as an event."""

    def __init__(self, url: str) -> None:
        place, _, self._path = url.removeprefix("http://").partition("/")
        self._connection = http.client.HTTPConnection(place, timeout=30)
        self._headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        self._count = 0

    def greet(self, revision: str) -> JSON:
        """Shake hands; only the latest of these revisions names itself in each call."""
        greeting = self.ask("initialize", HELLO | {"protocolVersion": revision})
        if revision >= "2025-06-18":
            self._headers["MCP-Protocol-Version"] = revision
        self._send({"method": "notifications/initialized"})
        return greeting

    def ask(self, method: str, params: JSON) -> JSON:
        """Ask and wait: the result."""
        self._count += 1
        said = self._send({"id": self._count, "method": method, "params": params})
        lines = [line.removeprefix("data:").strip() for line in said.splitlines() if line.startswith(("data:", "{"))]
        [answer] = [one for one in map(json.loads, filter(None, lines)) if one.get("id") == self._count]
        return answer["result"]

    def close(self) -> None:
        """Leave."""
        self._connection.close()

    def _send(self, message: JSON) -> str:
        body = json.dumps({"jsonrpc": "2.0"} | message)
        self._connection.request("POST", f"/{self._path}", body, self._headers)
        answer = self._connection.getresponse()
        said = answer.read().decode()
        assert answer.status in {200, 202}, said
        if session := answer.headers["Mcp-Session-Id"]:
            self._headers["Mcp-Session-Id"] = session
        return said


@pytest.mark.parametrize("revision", REVISIONS)
def test_an_older_client_makes_a_picture_over_http(revision: str, tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        upstream = {"KIE_API_KEY": "tests", "KIE_API_BASE_URL": house.url, "KIE_UPLOAD_BASE_URL": house.url}
        with serving(tmp_path, "serve", "--port", "0", **upstream) as server:
            post = Post(server.url())
            try:
                check(revision, post.greet(revision), post.ask, house)
            finally:
                post.close()
