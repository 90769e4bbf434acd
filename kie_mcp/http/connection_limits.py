"""Limit the number of connections, and the time in which the head of a request must arrive.

This depends on attributes of uvicorn's connection that are not documented: `conn`, `connections` and
`timeout_keep_alive_task`.
"""

import asyncio
from typing import cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from kie_mcp.http.limits import HttpLimits

_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Type: text/plain\r\n"
    b"Content-Length: 31\r\n\r\nToo many connections: try again"
)


def limited_connection_type(bounds: HttpLimits) -> type["LimitedConnection"]:
    """Return the class of connection for uvicorn to use."""
    return type("Connection", (LimitedConnection,), {"bounds": bounds})


class LimitedConnection(H11Protocol):
    """A connection that is closed if a request's head does not come in time, or if there are too many."""

    bounds = HttpLimits()
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Accept the connection. If there are too many, an idle one is closed; if none is idle, this one is refused."""
        super().connection_made(transport)
        if len(self.connections) > self.bounds.connections and not self._make_room():
            transport.write(_BUSY)
            transport.close()
        self._update_timer()

    def data_received(self, data: bytes) -> None:
        """Handle bytes that have arrived."""
        super().data_received(data)
        self._update_timer()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._update_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer of a connection that has ended."""
        self._stop_timer()
        super().connection_lost(exc)

    @property
    def idle(self) -> bool:
        """Whether its last request is answered and no other has begun; uvicorn itself limits how long that may last."""
        return self.timeout_keep_alive_task is not None

    def _make_room(self) -> bool:
        """Close an idle connection; return whether there was one."""
        for one in list(cast("set[object]", self.connections)):
            if isinstance(one, LimitedConnection) and one is not self and one.idle:
                one.timeout_keep_alive_handler()
                self.connections.discard(one)
                return True
        return False

    def _update_timer(self) -> None:
        """Start the timer while a request is incomplete: its head, or a body whose answer is already sent."""
        state = self.conn.their_state
        begun = state is h11.IDLE or (state is h11.SEND_BODY and self.conn.our_state is h11.DONE)
        if not begun or self.idle:
            self._stop_timer()
        elif self._timer is None:
            self._timer = self.loop.call_later(self.bounds.head_seconds, self.transport.abort)

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
