"""Normalize the headers, path and first bytes of requests that HTTP allows and the SDK would refuse."""

import math

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

JSON, EVENTS = "application/json", "text/event-stream"
MARK = b"\xef\xbb\xbf"
"""A byte order mark in UTF-8."""


class RequestNormalizer:
    """ASGI middleware that removes a slash after the path and a byte order mark before the body.

    It also reduces `Accept` to what it says of JSON and event streams, and writes `Content-Type` in lower case.
    """

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            scope = dict(scope, headers=list(scope["headers"]))
            if scope["path"] == f"{self._path}/":
                scope["path"], scope["raw_path"] = self._path, self._path.encode()
            headers = MutableHeaders(scope=scope)
            meant = normalize_accept(headers.getlist("accept"))
            del headers["accept"]
            headers["accept"] = meant
            if "content-type" in headers:
                kind, semicolon, parameters = headers["content-type"].partition(";")
                headers["content-type"] = kind.strip().lower() + semicolon + parameters
            receive = _drop_mark(receive)
        await self._app(scope, receive, send)


def _drop_mark(receive: Receive) -> Receive:
    begun = False

    async def receive_without_mark() -> Message:
        nonlocal begun
        message = await receive()
        if not begun and message.get("body"):
            begun = True
            return {**message, "body": message["body"].removeprefix(MARK)}
        return message

    return receive_without_mark


def normalize_accept(lines: list[str]) -> str:
    """Return the plainest `Accept` header that says the same of JSON and event streams; without lines, both."""
    ranges = [_parse_range(one) for one in ",".join(lines).split(",") if one.strip()]
    if not ranges:
        return f"{JSON}, {EVENTS}"
    wanted = [kind for kind in (JSON, EVENTS) if _weight_of(kind, dict(ranges)) > 0]
    return ", ".join(wanted) or "none/none"


def _weight_of(kind: str, ranges: dict[str, float]) -> float:
    """Return the weight of a MIME type, from 0; of several ranges that fit, the most exact one decides."""
    for one in (kind, f"{kind.partition('/')[0]}/*", "*/*", "*"):
        if one in ranges:
            return ranges[one]
    return 0.0


def _parse_range(text: str) -> tuple[str, float]:
    kind, *parameters = (part.strip().lower() for part in text.split(";"))
    weight = next((one.partition("=")[2] for one in parameters if one.replace(" ", "").startswith("q=")), "1")
    try:
        figure = float(weight)
    except ValueError:
        figure = 1.0
    return kind, figure if math.isfinite(figure) else 1.0
