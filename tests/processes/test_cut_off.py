"""What counts as heard over HTTP: an answer that was written to a connection that was there."""

import http.client
import json
import signal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kie_mcp.settings import SANDBOX_KEY
from tests.support.http_process import serving
from tests.support.shared_ledger import opened, until

HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}}
HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


ORDER = {"name": "generate_image", "arguments": {"prompt": "a cat {takes:4}", "wait_seconds": 60}}


def posted(url: str, headers: dict[str, str], **message: Any) -> http.client.HTTPConnection:
    """A connection on which a message was sent."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc, timeout=60)
    connection.request("POST", place.path, json.dumps({"jsonrpc": "2.0", **message}), HEADERS | headers)
    return connection


def session(url: str) -> dict[str, str]:
    """The headers of a session of the older era, once hands are shaken."""
    connection = posted(url, {}, id=1, method="initialize", params=HELLO)
    answer = connection.getresponse()
    headers = {"Mcp-Session-Id": answer.headers["mcp-session-id"], "MCP-Protocol-Version": "2025-11-25"}
    connection.close()
    posted(url, headers, method="notifications/initialized").close()
    return headers


def facts(said: str) -> dict[str, Any]:
    """The structured content of the answer in a stream of events."""
    data = [line.removeprefix("data:") for line in said.splitlines() if line.startswith("data:")]
    return json.loads(data[-1])["result"]["structuredContent"]


def test_the_call_that_repeats_one_whose_connection_was_cut_joins_its_finished_job(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        place = {"KIE_API_KEY": SANDBOX_KEY, "KIE_API_BASE_URL": house.url, "KIE_UPLOAD_BASE_URL": house.url}
        with serving(tmp_path, "serve", "--port", "0", **place) as server:
            url = server.url()
            first = posted(url, session(url), id=2, method="tools/call", params=ORDER)
            until(house.made)
            first.close()
            until(house.settled)
            until(lambda: house.callers() == ["left"])
            again = posted(url, session(url), id=3, method="tools/call", params=ORDER)
            said = again.getresponse().read().decode()
            again.close()
    answer = facts(said)
    assert (answer["state"], answer["joined"]) == ("succeeded", True)
    assert house.made() == 1


def test_an_answer_that_was_written_is_heard_though_the_process_is_killed_right_after(tmp_path: Path) -> None:
    order = {"name": "generate_image", "arguments": {"prompt": "a cat"}}
    with opened(tmp_path) as house:
        place = {"KIE_API_KEY": SANDBOX_KEY, "KIE_API_BASE_URL": house.url, "KIE_UPLOAD_BASE_URL": house.url}
        place["KIE_WAIT_SECONDS"] = "60"
        for made in (1, 2):
            with serving(tmp_path, "serve", "--port", "0", **place) as server:
                url = server.url()
                call = posted(url, session(url), id=2, method="tools/call", params=order)
                answer = facts(call.getresponse().read().decode())
                until(lambda: "waiting" not in house.callers(), timeout=1)
                server.leave(signal.SIGKILL)
                call.close()
            assert (answer["state"], answer.get("joined")) == ("succeeded", None)
            assert house.made() == made
