"""A server on the sandbox, in one process and in hurried time: what the tests of the surface stand on."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx
from mcp import Client
from mcp.client.session import ElicitationFnT
from mcp.types import CallToolResult, Implementation, TextContent
from pydantic import SecretStr
from starlette.applications import Starlette

from kie_mcp.app import create_server
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.observer import JobObserver
from kie_mcp.jobs.store.protocols import Ledger
from kie_mcp.kie.client import KieClient
from kie_mcp.kie.http_call_types import Patience
from kie_mcp.sandbox import create_app
from kie_mcp.settings import Settings
from kie_mcp.surface.server import KieServer
from tests.support.plain_media import PlainMedia
from tests.support.virtual_time import LoopClock

BASE = "http://127.0.0.1:8765"
PATIENT = Patience(create=600.0, look=300.0, transfer_step=1200.0)
"""In hurried time a picture is still drawn at the speed of this machine, which may be busy."""
UNHURRIED_PREVIEW = 600.0
"""Seconds for a preview, which is drawn at that speed as well."""
Era = Literal["auto", "legacy"]


@dataclass
class Stand:
    """One client, one server, one sandbox."""

    client: Client
    app: Starlette
    settings: Settings
    server: KieServer
    heard: list[tuple[float, float | None, str | None]] = field(default_factory=list[Any])
    """The progress notifications of the calls made here."""

    async def call(self, tool: str, /, **arguments: Any) -> CallToolResult:
        """Call a tool as a client that listens to progress."""

        async def hear(progress: float, total: float | None, message: str | None) -> None:
            self.heard.append((progress, total, message))

        return await self.client.call_tool(tool, arguments, progress_callback=hear)

    @property
    def creates(self) -> list[dict[str, Any]]:
        """The bodies of the create calls that the sandbox received."""
        return [body for _, body in self.app.state.sandbox.creates]


def text(result: CallToolResult) -> str:
    """The first text block."""
    first = result.content[0]
    assert isinstance(first, TextContent)
    return first.text


def facts(result: CallToolResult) -> dict[str, Any]:
    """The structured content."""
    assert result.structured_content is not None
    return result.structured_content


def saved(result: dict[str, Any]) -> bytes:
    """What is on disk of a job's first output."""
    return Path(result["outputs"][0]["path"]).read_bytes()


def settings(folder: Path, **changes: Any) -> Settings:
    """Settings that lead to the sandbox, with every file under one folder."""
    given: dict[str, Any] = {
        "api_key": SecretStr("sandbox"),
        "api_base_url": BASE,
        "upload_base_url": BASE,
        "output_dir": folder / "out",
        "state_dir": folder / "state",
        "wait_seconds": 300.0,
    }
    return Settings(**(given | changes))


@asynccontextmanager
async def stand(
    folder: Path,
    *,
    era: Era = "legacy",
    client: str = "tests",
    app: Starlette | None = None,
    transport: Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport] = lambda inner: inner,
    changes: dict[str, Any] | None = None,
    clock: Clock | None = None,
    ledger: Ledger | None = None,
    observer: JobObserver | None = None,
    patience: Patience = PATIENT,
    person: ElicitationFnT | None = None,
    **sandbox: Any,
) -> AsyncGenerator[Stand]:
    """Open a stand, on a sandbox of its own or on `app`; `transport` may put something between server and sandbox.

    `person` answers what the server asks; without it the client does not take questions.
    """
    options: dict[str, Any] = {"speed": 10.0, "makers": PlainMedia()} | sandbox
    app = app or create_app(clock=asyncio.get_running_loop().time, base_url=BASE, **options)
    used = settings(folder, **(changes or {}))
    key = used.api_key.get_secret_value() if used.api_key else ""
    kie = KieClient(
        key,
        base_url=BASE,
        upload_base_url=BASE,
        transport=transport(httpx.ASGITransport(app)),
        patience=patience,
        now=LoopClock().now,
        api_style=used.api_style,
        callback_url=used.callback_url,
    )
    server = create_server(
        used,
        kie=kie,
        clock=clock or LoopClock(),
        ledger=ledger,
        observer=observer,
        preview_seconds=UNHURRIED_PREVIEW,
    )
    info = Implementation(name=client, version="1")
    async with Client(server, mode=era, client_info=info, elicitation_callback=person) as connected:
        yield Stand(connected, app, used, server)
