"""The tasks extension of MCP (SEP-2663): a tool call is answered with a task, which the client asks about later.

This file has only the protocol. What the tasks are is up to a `TaskStore`: for the product these are jobs, for the
conformance suite its own tools (`tests/conformance/tasks_server.py`).
"""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.extension import Extension, MethodBinding
from mcp.server.mcpserver import require_client_extension
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import MCP_NAME_HEADER, decode_header_value
from mcp.types import (
    HEADER_MISMATCH,
    CallToolRequestParams,
    CallToolResult,
    ErrorData,
    RequestParams,
    SubscriptionsListenRequestParams,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

TASKS = "io.modelcontextprotocol/tasks"

T = TypeVar("T")
Call = ServerRequestContext[Any, Any]


class Task(BaseModel):
    """A task as the client sees it, with every field of the protocol; no store has to use all of them.

    A tool's own error is a result: its task is completed, not failed.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    task_id: str
    status: Literal["working", "input_required", "completed", "failed", "cancelled"] = "working"
    status_message: str | None = None
    created_at: datetime
    last_updated_at: datetime
    ttl_ms: int | None = None
    """Milliseconds from its creation for which it can be asked about; None for ever."""
    poll_interval_ms: int | None = None
    input_requests: dict[str, Any] | None = None
    """What the server asks the client meanwhile, by keys of the server's; answered through `tasks/update`."""
    result: CallToolResult | None = None
    error: ErrorData | None = None

    def dump_details(self) -> dict[str, Any]:
        """Return the answer to `tasks/get`."""
        known = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {"resultType": "complete", "ttlMs": None, **known}

    def handle(self) -> dict[str, Any]:
        """Return the answer to the tool call: the task without outcome and questions, which only `tasks/get` gives."""
        outcome = {"input_requests", "result", "error"}
        known = self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=outcome)
        return {"ttlMs": None, **known, "resultType": "task"}


class TaskStore(Protocol[T]):
    """Where the tasks are kept; `T` is what a store keeps for one task."""

    @property
    def tools(self) -> Collection[str]:
        """The names of the tools whose calls may become tasks."""
        ...

    async def begin(self, params: CallToolRequestParams, ctx: Call, call_next: CallNext, /) -> Task | HandlerResult:
        """Start a task that survives a crash and return it, or answer the call without a task."""
        ...

    async def find(self, task_id: str, ctx: Call, /) -> T:
        """Find the caller's task of that id. Raises MCPError with INVALID_PARAMS if there is none."""
        ...

    async def show(self, item: T, ctx: Call, /) -> Task:
        """Return the task in its present state, for this client."""
        ...

    async def cancel(self, item: T, /) -> None:
        """Note that the client no longer waits."""
        ...


class TaskParams(RequestParams):
    """What every request about a task carries."""

    task_id: str


class Update(TaskParams):
    """The client's answers to what a task has asked, by the keys of the questions."""

    input_responses: dict[str, Any]


class Tasks(Extension):
    """Serves the tasks of a store to clients that support the extension; for other clients nothing changes."""

    identifier = TASKS

    def __init__(self, store: TaskStore[Any]) -> None:
        self._store = store

    def methods(self) -> list[MethodBinding]:
        """Return the methods by which a client asks about a task."""
        eras = frozenset(MODERN_PROTOCOL_VERSIONS)
        return [
            MethodBinding("tasks/get", TaskParams, _for_task_clients(self._get), eras),
            MethodBinding("tasks/update", Update, _for_task_clients(self.update), eras),
            MethodBinding("tasks/cancel", TaskParams, _for_task_clients(self._cancel), eras),
        ]

    async def intercept_tool_call(self, params: CallToolRequestParams, ctx: Call, call_next: CallNext) -> HandlerResult:
        """Answer the call with a task if the client supports tasks and the store makes one of it."""
        if params.name not in self._store.tools or not _accepts_tasks(ctx):
            return await call_next(ctx)
        begun = await self._store.begin(params, ctx, call_next)
        return begun.handle() if isinstance(begun, Task) else begun

    async def update(self, ctx: Call, params: Update) -> HandlerResult:
        """Acknowledge answers and ignore them: these tasks ask nothing. A server whose tasks ask overrides this."""
        await self._store.find(params.task_id, ctx)
        return {}

    async def _get(self, ctx: Call, params: TaskParams) -> HandlerResult:
        task = await self._store.show(await self._store.find(params.task_id, ctx), ctx)
        return task.dump_details()

    async def _cancel(self, ctx: Call, params: TaskParams) -> HandlerResult:
        await self._store.cancel(await self._store.find(params.task_id, ctx))
        return {}


def check_listener(ctx: Call, params: SubscriptionsListenRequestParams) -> None:
    """Raise MCPError if a client asks for notifications about tasks without supporting the extension."""
    if (params.notifications.model_extra or {}).get("taskIds"):
        require_client_extension(ctx, TASKS)


def _accepts_tasks(ctx: Call) -> bool:
    """Say whether the client lists the extension with this request; in the older era there is no such extension."""
    able = ctx.session.client_capabilities
    return ctx.protocol_version in MODERN_PROTOCOL_VERSIONS and TASKS in ((able and able.extensions) or {})


def _for_task_clients(
    handler: Callable[[Call, Any], Awaitable[HandlerResult]],
) -> Callable[[Call, Any], Awaitable[HandlerResult]]:
    async def check_and_handle(ctx: Call, params: TaskParams) -> HandlerResult:
        require_client_extension(ctx, TASKS)
        # A missing header does no harm here, and refusing it would cost the client a result that was paid for.
        routed = ctx.request.headers.get(MCP_NAME_HEADER) if ctx.request is not None else None
        if routed is not None and decode_header_value(routed) != params.task_id:
            raise MCPError(HEADER_MISMATCH, "The Mcp-Name header is not the taskId of the request.")
        return await handler(ctx, params)

    return check_and_handle
