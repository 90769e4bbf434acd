"""The tasks extension of MCP (SEP-2663): a tool call is answered with a handle, by which the client asks for its end.

It knows the protocol and nothing of what the tasks are; that is the keeper's.
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

Kept = TypeVar("Kept")
Call = ServerRequestContext[Any, Any]


class Task(BaseModel):
    """A task as the client sees it, in all that the protocol knows of one; a keeper needs not every state.

    A tool's own error is a result: its task is completed, not failed.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    task_id: str
    status: Literal["working", "input_required", "completed", "failed", "cancelled"] = "working"
    status_message: str | None = None
    created_at: datetime
    last_updated_at: datetime
    ttl_ms: int | None = None
    """How long it can be asked for, from its creation; None for ever."""
    poll_interval_ms: int | None = None
    input_requests: dict[str, Any] | None = None
    """What its client is asked for meanwhile, by keys of the server's; answered through `tasks/update`."""
    result: CallToolResult | None = None
    error: ErrorData | None = None

    def detailed(self) -> dict[str, Any]:
        """What `tasks/get` answers."""
        known = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return {"resultType": "complete", "ttlMs": None, **known}

    def handle(self) -> dict[str, Any]:
        """What the call is answered with: nothing that is to be had by asking only."""
        outcome = {"input_requests", "result", "error"}
        known = self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=outcome)
        return {"ttlMs": None, **known, "resultType": "task"}


class TaskStore(Protocol[Kept]):
    """What the tasks are kept by."""

    @property
    def tools(self) -> Collection[str]:
        """The tools whose calls may become tasks."""
        ...

    async def begin(self, params: CallToolRequestParams, ctx: Call, call_next: CallNext, /) -> Task | HandlerResult:
        """Start the task, durably, or answer the call as ever."""
        ...

    async def find(self, task_id: str, ctx: Call, /) -> Kept:
        """What is kept under that id for whoever asks. Raises MCPError with INVALID_PARAMS if nothing is."""
        ...

    async def show(self, kept: Kept, ctx: Call, /) -> Task:
        """The task as it stands, for this client."""
        ...

    async def cancel(self, kept: Kept, /) -> None:
        """Take note that the client no longer waits."""
        ...


class _Named(RequestParams):
    task_id: str


class Update(_Named):
    """What a client answers a task that asked for something, by the keys of its questions."""

    input_responses: dict[str, Any]


class Tasks(Extension):
    """Serves a keeper's tasks to the clients that ask for them; the others notice nothing."""

    identifier = TASKS

    def __init__(self, keeper: TaskStore[Any]) -> None:
        self._keeper = keeper

    def methods(self) -> list[MethodBinding]:
        """What a client can ask about a task."""
        eras = frozenset(MODERN_PROTOCOL_VERSIONS)
        return [
            MethodBinding("tasks/get", _Named, _gated(self._get), eras),
            MethodBinding("tasks/update", Update, _gated(self.update), eras),
            MethodBinding("tasks/cancel", _Named, _gated(self._cancel), eras),
        ]

    async def intercept_tool_call(self, params: CallToolRequestParams, ctx: Call, call_next: CallNext) -> HandlerResult:
        """Make a task of the call, if the client takes one and the keeper has one."""
        if params.name not in self._keeper.tools or not _takes_tasks(ctx):
            return await call_next(ctx)
        begun = await self._keeper.begin(params, ctx, call_next)
        return begun.handle() if isinstance(begun, Task) else begun

    async def update(self, ctx: Call, params: Update) -> HandlerResult:
        """Acknowledge it: answers to nothing are to be ignored. Whoever keeps tasks that ask takes them here."""
        await self._keeper.find(params.task_id, ctx)
        return {}

    async def _get(self, ctx: Call, params: _Named) -> HandlerResult:
        task = await self._keeper.show(await self._keeper.find(params.task_id, ctx), ctx)
        return task.detailed()

    async def _cancel(self, ctx: Call, params: _Named) -> HandlerResult:
        await self._keeper.cancel(await self._keeper.find(params.task_id, ctx))
        return {}


def may_listen(ctx: Call, params: SubscriptionsListenRequestParams) -> None:
    """Turn away who would be told of tasks and takes none, as the extension demands. Raises MCPError."""
    if (params.notifications.model_extra or {}).get("taskIds"):
        require_client_extension(ctx, TASKS)


def _takes_tasks(ctx: Call) -> bool:
    """Only a client that lists the extension with this very request; the handshake's era does not know it."""
    able = ctx.session.client_capabilities
    return ctx.protocol_version in MODERN_PROTOCOL_VERSIONS and TASKS in ((able and able.extensions) or {})


def _gated(handler: Callable[[Call, Any], Awaitable[HandlerResult]]) -> Callable[[Call, Any], Awaitable[HandlerResult]]:
    async def gated(ctx: Call, params: _Named) -> HandlerResult:
        require_client_extension(ctx, TASKS)
        # A header that is missing misleads nobody here, and the result it would cost the client was paid for.
        routed = ctx.request.headers.get(MCP_NAME_HEADER) if ctx.request is not None else None
        if routed is not None and decode_header_value(routed) != params.task_id:
            raise MCPError(HEADER_MISMATCH, "The Mcp-Name header is not the taskId of the request.")
        return await handler(ctx, params)

    return gated
