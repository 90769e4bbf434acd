"""The ways out of this computer: through the proxy, past it, or to a host on this computer."""

import math
import ssl
from collections.abc import Callable, Collection
from functools import cached_property
from typing import TYPE_CHECKING, Any

import anyio
import httpx

from kie_mcp.kie.certificates import TrustedCertificates
from kie_mcp.kie.network_settings import Network, Proxy

if TYPE_CHECKING:
    import httpcore

Wrap = Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport]
"""Puts something in front of direct connections."""


class RoutingTransport(httpx.AsyncBaseTransport):
    """Sends each request the way that its host is to be reached.

    Args:
        network: What was set.
        trust: Whom to believe.
        limits: For each of the ways.
        plain_hosts: "host:port" of those that are spoken to in plain http: on this computer, so never by proxy.
        connect: Seconds until a connection through a proxy has to stand.
        direct: What stands in front of connections without a proxy.
    """

    def __init__(
        self,
        network: Network,
        trust: TrustedCertificates,
        *,
        limits: httpx.Limits,
        plain_hosts: Collection[str],
        connect: float,
        direct: Wrap = lambda inner: inner,
    ) -> None:
        self._network = network
        self._trust = trust
        self._limits = limits
        self._plain_hosts = plain_hosts
        self._connect = connect
        self._wrap = direct

    def check(self, url: httpx.URL) -> Proxy | None:
        """Return the proxy through which that host is reached; None if there is none.

        Raises NetworkSetupError if what was set cannot be used for it.
        """
        if self._is_plain(url):
            return None
        _ = self._proxied if self._uses_proxy(url) else self._direct
        return self._proxy if self._uses_proxy(url) else None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it; raises NetworkSetupError besides what httpx raises."""
        if self._is_plain(request.url):
            return await self._plain.handle_async_request(request)
        if self._uses_proxy(request.url):
            return await _send_through(self._proxied, request, self._connect)
        return await self._direct.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections of all ways that were taken."""
        for name in ("_plain", "_proxied", "_direct"):
            if name in self.__dict__:
                await self.__dict__.pop(name).aclose()

    def _is_plain(self, url: httpx.URL) -> bool:
        return url.scheme == "http" and url.netloc.decode("ascii") in self._plain_hosts

    def _uses_proxy(self, url: httpx.URL) -> bool:
        # Plain http is for this computer: a proxy would read the key.
        return url.scheme == "https" and self._network.uses_proxy(url.host, url.port or 443)

    @cached_property
    def _proxy(self) -> Proxy:
        return self._network.parse_proxy()

    @cached_property
    def _plain(self) -> httpx.AsyncBaseTransport:
        nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return httpx.AsyncHTTPTransport(verify=nobody, limits=self._limits, trust_env=False)

    @cached_property
    def _direct(self) -> httpx.AsyncBaseTransport:
        context = self._trust.context
        return self._wrap(httpx.AsyncHTTPTransport(verify=context, limits=self._limits, trust_env=False))

    @cached_property
    def _proxied(self) -> httpx.AsyncBaseTransport:
        context, proxy = self._trust.context, self._proxy
        try:
            secure = context if proxy.scheme == "https" else None
            given = httpx.Proxy(proxy.url, auth=proxy.auth, ssl_context=secure)
        except (ValueError, httpx.InvalidURL):
            raise self._network.proxy_error() from None
        return httpx.AsyncHTTPTransport(verify=context, limits=self._limits, proxy=given, trust_env=False)


class _ProxyAttempt:
    """How far a request has come on its way through a proxy, as httpx tells by its extension `trace`."""

    def __init__(self, waiting: anyio.CancelScope) -> None:
        self.waiting = waiting
        self._streams: list[httpcore.AsyncNetworkStream] = []
        self.begun = False
        """Whether the request itself may have begun to leave."""

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        """Take what httpx tells."""
        if event.endswith("connect_tcp.complete"):
            self._streams.append(info["return_value"])
        elif event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            self.begun = True
            self.waiting.deadline = math.inf

    async def give_up(self) -> None:
        """Close the connection to the proxy: after half a handshake httpx forgets it."""
        with anyio.CancelScope(shield=True):
            for stream in self._streams:
                await stream.aclose()


async def _send_through(proxied: httpx.AsyncBaseTransport, request: httpx.Request, connect: float) -> httpx.Response:
    """Send it through the proxy; whatever fails before the request itself has begun was the proxy's, and sent nothing.

    A SOCKS proxy that never answers is waited for without an end by httpx, and one that speaks something else makes it
    raise what it does not know.
    """
    attempt = _ProxyAttempt(anyio.CancelScope(deadline=anyio.current_time() + connect))
    with attempt.waiting:
        request.extensions = {**request.extensions, "trace": attempt.trace}
        try:
            return await proxied.handle_async_request(request)
        except Exception as error:
            if attempt.begun or isinstance(error, _UNSENT):
                raise
            raise httpx.ProxyError("no proper answer", request=request) from None
        finally:
            if not attempt.begun:
                await attempt.give_up()
    if attempt.begun:  # given up a moment before, and perhaps cut off while it was sent
        raise httpx.WriteTimeout("the request may have been sent", request=request)
    raise httpx.ConnectTimeout("no connection through the proxy in time", request=request)


_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
