"""Whose call it is: everything that depends on the account is asked of one object, to which the request leads."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import anyio
from mcp.server.context import ServerRequestContext

from kie_mcp.jobs.history import JobHistory
from kie_mcp.jobs.service import JobService
from kie_mcp.kie.client import KieClient
from kie_mcp.planner import OrderPlanner
from kie_mcp.surface.clients import NO_WISHES, ClientSettings
from kie_mcp.surface.resources.changes import ResourceWatchers


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One account and the parts that work for it alone: its key, its jobs, the folder that its files go to."""

    account: str
    """What its jobs are told from those of others by."""
    kie: KieClient
    planner: OrderPlanner
    service: JobService
    history: JobHistory
    watchers: ResourceWatchers
    wishes: ClientSettings = NO_WISHES
    """What its settings say of how clients are answered."""
    has_key: bool = True
    """Whether there is a key: without one, tools that cost credits say how to get it, and where to put it."""

    @property
    def sandbox(self) -> bool:
        """Whether what answers is known to be a sandbox."""
        return bool(self.kie.sandbox)


TenantOf: TypeAlias = Callable[[ServerRequestContext[Any, Any]], Tenant]
"""Finds the tenant that a request is of: for one user it is always the same."""


class Tenants:
    """All tenants of one process, opened and stopped together: they share a ledger.

    Args:
        everyone: The tenants.
        find: Finds the one that a request is of.
    """

    def __init__(self, everyone: Sequence[Tenant], find: TenantOf) -> None:
        self._everyone = everyone
        self.find = find

    @asynccontextmanager
    async def open(self) -> AsyncGenerator["Tenants"]:
        """Go on with what each of them has left unfinished, and stop in good order."""
        async with AsyncExitStack() as stack:
            for tenant in self._everyone:
                await stack.enter_async_context(tenant.kie)
                await stack.enter_async_context(tenant.service.open())
            # All have written down what they know before the first of them closes the ledger.
            stack.push_async_callback(self.stop)
            for tenant in self._everyone:
                await stack.enter_async_context(tenant.watchers.open())
            yield self

    async def ready(self) -> None:
        """Find out now whether jobs can be written down. Raises LedgerError."""
        for tenant in self._everyone:
            await tenant.service.ready()

    async def stop(self) -> None:
        """Let go of all jobs; create calls in flight get their last moments to be written down."""
        with anyio.CancelScope(shield=True):
            async with anyio.create_task_group() as group:
                for tenant in self._everyone:
                    group.start_soon(tenant.service.stop)
