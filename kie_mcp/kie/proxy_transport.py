"""Send each request the right way: through the proxy, directly, or to a host on this computer."""

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
"""Wraps the transport for direct connections."""


class RoutingTransport(httpx.AsyncBaseTransport):
    """Sends each request through the proxy, directly, or in plain http, by its host.

    Args:
        network: The settings.
        trust: The trusted certificates.
        limits: Of the connections, for each of the three ways.
        plain_hosts: "host:port" of hosts in plain http; they are on this computer, so never behind the proxy.
        connect: Seconds in which a connection through the proxy must be made.
        direct: Wraps the transport for direct connections.
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

        Raises NetworkSetupError if the settings cannot be used.
        """
        if self._is_plain(url):
            return None
        _ = self._proxied if self._uses_proxy(url) else self._direct
        return self._proxy if self._uses_proxy(url) else None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; raises NetworkSetupError besides what httpx raises."""
        if self._is_plain(request.url):
            return await self._plain.handle_async_request(request)
        if self._uses_proxy(request.url):
            return await _send_through(self._proxied, request, self._connect)
        return await self._direct.handle_async_request(request)

    async def aclose(self) -> None:
        """Close all connections."""
        for name in ("_plain", "_proxied", "_direct"):
            if name in self.__dict__:
                await self.__dict__.pop(name).aclose()

    def _is_plain(self, url: httpx.URL) -> bool:
        return url.scheme == "http" and url.netloc.decode("ascii") in self._plain_hosts

    def _uses_proxy(self, url: httpx.URL) -> bool:
        # Only https: in plain http a proxy would read the key.
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
    """How far one request through the proxy has come, as httpx reports by its extension `trace`."""

    def __init__(self, waiting: anyio.CancelScope) -> None:
        self.waiting = waiting
        self._streams: list[httpcore.AsyncNetworkStream] = []
        self.begun = False
        """Whether a part of the request itself may have been sent."""

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        """Take an event of httpx."""
        if event.endswith("connect_tcp.complete"):
            self._streams.append(info["return_value"])
        elif event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            self.begun = True
            self.waiting.deadline = math.inf

    async def give_up(self) -> None:
        """Close the connection to the proxy: httpx leaks it after half a handshake."""
        with anyio.CancelScope(shield=True):
            for stream in self._streams:
                await stream.aclose()


async def _send_through(proxied: httpx.AsyncBaseTransport, request: httpx.Request, connect: float) -> httpx.Response:
    """Send a request through the proxy; a failure before the request itself began means that nothing was sent.

    httpx waits for ever for a SOCKS proxy that never answers, and raises unknown exceptions for one that speaks another
    protocol.
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
    if attempt.begun:  # cancelled just as it began: perhaps a part was sent
        raise httpx.WriteTimeout("the request may have been sent", request=request)
    raise httpx.ConnectTimeout("no connection through the proxy in time", request=request)


_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
