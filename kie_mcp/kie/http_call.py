"""Make one HTTP call with a limit of time and size, and say whether a failed one was certainly not sent."""

import json
import logging
import re
import ssl
import zlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import cast

import anyio
import httpx

from kie_mcp.errors import trace
from kie_mcp.kie.http_call_types import Answer, CallError

logger = logging.getLogger(__name__)

NOT_SENT: tuple[type[Exception], ...] = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.ProxyError,
)
"""Only these exceptions prove that the other side has received nothing of the request."""

DESCRIPTIONS: Mapping[type[Exception], str] = {
    httpx.ProxyError: "the proxy refused",
    httpx.ConnectTimeout: "no connection in time",
    httpx.ConnectError: "no connection",
    httpx.TimeoutException: "no answer in time",
    httpx.ProtocolError: "the connection broke",
    httpx.NetworkError: "the connection broke",
}
"""Causes in words; the first class that fits counts."""
_UNTRUSTED = "If a proxy reads along, set SSL_CERT_FILE to a file with its certificate and restart the client."
_NO_LOGIN = "Put the user and the password into the proxy's address and restart the client."
TICK = 0.5
"""Seconds between two checks whether the process was suspended."""
LONGEST_ANSWER = 4 * 1024 * 1024
"""The most bytes that are read of an answer. A record may hold several hundred kilobytes twice."""


async def send_request(http: httpx.AsyncClient, request: httpx.Request, *, seconds: float) -> Answer:
    """Send the request once and return the answer, within *seconds*. Raises CallError.

    An answer that breaks off still counts if its JSON is complete: it may hold the id of a job.
    """
    received = _Received()
    async with anyio.create_task_group() as group:
        group.start_soon(_count_down, group.cancel_scope, seconds)
        await _exchange(http, request, received)
        group.cancel_scope.cancel()
    response, error = received.response, received.error
    if isinstance(error, NOT_SENT):
        raise CallError(describe_error(error), unsent=True, remedy=suggest_remedy(error)) from None
    if error and not isinstance(error, httpx.HTTPError | httpx.StreamError | OSError):
        logger.error("a call ended in an error of our own\n%s", trace(error))  # its words may be secret
    # After any other error the other side may have received the request.
    if response is None or not (received.whole or _is_whole_json(response, received.raw)):
        raise CallError(f"no answer within {seconds:g} s" if error is None else describe_error(error)) from None
    try:
        return Answer(response.status_code, dict(response.headers), _decompress(response, received.raw))
    except zlib.error:
        raise CallError("its compression is broken") from None


@dataclass(slots=True)
class _Received:
    """The part of an answer that has come so far."""

    response: httpx.Response | None = None
    raw: bytearray = field(default_factory=bytearray)
    whole: bool = False
    error: Exception | None = None


async def _exchange(http: httpx.AsyncClient, request: httpx.Request, received: _Received) -> None:
    try:
        received.response = await http.send(request, stream=True, follow_redirects=False)
        try:
            await _read(received.response, received.raw)
        finally:
            await received.response.aclose()
        received.whole = True
    except Exception as error:
        received.error = error


async def _count_down(scope: anyio.CancelScope, seconds: float) -> None:
    """Cancel the scope after *seconds* in which this process really ran.

    While the process is suspended, as on a closed laptop, the answer may come, with the id of a paid job.
    """
    while seconds > 0:
        began = anyio.current_time()
        await anyio.sleep(min(TICK, seconds))
        seconds -= min(anyio.current_time() - began, 2 * TICK)
    scope.cancel()


def describe_error(error: Exception) -> str:
    """Say what went wrong, in a few words; for an error that is not in DESCRIPTIONS, the name of its class."""
    if status := _proxy_status(error):
        return f"the proxy refused with HTTP {status}"
    if _is_untrusted(error):
        return "the host's certificate is not trusted here"
    return next((words for kind, words in DESCRIPTIONS.items() if isinstance(error, kind)), type(error).__name__)


def suggest_remedy(error: Exception) -> str:
    """Say what a user can do about the error; empty if nothing."""
    if _is_untrusted(error):
        return _UNTRUSTED
    return _NO_LOGIN if _proxy_status(error) == 407 else ""


def _proxy_status(error: Exception) -> int | None:
    """Return the HTTP status with which a proxy refused; None for other errors. httpx has it only in the message."""
    words = str(error).split(maxsplit=1) if isinstance(error, httpx.ProxyError) else []
    return int(words[0]) if words and re.fullmatch(r"\d{3}", words[0]) else None


def _is_untrusted(error: BaseException | None) -> bool:
    for _ in range(5):
        if error is None or isinstance(error, ssl.SSLCertVerificationError):
            break
        error = error.__cause__ or error.__context__
    return isinstance(error, ssl.SSLCertVerificationError)


async def raw_chunks(response: httpx.Response) -> AsyncGenerator[bytes]:
    """Yield the body as it was sent; unlike httpx's `aiter_raw`, also if the transport had it all at once."""
    async for chunk in cast("httpx.AsyncByteStream", response.stream):
        yield chunk


async def _read(response: httpx.Response, into: bytearray) -> None:
    async with aclosing(raw_chunks(response)) as chunks:
        async for chunk in chunks:
            into += chunk
            if len(into) > LONGEST_ANSWER:
                break


def _decompress(response: httpx.Response, raw: bytearray) -> bytes:
    kept = bytes(raw[:LONGEST_ANSWER])
    if response.headers.get("content-encoding", "identity").strip().lower() in {"gzip", "x-gzip", "deflate"}:
        # httpx has no limit: a small body may decompress into gigabytes.
        return zlib.decompressobj(wbits=47).decompress(kept, LONGEST_ANSWER)
    return kept


def _is_whole_json(response: httpx.Response, raw: bytearray) -> bool:
    try:
        return isinstance(json.loads(_decompress(response, raw)), dict)
    except (ValueError, RecursionError, zlib.error):
        return False
