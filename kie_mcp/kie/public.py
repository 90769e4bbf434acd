"""Connections that lead to the public internet and nowhere else: what is judged is what is connected to."""

import socket
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import cast

import anyio
import httpx

from kie_mcp.addresses import public_ip

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Finds the addresses of a host and port."""

MOST_ADDRESSES = 4
"""That many of a host's addresses are tried."""


class PrivateAddressError(httpx.ConnectError):
    """The host's name leads to an address that is not public."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system for the addresses."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class PublicTransport(httpx.AsyncBaseTransport):
    """Resolves a host once, judges every address it has, and connects to one of those.

    Had the name been judged and then connected to, it could have led elsewhere the second time.
    """

    def __init__(
        self, inner: httpx.AsyncBaseTransport, *, plain_hosts: Collection[str] = (), resolve: Resolve = resolve
    ) -> None:
        self._inner = inner
        self._plain_hosts = plain_hosts
        self._resolve = resolve

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it to a public address; raises PrivateAddressError if the host has any other."""
        url = request.url
        if url.scheme == "http" and url.netloc.decode("ascii") in self._plain_hosts:
            return await self._inner.handle_async_request(request)
        addresses = await self._judged(url, request)
        for address in addresses[: MOST_ADDRESSES - 1]:
            try:
                return await self._inner.handle_async_request(_aimed(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._inner.handle_async_request(_aimed(request, addresses[-1]))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    async def _judged(self, url: httpx.URL, request: httpx.Request) -> Sequence[str]:
        try:
            addresses = await self._resolve(url.host, url.port or 443)
        except OSError:
            raise httpx.ConnectError("The host's name is not known.", request=request) from None
        if not addresses or not all(map(public_ip, addresses)):
            raise PrivateAddressError("The host's name leads to an address that is not public.", request=request)
        return addresses


def _aimed(request: httpx.Request, address: str) -> httpx.Request:
    """The same request to one address; its Host header and the name that the certificate must bear stay."""
    extensions = {**request.extensions, "sni_hostname": request.url.host}
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=cast("httpx.AsyncByteStream", request.stream),
        extensions=extensions,
    )
