"""Clients that support tasks: a call that costs credits is answered at once with a task, and the ledger has its end."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import httpx2
import pytest
from inline_snapshot import snapshot
from mcp import Client
from mcp.client.extension import ClientExtension
from mcp.client.streamable_http import streamable_http_client
from mcp.server.mcpserver import MCPServer
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, METHOD_NOT_FOUND, MISSING_REQUIRED_CLIENT_CAPABILITY, TextResourceContents
from pydantic import SecretStr
from starlette.applications import Starlette

from kie_mcp.app import create_server
from kie_mcp.jobs.timing import STANDARD
from kie_mcp.kie.client import KieClient
from kie_mcp.sandbox import create_app
from kie_mcp.surface.server import KieServer
from tests.support.plain_media import PlainMedia
from tests.support.sandbox_server import BASE, UNHURRIED_PREVIEW, facts, saved, settings, text
from tests.support.tasks_client import TaskClient, cancel, end, get, order, update
from tests.support.virtual_time import HURRIED, LoopClock

pytestmark = pytest.mark.anyio

URL = "http://127.0.0.1:8000/mcp"


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


def sandbox() -> Starlette:
    return create_app(clock=asyncio.get_running_loop().time, base_url=BASE, speed=10.0, makers=PlainMedia())


def server(folder: Path, app: Starlette, **changes: Any) -> KieServer:
    used = settings(folder, **changes)
    key = used.api_key.get_secret_value() if used.api_key else ""
    kie = KieClient(key, base_url=BASE, upload_base_url=BASE, transport=httpx.ASGITransport(app), now=LoopClock().now)
    return create_server(used, kie=kie, clock=LoopClock(), preview_seconds=UNHURRIED_PREVIEW)


@asynccontextmanager
async def over_http(server: MCPServer[Any], extensions: Sequence[ClientExtension]) -> AsyncGenerator[Client]:
    app = server.streamable_http_app()
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app)) as http,
        Client(streamable_http_client(URL, http_client=http), extensions=extensions) as client,
    ):
        yield client


@pytest.mark.parametrize("wire", ["memory", "http"])
async def test_a_client_that_takes_tasks_makes_a_picture_by_an_ordinary_call(tmp_path: Path, wire: str) -> None:
    tasks, house = TaskClient(), server(tmp_path, sandbox())
    opened = over_http(house, [tasks]) if wire == "http" else Client(house, extensions=[tasks])
    async with opened as client:
        made = await client.call_tool("generate_image", {"prompt": "a fox"})
        asked = await client.call_tool("get_job_status", {"job_id": facts(made)["job_id"]})
    assert facts(made)["state"] == "succeeded"
    assert len(saved(facts(made))) == facts(made)["outputs"][0]["bytes"]
    assert made.model_dump(exclude={"meta"}) == asked.model_dump(exclude={"meta"})
    assert {task.task_id for task in tasks.asked} == {facts(made)["job_id"]}
    assert [task.status for task in tasks.asked[:-1]] == ["working"] * (len(tasks.asked) - 1)
    assert all(2000 <= (task.poll_interval_ms or 0) <= 5000 for task in tasks.asked[:-1])
    assert {task.ttl_ms for task in tasks.asked} == {None}


async def test_the_handle_is_there_at_once_however_long_the_caller_would_wait(tmp_path: Path) -> None:
    async with Client(server(tmp_path, sandbox()), extensions=[TaskClient()]) as client:
        began = anyio.current_time()
        handle = await order(client, "generate_image", prompt="a dog sandbox:slow", wait_seconds=600)
        took = anyio.current_time() - began
        seen = await get(client.session, handle.task_id)
        over = await end(client.session, handle.task_id)
    assert took < 20
    assert (handle.status, seen.status, over.status) == ("working", "working", "completed")
    assert handle.status_message == snapshot("queued: image, not sent yet, nothing charged, about 4 credits ($0.02)")
    assert over.result is not None
    assert over.status_message == over.result["content"][0]["text"].partition("\n")[0]
    assert (over.created_at, over.error) == (handle.created_at, None)


@pytest.mark.parametrize(
    ("preview", "shown"), [(True, True), ("true", True), ("yes", True), (False, False), ("false", False), ("", False)]
)
async def test_a_preview_comes_with_the_end_if_the_order_wished_for_it(
    tmp_path: Path, preview: bool | str, shown: bool
) -> None:
    async with Client(server(tmp_path, sandbox()), extensions=[TaskClient()]) as client:
        made = await client.call_tool("generate_image", {"prompt": "a fox", "preview": preview})
    assert ("image" in [block.type for block in made.content]) is shown


@pytest.mark.parametrize("order_for", ["a cat sandbox:fail", "a cat sandbox:reset"])
async def test_a_job_that_went_wrong_is_a_completed_task_with_the_tools_error(tmp_path: Path, order_for: str) -> None:
    async with Client(server(tmp_path, sandbox()), extensions=[TaskClient()]) as client:
        made = await client.call_tool("generate_image", {"prompt": order_for})
    assert made.is_error
    assert facts(made)["state"] in {"failed", "unconfirmed"}
    assert facts(made)["error"]["remedy"] in text(made)


@pytest.mark.parametrize(
    ("arguments", "key"),
    [({"prompt": "a cat", "aspect_ratio": "7:1"}, "sandbox"), ({"prompt": " "}, "sandbox"), ({"prompt": "a"}, None)],
)
async def test_a_refusal_is_the_ordinary_answer_and_no_task(
    tmp_path: Path, arguments: dict[str, Any], key: str | None
) -> None:
    tasks = TaskClient()
    house = server(tmp_path, sandbox(), api_key=SecretStr(key) if key else None)
    async with Client(house, extensions=[tasks]) as client:
        refused = await client.call_tool("generate_image", arguments)
    assert refused.is_error
    assert facts(refused)["error"]["category"] in {"invalid_argument", "no_key"}
    assert tasks.asked == []


async def test_a_cancelled_task_says_that_the_paid_job_goes_on_and_still_leads_to_its_end(tmp_path: Path) -> None:
    app = sandbox()
    async with Client(server(tmp_path, app), extensions=[TaskClient()]) as client:
        handle = await order(client, "generate_image", prompt="a dog sandbox:slow")
        await cancel(client.session, handle.task_id)
        told = await get(client.session, handle.task_id)
        again = await order(client, "generate_image", prompt="a dog sandbox:slow")
        heard = await get(client.session, handle.task_id)
        status = await client.call_tool("get_job_status", {"job_id": handle.task_id, "wait_seconds": 600})
        over = await get(client.session, handle.task_id)
        await cancel(client.session, handle.task_id)
        after = await get(client.session, handle.task_id)
    assert told.status == "working"
    assert (told.status_message or "").endswith(
        "Only the waiting was cancelled: the job goes on and is paid for all the same; "
        f'get_job_status(job_id="{handle.task_id}") says how it ends'
    )
    assert again.task_id == handle.task_id
    assert "(joined the job that an equal call had started)" in (again.status_message or "")
    assert "cancelled" not in (heard.status_message or "")
    assert facts(status)["state"] == "succeeded"
    assert (over.status, after.status, after.result) == ("completed", "completed", over.result)
    assert len(app.state.sandbox.creates) == 1


async def test_an_end_that_was_asked_for_is_delivered_so_an_equal_order_is_a_new_job(tmp_path: Path) -> None:
    app = sandbox()
    async with Client(server(tmp_path, app), extensions=[TaskClient()]) as client:
        first = await order(client, "generate_speech", text="Hello.")
        joined = await order(client, "generate_speech", text="Hello.")
        await end(client.session, first.task_id)
        await anyio.sleep(
            STANDARD.unheard_for + 10
        )  # until then an answer of a machine that stood still may be unheard
        second = await order(client, "generate_speech", text="Hello.")
    assert joined.task_id == first.task_id
    assert second.task_id != first.task_id
    assert len(app.state.sandbox.creates) == 2


async def test_an_order_that_joins_a_job_which_is_over_is_answered_with_its_end(tmp_path: Path) -> None:
    app, tasks = sandbox(), TaskClient()
    async with Client(server(tmp_path, app), extensions=[tasks]) as client:
        handle = await order(client, "generate_image", prompt="a cat")
        await follow(client, handle.task_id)
        made = await client.call_tool("generate_image", {"prompt": "a cat"})
    assert tasks.asked == []
    assert (facts(made)["job_id"], facts(made)["state"]) == (handle.task_id, "succeeded")
    assert len(app.state.sandbox.creates) == 1


async def follow(client: Client, job_id: str) -> None:
    """Wait for a job's end without the answer of a tool."""
    state = "queued"
    while state in {"queued", "running"}:
        await anyio.sleep(1)
        read = (await client.read_resource(f"kie://jobs/{job_id}")).contents[0]
        assert isinstance(read, TextResourceContents)
        state = json.loads(read.text)["state"]


