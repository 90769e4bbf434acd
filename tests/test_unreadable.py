"""Lines that are no message: each is answered, and what comes after it is served."""
# ruff: noqa: E501 (texts stand as they are said)

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot

ROOT = Path(__file__).parents[1]
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
    assert by_id[None]["error"]["code"] in {-32700, -32600, -32602}


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
                            "message": "That line is not JSON; nothing was done. Send one JSON-RPC message a line.",
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
