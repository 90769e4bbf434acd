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
from mcp.server.mcpserver import MCPServer, require_client_extension
from mcp.shared.exceptions import MCPError
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS, CallToolRequestParams, CallToolResult, TextContent

from kie_mcp.surface.tasks import TASKS, Call, Task, Tasks

SURE: dict[str, Any] = {
    "method": "elicitation/create",
    "params": {"mode": "form", "message": "Sure?", "requestedSchema": {"type": "object", "properties": {}}},
}


@dataclass
class Errand:
    """A call that goes on without its caller."""

    task: Task
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)

    def become(self, status: Literal["input_required", "completed", "failed", "cancelled"], **outcome: Any) -> None:
        """Note how it stands now."""
        self.task = self.task.model_copy(update={"status": status, "last_updated_at": datetime.now(UTC), **outcome})


class Errands:
    """Keeps the errands in memory; unlike a job, an errand can be stopped."""

    tools = frozenset({"slow_compute", "failing_job", "protocol_error_job", "confirm_delete"})

    def __init__(self) -> None:
        self.group: TaskGroup | None = None
        self._errands: dict[str, Errand] = {}

    async def begin(self, params: CallToolRequestParams, ctx: Call, call_next: CallNext) -> Task | HandlerResult:
        """Run the call on its own."""
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
        self.group.start_soon(self._run, errand, ctx, call_next)
        if params.name == "confirm_delete":
            errand.become("input_required", input_requests={"sure": SURE})
        return task

    async def find(self, task_id: str) -> Errand:
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
            errand.become("cancelled")

    async def _run(self, errand: Errand, ctx: Call, call_next: CallNext) -> None:
        with errand.scope:
            try:
                result = await call_next(ctx)
            except MCPError as error:
                errand.become("failed", error=error.error, status_message=error.message)
            else:
                errand.become("completed", result=result)


class Demanding(Tasks):
    """One of the tools serves nobody but clients that take tasks."""

    async def intercept_tool_call(self, params: CallToolRequestParams, ctx: Call, call_next: CallNext) -> HandlerResult:
        """Turn the others away."""
        if params.name == "failing_job":
            require_client_extension(ctx, TASKS)
        return await super().intercept_tool_call(params, ctx, call_next)


def create_server() -> MCPServer[None]:
    """Make the server."""
    errands = Errands()

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncGenerator[None]:
        async with anyio.create_task_group() as errands.group:
            yield
            errands.group.cancel_scope.cancel()

    server = MCPServer("tasks", version="1", lifespan=lifespan, log_level="ERROR", extensions=[Demanding(errands)])
    for tool in (greet, slow_compute, failing_job, protocol_error_job, confirm_delete):
        server.add_tool(tool)
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


async def confirm_delete(filename: str) -> str:
    """Ask whether that is meant, and go on until it is cancelled."""
    await anyio.sleep_forever()
    return filename
