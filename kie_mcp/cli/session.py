"""Call the tools from the command line, by an MCP client inside this process.

So an order from a terminal goes the very way of an order from an assistant: checks, ceilings, estimates, joins, ledger.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mcp import Client
from mcp.shared.dispatcher import ProgressFnT
from mcp.types import ElicitRequestParams, ElicitResult, Implementation, TextContent

from kie_mcp import __version__
from kie_mcp.app import create_server
from kie_mcp.settings import Settings
from kie_mcp.stop_signals import interrupt_on_stop_signals
from kie_mcp.surface.confirmation import NO, QUESTION, YES
from kie_mcp.surface.delivery_tracker import Deliveries

Facts: TypeAlias = dict[str, Any]
"""The structured content of an answer."""
Ask: TypeAlias = Callable[[str], Awaitable[bool]]
"""Puts a question to the person; returns whether they agree."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a tool answers."""

    facts: Facts
    """The structured content; that of a refusal is an `error` without a `state`."""
    text: str
    """The same in words."""

    @property
    def is_refusal(self) -> bool:
        """Say whether no job's state is told."""
        return "error" in self.facts and "state" not in self.facts

    @property
    def is_done(self) -> bool:
        """Say whether nothing more is to be waited for."""
        return self.facts.get("state") not in {"queued", "running"}

    @property
    def jobs(self) -> list[Facts]:
        """The facts of each job that is answered about."""
        if "jobs" in self.facts:
            return self.facts["jobs"]
        return [self.facts] if "job_id" in self.facts and not self.is_refusal else []


@dataclass(frozen=True, slots=True)
class Session:
    """A connection to the server in this process."""

    client: Client
    deliveries: Deliveries = field(default_factory=Deliveries)
    """The answers that nobody has read yet."""

    def confirm(self) -> None:
        """Note that the answers so far were printed; until then an equal order joins what they are about."""
        self.deliveries.note_all_written()

    async def call(self, tool: str, arguments: Facts, progress: ProgressFnT | None = None) -> Reply:
        """Call a tool; a job that failed and an order that was refused are answers, too."""
        result = await self.client.call_tool(tool, arguments, progress_callback=progress)
        text = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
        return Reply(result.structured_content or {}, text)


@asynccontextmanager
async def open_session(settings: Settings, *, sandbox: bool = False, ask: Ask | None = None) -> AsyncGenerator[Session]:
    """Yield a session; at its end what is in flight is written down, and jobs that were sent go on at Kie.ai.

    Args:
        settings: What the user has set.
        sandbox: Whether this process has started the sandbox that the settings lead to.
        ask: Asks the person about an order above KIE_CONFIRM_ABOVE_CREDITS; None if nobody can be asked.

    Raises LedgerError if jobs cannot be written down.
    """
    server = create_server(settings, sandbox=sandbox)
    server.deliveries.tracks_writes = True
    await server.tenants.ready()
    info = Implementation(name="kie-mcp", version=__version__)
    with interrupt_on_stop_signals():
        async with Client(server, client_info=info, elicitation_callback=_make_answers(ask) if ask else None) as client:
            yield Session(client, server.deliveries)


def _make_answers(ask: Ask) -> Any:
    async def answer(_: object, params: ElicitRequestParams) -> ElicitResult:
        return ElicitResult(action="accept", content={QUESTION: YES if await ask(params.message) else NO})

    return answer
