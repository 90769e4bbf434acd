"""Whether an answer has reached its client: what was written to the client counts as heard, and nothing else does."""

import json
from collections.abc import Callable
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.types import RequestId
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Written = Callable[[], None]
"""Called once the answer was written."""

WRITTEN = "kie_mcp.written"
"""Where the scope of an HTTP request keeps what is to be called."""
MOST = 1000
"""Answers that are waited for; of the oldest it is given up first."""


class Deliveries:
    """The answers on their way to the client of one connection, by the request that they answer.

    A transport that can tell when an answer was written sets `track`, and calls `wrote`; with any other one an answer
    counts as written when it is handed over.
    """

    def __init__(self) -> None:
        self.tracks_writes = False
        """Whether the transport calls `wrote`."""
        self._waiting: dict[RequestId | None, Written] = {}

    def call_when_written(self, request: ServerRequestContext[Any, Any], written: Written) -> None:
        """Have *written* called once the answer to the request has been."""
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
        """Take note of a line that was written: an answer, or something else."""
        if self._waiting and (call := self._waiting.pop(_answered_request(line), None)):
            call()


def _answered_request(line: str) -> RequestId | None:
    """The request that a line answers."""
    message: dict[str, Any] = json.loads(line)
    return None if "method" in message else message.get("id")


class DeliveryTracker:
    """An app whose answers over HTTP count as written once their last piece was, to a client that was there."""

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
            gone = left  # a server says so of every connection once the last piece is out
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body") and not gone:
                while calls:
                    calls.pop()()

        await self._app({**scope, WRITTEN: calls}, listen, answer)