async def test_a_task_outlives_its_server(tmp_path: Path) -> None:
    app = sandbox()
    async with Client(server(tmp_path, app), extensions=[TaskClient()]) as client:
        handle = await order(client, "generate_image", prompt="a dog sandbox:slow")
        await cancel(client.session, handle.task_id)
    async with Client(server(tmp_path, app), extensions=[TaskClient()]) as client:
        seen = await get(client.session, handle.task_id)
        over = await end(client.session, handle.task_id)
    assert (seen.status, seen.created_at) == ("working", handle.created_at)
    assert (over.result or {})["structuredContent"]["state"] == "succeeded"
    assert len(app.state.sandbox.creates) == 1


async def test_a_task_that_is_unknown_or_of_another_account_is_refused(tmp_path: Path) -> None:
    app = sandbox()
    async with Client(server(tmp_path, app), extensions=[TaskClient()]) as client:
        handle = await order(client, "generate_image", prompt="a cat")
    async with Client(server(tmp_path, app, api_key=SecretStr("another")), extensions=[TaskClient()]) as client:
        for ask in (get, cancel, update):
            for task_id in (handle.task_id, "\x00", "x" * 10_000, "job_nothere"):
                with pytest.raises(MCPError) as refused:
                    await ask(client.session, task_id)
                assert refused.value.code == INVALID_PARAMS
    assert refused.value.message == snapshot("There is no task 'job_nothere' here.")


