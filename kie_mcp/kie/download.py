"""Download files that Kie.ai made: without the key, only from public hosts."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urljoin

import anyio
import httpx

from kie_mcp.errors import DeadLinkError, OrderError, OutputError, TransientError
from kie_mcp.kie.http_call import describe_error, raw_chunks, suggest_remedy
from kie_mcp.kie.public_addresses import FakeAddressError, PrivateAddressError
from kie_mcp.urls import check_url, plain_host_of

MOST_REDIRECTS = 3
LONGEST_LINK = 32_000
"""The most characters of a link: more than callers may hand in, because this file is paid for."""
_GIVEN = frozenset({200, 201, 203, 206})
"""Statuses with a body; the reader checks whether it is complete."""
_TRANSIENT = frozenset({202, 408, 409, 423, 425, 429, *range(500, 600)}) - {501, 505, 511}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_DEAD = {
    400: "The file's host does not take the link (HTTP 400).",
    401: "The file's host refuses the link (HTTP 401).",
    403: "The file's host refuses the link (HTTP 403).",
    404: "The file's host has no file under the link (HTTP 404).",
    410: "The link to the file has died (HTTP 410).",
}
_PLAIN = re.compile(r"\s*http://", re.IGNORECASE)
_CONNECTION_ERRORS = (httpx.NetworkError, httpx.RemoteProtocolError)
_NAMES = (
    "Mozilla/5.0 (compatible; kie-mcp)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
)
"""User agents: the second for hosts that refuse programs, because the file is paid for."""
_FAKE = "Set KIE_ALLOW_FAKE_IP=true, or let the tunnel leave that host alone; restart the client and ask again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file that is being downloaded."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    chunks: AsyncIterator[bytes]
    """As sent: a Content-Encoding is not undone. Raises OutputError if the connection breaks."""


@asynccontextmanager
async def download(
    http: httpx.AsyncClient, url: str, *, silence: float, plain_hosts: Collection[str] = ()
) -> AsyncGenerator[Download]:
    """Open the file behind *url*: in plain http only from `plain_hosts`, "host:port" each, in https from all others.

    The answer, and then each piece of the file, must come within `silence` seconds.
    Raises DeadLinkError if the link does not open, TransientError if it may open in a moment, and OutputError if the
    file cannot be had or the link is not allowed.
    """
    response = await _follow_redirects(http, url, silence, plain_hosts)
    try:
        async with aclosing(_read_chunks(response, silence)) as chunks:
            headers = {name.lower(): value for name, value in response.headers.items()}
            yield Download(status=response.status_code, headers=headers, chunks=chunks)
    finally:
        await response.aclose()


async def reach(http: httpx.AsyncClient, url: str, *, silence: float, plain_hosts: Collection[str] = ()) -> None:
    """Request *url* without reading the body: any answer shows that files can be fetched from that host.

    Raises OutputError if there is no answer.
    """
    response = await _send(http, _check_link(url, plain_hosts), silence)
    await response.aclose()


async def _follow_redirects(
    http: httpx.AsyncClient, url: str, silence: float, plain_hosts: Collection[str]
) -> httpx.Response:
    for _ in range(MOST_REDIRECTS + 1):
        response = await _send_under_names(http, _check_link(url, plain_hosts), silence)
        status = response.status_code
        if status in _GIVEN:
            return response
        await response.aclose()
        if status in _DEAD:
            raise DeadLinkError(_DEAD[status], status=status)
        location = response.headers.get("location")
        if status not in _REDIRECTS or not location:
            kind = TransientError if status in _TRANSIENT else OutputError
            raise kind(f"The file's host answered HTTP {status}.")
        url = _join(url, location)
    raise OutputError(f"The file's host redirected more than {MOST_REDIRECTS} times.")


async def _send_under_names(http: httpx.AsyncClient, url: str, silence: float) -> httpx.Response:
    """Send the request, and once more with another user agent after HTTP 403."""
    response = await _send(http, url, silence)
    if response.status_code != 403:
        return response
    await response.aclose()
    return await _send(http, url, silence, name=_NAMES[1])


def _join(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return location


def _check_link(url: str, plain_hosts: Collection[str]) -> str:
    if len(url) > LONGEST_LINK:
        message = f"The file's link is too long: {len(url):,} characters, where {LONGEST_LINK:,} are allowed."
        raise OutputError(message, remedy="Open the link in a browser while it lives.")
    plain_host = plain_host_of(url, plain_hosts)
    if plain_host is None:  # file hosts have https too, and only that is used
        url = _PLAIN.sub("https://", url, count=1)
    try:
        return check_url(url, argument="url", plain_host=plain_host, longest=LONGEST_LINK)
    except OrderError:
        message = "The file's link leads to where nothing is fetched from: only https to a public host is."
        raise OutputError(message) from None


async def _send(http: httpx.AsyncClient, url: str, silence: float, *, name: str = _NAMES[0]) -> httpx.Response:
    headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": name}
    try:
        request = http.build_request("GET", url, headers=headers)
        # httpx limits only each wait for bytes: a slow head or endless interim answers would never time out.
        with anyio.fail_after(silence):
            return await http.send(request, stream=True)
    except FakeAddressError:
        message = "The file's host leads into 198.18.0.0/15: a tunnel (Clash, Surge, sing-box) answers for the DNS."
        raise OutputError(message, remedy=_FAKE) from None
    except PrivateAddressError:
        raise OutputError("The file's host leads to a private address; nothing is fetched from there.") from None
    except (TimeoutError, httpx.ReadTimeout):
        raise OutputError(f"The file's host did not answer within {silence:g} s.") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        remedy = suggest_remedy(error)
        kind = TransientError if isinstance(error, _CONNECTION_ERRORS) and not remedy else OutputError
        raise kind(f"The file's host gave no answer ({describe_error(error)}).", remedy=remedy or None) from None


async def _read_chunks(response: httpx.Response, silence: float) -> AsyncGenerator[bytes]:
    try:
        async with aclosing(raw_chunks(response)) as chunks:
            while True:
                # The framing of a chunked body can come endlessly slowly too, without a piece.
                with anyio.fail_after(silence):
                    chunk = await anext(chunks, None)
                if chunk is None:
                    return
                yield chunk
    except (TimeoutError, httpx.TimeoutException):
        raise OutputError(f"Nothing more of the file came within {silence:g} s.") from None
    except (httpx.HTTPError, httpx.StreamError):
        raise TransientError("The connection broke while the file came.") from None
