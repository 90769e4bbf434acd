"""The tools that the suite's tasks scenarios call, behind the tasks extension that the product ships."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import anyio
from anyio.abc import TaskGroup
from mcp.server.context import CallNext, HandlerResult
from mcp.server.mcpserver import Context, MCPServer, require_client_extension
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequests,
    InputRequiredResult,
    InputResponses,
    TextContent,
)

from kie_mcp.surface.tasks.extension import TASKS, Call, Task, Tasks, Update

REQUIRED = frozenset({"failing_job", "test_tool_with_task"})
"""They serve nobody but clients that take tasks."""
ASKING_FIRST = frozenset({"test_tool_with_task"})
"""They have what they need before there is a task."""


@dataclass
class Errand:
    """A call that goes on without its caller, and may ask it for something on the way."""

    task: Task
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    asked: InputRequests = field(default_factory=dict)
    heard: InputResponses = field(default_factory=dict)
    answered: anyio.Event = field(default_factory=anyio.Event)

    def become(
        self, status: Literal["working", "input_required", "completed", "failed", "cancelled"], **outcome: Any
    ) -> None:
        """Note how it stands now."""
        self.task = self.task.model_copy(update={"status": status, "last_updated_at": datetime.now(UTC), **outcome})

    async def ask(self, requests: InputRequests) -> InputResponses:
        """Wait until all of this is answered."""
        self.asked, self.heard, self.answered = dict(requests), {}, anyio.Event()
        self._show()
        await self.answered.wait()
        return self.heard

    def hear(self, responses: dict[str, Any]) -> None:
        """Take the answers to what is asked, and no others."""
        for key in self.asked.keys() & responses.keys():
            self.heard[key] = ElicitResult.model_validate(responses[key])
            del self.asked[key]
        if self.task.status == "input_required":
            self._show()

    def _show(self) -> None:
        if self.asked:
            dumped = {key: one.model_dump(by_alias=True, exclude_none=True) for key, one in self.asked.items()}
            self.become("input_required", input_requests=dumped)
        else:
            self.become("working", input_requests=None)
            self.answered.set()


class Errands:
    """Keeps the errands in memory; unlike a job, an errand can be stopped, and can ask."""

    tools = frozenset({"slow_compute", "protocol_error_job", "confirm_delete", "multi_input"}) | REQUIRED

    def __init__(self) -> None:
        self.group: TaskGroup | None = None
        self._errands: dict[str, Errand] = {}

    async def begin(self, params: CallToolRequestParams, ctx: Call, call_next: CallNext) -> Task | HandlerResult:
        """Run the call on its own, once it has what it asks for first."""
        if params.name in ASKING_FIRST and not params.input_responses:
            return await call_next(ctx)
        now = datetime.now(UTC)
        task = Task(
            task_id=secrets.token_urlsafe(16),
            created_at=now,
            last_updated_at=now,
            ttl_ms=600_000,
            poll_interval_ms=200,
        )
        errand = self._errands[task.task_id] = Errand(task)
        assert self.group
        self.group.start_soon(self._run, errand, params, ctx, call_next)
        return task

    async def find(self, task_id: str, _: Call) -> Errand:
        """The errand with that id."""
        try:
            return self._errands[task_id]
        except KeyError:
            raise MCPError(INVALID_PARAMS, f"There is no task {task_id!r}.") from None

    async def show(self, errand: Errand, _: Call) -> Task:
        """How it stands."""
        return errand.task

    async def cancel(self, errand: Errand) -> None:
        """Stop it, if it still runs."""
        if errand.task.status in {"working", "input_required"}:
            errand.scope.cancel()
            errand.become("cancelled", input_requests=None)

    async def _run(self, errand: Errand, params: CallToolRequestParams, ctx: Call, call_next: CallNext) -> None:
        with errand.scope:
            try:
                result = await call_next(ctx)
                while isinstance(result, InputRequiredResult):
                    params.input_responses = await errand.ask(result.input_requests or {})
                    result = await call_next(ctx)
            except MCPError as error:
                errand.become("failed", error=error.error, status_message=error.message)
            else:
                errand.become("completed", result=result)


class ErrandTasks(Tasks):
    """The product's tasks, with errands that hear their answers, and with tools that demand the extension."""

    def __init__(self, errands: Errands) -> None:
        super().__init__(errands)
        self._errands = errands

    async def intercept_tool_call(self, params: CallToolRequestParams, ctx: Call, call_next: CallNext) -> HandlerResult:
        """Turn the others away."""
        if params.name in REQUIRED:
            require_client_extension(ctx, TASKS)
        return await super().intercept_tool_call(params, ctx, call_next)

    async def update(self, ctx: Call, params: Update) -> HandlerResult:
        """Pass the answers on."""
        (await self._errands.find(params.task_id, ctx)).hear(params.input_responses)
        return {}


def create_server() -> MCPServer[None]:
    """Make the server."""
    errands = Errands()

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncGenerator[None]:
        async with anyio.create_task_group() as errands.group:
            yield
            errands.group.cancel_scope.cancel()

    server = MCPServer("tasks", version="1", lifespan=lifespan, log_level="ERROR", extensions=[ErrandTasks(errands)])
    for tool in (greet, slow_compute, failing_job, protocol_error_job, confirm_delete, multi_input):
        server.add_tool(tool)
    server.add_tool(greet_whoever_it_is, name="test_tool_with_task")
    return server


async def greet(name: str) -> str:
    """Greet somebody, at once."""
    return f"Hello, {name}!"


async def slow_compute(seconds: float, label: str = "") -> str:
    """Take that long."""
    await anyio.sleep(seconds)
    return f"{label}: {seconds} s"


async def failing_job() -> CallToolResult:
    """Fail as a tool fails."""
    await anyio.sleep(1)
    return CallToolResult(content=[TextContent(text="It failed.")], is_error=True)


async def protocol_error_job() -> str:
    """Fail as the protocol fails."""
    raise MCPError(INTERNAL_ERROR, "It broke.")


async def confirm_delete(filename: str, ctx: Context[Any]) -> str | InputRequiredResult:
    """Ask whether that is meant."""
    if not ctx.input_responses:
        return InputRequiredResult(input_requests={"sure": question("Sure?")})
    return f"{filename}: {_said(ctx, 'sure')}"


async def multi_input(ctx: Context[Any]) -> str | InputRequiredResult:
    """Ask for two things at once."""
    if not ctx.input_responses:
        return InputRequiredResult(input_requests={"name": question("Who?"), "sure": question("Sure?")})
    return f"{_said(ctx, 'name')}, {_said(ctx, 'sure')}"


async def greet_whoever_it_is(ctx: Context[Any]) -> str | InputRequiredResult:
    """Ask for the name, and greet after a while."""
    if not ctx.input_responses:
        return InputRequiredResult(input_requests={"user_name": question("Who?")}, request_state="asked")
    await anyio.sleep(1)
    return f"Hello, {_said(ctx, 'user_name')}!"


def question(message: str) -> ElicitRequest:
    """A form without any fields that must be filled in."""
    schema: dict[str, Any] = {"type": "object", "properties": {"name": {"type": "string"}}}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def _said(ctx: Context[Any], key: str) -> object:
    answer = (ctx.input_responses or {})[key]
    assert isinstance(answer, ElicitResult)
    return answer.content
