"""A connection to a server in this process, byte by byte: to the real server alone, or through the start."""

import json
import os
import queue
import threading
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast

import anyio

from kie_mcp.app import assemble, make_shared_parts, make_tenant
from kie_mcp.greeting.plain_settings import PlainSettings
from kie_mcp.settings import Settings
from kie_mcp.start import Start
from kie_mcp.stdio_server import serve_stdio
from kie_mcp.surface.stdio.hand_over import HandOver
from kie_mcp.surface.tenant import Tenants

JSON = dict[str, Any]
Serve = Callable[[HandOver], int]
"""Serves a connection by the real server; returns the exit code."""
QUIET = 0.1
"""Seconds without an answer after which the real server is taken to have answered all, if no request is open."""
PATIENT = 2.0
"""The same if one is."""
LONGEST = 20.0
_END = b"the end\n"


class Client:
    """The other ends of two pipes; a thread sends what there is to send, then waits for the answers and leaves.

    Args:
        pieces: What is sent, piece by piece.
        expected: How many answers are waited for; None until there are no more for a while.
    """

    def __init__(self, pieces: Sequence[bytes], expected: int | None) -> None:
        self.input, self._send = os.pipe()
        self._receive, self.output = os.pipe()
        self._pieces, self._expected = pieces, expected
        self._heard: queue.Queue[bytes] = queue.Queue()
        self.answers: list[JSON] = []
        self._threads = [threading.Thread(target=work) for work in (self._hear, self._talk)]
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Close everything and wait for the threads."""
        os.write(self.output, _END)  # to close it does not do: who watches whether it is read holds it open
        for thread in self._threads:
            thread.join()
        while not self._heard.empty():
            self.answers.append(json.loads(self._heard.get()))
        for descriptor in (self.input, self.output, self._receive):
            os.close(descriptor)

    def _hear(self) -> None:
        with open(self._receive, "rb", closefd=False) as lines:
            for line in iter(lines.readline, _END):
                self._heard.put(line)

    def _wait(self) -> bytes | None:
        """Wait for the next answer; None if no more are expected."""
        if self._expected is None:
            missing = _find_ids(self._pieces) - {str(answer.get("id")) for answer in self.answers}
            seconds = PATIENT if missing or not self.answers else QUIET
        elif len(self.answers) < self._expected:
            seconds = LONGEST
        else:
            return None
        try:
            return self._heard.get(timeout=seconds)
        except queue.Empty:
            return None

    def _talk(self) -> None:
        with suppress(BrokenPipeError):
            for piece in self._pieces:
                os.write(self._send, piece)
        while line := self._wait():
            self.answers.append(json.loads(line))
        os.close(self._send)


def _find_ids(pieces: Sequence[bytes]) -> set[str]:
    """Return the ids of the requests that any reader finds in what is sent."""
    found: set[str] = set()
    for line in b"".join(pieces).splitlines():
        with suppress(ValueError, RecursionError):
            message: Any = json.loads(line)
            known = cast("JSON", message) if isinstance(message, dict) else {}
            if "method" in known and isinstance(known.get("id"), int | str):
                found.add(str(known["id"]))
    return found


def serve_as_process(settings: Settings) -> Serve:
    """Return what serves as the process does once the server is loaded: a server for each connection."""

    def serve(hand_over: HandOver) -> int:
        anyio.run(lambda: serve_stdio(settings, hand_over=hand_over))
        return 0

    return serve


class _FreshTenants(Tenants):
    """A tenant for each connection, as if its process had just started."""

    def __init__(self, settings: Settings) -> None:
        super().__init__([], lambda _: self._everyone[0])
        self._settings = settings

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Tenants]:
        """Make the tenant and open it."""
        self._everyone = [make_tenant(make_shared_parts(self._settings), self._settings)]
        async with super().open():
            yield self


def serve_with_one_server(settings: Settings) -> Serve:
    """Return what serves all connections by one server: to make one takes four times as long as to answer."""
    server = assemble(make_shared_parts(settings), _FreshTenants(settings))

    def serve(hand_over: HandOver) -> int:
        anyio.run(server.run_stdio_async, hand_over)
        return 0

    return serve


def ask_server(serve: Serve, pieces: Sequence[bytes], expected: int | None = None, *, ago: float = 0.0) -> list[JSON]:
    """Send pieces to the real server alone, as if they had arrived so many seconds ago; return its answers."""
    client = Client(pieces, expected)

    def read() -> tuple[float, bytes]:
        data = os.read(client.input, 65536)
        return time.monotonic() - ago, data

    serve(HandOver(read, output=client.output))
    client.finish()
    return client.answers


def ask_start(
    settings: Settings, table: JSON, pieces: Sequence[bytes], expected: int, serve: Serve, *, is_threaded: bool = False
) -> tuple[list[JSON], int, bool]:
    """Send pieces to the start; return the answers, the exit code, and whether the real server was needed."""
    client = Client(pieces, expected)
    key = settings.api_key.get_secret_value() if settings.api_key else ""
    start = Start(
        PlainSettings(key, settings.api_base_url, str(settings.state_dir)),
        table,
        serve,
        descriptors=(client.input, client.output),
        leave=lambda _: None,
        is_threaded=is_threaded,
    )
    code = start.run()
    client.finish()
    return client.answers, code, start.has_served


def own_settings(folder: Path, **given: Any) -> Settings:
    """Return settings whose every folder is in this one."""
    return Settings(output_dir=folder / "out", state_dir=folder / "state", input_roots=(), **given)
