"""The connections to Kie.ai: one client creates jobs, one asks for free, one fetches files."""

import logging
from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import cached_property
from typing import Any

# The SDK brings httpx2, a fork with exception classes of its own. Only httpx's classes prove that a request was not
# sent, so this folder must never use the fork.
import httpx
from pydantic import SecretStr

from kie_mcp.errors import CredentialError, MissingKeyError
from kie_mcp.kie.api_styles.create_call import CreateCall
from kie_mcp.kie.certificates import TrustedCertificates
from kie_mcp.kie.download import Download, download, reach
from kie_mcp.kie.http_call import send_request
from kie_mcp.kie.http_call_types import Answer, Patience
from kie_mcp.kie.network_settings import Network, Proxy
from kie_mcp.kie.proxy_transport import RoutingTransport, Wrap
from kie_mcp.kie.public_addresses import PublicTransport, Resolve, resolve
from kie_mcp.text import without_key

_JSON = {"Content-Type": "application/json"}


class Connections:
    """The HTTP clients for one key; each opens when it is first used."""

    def __init__(
        self,
        key: str,
        *,
        transport: httpx.AsyncBaseTransport | None,
        patience: Patience,
        plain_hosts: Collection[str],
        network: Network | None = None,
        resolve: Resolve = resolve,
    ) -> None:
        self._key = SecretStr(key.strip())
        self._transport = transport
        self._patience = patience
        self._plain_hosts = plain_hosts
        self._network = network or Network()
        self._trust = TrustedCertificates(self._network)
        self._resolve = resolve
        self._open: list[httpx.AsyncClient] = []
        # At INFO httpx logs every URL, with the signatures in its query.
        for name in ("httpx", "httpcore"):
            logger = logging.getLogger(name)
            logger.setLevel(max(logger.level, logging.WARNING))

    async def spend(self, url: str, call: CreateCall) -> Answer:
        """Post a call that costs money, once. Raises CallError, MissingKeyError or CredentialError."""
        # httpx's own timeouts run on while the process is suspended, and would drop an answer that has come.
        timeout = httpx.Timeout(None, connect=self._patience.connect, pool=self._patience.step)
        content: dict[str, Any] = {"files": call.form} if call.form else {"content": call.json}
        headers = self._headers() | ({} if call.form else _JSON)
        sent = self.spending_client.build_request("POST", url, headers=headers, timeout=timeout, **content)
        seconds = self._patience.create_with_file if call.answers_with_file else self._patience.create
        return await self._call(self.spending_client, sent, seconds)

    async def ask(self, url: str, content: bytes | None = None) -> Answer:
        """Send a free request: GET, or POST if there is *content*. Raises the same as `spend`."""
        method = "GET" if content is None else "POST"
        sent = self.asking_client.build_request(method, url, headers=self._headers() | _JSON, content=content)
        return await self._call(self.asking_client, sent, self._patience.look)

    async def hand_in(self, url: str, **content: Any) -> Answer:
        """Post a file, given as httpx's arguments `data`, `files` or `json`. Raises the same as `spend`."""
        sent = self.asking_client.build_request("POST", url, headers=self._headers(), timeout=self._transfer, **content)
        return await self._call(self.asking_client, sent, self._patience.upload)

    def fetch(self, url: str) -> AbstractAsyncContextManager[Download]:
        """Open a file that Kie.ai made, without the key; raises DeadLinkError or OutputError."""
        return download(self.fetching_client, url, silence=self._patience.transfer_step, plain_hosts=self._plain_hosts)

    async def reach(self, url: str, *, file: bool = False) -> None:
        """Send a request without the key; any answer is good. `file`: in the way that files are fetched.

        Raises CallError, OutputError or NetworkSetupError.
        """
        if file:
            await reach(self.fetching_client, url, silence=self._patience.look, plain_hosts=self._plain_hosts)
        else:
            await self._call(self.asking_client, self.asking_client.build_request("GET", url), self._patience.look)

    def proxy(self, url: str) -> Proxy | None:
        """Return the proxy through which that host is reached; None if there is none.

        Raises NetworkSetupError if the settings cannot be used.
        """
        return self._asking_routes.check(httpx.URL(url)) if self._transport is None else None

    @cached_property
    def spending_client(self) -> httpx.AsyncClient:
        """The client that creates jobs, each on a new connection: a reused one may break and hide the outcome."""
        return self._client(self._routes(httpx.Limits(max_keepalive_connections=0)), self._step)

    @cached_property
    def asking_client(self) -> httpx.AsyncClient:
        """The client for free calls."""
        return self._client(self._asking_routes, self._step)

    @cached_property
    def fetching_client(self) -> httpx.AsyncClient:
        """The client for files: it has no key, and reaches only public addresses, or the proxy."""
        # A reused connection to an address would serve other host names, whose certificate was not checked.
        return self._client(self._routes(httpx.Limits(max_keepalive_connections=0), self._public), self._transfer)

    async def aclose(self) -> None:
        """Close what is open; the next call opens it again."""
        for name in ("spending_client", "asking_client", "fetching_client", "_asking_routes"):
            self.__dict__.pop(name, None)
        while self._open:
            await self._open.pop().aclose()

    async def _call(self, http: httpx.AsyncClient, request: httpx.Request, seconds: float) -> Answer:
        self.proxy(str(request.url))  # what cannot be used is told before anything may have been sent
        answer = await send_request(http, request, seconds=seconds)
        # Kie.ai may repeat the key in what it says of it.
        return replace(answer, body=without_key(answer.body, self._key.get_secret_value()))

    def _headers(self) -> dict[str, str]:
        key = self._key.get_secret_value()
        if not key:
            raise MissingKeyError
        if not key.isascii() or not key.isprintable() or " " in key:
            raise CredentialError("KIE_API_KEY holds characters that no key of Kie.ai's has.")
        return {"Authorization": f"Bearer {key}", "Accept": "application/json", "Accept-Encoding": "identity"}

    @property
    def _step(self) -> httpx.Timeout:
        return httpx.Timeout(self._patience.step, connect=self._patience.connect)

    @property
    def _transfer(self) -> httpx.Timeout:
        return httpx.Timeout(self._patience.transfer_step, connect=self._patience.connect)

    @cached_property
    def _asking_routes(self) -> RoutingTransport:
        return self._routes(httpx.Limits(max_connections=50, max_keepalive_connections=10))

    def _routes(self, limits: httpx.Limits, direct: Wrap = lambda inner: inner) -> RoutingTransport:
        return RoutingTransport(
            self._network,
            self._trust,
            limits=limits,
            plain_hosts=self._plain_hosts,
            connect=self._patience.connect,
            direct=direct,
        )

    def _public(self, inner: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        return PublicTransport(inner, resolve=self._resolve, allow_fake_ip=self._network.allow_fake_ip)

    def _client(self, routes: RoutingTransport, timeout: httpx.Timeout) -> httpx.AsyncClient:
        # The routes hold the proxies, so httpx must not read the environment.
        client = httpx.AsyncClient(transport=self._transport or routes, timeout=timeout, trust_env=False)
        self._open.append(client)
        return client
