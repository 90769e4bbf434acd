"""The tasks extension in the protocol: clients without tasks get the same bytes, and no request is routed wrong."""

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx2
import pytest
from mcp import Client
from mcp.client.extension import advertise
from mcp.server.mcpserver import MCPServer
from mcp.shared.exceptions import MCPError
from mcp.types import HEADER_MISMATCH, INTERNAL_ERROR, CallToolRequestParams, CallToolResult, TextContent

from kie_mcp.app import make_shared_parts, make_tenant
from kie_mcp.jobs.clock import SystemClock
from kie_mcp.jobs.draft import Expectation
from kie_mcp.jobs.job import Job, Phase
from kie_mcp.orders.kind import KINDS
from kie_mcp.surface.answers.build import describe_job
from kie_mcp.surface.answers.schema import Answer
from kie_mcp.surface.call import CallOptions
from kie_mcp.surface.call_handler import CallHandler
from kie_mcp.surface.recipient import Recipient
from kie_mcp.surface.tasks.extension import TASKS, Call, Task, Tasks
from kie_mcp.surface.tasks.job_tasks import MOST, JobTasks
from kie_mcp.surface.tenant import Tenant
from tests.support.every_state import NOW, done, job
from tests.support.sandbox_server import settings, stand
from tests.support.tasks_client import TaskClient, order

pytestmark = pytest.mark.anyio

ORDERING = frozenset(facts.tool for facts in KINDS.values() if facts.tool)

RUNNING = CallToolResult(
    content=[TextContent(text="running: image")], structured_content={"job_id": "job_gone", "state": "running"}
)


