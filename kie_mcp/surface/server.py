"""The server as it speaks the protocol: what the SDK's own server cannot do is answered by the one beneath it.

The only file that reaches for what is private to the SDK: the server beneath (`_lowlevel_server`) and a session's
connection (`_connection`). Others lean on what is public there but little promised: `unreadable` and `stdio` on how the
server beneath is fed, `updates` on the `state` and the `exit_stack` of the connection, `strict_tool` on how a tool is
kept, `recipe` on a prompt's `fn` and `context_kwarg`, `viewer` on how a resource is read, `tasks` on extensions.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeAlias, TypeVar

from mcp.server import ServerRequestContext
from mcp.server.connection import Connection
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.subscriptions import InMemorySubscriptionBus
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, GetPromptResult, InputRequiredResult
from pydantic import AnyUrl, BaseModel

from kie_mcp.jobs.service import JobService
from kie_mcp.orders.order import parse_output_uri
from kie_mcp.surface.delivery import Deliveries
from kie_mcp.surface.resources.read import OutputReader
from kie_mcp.surface.stdio.transport import Stdio, run_stdio

P = TypeVar("P", bound=BaseModel)
Handler: TypeAlias = Callable[[ServerRequestContext[Any, Any], P], Awaitable[Any]]
"""Answers a method, given the request's surroundings and its parameters."""


class KieServer(MCPServer[Any]):
    """An MCP server over a desk: it answers any method, and reads outputs with the type that their bytes have."""

    def __init__(self, service: JobService, deliveries: Deliveries, **options: Any) -> None:
        self.bus = InMemorySubscriptionBus()
        """Where it is said that a resource has changed."""
        super().__init__(subscriptions=self.bus, **options)
        self.service = service
        self._deliveries = deliveries
        self._outputs = OutputReader(service)

    async def run_stdio_async(self) -> None:
        """Serve one client over standard input and output; a line that cannot be read is answered too.

        Raises OSError if standard output cannot be written, other than because its reader has left.
        """
        await run_stdio(self._lowlevel_server, Stdio(self._deliveries), self.service.stop)

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
        """Read an output here, where its type is known, and everything else as the SDK does."""
        parsed = parse_output_uri(str(uri))
        if parsed:
            return [await self._outputs.read(*parsed)]
        return await super().read_resource(uri, context)


def connection(context: ServerRequestContext[Any, Any]) -> Connection:
    """The client's connection, which outlives its requests."""
    return context.session._connection  # pyright: ignore[reportPrivateUsage]
