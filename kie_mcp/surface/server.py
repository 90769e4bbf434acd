"""The MCP server: the SDK's own, and a way to answer the methods that the SDK's does not answer as we need.

This is the only file that uses private names of the SDK: its low-level server (`_lowlevel_server`) and the connection
of a session (`_connection`). Other files use names that are public but may change in a new version of the SDK:
`stdio/` how the low-level server gets its messages, `resources/subscriptions` the `state` and the `exit_stack` of a
connection, `resources/watchers` the SDK's stream of events, `strict_tool` the attributes of a tool, `prompts/template`
a prompt's `fn` and `context_kwarg`, `viewer` how a resource is read, `tasks/` and `skills/` the SDK's extensions.
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
from kie_mcp.surface.call_handler import CallHandler
from kie_mcp.surface.delivery_tracker import Deliveries
from kie_mcp.surface.resources.read import read_jobs, read_output
from kie_mcp.surface.stdio.hand_over import HandOver
from kie_mcp.surface.stdio.transport import Stdio, run_stdio
from kie_mcp.surface.tenant import Tenant, Tenants
from kie_mcp.text import literal

P = TypeVar("P", bound=BaseModel)
Handler: TypeAlias = Callable[[ServerRequestContext[Any, Any], P], Awaitable[Any]]
"""Answers a request, given its context and its parameters."""


class KieServer(MCPServer[Any]):
    """The MCP server of some tenants. It also answers methods that the SDK's server does not."""

    def __init__(self, tenants: Tenants, calls: CallHandler, **options: Any) -> None:
        super().__init__(**options)
        self.tenants = tenants
        self._calls = calls

    async def run_stdio_async(self, hand_over: HandOver | None = None) -> None:
        """Serve one client over standard input and output; lines that cannot be read get an error as their answer.

        `hand_over`: what the start has read, if it has answered the client's first requests.

        Raises OSError if standard output cannot be written, unless that is because the client has left.
        """
        client = Stdio(self._calls.deliveries, self._calls.arrivals, hand_over)
        await run_stdio(self._lowlevel_server, client, self.tenants.stop)

    @property
    def deliveries(self) -> Deliveries:
        """The answers that are on their way to a client, for transports that know when they were written."""
        return self._calls.deliveries

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[Any, Any] | None = None
    ) -> GetPromptResult | InputRequiredResult:
        """Write a prompt. Raises MCPError if there is none of that name; the SDK would report an internal error."""
        names = [prompt.name for prompt in await self.list_prompts()]
        if name not in names:
            raise MCPError(INVALID_PARAMS, f"There is no prompt {literal(name, 100)}; there are {', '.join(names)}.")
        return await super().get_prompt(name, arguments, context)

    def handle(self, method: str, params: type[P], handler: Handler[P]) -> None:
        """Answer a method of the protocol with this handler.

        The SDK's server has no paged lists and no `resources/subscribe`; the low-level one takes any method.
        """
        self._lowlevel_server.add_request_handler(method, params, handler)

    async def read_resource(
        self, uri: AnyUrl | str, context: Context[Any, Any] | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """Read the list of jobs and the outputs of the caller's account here, and everything else as the SDK does."""
        if output := parse_output_uri(str(uri)):
            return [await read_output(self._tenant(context).service, *output)]
        if str(uri) == JOBS_URI:
            return [await read_jobs(self._tenant(context), self._calls)]
        return await super().read_resource(uri, context)

    def _tenant(self, context: Context[Any, Any] | None) -> Tenant:
        """Find the tenant of a request. Raises ValueError outside a request."""
        return self.tenants.find((context or Context(mcp_server=self)).request_context)


def client_connection(context: ServerRequestContext[Any, Any]) -> Connection:
    """Return the client's connection, which lives longer than its requests."""
    return context.session._connection  # pyright: ignore[reportPrivateUsage]
