"""Fetch what Kie.ai made: without the key, only from public hosts, the bytes as they come."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urljoin

import httpx

from kie_mcp.addresses import check_url, plain_host_of
from kie_mcp.errors import DeadLinkError, OrderError, OutputError
from kie_mcp.kie.call import raw_chunks
from kie_mcp.kie.public import PrivateAddressError

MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_DEAD = frozenset({403, 404, 410})


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file on its way."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    chunks: AsyncIterator[bytes]
    """As sent: a Content-Encoding is not undone. Raises OutputError if the connection breaks."""


@asynccontextmanager
async def download(http: httpx.AsyncClient, url: str, *, plain_hosts: Collection[str] = ()) -> AsyncGenerator[Download]:
    """Open the file behind *url*. `plain_hosts` may be spoken to in plain http, wherever they are.

    Raises DeadLinkError if the link has died, OutputError if the file cannot be had or may not be asked for.
    """
    response = await _opened(http, url, plain_hosts)
    try:
        async with aclosing(_chunks(response)) as chunks:
            headers = {name.lower(): value for name, value in response.headers.items()}
            yield Download(status=response.status_code, headers=headers, chunks=chunks)
    finally:
        await response.aclose()


async def _opened(http: httpx.AsyncClient, url: str, plain_hosts: Collection[str]) -> httpx.Response:
    for _ in range(MOST_REDIRECTS + 1):
        response = await _asked(http, _allowed(url, plain_hosts))
        if response.status_code == 200:
            return response
        await response.aclose()
        if response.status_code in _DEAD:
            raise DeadLinkError(f"The link to the file has died (HTTP {response.status_code}).")
        location = response.headers.get("location")
        if response.status_code not in _REDIRECTS or not location:
            raise OutputError(f"The file's host answered HTTP {response.status_code}.")
        url = _joined(url, location)
    raise OutputError(f"The file's host redirected more than {MOST_REDIRECTS} times.")


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return location


def _allowed(url: str, plain_hosts: Collection[str]) -> str:
    try:
        return check_url(url, argument="url", plain_host=plain_host_of(url, plain_hosts))
    except OrderError:
        message = "The file's link leads to where nothing is fetched from: only https to a public host is."
        raise OutputError(message) from None


async def _asked(http: httpx.AsyncClient, url: str) -> httpx.Response:
    try:
        request = http.build_request("GET", url, headers={"Accept": "*/*", "Accept-Encoding": "identity"})
        return await http.send(request, stream=True)
    except PrivateAddressError:
        raise OutputError("The file's host leads to a private address; nothing is fetched from there.") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OutputError(f"The file's host cannot be reached ({type(error).__name__}).") from None


async def _chunks(response: httpx.Response) -> AsyncGenerator[bytes]:
    try:
        async with aclosing(raw_chunks(response)) as chunks:
            async for chunk in chunks:
                yield chunk
    except (httpx.HTTPError, httpx.StreamError) as error:
        raise OutputError(f"The connection broke while the file came ({type(error).__name__}).") from None
