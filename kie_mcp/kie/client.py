"""Kie.ai's side of the fence: create a job, look at it, hand files in and fetch them."""

import base64
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlsplit

from pydantic import SecretStr

from kie_mcp.errors import (
    KieError,
    LookError,
    OrderError,
    OutputError,
    UnavailableError,
    UnconfirmedError,
    UnreachableError,
)
from kie_mcp.jobs.job import JSON, Look, Request
from kie_mcp.kie import responses
from kie_mcp.kie.http_answer import Answer, CallError, Patience
from kie_mcp.kie.network import Network
from kie_mcp.urls import check_url, plain_host_of

if TYPE_CHECKING:
    import httpx

    from kie_mcp.kie.connections import Connections
    from kie_mcp.kie.download import Download
    from kie_mcp.kie.public_addresses import Resolve

API = "https://api.kie.ai"
UPLOADS = "https://kieai.redpandaai.co"
_CREATE = "/api/v1/jobs/createTask"
_LOOK = "/api/v1/jobs/recordInfo"
_CREDIT = "/api/v1/chat/credit"
_DOWNLOAD_LINK = "/api/v1/common/download-url"
SANDBOX_HEADER = "x-kie-sandbox"
"""In each answer of a sandbox, and in no other."""


class KieClient:
    """Kie.ai, for one key. Opens its connections at the first call; `async with` or `aclose` closes them."""

    def __init__(
        self,
        api_key: str | SecretStr | None,
        *,
        base_url: str = API,
        upload_base_url: str = UPLOADS,
        transport: "httpx.AsyncBaseTransport | None" = None,
        now: Callable[[], float] = time.time,
        patience: Patience | None = None,
        token: Callable[[], str] = lambda: secrets.token_hex(16),
        network: Network | None = None,
        resolve: "Resolve | None" = None,
        sandbox: bool | None = None,
    ) -> None:
        """Remember how to reach Kie.ai; nothing is opened yet.

        Args:
            api_key: None or empty makes every call but `fetch` raise MissingKeyError.
            base_url: Where jobs are created; plain http is for this computer, and never goes through a proxy.
            upload_base_url: Where files are handed in.
            transport: Takes the place of the network.
            now: Seconds since 1970.
            patience: How long calls may take.
            token: Makes the name of an upload's folder, never the same again.
            network: How the internet is reached; None: by the proxies that were set for every program here.
            resolve: Finds the addresses of hosts that files are fetched from, in place of the system.
            sandbox: Whether the other side is known to be a sandbox; None: it has still to say.
        """
        self.sandbox = sandbox
        """Whether the last answer came from a sandbox, which says so itself; None before there was one."""
        self._base_url = base_url.rstrip("/")
        self._upload_base_url = upload_base_url.rstrip("/")
        self._plain_hosts = _plain_hosts(self._base_url, self._upload_base_url)
        self._now = now
        self._patience = patience or Patience()
        self._token = token
        self._key = api_key if isinstance(api_key, SecretStr) else SecretStr(api_key or "")
        self._transport = transport
        self._network = network
        self._resolve = resolve

    def __repr__(self) -> str:
        """Without the key."""
        return f"KieClient({self._base_url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; the next call opens them again."""
        if "_connections" in self.__dict__:
            await self._connections.aclose()

    async def create(self, request: Request, *, callback_url: str | None = None) -> str:
        """Create a job and return Kie.ai's id of it. Spends credits, and never sends anything twice.

        Raises NotCreatedError if it certainly was not created, UnconfirmedError if it may have been.
        """
        body: JSON = {"model": request.model, "input": request.input}
        if callback_url is not None:
            body["callBackUrl"] = callback_url
        content = _dumped(body)
        try:
            answer = self._learned(await self._connections.spend(self._base_url + _CREATE, content))
        except CallError as error:
            if error.unsent:
                message = f"Kie.ai was not reached ({error}); nothing was sent."
                raise UnreachableError(message, remedy=error.remedy or None) from None
            message = f"Kie.ai's answer to the create call was lost ({error})."
            raise UnconfirmedError(f"{message} The job may exist and may have been charged.") from None
        return responses.read_created(*_heard(answer), now=self._now())

    async def look(self, task_id: str) -> Look:
        """Ask how a job is; costs nothing. Raises LookError, CredentialError or BusyError."""
        try:
            asked = f"{self._base_url}{_LOOK}?taskId={quote(task_id, safe='')}"
            answer = self._learned(await self._connections.ask(asked))
        except CallError as error:
            raise LookError(f"Kie.ai did not answer about the job ({error}).") from None
        return responses.read_look(*_heard(answer), now=self._now())

    async def credit(self) -> float:
        """Ask for the credits left; costs nothing.

        Raises CredentialError, BusyError, UnreachableError or UnavailableError.
        """
        return responses.read_credit(*_heard(await self._free(_CREDIT)), now=self._now())

    async def server_time(self) -> float | None:
        """Ask what time it is at Kie.ai, in seconds since 1970; costs nothing. None if the answer does not say.

        Raises UnreachableError or UnavailableError.
        """
        return responses.read_date((await self._free(_CREDIT)).headers)

    async def download_link(self, url: str) -> str:
        """Ask for a fresh link to a file that Kie.ai made; it lives for 20 minutes.

        Raises DeadLinkError if there is none, CredentialError, BusyError or OutputError.
        """
        try:
            asked = self._base_url + _DOWNLOAD_LINK
            answer = self._learned(await self._connections.ask(asked, _dumped({"url": url})))
        except CallError as error:
            raise OutputError(f"Kie.ai did not answer when asked for a new link ({error}).") from None
        return responses.read_download_link(*_heard(answer), now=self._now())

    def fetch(self, url: str) -> "AbstractAsyncContextManager[Download]":
        """Open a file that Kie.ai made, without the key; raises DeadLinkError or OutputError."""
        return self._connections.fetch(url)

    async def upload(self, source: bytes | Path | IO[bytes], *, name: str | None = None) -> str:
        """Hand a file in, free of charge, and return the URL under which Kie.ai reads it for a day.

        A file that is open is read from its beginning and stays open. Raises RefusedError if it is not taken,
        CredentialError, BusyError, UnreachableError or OutputError.
        """
        if not isinstance(source, Path):
            return await self._upload_stream(source, name)
        try:
            with source.open("rb") as file:
                return await self._upload_stream(file, name or source.name)
        except OSError as error:
            raise OutputError(f"{source.name} cannot be read ({error.strerror}).", remedy="Check the file.") from None

    async def upload_base64(self, source: bytes, *, name: str | None = None) -> str:
        """Hand in a file of up to 10 MB as text; otherwise the same as `upload`."""
        data = base64.b64encode(source).decode()
        return await self._upload("file-base64-upload", json={"base64Data": data, **self._place(name)})

    async def upload_from_url(self, url: str, *, name: str | None = None) -> str:
        """Let Kie.ai fetch a file within 30 seconds; otherwise the same as `upload`. Raises OrderError, too."""
        link = check_url(url, argument="url", plain_host=plain_host_of(url, self._plain_hosts))
        return await self._upload("file-url-upload", json={"fileUrl": link, **self._place(name)})

    def check(self) -> None:
        """Find out, without a call, whether there can be connections. Raises NetworkSetupError."""
        for url in (self._base_url, self._upload_base_url):
            self._connections.proxy(url)

    def way(self, url: str) -> str:
        """Say how that host is reached: directly, or through which proxy. Raises NetworkSetupError."""
        proxy = self._connections.proxy(url)
        return f"through the proxy {proxy}" if proxy else "directly"

    async def reach(self, url: str, *, file: bool = False) -> None:
        """Ask there for anything, without the key; `file`: as a file is fetched. Any answer will do.

        Raises NetworkSetupError, or UnreachableError without a remedy unless there is a certain one.
        """
        try:
            await self._connections.reach(url, file=file)
        except CallError as error:
            raise UnreachableError(f"no answer ({error}).", remedy=error.remedy) from None
        except OutputError as error:
            remedy = error.remedy if error.has_own_remedy else ""
            raise UnreachableError(error.message, remedy=remedy) from None

    def _learned(self, answer: Answer) -> Answer:
        """Whoever answers says whether it is a sandbox; that is never assumed, for money may be involved."""
        self.sandbox = SANDBOX_HEADER in answer.headers
        return answer

    async def _free(self, path: str) -> Answer:
        try:
            return self._learned(await self._connections.ask(self._base_url + path))
        except CallError as error:
            raise _silent(error) from None

    async def _upload_stream(self, source: bytes | IO[bytes], name: str | None) -> str:
        fields = self._place(name)
        return await self._upload("file-stream-upload", data=fields, files={"file": (fields["fileName"], source)})

    async def _upload(self, path: str, **content: Any) -> str:
        try:
            answer = await self._connections.hand_in(f"{self._upload_base_url}/api/{path}", **content)
        except CallError as error:
            if error.unsent:
                message = f"Kie.ai's host for uploads was not reached ({error})."
                raise UnreachableError(message, remedy=error.remedy or None) from None
            raise OutputError(f"The upload broke off ({error}).", remedy="Call again; uploads are free.") from None
        return responses.read_upload(*_heard(answer), now=self._now())

    def _place(self, name: str | None) -> dict[str, str]:
        """Where an upload goes: a folder of its own, for a name used twice would overwrite the first silently."""
        kept = re.sub(r"[^A-Za-z0-9._-]+", "-", name or "")[-80:].strip("-.")
        return {"uploadPath": f"kie-mcp/{self._token()}", "fileName": kept or "file"}

    @cached_property
    def _connections(self) -> "Connections":
        # Imported here: httpx, urllib and what they bring would double the time that a server takes to list its tools.
        from urllib.request import getproxies

        from kie_mcp.kie.connections import Connections
        from kie_mcp.kie.public_addresses import resolve

        return Connections(
            self._key.get_secret_value(),
            transport=self._transport,
            patience=self._patience,
            plain_hosts=self._plain_hosts,
            network=Network.of(getproxies()) if self._network is None else self._network,
            resolve=self._resolve or resolve,
        )


def _silent(error: CallError) -> KieError:
    """What to say of a free call that got no answer."""
    if error.unsent:
        remedy = error.remedy or "Check the network."
        return UnreachableError(f"Kie.ai was not reached ({error}).", remedy=remedy)
    return UnavailableError(f"Kie.ai did not answer ({error}).", remedy="Call again in a minute.")


def _heard(answer: Answer) -> tuple[int, Mapping[str, str], bytes]:
    return answer.status, answer.headers, answer.body


def _dumped(body: JSON) -> bytes:
    try:
        return json.dumps(body, allow_nan=False).encode()
    except (TypeError, ValueError):
        message = "The request holds a value that JSON has no word for."
        raise OrderError(message, remedy="Take it out.") from None


def _plain_hosts(*base_urls: str) -> frozenset[str]:
    """The hosts and ports of those that are spoken to in plain http: on this computer."""
    parts = map(urlsplit, base_urls)
    return frozenset(part.netloc.casefold() for part in parts if part.scheme == "http")
