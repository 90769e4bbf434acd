"""HTTP requests read as HTTP means them where the SDK is stricter than HTTP: their headers, path and first bytes."""

import math

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

JSON, EVENTS = "application/json", "text/event-stream"
MARK = b"\xef\xbb\xbf"
"""A byte order mark in UTF-8."""


class RequestNormalizer:
    """An app that also takes its path with a slash at the end, and any `Accept` that means JSON and event streams.

    What it gets is in a `Content-Type` of small letters, and without the byte order mark that some put before it.
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
    """What the lines of an `Accept` header say of JSON and event streams, in its plainest form; none means both."""
    ranges = [_parse_range(one) for one in ",".join(lines).split(",") if one.strip()]
    if not ranges:
        return f"{JSON}, {EVENTS}"
    wanted = [kind for kind in (JSON, EVENTS) if _weight_of(kind, dict(ranges)) > 0]
    return ", ".join(wanted) or "none/none"


def _weight_of(kind: str, ranges: dict[str, float]) -> float:
    """How much it is wanted, from 0: the most exact range decides."""
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
