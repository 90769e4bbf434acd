"""Subscriptions: a client is notified when a resource changes, in both eras of the protocol.

Since version 2026-07-28 a client keeps one `subscriptions/listen` request open. In older versions it sends
`resources/subscribe` for each resource and is notified through its session.
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
from kie_mcp.surface.resources.watchers import ResourceWatchers, can_change
from kie_mcp.surface.server import KieServer, client_connection
from kie_mcp.surface.tasks.extension import check_listener
from kie_mcp.surface.tenant import TenantOf

MOST = 100
"""How many resources one client may subscribe to."""


def register(server: KieServer, tenant_of: TenantOf) -> None:
    """Answer the requests about subscriptions; the tenants' watchers must be open while the server runs."""
    updates = SubscriptionHandler(server, tenant_of)
    server.handle("subscriptions/listen", SubscriptionsListenRequestParams, updates.listen)
    server.handle("resources/subscribe", SubscribeRequestParams, updates.subscribe)
    server.handle("resources/unsubscribe", UnsubscribeRequestParams, updates.unsubscribe)


class SubscriptionHandler:
    """Answers the requests about subscriptions."""

    def __init__(self, server: KieServer, tenant_of: TenantOf) -> None:
        self._server = server
        self._tenant_of = tenant_of

    async def listen(self, context: ServerRequestContext[Any, Any], params: SubscriptionsListenRequestParams) -> Any:
        """Watch what the client listens to, and notify it, as long as its request is open."""
        check_listener(context, params)
        wanted = params.notifications
        events: list[ServerEvent] = [ResourceUpdated(uri) for uri in _check_number(wanted.resource_subscriptions or ())]
        if wanted.resources_list_changed:
            events.append(ResourcesListChanged())
        watchers = self._tenant_of(context).watchers
        with watchers.hold(events) as held:
            for watcher in held:
                await watcher.started.wait()  # after the acknowledgement no change is missed
            return await watchers.stream(context, params)

    async def subscribe(self, context: ServerRequestContext[Any, Any], params: SubscribeRequestParams) -> EmptyResult:
        """Notify this session of changes from now on. Raises MCPError if there is no such resource."""
        await self._check(params.uri, context)
        connection, key = client_connection(context), self._state_key(context)
        if key not in connection.state:
            subscriptions = SessionSubscriptions(connection, self._tenant_of(context).watchers)
            connection.state[key] = subscriptions
            connection.exit_stack.callback(subscriptions.close)
        await connection.state[key].add(params.uri)
        return EmptyResult()

    async def unsubscribe(
        self, context: ServerRequestContext[Any, Any], params: UnsubscribeRequestParams
    ) -> EmptyResult:
        """Stop notifying this session of changes."""
        if subscriptions := client_connection(context).state.get(self._state_key(context)):
            subscriptions.drop(params.uri)
        return EmptyResult()

    def _state_key(self, context: ServerRequestContext[Any, Any]) -> str:
        """Return the key in the connection's state under which the account's subscriptions are kept."""
        return f"kie_mcp.updates.{self._tenant_of(context).account}"

    async def _check(self, uri: str, context: ServerRequestContext[Any, Any]) -> None:
        try:
            if job := parse_job_uri(uri):  # also for an output that does not exist yet
                await self._tenant_of(context).service.read(job[0])
            elif uri != JOBS_URI:
                await self._server.read_resource(uri)
        except (ResourceError, UnknownJobError) as error:
            raise MCPError(INVALID_PARAMS, str(error), {"uri": uri}) from error


class SessionSubscriptions:
    """The subscriptions of one client of the older era, and the updates that are still to be sent to it."""

    def __init__(self, connection: Connection, watchers: ResourceWatchers) -> None:
        self._connection = connection
        self._watchers = watchers
        self._wanted: dict[str, ServerEvent] = {}
        self._unsent: dict[str, None] = {}
        self._has_unsent = anyio.Event()
        self._unsubscribe = watchers.bus.subscribe(self._note_event)
        self._sender = watchers.run_beside(self._send_updates)

    async def add(self, uri: str) -> None:
        """Subscribe to a resource; changes after this returns are sent. Raises MCPError if it is one too many."""
        event = ResourceUpdated(uri)
        if uri in self._wanted or not can_change(event):
            return
        _check_number([*self._wanted, uri])
        watcher = self._watchers.add_listener(event)
        self._wanted[uri] = event
        await watcher.started.wait()

    def drop(self, uri: str) -> None:
        """Unsubscribe from a resource."""
        if event := self._wanted.pop(uri, None):
            self._watchers.remove_listener(event)
        self._unsent.pop(uri, None)

    def close(self) -> None:
        """End all subscriptions."""
        self._unsubscribe()
        self._sender.cancel()
        for uri in list(self._wanted):
            self.drop(uri)

    def _note_event(self, event: ServerEvent) -> None:
        if isinstance(event, ResourceUpdated) and event.uri in self._wanted:
            self._unsent[event.uri] = None  # one update is enough, however often it changes before that is sent
            self._has_unsent.set()

    async def _send_updates(self) -> None:
        while True:
            await self._has_unsent.wait()
            self._has_unsent = anyio.Event()
            while self._unsent:
                uri = next(iter(self._unsent))
                del self._unsent[uri]
                await self._connection.send_resource_updated(uri)


def _check_number(uris: Sequence[str]) -> Sequence[str]:
    if len(uris) > MOST:
        raise MCPError(
            INVALID_PARAMS, f"{len(uris):,} resources are too many: a client can subscribe to at most {MOST}."
        )
    return uris
