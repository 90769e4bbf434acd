"""Limit the number of sessions: callers open them and seldom end them."""

from collections import Counter
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class SessionLimiter:
    """ASGI middleware that ends the session that was idle longest when there are too many; callers can open others."""

    def __init__(self, app: ASGIApp, host: str, path: str, most: int) -> None:
        self._app = app
        self._host = host
        self._path = path
        self._most = most
        self._sessions: dict[str, None] = {}
        """The open sessions as keys, the one that was used last at the end."""
        self._busy: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        used = Headers(scope=scope).get("mcp-session-id", "") if scope["type"] == "http" else ""
        if used not in self._sessions:
            used = ""
        opened = ""

        async def answer(message: Message) -> None:
            nonlocal opened
            if message["type"] == "http.response.start" and message["status"] < 400:
                if not used:
                    opened = Headers(raw=message["headers"]).get("mcp-session-id", "")
                    self._hold(opened)
                elif scope["method"] == "DELETE":  # its client has ended it
                    self._sessions.pop(used, None)
            await send(message)

        self._hold(used)
        try:
            await self._app(scope, receive, answer)
        finally:
            self._release(used)
            self._release(opened)
        if opened:
            await self._make_room()

    def _hold(self, session: str) -> None:
        if session:
            self._sessions.pop(session, None)
            self._sessions[session] = None
            self._busy[session] += 1

    def _release(self, session: str) -> None:
        if session:
            self._busy[session] -= 1
            if not self._busy[session]:
                del self._busy[session]

    async def _make_room(self) -> None:
        idle = [session for session in self._sessions if session not in self._busy]
        for session in idle[: max(0, len(self._sessions) - self._most)]:
            del self._sessions[session]
            await self._end(session)

    async def _end(self, session: str) -> None:
        """End a session as its own client would: the SDK offers no other way."""
        headers = [(b"host", self._host.encode()), (b"mcp-session-id", session.encode())]
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "DELETE",
            "scheme": "http",
            "path": self._path,
            "raw_path": self._path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": headers,
        }

        async def receive_nothing() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def ignore_answer(_: Message) -> None:
            pass

        await self._app(scope, receive_nothing, ignore_answer)
