"""Lines that are no message: each is answered, and what comes after it is served."""
# ruff: noqa: E501 (texts stand as they are said)

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot

ROOT = Path(__file__).parents[2]
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}}
CALL = (
    r'{"jsonrpc":"2.0","id":7,"method":"tools/call",'
    r'"params":{"name":"generate_image","arguments":{"prompt":"a \ud800 fox"}}}'
)


def said(folder: Path, line: str) -> list[dict[str, Any]]:
    """What a server answers to a handshake, the line, and a ping."""
    hello = json.dumps({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": HELLO})
    ping = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"})
    place = {"PYTHONPATH": str(ROOT), "HOME": str(folder), "KIE_STATE_DIR": str(folder / "state")}
    with subprocess.Popen(
        [sys.executable, "-m", "kie_mcp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=place,
    ) as server:
        assert server.stdin
        assert server.stdout
        server.stdin.write("\n".join([hello, line, ping]) + "\n")
        server.stdin.flush()
        answers = [json.loads(server.stdout.readline()) for _ in range(3)]
        server.stdin.close()
    return answers


@pytest.mark.parametrize(
    "line",
    [
        "[" * 1500,
        '{"jsonrpc":"2.0","id":9,"method":"ping","params":' + '{"a":' * 1050 + "1" + "}" * 1051,
        r'{"jsonrpc":"2.0","id":"\ud800","method":"ping"}',
    ],
    ids=["brackets", "deep", "an id that cannot be sent back"],
)
def test_no_line_ends_the_server(tmp_path: Path, line: str) -> None:
    by_id = {one["id"]: one for one in said(tmp_path, line)}
    assert by_id[1]["result"] == {}
    # How deep Python reads JSON, and so whether it finds the number of the request, depends on its version.
    [answer] = (one for number, one in by_id.items() if number in {None, 9})
    assert answer["error"]["code"] in {-32700, -32600, -32602}


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (
            CALL,
            snapshot(
                {
                    7: {
                        "jsonrpc": "2.0",
                        "id": 7,
                        "error": {
                            "code": -32602,
                            "message": "A text holds U+D800, half of a surrogate pair, which no UTF-8 can carry; nothing was done. Take the character out and send it again.",
                        },
                    }
                }
            ),
        ),
        (
            "{ this is no JSON",
            snapshot(
                {
                    None: {
                        "jsonrpc": "2.0",
                        "id": None,
                        "error": {
                            "code": -32700,
                            "message": "That line is not JSON; nothing was done. Send one JSON-RPC message per line.",
                        },
                    }
                }
            ),
        ),
        (
            '{"hello": "world"}',
            snapshot(
                {
                    None: {
                        "jsonrpc": "2.0",
                        "id": None,
                        "error": {
                            "code": -32600,
                            "message": "That is JSON, but no JSON-RPC 2.0 message; nothing was done.",
                        },
                    }
                }
            ),
        ),
    ],
)
def test_a_line_that_cannot_be_read_is_answered(tmp_path: Path, line: str, answer: dict[str, Any]) -> None:
    by_id = {one["id"]: one for one in said(tmp_path, line)}
    assert by_id.pop(1)["result"] == {}
    del by_id[0]
    assert by_id == answer


def spoken(folder: Path, given: bytes, count: int, stderr: int = subprocess.DEVNULL) -> list[dict[str, Any]]:
    """What a server answers to a handshake and then to these bytes: that many answers; it ends in good order."""
    hello = json.dumps({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": HELLO}).encode() + b"\n"
    place = {"PYTHONPATH": str(ROOT), "HOME": str(folder), "KIE_STATE_DIR": str(folder / "state")}
    command, pipe = [sys.executable, "-m", "kie_mcp"], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=stderr, env=place) as server:  # noqa: S603 - our own
        assert server.stdin
        assert server.stdout
        server.stdin.write(hello)
        server.stdin.flush()
        assert json.loads(server.stdout.readline())["id"] == 0
        server.stdin.write(given)
        server.stdin.flush()
        answers = [json.loads(server.stdout.readline()) for _ in range(count)]
        server.stdin.close()
        assert server.stdout.read() == b""
        assert server.wait(20) == 0
    return answers


def ping(number: int) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "ping"}).encode()


@pytest.mark.parametrize(
    "given",
    [
        b"\n\r\n  \t \n\xef\xbb\xbf\n\0\n" + ping(1) + b"\r\n\n",
        b"\xef\xbb\xbf" + ping(1) + b"\n",
        b" " + ping(1) + b"\r\n",
    ],
    ids=["blank lines", "a byte order mark", "space"],
)
def test_what_is_no_message_and_no_mistake_is_passed_over(tmp_path: Path, given: bytes) -> None:
    answers = spoken(tmp_path, given, 1)
    assert [(one["id"], one.get("result")) for one in answers] == [(1, {})]


def test_a_byte_order_mark_before_the_very_first_line_is_passed_over(tmp_path: Path) -> None:
    hello = json.dumps({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": HELLO})
    place = {"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "KIE_STATE_DIR": str(tmp_path / "state")}
    ran = subprocess.run(
        [sys.executable, "-m", "kie_mcp"],
        input=b"\xef\xbb\xbf" + hello.encode() + b"\n",
        capture_output=True,
        env=place,
        timeout=60,
        check=True,
    )
    assert json.loads(ran.stdout)["result"]["serverInfo"]["name"] == "kie-mcp"


def test_content_length_headers_are_refused_in_words_and_what_comes_after_is_served(tmp_path: Path) -> None:
    """Each message under them too; nobody who reads standard error any more, and the warning there, change nothing."""
    framed = b"".join(b"Content-Length: %d\r\n\r\n%s" % (len(ping(n)), ping(n)) for n in (1, 2))
    reading, writing = os.pipe()
    os.close(reading)
    answers = spoken(tmp_path, framed + b"\n" + ping(3) + b"\n", 4, writing)
    os.close(writing)
    refused = [one for one in answers if "error" in one]
    assert [one["id"] for one in refused] == [None, 1, 2]
    assert {one["error"]["message"] for one in refused} == snapshot(
        {
            "Content-Length headers are not understood; nothing was done. Send one JSON-RPC message per line, without headers."
        }
    )
    assert [one["id"] for one in answers if "result" in one] == [3]


@pytest.mark.parametrize(
    ("given", "number"),
    [
        (ping(1).replace(b"ping", b"p\xffng"), 1),
        (ping(1).replace(b"ping", b"p\xed\xa0\x80ng"), 1),
        (ping(1).replace(b"ping", b"p\0ng"), 1),
        (ping(1).decode().encode("utf-16"), None),
        (ping(1).decode().encode("utf-16-le"), None),
    ],
    ids=["a stray byte", "half a surrogate pair", "NUL", "UTF-16", "UTF-16 without a mark"],
)
def test_a_line_that_is_not_utf8_is_refused_and_never_guessed(tmp_path: Path, given: bytes, number: int | None) -> None:
    answers = spoken(tmp_path, given + b"\n" + ping(2) + b"\n", 2)
    assert {one["id"]: "error" in one for one in answers} == {number: True, 2: False}
    assert [one["error"]["message"] for one in answers if "error" in one] == snapshot(
        ["That line is not UTF-8; nothing was done. Send one JSON-RPC message per line, as UTF-8."]
    )