async def test_an_update_is_acknowledged_and_changes_nothing(tmp_path: Path) -> None:
    async with Client(server(tmp_path, sandbox()), extensions=[TaskClient()]) as client:
        handle = await order(client, "generate_image", prompt="a dog sandbox:slow")
        await update(client.session, handle.task_id)
        assert (await get(client.session, handle.task_id)).status == "working"


async def test_a_client_that_takes_no_tasks_may_not_ask_for_any(tmp_path: Path) -> None:
    async with Client(server(tmp_path, sandbox())) as client:
        for ask in (get, cancel, update):
            with pytest.raises(MCPError) as refused:
                await ask(client.session, "job_nothere")
            assert refused.value.code == MISSING_REQUIRED_CLIENT_CAPABILITY
    async with Client(server(tmp_path, sandbox()), mode="legacy", extensions=[TaskClient()]) as client:
        with pytest.raises(MCPError) as refused:
            await get(client.session, "job_nothere")
    assert refused.value.code == METHOD_NOT_FOUND


@pytest.mark.parametrize("wait", [{}, {"wait_seconds": 0}])
async def test_a_client_that_takes_tasks_gets_a_batch_as_an_ordinary_answer(
    tmp_path: Path, wait: dict[str, Any]
) -> None:
    """Several jobs are no task."""
    tasks = TaskClient()
    async with Client(server(tmp_path, sandbox()), extensions=[tasks]) as client:
        made = facts(await client.call_tool("generate_image", {"prompt": "a fox", "count": 4, **wait}))
        one = facts(await client.call_tool("generate_image", {"prompt": "a cat", "count": 1}))
    assert made["state"] == ("running" if wait else "succeeded")
    assert len(made["jobs"]) == 4
    assert {task.task_id for task in tasks.asked} == {one["job_id"]}
