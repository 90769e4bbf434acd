"""Connections that lead to the public internet and nowhere else: what is judged is what is connected to."""

import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

import anyio
import httpx

from kie_mcp.urls import fake_ip, is_ip, public_ip

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Finds the addresses of a host and port."""

MOST_ADDRESSES = 4
"""That many of a host's addresses are tried."""


class PrivateAddressError(httpx.ConnectError):
    """None of the addresses of the host's name is public."""


class FakeAddressError(PrivateAddressError):
    """The host's name leads to an address that a tunnel on this computer has made up, and that is not allowed."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system for the addresses."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class PublicTransport(httpx.AsyncBaseTransport):
    """Resolves a host once, judges every address it has, and connects to those that are public.

    Had the name been judged and then connected to, it could have led elsewhere the second time.
    """

    def __init__(
        self, inner: httpx.AsyncBaseTransport, *, resolve: Resolve = resolve, allow_fake_ip: bool = False
    ) -> None:
        """`allow_fake_ip`: whether a name may lead into 198.18.0.0/15, where a tunnel answers for the DNS."""
        self._inner = inner
        self._resolve = resolve
        self._allow_fake_ip = allow_fake_ip

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it to a public address; raises PrivateAddressError if the host has none."""
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
        """The addresses that may be dialled: those that are not public are left out."""
        try:
            addresses = await self._resolve(url.host, url.port or 443)
        except (OSError, UnicodeError):
            raise httpx.ConnectError("The host's name is not known.", request=request) from None
        if public := list(filter(public_ip, addresses)):
            return public
        fake = [] if is_ip(url.host) else list(filter(fake_ip, addresses))
        if fake and self._allow_fake_ip:
            return fake
        kind = FakeAddressError if fake else PrivateAddressError
        raise kind("The host's name leads to no address that is public.", request=request)


def _aim_at(request: httpx.Request, address: str) -> httpx.Request:
    """The same request to one address; its Host header and the name that the certificate must bear stay."""
    extensions = {**request.extensions, "sni_hostname": request.url.host}
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=cast("httpx.AsyncByteStream", request.stream),
        extensions=extensions,
    )
