"""Run the sandbox on a port of this process: uvicorn in an event loop that runs other things too."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Callable, Generator
from typing import TypedDict, Unpack

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from kie_mcp.sandbox.api.app import DROP, create_app


class Settings(TypedDict, total=False):
    """The arguments of `create_app`."""

    speed: float
    credits: float
    scenario: str | None
    seed: int
    webhook_key: str | None
    clock: Callable[[], float]
    base_url: str | None


@contextlib.asynccontextmanager
async def serve(
    app: Starlette | None = None, *, host: str = "127.0.0.1", port: int = 0, **settings: Unpack[Settings]
) -> AsyncGenerator[str]:
    """Serve an app, or a new one made from `settings`, and yield its base URL; port 0 picks a free one.

    Raises:
        OSError: if the port is taken.
    """
    listener = socket.create_server((host, port), backlog=512)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or each answer takes 40 ms
    connections: dict[object, asyncio.BaseTransport] = {}
    server = _Server(
        uvicorn.Config(
            _with_drop(app or create_app(**settings), connections),
            http=_protocol_with_connections(connections),
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            lifespan="on",
            ws="none",
            timeout_keep_alive=30,
            timeout_graceful_shutdown=1,
        )
    )
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await server.wait_until_ready(running)
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await asyncio.shield(running)
        listener.close()


class _Server(uvicorn.Server):
    """A uvicorn server that handles no signals and tells when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ready = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Handle no signals: whoever runs the event loop does."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and wake those that wait for it."""
        await super().startup(sockets)
        self._ready.set()

    async def wait_until_ready(self, running: asyncio.Task[None]) -> None:
        """Return when requests are accepted; if the server has stopped, raise the error that stopped it."""
        ready = asyncio.ensure_future(self._ready.wait())
        await asyncio.wait((ready, running), return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if running.done():
            running.result()


def _protocol_with_connections(connections: dict[object, asyncio.BaseTransport]) -> type[H11Protocol]:
    class TrackingProtocol(H11Protocol):
        """A connection that registers its transport, so that the app can close it without an answer."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            connections[transport.get_extra_info("peername")] = transport
            super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.pop(self.transport.get_extra_info("peername"), None)
            super().connection_lost(exc)

    return TrackingProtocol


def _with_drop(app: ASGIApp, connections: dict[object, asyncio.BaseTransport]) -> ASGIApp:
    async def app_with_drop(scope: Scope, receive: Receive, send: Send) -> None:
        async def drop() -> None:
            transport = connections.get(scope["client"])
            if isinstance(transport, asyncio.Transport):
                transport.abort()
            # The protocol learns of it in the next turn of the loop; after that it sends nothing.
            await asyncio.sleep(0.01)

        if scope["type"] == "http":
            scope = {**scope, "extensions": {**scope.get("extensions", {}), DROP: drop}}
        await app(scope, receive, send)

    return app_with_drop
