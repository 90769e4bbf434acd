"""The connections to Kie.ai: one set that spends, one that asks, one that fetches; made at the first call."""

import logging
from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import cached_property
from typing import Any

# httpx, which the SDK does not use: it brings httpx2, a fork whose exceptions are other classes. What is provably
# unsent is told by these classes alone, so nothing in this folder may swap one for the other by itself.
import httpx
from pydantic import SecretStr

from kie_mcp.errors import CredentialError, MissingKeyError
from kie_mcp.kie.download import Download, download, touch
from kie_mcp.kie.http import call
from kie_mcp.kie.http_answer import Answer, Patience
from kie_mcp.kie.network import Network, Proxy
from kie_mcp.kie.proxy_routes import Routes, Trust, Wrap
from kie_mcp.kie.public_addresses import PublicTransport, Resolve, resolve
from kie_mcp.text import without_key

_JSON = {"Content-Type": "application/json"}


class Connections:
    """What is open to Kie.ai for one key. Nothing is open before it is asked for."""

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
        self._trust = Trust(self._network)
        self._resolve = resolve
        self._open: list[httpx.AsyncClient] = []
        # httpx writes every URL to the log at INFO, with signatures in its query.
        for name in ("httpx", "httpcore"):
            logger = logging.getLogger(name)
            logger.setLevel(max(logger.level, logging.WARNING))

    async def spend(self, url: str, content: bytes) -> Answer:
        """Post what is paid for, once. Raises CallError, MissingKeyError or CredentialError."""
        # httpx's own limits run on while the process stands still, and would throw away an answer that has come.
        timeout = httpx.Timeout(None, connect=self._patience.connect, pool=self._patience.step)
        sent = self.spending.build_request(
            "POST", url, headers=self._headers() | _JSON, content=content, timeout=timeout
        )
        return await self._call(self.spending, sent, self._patience.create)

    async def ask(self, url: str, content: bytes | None = None) -> Answer:
        """Get, or post *content*; costs nothing. Raises the same."""
        method = "GET" if content is None else "POST"
        sent = self.asking.build_request(method, url, headers=self._headers() | _JSON, content=content)
        return await self._call(self.asking, sent, self._patience.look)

    async def hand_in(self, url: str, **content: Any) -> Answer:
        """Post a file, as httpx's arguments `data`, `files` or `json`. Raises the same."""
        sent = self.asking.build_request("POST", url, headers=self._headers(), timeout=self._transfer, **content)
        return await self._call(self.asking, sent, self._patience.upload)

    def fetch(self, url: str) -> AbstractAsyncContextManager[Download]:
        """Open a file that Kie.ai made, without the key; raises DeadLinkError or OutputError."""
        return download(self.fetching, url, silence=self._patience.transfer_step, plain_hosts=self._plain_hosts)

    async def reach(self, url: str, *, file: bool = False) -> None:
        """Ask for what is there, without the key; any answer will do. `file`: on the way that a file is fetched.

        Raises CallError, OutputError or NetworkSetupError.
        """
        if file:
            await touch(self.fetching, url, silence=self._patience.look, plain_hosts=self._plain_hosts)
        else:
            await self._call(self.asking, self.asking.build_request("GET", url), self._patience.look)

    def proxy(self, url: str) -> Proxy | None:
        """Return the proxy through which that host is reached; None if there is none.

        Raises NetworkSetupError if what was set cannot be used for it.
        """
        return self._asking_routes.check(httpx.URL(url)) if self._transport is None else None

    @cached_property
    def spending(self) -> httpx.AsyncClient:
        """For creating. A connection that was kept alive may die as it is used, and leave the outcome unknown."""
        return self._client(self._routes(httpx.Limits(max_keepalive_connections=0)), self._step)

    @cached_property
    def asking(self) -> httpx.AsyncClient:
        """For calls that cost nothing."""
        return self._client(self._asking_routes, self._step)

    @cached_property
    def fetching(self) -> httpx.AsyncClient:
        """For files: knows no key, reaches nothing but public addresses or what the proxy takes for them."""
        # Kept under its address, a connection would serve other names on it whose certificate nobody has seen.
        return self._client(self._routes(httpx.Limits(max_keepalive_connections=0), self._public), self._transfer)

    async def aclose(self) -> None:
        """Close what is open; the next call opens it again."""
        for name in ("spending", "asking", "fetching", "_asking_routes"):
            self.__dict__.pop(name, None)
        while self._open:
            await self._open.pop().aclose()

    async def _call(self, http: httpx.AsyncClient, request: httpx.Request, seconds: float) -> Answer:
        self.proxy(str(request.url))  # what cannot be used is told before anything may have been sent
        answer = await call(http, request, seconds=seconds)
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
    def _asking_routes(self) -> Routes:
        return self._routes(httpx.Limits(max_connections=50, max_keepalive_connections=10))

    def _routes(self, limits: httpx.Limits, direct: Wrap = lambda inner: inner) -> Routes:
        return Routes(
            self._network,
            self._trust,
            limits=limits,
            plain_hosts=self._plain_hosts,
            connect=self._patience.connect,
            direct=direct,
        )

    def _public(self, inner: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        return PublicTransport(inner, resolve=self._resolve, allow_fake_ip=self._network.allow_fake_ip)

    def _client(self, routes: Routes, timeout: httpx.Timeout) -> httpx.AsyncClient:
        # What httpx would read from the environment by itself is in the routes: the same for every connection.
        client = httpx.AsyncClient(transport=self._transport or routes, timeout=timeout, trust_env=False)
        self._open.append(client)
        return client
