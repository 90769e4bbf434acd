"""One HTTP call with an end to it: its time, its size, and what is certain when it fails."""

import json
import zlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import cast

import anyio
import httpx

from kie_mcp.kie.exchange import Answer, CallError

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
LONGEST_ANSWER = 1024 * 1024
"""Bytes; more of an answer is not read."""


async def call(http: httpx.AsyncClient, request: httpx.Request, *, seconds: float) -> Answer:
    """Send the request once and read the answer, in no more than *seconds*. Raises CallError.

    An answer whose end is missing counts if its JSON is whole: the id of a job may be in it.
    """
    response: httpx.Response | None = None
    raw = bytearray()
    try:
        with anyio.fail_after(seconds):
            response = await http.send(request, stream=True, follow_redirects=False)
            try:
                await _read(response, raw)
            finally:
                await response.aclose()
    except NOT_SENT as error:
        raise CallError(said(error), unsent=True) from None
    except Exception as error:  # whatever else it was: the other side may have seen the request
        if response is None or not _whole(response, raw):
            broken = f"no answer within {seconds:g} s" if isinstance(error, TimeoutError) else said(error)
            raise CallError(broken) from None
    try:
        return Answer(response.status_code, dict(response.headers), _unfolded(response, raw))
    except zlib.error:
        raise CallError("its compression is broken") from None


def said(error: Exception) -> str:
    """The cause in words; a class of an exception's name where there are none."""
    return next((words for kind, words in SAID.items() if isinstance(error, kind)), type(error).__name__)


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
