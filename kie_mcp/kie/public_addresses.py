"""Connect only to public addresses: the address that is checked is the one that is connected to."""

import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

import anyio
import httpx

from kie_mcp.urls import is_fake_ip, is_ip, is_public_ip

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Finds the addresses of a host and port."""

MOST_ADDRESSES = 4
"""The most addresses of a host that are tried."""


class PrivateAddressError(httpx.ConnectError):
    """The host has no public address."""


class FakeAddressError(PrivateAddressError):
    """The host's address is a fake one of a tunnel on this computer, and those are not allowed."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system for the addresses of a host. Raises OSError."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class PublicTransport(httpx.AsyncBaseTransport):
    """Resolves a host once, and connects only to its public addresses.

    If the name were checked and then resolved again to connect, it could lead elsewhere the second time.
    """

    def __init__(
        self, inner: httpx.AsyncBaseTransport, *, resolve: Resolve = resolve, allow_fake_ip: bool = False
    ) -> None:
        """Wrap a transport; `allow_fake_ip` allows 198.18.0.0/15, for a tunnel that answers for the DNS."""
        self._inner = inner
        self._resolve = resolve
        self._allow_fake_ip = allow_fake_ip

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to a public address; raises PrivateAddressError if the host has none."""
        addresses = (await self._find_public(request.url, request))[:MOST_ADDRESSES]
        for address in addresses[:-1]:
            try:
                return await self._inner.handle_async_request(_aim_at(request, address))
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._inner.handle_async_request(_aim_at(request, addresses[-1]))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    async def _find_public(self, url: httpx.URL, request: httpx.Request) -> Sequence[str]:
        """Return the addresses that may be connected to. Raises ConnectError or PrivateAddressError."""
        try:
            addresses = await self._resolve(url.host, url.port or 443)
        except (OSError, UnicodeError):
            raise httpx.ConnectError("The host's name is not known.", request=request) from None
        if public := list(filter(is_public_ip, addresses)):
            return public
        fake = [] if is_ip(url.host) else list(filter(is_fake_ip, addresses))
        if fake and self._allow_fake_ip:
            return fake
        kind = FakeAddressError if fake else PrivateAddressError
        raise kind("The host's name leads to no address that is public.", request=request)


def _aim_at(request: httpx.Request, address: str) -> httpx.Request:
    """Copy a request for one address; its Host header and the name in the certificate stay."""
    extensions = {**request.extensions, "sni_hostname": request.url.host}
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=cast("httpx.AsyncByteStream", request.stream),
        extensions=extensions,
    )
