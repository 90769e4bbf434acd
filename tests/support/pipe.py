"""Speak MCP to a server over its pipes with nothing but the standard library, as a client in any language would."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

PROTOCOL = "2025-11-25"


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a server says first, and how long it took from the start of its process."""

    server: dict[str, Any]
    tools: list[dict[str, Any]]
    seconds: float


def greet(command: Sequence[str], *, timeout: float = 60.0) -> Greeting:
    """Start the server in an empty home folder, ask `initialize` and `tools/list`, close it.

    Raises RuntimeError if it does not answer in that many seconds, or says anything else.
    """
    began = time.perf_counter()
    with _server(command, timeout) as (send, receive):
        _say(send, {"id": 1, "method": "initialize", "params": _hello()})
        server = _answer(receive, 1)["serverInfo"]
        _say(send, {"method": "notifications/initialized"})
        _say(send, {"id": 2, "method": "tools/list"})
        tools = _answer(receive, 2)["tools"]
        return Greeting(server, tools, time.perf_counter() - began)


@contextmanager
def _server(command: Sequence[str], timeout: float) -> Generator[tuple[IO[bytes], IO[bytes]]]:
    with TemporaryDirectory() as home:
        process = subprocess.Popen(  # noqa: S603 - the command is the caller's own server
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=home, env=_environment(home)
        )
        watchdog = threading.Timer(timeout, process.kill)
        watchdog.start()
        try:
            assert process.stdin
            assert process.stdout
            yield process.stdin, process.stdout
            process.stdin.close()
            if process.wait() != 0:
                raise RuntimeError(f"the server ended with {process.returncode}")
        finally:
            watchdog.cancel()
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()


def _environment(home: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("KIE_", "XDG_", "PYTHON"))}
    return clean | {"HOME": home, "USERPROFILE": home, "KIE_STATE_DIR": str(Path(home, "state"))}


def _hello() -> dict[str, Any]:
    return {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": {"name": "pipe", "version": "1"}}


def _say(send: IO[bytes], message: dict[str, Any]) -> None:
    send.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
    send.flush()


def _answer(receive: IO[bytes], request: int) -> dict[str, Any]:
    for line in receive:
        message: dict[str, Any] = json.loads(line)
        if message.get("id") == request:
            if "result" not in message:
                raise RuntimeError(f"the server refused: {message}")
            return message["result"]
    raise RuntimeError("the server ended without an answer")
