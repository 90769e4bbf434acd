"""Limit the time and the memory that callers use with the bodies of their requests."""

import asyncio
import gc

import anyio
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kie_mcp.http.limits import HttpLimits


class _TooLate(Exception):  # noqa: N818 - it never leaves this file
    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class BodyLimiter:
    """ASGI middleware that refuses bodies that arrive too slowly, and reads only a few large ones at a time."""

    def __init__(self, app: ASGIApp, bounds: HttpLimits) -> None:
        self._app = app
        self.bounds = bounds
        self._free = bounds.bodies
        self._freed = asyncio.Condition()
        self._collecting: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] not in {"POST", "PUT", "PATCH", "DELETE"}:
            await self._app(scope, receive, send)
            return
        body = _Body(self, receive, Headers(scope=scope))

        async def answer(message: Message) -> None:
            await body.give_back()
            await send(message)

        try:
            await self._app(scope, body.receive, answer)
        except _TooLate as late:
            headers = {"Connection": "close"} | ({"Retry-After": "5"} if late.status == 503 else {})
            await Response(str(late), late.status, headers, "text/plain")(scope, receive, send)
        finally:
            await body.give_back()
            if body.large and self._collecting is None:
                self._collecting = asyncio.get_running_loop().call_later(0.1, self._collect)

    def _collect(self) -> None:
        """Collect what the SDK made of large bodies: it is left in reference cycles, which may last for a long time."""
        self._collecting = None
        gc.collect()

    async def take(self, size: int) -> None:
        """Wait until there is room for that many bytes, and take it. Raises _TooLate if others hold it too long."""
        try:
            with anyio.fail_after(self.bounds.turn_seconds):
                async with self._freed:
                    await self._freed.wait_for(lambda: self._free >= size)
                    self._free -= size
        except TimeoutError:
            raise _TooLate(503, "Other large calls are being read; nothing was done. Try again.") from None

    async def give(self, size: int) -> None:
        """Give the room for that many bytes to others."""
        with anyio.CancelScope(shield=True):
            async with self._freed:
                self._free += size
                self._freed.notify_all()


class _Body:
    """The body of one request while it arrives."""

    def __init__(self, others: BodyLimiter, receive: Receive, headers: Headers) -> None:
        self._others = others
        self._bounds = others.bounds
        self._receive = receive
        self._size = min(_declared_bytes(headers, self._bounds.body), self._bounds.bodies)
        self.large = self._size > self._bounds.small
        """Whether it needs a share of the room for large bodies."""
        self._held = 0
        self._came = 0
        self._spent = 0.0
        self._whole = self._answered = False

    async def receive(self) -> Message:
        """Return the next ASGI message. Raises _TooLate if it does not arrive in time."""
        if self._whole:
            return await self._receive()
        if self._size > self._bounds.small and not self._held:
            await self._others.take(self._size)
            self._held = self._size
        message = await self._next()
        self._came += len(message.get("body", b""))
        self._whole = message["type"] != "http.request" or not message.get("more_body")
        return message

    async def give_back(self) -> None:
        """Give back the room that the body took, because the request is answered."""
        held, self._held, self._size, self._answered = self._held, 0, 0, True
        if held:
            await self._others.give(held)

    async def _next(self) -> Message:
        began = anyio.current_time()
        try:
            with anyio.fail_after(self._bounds.body_seconds + self._came / self._bounds.slowest - self._spent):
                return await self._receive()
        except TimeoutError:
            if self._answered:
                return {"type": "http.disconnect"}
            raise _TooLate(408, "The call did not come in time; nothing was done.") from None
        finally:
            self._spent += anyio.current_time() - began


def _declared_bytes(headers: Headers, largest: int) -> int:
    """Return how many bytes the body will have; a body that does not say counts as the largest."""
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit():
        return int(length)
    return largest if "transfer-encoding" in headers else 0
