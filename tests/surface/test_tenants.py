"""Two accounts in one process with one ledger: neither sees the other's jobs, and their orders never join."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import httpx2
import pytest
import uvicorn
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import ResourceTemplateReference, TextResourceContents
from pydantic import SecretStr

from kie_mcp.app import SharedParts, assemble, make_tenant, share
from kie_mcp.kie.client import KieClient
from kie_mcp.sandbox import create_app
from kie_mcp.settings import Settings
from kie_mcp.surface.tenant import Tenant, Tenants
from tests.support.plain_media import PlainMedia
from tests.support.sandbox_server import BASE, PATIENT, Era, facts, settings, text
from tests.support.tasks_client import TaskClient, get, order
from tests.support.virtual_time import HURRIED, LoopClock
from tests.surface.resources.test_subscriptions import JOBS, Ear

pytestmark = pytest.mark.anyio

NAMES = ("ann", "bob")
OUTPUT = "kie://jobs/{job_id}/outputs/{index}"


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


@pytest.fixture(params=["legacy", "auto"])
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


def own(folder: Path, name: str) -> Settings:
    """Make settings with their own key and output folder; the ledger is shared."""
    return settings(folder, api_key=SecretStr(f"key-of-{name}"), output_dir=folder / name)


def tenant(shared: SharedParts, folder: Path, name: str) -> Tenant:
    used = own(folder, name)
    app = create_app(clock=asyncio.get_running_loop().time, base_url=BASE, speed=10.0, makers=PlainMedia())
    kie = KieClient(
        used.api_key,
        base_url=BASE,
        upload_base_url=BASE,
        transport=httpx.ASGITransport(app),
        patience=PATIENT,
        now=LoopClock().now,
    )
    return make_tenant(shared, used, kie=kie)


@asynccontextmanager
async def serving(folder: Path) -> AsyncGenerator[str]:
    """Start a server over HTTP whose callers are told apart by their tokens."""
    shared = share(own(folder, "all"), clock=LoopClock())
    by_token = {name: tenant(shared, folder, name) for name in NAMES}

    def find(request: ServerRequestContext[Any, Any]) -> Tenant:
        assert request.request is not None
        return by_token[request.request.headers["authorization"].removeprefix("Bearer ")]

    server = assemble(shared, Tenants([*by_token.values()], find))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        app = server.streamable_http_app()
        web = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none", timeout_graceful_shutdown=1))
        async with anyio.create_task_group() as group:
            group.start_soon(web.serve, [listening])
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
            web.should_exit = True


@asynccontextmanager
async def both(folder: Path, era: Era, **options: Any) -> AsyncGenerator[tuple[Client, Client]]:
    """Connect a client of each account."""
    async with serving(folder) as url, AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(Client(await wire(stack, url, name), mode=era, **options)) for name in NAMES
        ]
        yield clients[0], clients[1]


async def wire(stack: AsyncExitStack, url: str, name: str) -> Any:
    http = httpx2.AsyncClient(headers={"authorization": f"Bearer {name}"}, timeout=600)
    return streamable_http_client(url, http_client=await stack.enter_async_context(http))


async def listed(client: Client) -> list[str]:
    """Return the files in the list of resources."""
    return [str(one.uri) for one in (await client.list_resources()).resources if str(one.uri).startswith(f"{JOBS}/")]


async def offered(client: Client, typed: str) -> list[str]:
    ref = ResourceTemplateReference(uri=OUTPUT)
    return (await client.complete(ref, {"name": "job_id", "value": typed})).completion.values


async def newest(client: Client) -> str:
    [content] = (await client.read_resource(JOBS)).contents
    assert isinstance(content, TextResourceContents)
    return content.text


async def test_a_job_is_there_for_its_own_account_and_for_no_other(tmp_path: Path, era: Era) -> None:
    async with both(tmp_path, era) as (ann, bob):
        made = facts(await ann.call_tool("generate_image", {"prompt": "a cat"}))
        job, file = made["job_id"], made["outputs"][0]["resource"]
        assert facts(await ann.call_tool("get_job_status", {"job_id": job}))["state"] == "succeeded"
        assert await listed(ann) == [file]
        assert await offered(ann, "job_") == [job]
        assert job in await newest(ann)
        assert (await ann.read_resource(file)).contents

        for name in (job, made["kie_task_id"]):
            assert "There is no job" in text(await bob.call_tool("get_job_status", {"job_id": name}))
        assert facts(await bob.call_tool("list_jobs", {}))["jobs"] == []
        assert await listed(bob) == []
        assert await offered(bob, "job_") == await offered(bob, job) == []
        assert job not in await newest(bob)
        for uri in (f"{JOBS}/{job}", file):
            with pytest.raises(MCPError, match="There is no job"):
                await bob.read_resource(uri)
        assert (await bob.call_tool("generate_image", {"prompt": "at night", "images": [file]})).is_error
    assert Path(made["outputs"][0]["path"]).parent == tmp_path / "ann"
    assert [*(tmp_path / "bob").iterdir()] == []


async def test_equal_orders_of_two_accounts_are_two_jobs(tmp_path: Path, era: Era) -> None:
    for number, more in enumerate(({}, {"idempotency_key": "one"})):
        order = {"prompt": f"a cat {number} sandbox:slow", "wait_seconds": 0} | more
        async with both(tmp_path, era) as (ann, bob):
            first = facts(await ann.call_tool("generate_image", order))
            other = facts(await bob.call_tool("generate_image", order))
            again = facts(await ann.call_tool("generate_image", order))
        assert (again["job_id"], again["joined"]) == (first["job_id"], True), "it would join its own"
        assert other["job_id"] != first["job_id"]
        assert "joined" not in other


async def test_a_change_is_told_to_its_own_account_only(tmp_path: Path, era: Era) -> None:
    async with serving(tmp_path) as url, AsyncExitStack() as stack:
        ann, bob = [Ear(await wire(stack, url, name), era) for name in NAMES]
        async with ann.client, bob.client, ann.subscribed(JOBS), bob.subscribed(JOBS):
            job = await ann.order("a cat")
            await ann.finish(job)
            await ann.until(JOBS)
            if era == "legacy":
                with pytest.raises(MCPError):
                    await bob.subscribe(f"{JOBS}/{job}")
    assert bob.heard == []


async def test_the_task_of_one_account_is_no_task_of_the_other(tmp_path: Path) -> None:
    async with both(tmp_path, "auto", extensions=[TaskClient()]) as (ann, bob):
        task = await order(ann, "generate_image", prompt="a cat sandbox:slow")
        assert (await get(ann.session, task.task_id)).task_id == task.task_id
        with pytest.raises(MCPError, match="There is no task"):
            await get(bob.session, task.task_id)


async def test_what_is_known_of_all_accounts_is_written_down_before_the_ledger_is_closed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with both(tmp_path, "auto") as clients:
        for client in clients:
            await client.call_tool("generate_image", {"prompt": "a cat sandbox:slow", "wait_seconds": 0})
    assert [record.message for record in caplog.records if record.name.startswith("kie_mcp")] == []
