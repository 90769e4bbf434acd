"""The server as it speaks the protocol: what the SDK's own server cannot do is answered by the one beneath it.

The only file that reaches for what is private to the SDK: the server beneath (`_lowlevel_server`) and a session's
connection (`_connection`). Others lean on what is public there but little promised: `stdio/` on how the server beneath
is fed, `resources/subscriptions` on the `state` and the `exit_stack` of the connection, `resources/changes` on the
SDK's stream of events, `strict_tool` on how a tool is kept, `prompts/template` on a prompt's `fn` and `context_kwarg`,
`viewer` on how a resource is read, `tasks/` on extensions.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeAlias, TypeVar

from mcp.server import ServerRequestContext
from mcp.server.connection import Connection
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context, MCPServer
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, GetPromptResult, InputRequiredResult
from pydantic import AnyUrl, BaseModel

from kie_mcp.orders.job_uris import JOBS_URI, parse_output_uri
from kie_mcp.surface.calls import CallHandler
from kie_mcp.surface.resources.read import read_jobs, read_output
from kie_mcp.surface.stdio.transport import Stdio, run_stdio
from kie_mcp.surface.tenant import Tenant, Tenants
from kie_mcp.text import literal

P = TypeVar("P", bound=BaseModel)
Handler: TypeAlias = Callable[[ServerRequestContext[Any, Any], P], Awaitable[Any]]
"""Answers a method, given the request's surroundings and its parameters."""


class KieServer(MCPServer[Any]):
    """The MCP server of some tenants: it answers any method, and reads outputs with the type that their bytes have."""

    def __init__(self, tenants: Tenants, calls: CallHandler, **options: Any) -> None:
        super().__init__(**options)
        self.tenants = tenants
        self._calls = calls

    async def run_stdio_async(self) -> None:
        """Serve one client over standard input and output; a line that cannot be read is answered too.

        Raises OSError if standard output cannot be written, other than because its reader has left.
        """
        await run_stdio(self._lowlevel_server, Stdio(self._calls.deliveries), self.tenants.stop)

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[Any, Any] | None = None
    ) -> GetPromptResult | InputRequiredResult:
        """Write a prompt. Raises MCPError if there is none of that name: the SDK calls that a crash."""
        names = [prompt.name for prompt in await self.list_prompts()]
        if name not in names:
            raise MCPError(INVALID_PARAMS, f"There is no prompt {literal(name, 100)}; there are {', '.join(names)}.")
        return await super().get_prompt(name, arguments, context)

    def answer(self, method: str, params: type[P], handler: Handler[P]) -> None:
        """Answer a method of the protocol here.

        The SDK's server pages no list and takes no `resources/subscribe`; the one below it takes any method.
        """
        self._lowlevel_server.add_request_handler(method, params, handler)

    async def read_resource(
        self, uri: AnyUrl | str, context: Context[Any, Any] | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """Read an account's list of jobs and its outputs here, and everything else as the SDK does."""
        if output := parse_output_uri(str(uri)):
            return [await read_output(self._tenant(context).service, *output)]
        if str(uri) == JOBS_URI:
            return [await read_jobs(self._tenant(context), self._calls)]
        return await super().read_resource(uri, context)

    def _tenant(self, context: Context[Any, Any] | None) -> Tenant:
        """Find the tenant. Raises ValueError outside a request."""
        return self.tenants.find((context or Context(mcp_server=self)).request_context)


def connection(context: ServerRequestContext[Any, Any]) -> Connection:
    """The client's connection, which outlives its requests."""
    return context.session._connection  # pyright: ignore[reportPrivateUsage]
