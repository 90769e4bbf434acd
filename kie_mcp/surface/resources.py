"""Jobs and their outputs as resources: `kie://jobs`, `kie://jobs/{job_id}`, `kie://jobs/{job_id}/outputs/{index}`."""

import json
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import anyio.to_thread
from mcp.server import ServerRequestContext
from mcp.server.connection import Connection
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.server.subscriptions import InMemorySubscriptionBus
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, GetPromptResult, InputRequiredResult
from pydantic import AnyUrl, BaseModel

from kie_mcp.errors import UnknownJobError
from kie_mcp.jobs.desk import Desk
from kie_mcp.jobs.job import Job
from kie_mcp.jobs.orders import parse_output_uri
from kie_mcp.surface.answer import Answer
from kie_mcp.surface.unreadable import run_stdio

LARGEST = 64 * 1024 * 1024
"""Bytes that one answer may carry; a larger file is at its path and its URL."""

Describe = Callable[[Job], Awaitable[Answer]]
P = TypeVar("P", bound=BaseModel)
Handler: TypeAlias = Callable[[ServerRequestContext[Any, Any], P], Awaitable[Any]]
"""Answers a method, given the request's surroundings and its parameters."""


class KieServer(MCPServer[Any]):
    """An MCP server whose outputs are read with the type that their bytes have.

    It and `connection` are all that leans on what lies under the SDK's server.
    """

    def __init__(self, desk: Desk, **options: Any) -> None:
        self.bus = InMemorySubscriptionBus()
        """Where it is said that a resource has changed."""
        super().__init__(subscriptions=self.bus, **options)
        self.desk = desk
        self._outputs = OutputReader(desk)

    async def run_stdio_async(self) -> None:
        """Serve one client over standard input and output; a line that cannot be read is answered too."""
        await run_stdio(self._lowlevel_server)

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[Any, Any] | None = None
    ) -> GetPromptResult | InputRequiredResult:
        """Write a prompt. Raises MCPError if there is none of that name: the SDK calls that a crash."""
        names = [prompt.name for prompt in await self.list_prompts()]
        if name not in names:
            raise MCPError(INVALID_PARAMS, f"There is no prompt {name[:100]!r}; there are {', '.join(names)}.")
        return await super().get_prompt(name, arguments, context)

    def answer(self, method: str, params: type[P], handler: Handler[P]) -> Handler[Any] | None:
        """Answer a method of the protocol here; returns what has answered it till now.

        The SDK's server pages no list and takes no `resources/subscribe`; the one below it takes any method.
        """
        before = self._lowlevel_server.get_request_handler(method)
        self._lowlevel_server.add_request_handler(method, params, handler)
        return before.handler if before else None

    async def read_resource(
        self, uri: AnyUrl | str, context: Context[Any, Any] | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """Read an output here, and everything else as the SDK does."""
        parsed = parse_output_uri(str(uri))
        if parsed:
            return [await self._outputs.read(*parsed)]
        return await super().read_resource(uri, context)


def connection(context: ServerRequestContext[Any, Any]) -> Connection:
    """The client's connection, which outlives its requests."""
    return context.session._connection  # pyright: ignore[reportPrivateUsage]


class OutputReader:
    """Reads saved outputs."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def read(self, job_id: str, index: int) -> ReadResourceContents:
        """The bytes of the saved file. Raises ResourceNotFoundError, or ResourceError saying what to do."""
        try:
            job = await self._desk.read(job_id)
        except UnknownJobError as error:
            raise ResourceNotFoundError(error.message) from error
        if index >= len(job.outputs):
            message = f"Job {job_id} has no output {index}; state: {job.state}, outputs: {len(job.outputs)}."
            raise ResourceNotFoundError(message)
        output = job.outputs[index]
        if output.path is None:
            raise ResourceError(f"Output {index} of job {job_id} is not saved; call get_job_status to save it.")
        return ReadResourceContents(
            content=await anyio.to_thread.run_sync(_bytes, Path(output.path)), mime_type=output.mime_type
        )


def register(server: KieServer, describe: Describe) -> None:
    """Publish the resources of the server's desk."""
    desk = server.desk

    @server.resource("kie://jobs", title="Jobs", mime_type="application/json")
    async def jobs() -> str:
        """The newest jobs."""
        listed = [(await describe(job)).facts() for job in await desk.list_jobs()]
        return json.dumps({"jobs": listed}, indent=2)

    @server.resource("kie://jobs/{job_id}", title="Job", mime_type="application/json")
    async def job(job_id: str) -> str:
        """One job as it stands."""
        try:
            return json.dumps((await describe(await desk.read(job_id))).facts(), indent=2)
        except UnknownJobError as error:
            raise ResourceNotFoundError(error.message) from error

    @server.resource("kie://jobs/{job_id}/outputs/{index}", title="Output", mime_type="application/octet-stream")
    async def output(job_id: str, index: str) -> str:
        """A file that a job made, as it was saved. Every tool that takes a file takes this URI."""
        raise ResourceNotFoundError(f"Job {job_id} has no output {index!r}: outputs are counted from 0.")

    _ = (jobs, job, output)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise ResourceError(
            f"The saved file is gone ({error.strerror}); call get_job_status to save it again."
        ) from None
    if len(content) > LARGEST:
        raise ResourceError(f"The file is larger than {LARGEST // 2**20} MB; open it at its path: {path}")
    return content
