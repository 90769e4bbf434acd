"""A client's half of the tasks extension: it asks for a task's end, so that a call looks like any other."""

from typing import Any, Literal

import anyio
from mcp import Client
from mcp.client.extension import ClaimContext, ClientExtension, ResultClaim
from mcp.client.session import ClientSession
from mcp.types import CallToolResult, EmptyResult, Request, RequestParams, Result

TASKS = "io.modelcontextprotocol/tasks"
ENDS = {"completed", "failed", "cancelled"}


class Named(RequestParams):
    """Which task is meant, and what its client answers it."""

    task_id: str
    input_responses: dict[str, Any] | None = None


class Ask(Request[Named, str]):
    """A request about a task, routed by its id."""

    name_param = "taskId"


class Handle(Result):
    """A task as a server hands it out, and as it describes it when asked."""

    result_type: Literal["task"] = "task"
    task_id: str
    status: str
    status_message: str | None = None
    created_at: str
    last_updated_at: str
    ttl_ms: int | None
    poll_interval_ms: int | None = None


class Detailed(Handle):
    """What `tasks/get` answers."""

    result_type: Literal["complete"] = "complete"  # pyright: ignore[reportIncompatibleVariableOverride]
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


class TaskClient(ClientExtension):
    """Finishes tasks; `asked` holds what it was told of them."""

    identifier = TASKS

    def __init__(self) -> None:
        self.asked: list[Handle] = []

    def claims(self) -> list[ResultClaim[Any]]:
        """The handles."""
        return [ResultClaim(result_type="task", model=Handle, resolve=self._finish)]

    async def _finish(self, handle: Handle, ctx: ClaimContext) -> CallToolResult:
        self.asked.append(handle)
        task = await end(ctx.session, handle.task_id, self.asked)
        assert task.status == "completed", task
        return CallToolResult.model_validate(task.result)


async def get(session: ClientSession, task_id: str) -> Detailed:
    return await session.send_request(Ask(method="tasks/get", params=Named(task_id=task_id)), Detailed)


async def end(session: ClientSession, task_id: str, asked: list[Handle] | None = None) -> Detailed:
    """Ask until it has ended, as often as the server likes."""
    while True:
        task = await get(session, task_id)
        if asked is not None:
            asked.append(task)
        if task.status in ENDS:
            return task
        await anyio.sleep((task.poll_interval_ms or 1000) / 1000)


async def cancel(session: ClientSession, task_id: str) -> EmptyResult:
    return await session.send_request(Ask(method="tasks/cancel", params=Named(task_id=task_id)), EmptyResult)


async def update(session: ClientSession, task_id: str) -> EmptyResult:
    params = Named(task_id=task_id, input_responses={"unheard-of": {"action": "accept"}})
    return await session.send_request(Ask(method="tasks/update", params=params), EmptyResult)


async def order(client: Client, tool: str, /, **arguments: Any) -> Handle:
    """Call a tool and take its handle, without asking further."""
    handle = await client.session.call_tool(tool, arguments, allow_claimed=True)
    assert isinstance(handle, Handle), handle
    return handle
