"""The person is asked over real pipes and sockets, in both eras of the protocol."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest
from anyio.to_thread import run_sync
from mcp import Client
from mcp.client.stdio import stdio_client

from kie_mcp.sandbox import serve
from tests.processes.test_stdio import server
from tests.support.http_process import serving
from tests.support.sandbox_server import Era, facts
from tests.surface.test_confirmation import Person

pytestmark = pytest.mark.anyio
ASKED = {"KIE_CONFIRM_ABOVE_CREDITS": "3", "KIE_WAIT_SECONDS": "60"}


@asynccontextmanager
async def connected(folder: Path, wire: str, era: Era, person: Person) -> AsyncGenerator[Client]:
    async with serve(speed=60) as url:
        place = {"KIE_API_KEY": "sandbox", "KIE_API_BASE_URL": url, "KIE_UPLOAD_BASE_URL": url} | ASKED
        if wire == "stdio":
            transport = stdio_client(server(folder, "-m", "kie_mcp", **place))
            async with Client(transport, mode=era, elicitation_callback=person) as client:
                yield client
        else:
            with serving(folder, "serve", "--port", "0", **place) as process:
                address = await run_sync(process.url)
                async with Client(address, mode=era, elicitation_callback=person) as client:
                    yield client


@pytest.mark.parametrize("era", ["legacy", "auto"])
@pytest.mark.parametrize("wire", ["stdio", "http"])
async def test_yes_orders_and_no_does_not(tmp_path: Path, wire: Literal["stdio", "http"], era: Era) -> None:
    person = Person()
    async with connected(tmp_path, wire, era, person) as client:
        made = await client.call_tool("generate_image", {"prompt": "a fox"})
        person.answer = Person("no").answer
        refused = await client.call_tool("generate_image", {"prompt": "a dog"})
        jobs = facts(await client.call_tool("list_jobs", {}))["jobs"]
    assert (facts(made)["state"], refused.is_error, len(jobs), len(person.questions)) == ("succeeded", True, 1, 2)
