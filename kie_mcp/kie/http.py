"""One HTTP call with an end to it: its time, its size, and what is certain when it fails."""

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
from kie_mcp.kie.http_answer import Answer, CallError

logger = logging.getLogger(__name__)

NOT_SENT: tuple[type[Exception], ...] = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.ProxyError,
)
"""Only these prove that the other side has seen nothing of the request."""

SAID: Mapping[type[Exception], str] = {
    httpx.ProxyError: "the proxy refused",
    httpx.ConnectTimeout: "no connection in time",
    httpx.ConnectError: "no connection",
    httpx.TimeoutException: "no answer in time",
    httpx.ProtocolError: "the connection broke",
    httpx.NetworkError: "the connection broke",
}
"""What went wrong, in words; the first that fits."""
_DISTRUSTED = "If a proxy reads along, set SSL_CERT_FILE to a file with its certificate and restart the client."
_LOCKED = "Put the user and the password into the proxy's address and restart the client."
TICK = 0.5
"""Seconds between two looks at whether the process still runs."""
LONGEST_ANSWER = 4 * 1024 * 1024
"""Bytes; more of an answer is not read. A record tells a result of several hundred kilobytes twice."""


async def call(http: httpx.AsyncClient, request: httpx.Request, *, seconds: float) -> Answer:
    """Send the request once and read the answer, in no more than *seconds*. Raises CallError.

    An answer whose end is missing counts if its JSON is whole: the id of a job may be in it.
    """
    heard = _Heard()
    async with anyio.create_task_group() as group:
        group.start_soon(_count_down, group.cancel_scope, seconds)
        await _exchange(http, request, heard)
        group.cancel_scope.cancel()
    response, error = heard.response, heard.error
    if isinstance(error, NOT_SENT):
        raise CallError(said(error), unsent=True, remedy=cure(error)) from None
    if error and not isinstance(error, httpx.HTTPError | httpx.StreamError | OSError):
        logger.error("a call ended in an error of our own\n%s", trace(error))  # its words may be secret
    # Whatever else it was: the other side may have seen the request.
    if response is None or not (heard.whole or _whole(response, heard.raw)):
        raise CallError(f"no answer within {seconds:g} s" if error is None else said(error)) from None
    try:
        return Answer(response.status_code, dict(response.headers), _unfolded(response, heard.raw))
    except zlib.error:
        raise CallError("its compression is broken") from None


@dataclass(slots=True)
class _Heard:
    """What has come of an answer."""

    response: httpx.Response | None = None
    raw: bytearray = field(default_factory=bytearray)
    whole: bool = False
    error: Exception | None = None


async def _exchange(http: httpx.AsyncClient, request: httpx.Request, heard: _Heard) -> None:
    try:
        heard.response = await http.send(request, stream=True, follow_redirects=False)
        try:
            await _read(heard.response, heard.raw)
        finally:
            await heard.response.aclose()
        heard.whole = True
    except Exception as error:
        heard.error = error


async def _count_down(scope: anyio.CancelScope, seconds: float) -> None:
    """Cancel the scope after so many seconds in which this process ran.

    While it stood still, as on a closed laptop, the answer may have come: it lies there, with the id of a paid job.
    """
    while seconds > 0:
        began = anyio.current_time()
        await anyio.sleep(min(TICK, seconds))
        seconds -= min(anyio.current_time() - began, 2 * TICK)
    scope.cancel()


def said(error: Exception) -> str:
    """The cause in words; a class of an exception's name where there are none."""
    if status := _proxy_status(error):
        return f"the proxy refused with HTTP {status}"
    if _distrusts(error):
        return "the host's certificate is not trusted here"
    return next((words for kind, words in SAID.items() if isinstance(error, kind)), type(error).__name__)


def cure(error: Exception) -> str:
    """What to do about it, where a user can do something; empty otherwise."""
    if _distrusts(error):
        return _DISTRUSTED
    return _LOCKED if _proxy_status(error) == 407 else ""


def _proxy_status(error: Exception) -> int | None:
    """What a proxy answered instead of connecting: httpx tells it as the first word of the error, and nowhere else."""
    words = str(error).split(maxsplit=1) if isinstance(error, httpx.ProxyError) else []
    return int(words[0]) if words and re.fullmatch(r"\d{3}", words[0]) else None


def _distrusts(error: BaseException | None) -> bool:
    for _ in range(5):
        if error is None or isinstance(error, ssl.SSLCertVerificationError):
            break
        error = error.__cause__ or error.__context__
    return isinstance(error, ssl.SSLCertVerificationError)


async def raw_chunks(response: httpx.Response) -> AsyncGenerator[bytes]:
    """Read what was sent, as it was sent; unlike httpx's own way also from a transport that had it all at once."""
    async for chunk in cast("httpx.AsyncByteStream", response.stream):
        yield chunk


async def _read(response: httpx.Response, into: bytearray) -> None:
    async with aclosing(raw_chunks(response)) as chunks:
        async for chunk in chunks:
            into += chunk
            if len(into) > LONGEST_ANSWER:
                break


def _unfolded(response: httpx.Response, raw: bytearray) -> bytes:
    kept = bytes(raw[:LONGEST_ANSWER])
    if response.headers.get("content-encoding", "identity").strip().lower() in {"gzip", "x-gzip", "deflate"}:
        # Not left to httpx: a small body may unfold into gigabytes.
        return zlib.decompressobj(wbits=47).decompress(kept, LONGEST_ANSWER)
    return kept


def _whole(response: httpx.Response, raw: bytearray) -> bool:
    try:
        return isinstance(json.loads(_unfolded(response, raw)), dict)
    except (ValueError, RecursionError, zlib.error):
        return False
