"""Update notifications: a client that has subscribed hears when a job moves, in both eras of the protocol.

Since 2026-07-28 a client holds one `subscriptions/listen` request open; before, it sends `resources/subscribe` for
each resource and hears on its session's own channel.
"""

from collections.abc import Sequence
from typing import Any

import anyio
from mcp.server import ServerRequestContext
from mcp.server.connection import Connection
from mcp.server.mcpserver.exceptions import ResourceError
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated, ServerEvent
from mcp.types import (
    INVALID_PARAMS,
    EmptyResult,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
    UnsubscribeRequestParams,
)

from kie_mcp.errors import UnknownJobError
from kie_mcp.orders.job_uris import JOBS_URI, parse_job_uri
from kie_mcp.surface.resources.changes import ResourceWatchers, watched
from kie_mcp.surface.server import KieServer, connection
from kie_mcp.surface.tasks.extension import may_listen
from kie_mcp.surface.tenant import TenantOf

MOST = 100
"""Resources that one client may listen to."""


def register(server: KieServer, tenant_of: TenantOf) -> None:
    """Serve subscriptions; the tenants' watchers must be open while the server runs."""
    updates = Updates(server, tenant_of)
    server.answer("subscriptions/listen", SubscriptionsListenRequestParams, updates.listen)
    server.answer("resources/subscribe", SubscribeRequestParams, updates.subscribe)
    server.answer("resources/unsubscribe", UnsubscribeRequestParams, updates.unsubscribe)


class Updates:
    """Answers the requests to hear of changes."""

    def __init__(self, server: KieServer, tenant_of: TenantOf) -> None:
        self._server = server
        self._tenant_of = tenant_of

    async def listen(self, context: ServerRequestContext[Any, Any], params: SubscriptionsListenRequestParams) -> Any:
        """Have what the client listens to watched, for as long as its request is open."""
        may_listen(context, params)
        wanted = params.notifications
        events: list[ServerEvent] = [ResourceUpdated(uri) for uri in _not_too_many(wanted.resource_subscriptions or ())]
        if wanted.resources_list_changed:
            events.append(ResourcesListChanged())
        watchers = self._tenant_of(context).watchers
        with watchers.held(events) as held:
            for watch in held:
                await watch.begun.wait()  # from the acknowledgement on, no change is missed
            return await watchers.stream(context, params)

    async def subscribe(self, context: ServerRequestContext[Any, Any], params: SubscribeRequestParams) -> EmptyResult:
        """Tell this session of changes from now on. Raises MCPError if there is no such resource."""
        await self._check(params.uri, context)
        line, place = connection(context), self._place(context)
        if place not in line.state:
            line.state[place] = session = Session(line, self._tenant_of(context).watchers)
            line.exit_stack.callback(session.close)
        await line.state[place].add(params.uri)
        return EmptyResult()

    async def unsubscribe(
        self, context: ServerRequestContext[Any, Any], params: UnsubscribeRequestParams
    ) -> EmptyResult:
        """Tell this session no more."""
        if session := connection(context).state.get(self._place(context)):
            session.drop(params.uri)
        return EmptyResult()

    def _place(self, context: ServerRequestContext[Any, Any]) -> str:
        """Where the connection keeps what the account has subscribed to."""
        return f"kie_mcp.updates.{self._tenant_of(context).account}"

    async def _check(self, uri: str, context: ServerRequestContext[Any, Any]) -> None:
        try:
            if job := parse_job_uri(uri):  # also an output that is not made yet
                await self._tenant_of(context).service.read(job[0])
            elif uri != JOBS_URI:
                await self._server.read_resource(uri)
        except (ResourceError, UnknownJobError) as error:
            raise MCPError(INVALID_PARAMS, str(error), {"uri": uri}) from error


class Session:
    """One client of the older era: what it has subscribed to, and what it is still to be told."""

    def __init__(self, line: Connection, watches: ResourceWatchers) -> None:
        self._line = line
        self._watches = watches
        self._wanted: dict[str, ServerEvent] = {}
        self._due: dict[str, None] = {}
        self._wake = anyio.Event()
        self._leave = watches.bus.subscribe(self._hear)
        self._teller = watches.run(self._tell)

    async def add(self, uri: str) -> None:
        """Subscribe; what changes after this returns is told. Raises MCPError if these are too many."""
        event = ResourceUpdated(uri)
        if uri in self._wanted or not watched(event):
            return
        _not_too_many([*self._wanted, uri])
        watch = self._watches.take(event)
        self._wanted[uri] = event
        await watch.begun.wait()

    def drop(self, uri: str) -> None:
        """Unsubscribe."""
        if event := self._wanted.pop(uri, None):
            self._watches.let_go(event)
        self._due.pop(uri, None)

    def close(self) -> None:
        """Leave nothing behind."""
        self._leave()
        self._teller.cancel()
        for uri in list(self._wanted):
            self.drop(uri)

    def _hear(self, event: ServerEvent) -> None:
        if isinstance(event, ResourceUpdated) and event.uri in self._wanted:
            self._due[event.uri] = None  # once is enough, however often it changes before it can be told
            self._wake.set()

    async def _tell(self) -> None:
        while True:
            await self._wake.wait()
            self._wake = anyio.Event()
            while self._due:
                uri = next(iter(self._due))
                del self._due[uri]
                await self._line.send_resource_updated(uri)


def _not_too_many(uris: Sequence[str]) -> Sequence[str]:
    if len(uris) > MOST:
        raise MCPError(INVALID_PARAMS, f"{len(uris):,} resources; at most {MOST} can be listened to.")
    return uris
