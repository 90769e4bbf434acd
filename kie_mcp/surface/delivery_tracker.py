"""Tells when an answer was delivered: when it was written to a client that was still connected, and not before."""

import json
from collections.abc import Callable
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.types import RequestId
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Written = Callable[[], None]
"""A callback for the moment after an answer was written."""

WRITTEN = "kie_mcp.written"
"""The key in the scope of an HTTP request under which its callbacks are kept."""
MOST = 1000
"""The most answers that are waited for at once; beyond that the oldest are given up."""


class Deliveries:
    """The answers that are on their way to a client, by the id of the request that they answer.

    A transport that knows when an answer was written sets `tracks_writes` and calls `note_written`. With any other
    transport an answer counts as written when it is handed over.
    """

    def __init__(self) -> None:
        self.tracks_writes = False
        """Whether the transport calls `note_written`."""
        self._waiting: dict[RequestId | None, Written] = {}

    def call_when_written(self, request: ServerRequestContext[Any, Any], written: Written) -> None:
        """Call *written* once the answer to the request was written."""
        http = request.request.scope.get(WRITTEN) if request.request is not None else None
        if http is not None:
            http.append(written)
        elif self.tracks_writes and request.request_id is not None:
            self._waiting[request.request_id] = written
            if len(self._waiting) > MOST:
                del self._waiting[next(iter(self._waiting))]
        else:
            written()

    def note_written(self, line: str) -> None:
        """Note that a line, an answer or any other message, was written; calls the callback that waits for it."""
        if self._waiting and (call := self._waiting.pop(_answered_request(line), None)):
            call()

    def note_all_written(self) -> None:
        """Note that all answers so far were written: for a client in this process, which shows them to a person."""
        while self._waiting:
            self._waiting.pop(next(iter(self._waiting)))()


def _answered_request(line: str) -> RequestId | None:
    """Return the id of the request that a line answers; None if it is no answer."""
    message: dict[str, Any] = json.loads(line)
    return None if "method" in message else message.get("id")


class DeliveryTracker:
    """An ASGI middleware: an answer over HTTP is delivered when its last part was sent to a client still connected."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        calls: list[Written] = []
        left = False

        async def listen() -> Message:
            nonlocal left
            message = await receive()
            left |= message["type"] == "http.disconnect"
            return message

        async def answer(message: Message) -> None:
            gone = left  # looked at before sending: afterwards the server reports every connection as closed
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body") and not gone:
                while calls:
                    calls.pop()()

        await self._app({**scope, WRITTEN: calls}, listen, answer)
