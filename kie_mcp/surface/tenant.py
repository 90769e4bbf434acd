"""The account that a call belongs to, and everything that depends on the account."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

import anyio
from mcp.server.context import ServerRequestContext

from kie_mcp.jobs.account import AccountReader
from kie_mcp.jobs.budget import NO_LIMITS, Limits
from kie_mcp.jobs.history import JobHistory
from kie_mcp.jobs.service import JobService
from kie_mcp.kie.client import KieClient
from kie_mcp.market.service import Market
from kie_mcp.media.worker_threads import run_in_thread
from kie_mcp.planner.planner import OrderPlanner
from kie_mcp.surface.clients import NO_SETTINGS, ClientSettings
from kie_mcp.surface.resources.watchers import ResourceWatchers

CLOSE_SECONDS = 2.0
"""Seconds in which what was collected of the jobs may be sent at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One account and the parts that serve only it: its key, its jobs, the folder for its files."""

    account: str
    """The hash that its jobs carry in the ledger."""
    kie: KieClient
    planner: OrderPlanner
    service: JobService
    history: JobHistory
    market: Market
    """All models of its Kie.ai."""
    watchers: ResourceWatchers
    account_reader: AccountReader
    client_settings: ClientSettings = NO_SETTINGS
    """What its settings say about how to answer clients."""
    limits: Limits = NO_LIMITS
    """What may be spent at most."""
    confirm_above: float | None = None
    """The person is asked before one call orders what may cost more credits; None never asks."""
    has_key: bool = True
    """Whether there is an API key. Without one, tools that cost credits answer how to get one and where to put it."""

    @property
    def is_sandbox(self) -> bool:
        """Whether Kie.ai's answers are known to come from a sandbox."""
        return bool(self.kie.sandbox)


TenantOf: TypeAlias = Callable[[ServerRequestContext[Any, Any]], Tenant]
"""Finds the tenant of a request; with one user it is always the same."""


class Tenants:
    """All tenants of one process; they share a ledger, so they are opened and stopped together.

    Args:
        everyone: The tenants.
        find: Finds the tenant of a request.
        close: Called once when nothing more is done for jobs, in a thread that is given CLOSE_SECONDS.
    """

    def __init__(self, everyone: Sequence[Tenant], find: TenantOf, close: Callable[[], None] | None = None) -> None:
        self._everyone = everyone
        self._close = close
        self.find = find
        self.opens_anyway = False
        """Whether to open although the ledger cannot be used, and say so in the answer to each call."""

    @asynccontextmanager
    async def open(self) -> AsyncGenerator["Tenants"]:
        """Follow the unfinished jobs of all tenants; at the end, stop them in an order that loses nothing."""
        async with AsyncExitStack() as stack:
            for tenant in self._everyone:
                await stack.enter_async_context(tenant.kie)
                await stack.enter_async_context(tenant.service.open(anyway=self.opens_anyway))
            # All tenants write down what they know before the first of them closes the ledger.
            stack.push_async_callback(self.stop)
            for tenant in self._everyone:
                await stack.enter_async_context(tenant.watchers.open())
            yield self

    async def ready(self) -> None:
        """Check now whether jobs can be written down. Raises LedgerError if they cannot."""
        for tenant in self._everyone:
            await tenant.service.ready()

    async def stop(self) -> None:
        """Stop working on all jobs; create calls in flight get a short time to be written down."""
        with anyio.CancelScope(shield=True):
            async with anyio.create_task_group() as group:
                for tenant in self._everyone:
                    group.start_soon(tenant.service.stop)
            close, self._close = self._close, None
            if close:
                with suppress(OSError):  # a collector that does not answer keeps nobody
                    await run_in_thread(close, patience=CLOSE_SECONDS)