class Terse(CallHandler):
    """Answers in few words, and notes which previews were asked for."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(lambda _: tenant, SystemClock())
        self.previews: list[bool | None] = []

    async def describe(self, job: Job, tenant: Tenant, *, joined: bool = False) -> Answer:
        return describe_job(job, Expectation(), NOW, joined=joined)

    async def answer(
        self, job: Job, recipient: Recipient, options: CallOptions, *, joined: bool = False
    ) -> CallToolResult:
        assert not joined
        self.previews.append(options.preview)
        return CallToolResult(content=[TextContent(text=f"{job.id}{recipient.peer.name}")])


class Eager:
    """Makes a task of every call."""

    tools = frozenset({"generate_image"})

    async def begin(self, *_: object) -> Task:
        now = datetime.now(UTC)
        return Task(task_id="task_1", created_at=now, last_updated_at=now)

    async def find(self, task_id: str, _: Call) -> str:
        return task_id

    async def show(self, *_: object) -> Task:
        return await self.begin()

    async def cancel(self, *_: object) -> None:
        raise AssertionError


@pytest.fixture
def tenant(tmp_path: Path) -> Tenant:
    used = settings(tmp_path)
    return make_tenant(make_shared_parts(used), used)


@pytest.fixture
def terse(tenant: Tenant) -> Terse:
    return Terse(tenant)


@pytest.fixture
def jobtasks(tenant: Tenant, terse: Terse) -> JobTasks:
    return JobTasks(lambda _: tenant, terse, SystemClock(), tools=ORDERING)


def server(*extensions: Tasks) -> MCPServer[Any]:
    made = MCPServer[Any]("same", version="1", extensions=extensions, log_level="ERROR")

    @made.tool()
    async def generate_image(prompt: str) -> CallToolResult:
        """Make a picture."""
        return RUNNING.model_copy(update={"structured_content": {"job_id": "job_1", "state": "running", "of": prompt}})

    _ = generate_image
    return made


async def post(server: MCPServer[Any], method: str, params: dict[str, Any], era: str, **headers: str) -> bytes:
    """Send one request; return the body of the answer."""
    app = server.streamable_http_app(stateless_http=True, json_response=True)
    sent = {"accept": "application/json, text/event-stream", "mcp-protocol-version": era, "mcp-method": method}
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=httpx2.ASGITransport(app)) as http:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answered = await http.post("http://127.0.0.1:8000/mcp", json=body, headers=sent | headers)
    return answered.content


def meta(era: str, *extensions: str) -> dict[str, Any]:
    able: dict[str, Any] = {"extensions": {name: {} for name in extensions}}
    prefix = "io.modelcontextprotocol"
    return {f"{prefix}/protocolVersion": era, f"{prefix}/clientCapabilities": able}


@pytest.mark.parametrize("era", ["2026-07-28", "2025-11-25"])
@pytest.mark.parametrize("method", ["tools/call", "tools/list"])
async def test_whoever_takes_no_tasks_gets_the_very_same_bytes(era: str, method: str) -> None:
    call = {"name": "generate_image", "arguments": {"prompt": "a fox"}} if method == "tools/call" else {}
    params = call | {"_meta": meta(era)}
    with_tasks = await post(server(Tasks(Eager())), method, params, era, **{"mcp-name": "generate_image"})
    without = await post(server(), method, params, era, **{"mcp-name": "generate_image"})
    assert with_tasks == without
    assert "result" in json.loads(without)


async def test_a_request_that_is_routed_by_another_tasks_id_is_refused() -> None:
    params = {"taskId": "task_1", "_meta": meta("2026-07-28", TASKS)}
    right, wrong = [
        json.loads(await post(server(Tasks(Eager())), "tasks/get", params, "2026-07-28", **{"mcp-name": name}))
        for name in ("task_1", "task_2")
    ]
    assert right["result"]["taskId"] == "task_1"
    assert wrong["error"]["code"] == HEADER_MISMATCH


async def test_the_handshakes_era_knows_no_tasks_whatever_its_client_says() -> None:
    declared = advertise(TASKS)
    async with Client(server(Tasks(Eager())), extensions=[TaskClient()]) as client:
        assert (await order(client, "generate_image", prompt="a fox")).task_id == "task_1"
    async with Client(server(Tasks(Eager())), mode="legacy", extensions=[declared]) as client:
        assert (await client.call_tool("generate_image", {"prompt": "a fox"})).content == RUNNING.content


async def test_an_answer_is_not_lost_because_its_task_cannot_be_read(jobtasks: JobTasks) -> None:
    async def call_next(_: Call) -> CallToolResult:
        return RUNNING

    params = CallToolRequestParams(name="generate_image")
    assert await jobtasks.begin(params, cast("Call", None), call_next) is RUNNING


async def test_a_wish_is_forgotten_once_the_end_was_shown_and_that_of_the_oldest_of_many_jobs(
    jobtasks: JobTasks, terse: Terse
) -> None:
    ctx = cast("Call", SimpleNamespace(session=SimpleNamespace(client_params=None), protocol_version="", request=None))
    for number in range(MOST + 1):
        facts = {"job_id": f"job_{number}", "state": "running"}

        async def call_next(_: Call, facts: dict[str, str] = facts) -> CallToolResult:
            return RUNNING.model_copy(update={"structured_content": facts})

        params = CallToolRequestParams(name="generate_image", arguments={"preview": number != 1})
        await jobtasks.begin(params, ctx, call_next)
    for name in ("job_0", "job_1", "job_1", "job_2"):
        await jobtasks.show(done(id=name), ctx)
    assert terse.previews == [None, False, None, True]


async def test_that_the_waiting_was_cancelled_is_forgotten_of_the_oldest_of_many_jobs(jobtasks: JobTasks) -> None:
    jobs = [job(Phase.RUNNING, id=f"job_{number}") for number in range(MOST + 1)]
    for one in jobs:
        await jobtasks.cancel(one)
    shown = [await jobtasks.show(one, cast("Call", None)) for one in jobs[:2]]
    assert ["the waiting was cancelled" in (task.status_message or "") for task in shown] == [False, True]


async def test_a_ledger_that_cannot_be_read_is_no_unknown_task(jobtasks: JobTasks) -> None:
    """A client that is told that there is no such task may order it again."""
    with pytest.raises(MCPError) as refused:
        await jobtasks.find("job_1", cast("Call", None))
    assert (refused.value.code, refused.value.message) == (INTERNAL_ERROR, "The ledger is not open.")


async def test_every_tool_that_costs_credits_makes_tasks_and_no_other(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        tools = (await here.client.list_tools()).tools
    reading = {tool.name for tool in tools if tool.annotations and tool.annotations.read_only_hint}
    assert {tool.name for tool in tools} - reading == ORDERING


async def test_only_discovery_tells_of_the_extension() -> None:
    async with Client(server(Tasks(Eager())), extensions=[TaskClient()]) as client:
        assert client.server_capabilities.extensions == {TASKS: {}}
        assert client.server_capabilities.tasks is None
    async with Client(server(Tasks(Eager())), mode="legacy") as client:
        assert not client.server_capabilities.extensions
