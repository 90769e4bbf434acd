"""The client of Kie.ai: create a job, look at it, upload files and fetch them."""

import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self
from urllib.parse import quote, urlsplit

from pydantic import SecretStr

from kie_mcp.errors import (
    KieError,
    LookError,
    NotCreatedError,
    OutputError,
    UnavailableError,
    UnconfirmedError,
    UnreachableError,
)
from kie_mcp.jobs.job import Look, Request
from kie_mcp.kie import responses
from kie_mcp.kie.addresses import API, UPLOADS
from kie_mcp.kie.api_styles.create_call import dump_json
from kie_mcp.kie.api_styles.styles import StyleName, find_style
from kie_mcp.kie.file_uploads import FileUploads
from kie_mcp.kie.http_call_types import Answer, CallError, Patience
from kie_mcp.kie.job_record import read_picture_link
from kie_mcp.kie.model_queries import ModelQueries
from kie_mcp.kie.network_settings import Network
from kie_mcp.kie.picture_files import read_picture_file
from kie_mcp.urls import is_web_link

if TYPE_CHECKING:
    import httpx

    from kie_mcp.kie.connections import Connections
    from kie_mcp.kie.download import Download
    from kie_mcp.kie.public_addresses import Resolve

_LOOK = "/api/v1/jobs/recordInfo"
_CREDIT = "/api/v1/chat/credit"
_DOWNLOAD_LINK = "/api/v1/common/download-url"
SANDBOX_HEADER = "x-kie-sandbox"
"""A header that every answer of a sandbox has, and no other."""


class KieClient:
    """Kie.ai with one key. Connections open at the first call; `async with` or `aclose` closes them."""

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
        api_style: StyleName = "jobs",
        callback_url: str | None = None,
    ) -> None:
        """Remember how to reach Kie.ai; nothing is opened yet.

        Args:
            api_key: None or empty makes every call but `fetch` raise MissingKeyError.
            base_url: Where jobs are created; plain http is only for this computer, and never goes through a proxy.
            upload_base_url: Where files are uploaded.
            transport: Replaces the network, in tests.
            now: Seconds since 1970.
            patience: How long calls may take.
            token: Makes the name of an upload's folder, each time a new one.
            network: How the internet is reached; None uses the proxies that are set for all programs here.
            resolve: Finds the addresses of hosts that files are fetched from; None asks the system.
            sandbox: Whether the other side is a sandbox; None until its first answer says so.
            api_style: How create calls are written. Requests have the live ids and fields in every style.
            callback_url: Where Kie.ai tells of the end of each job, where a call has none of its own.

        Raises OrderError if there is no such style.
        """
        self.sandbox = sandbox
        """Whether the last answer came from a sandbox, by its header; None before the first answer."""
        self._style = find_style(api_style)
        self._callback_url = callback_url
        self._base_url = base_url.rstrip("/")
        self._upload_base_url = upload_base_url.rstrip("/")
        self._plain_hosts = _plain_hosts(self._base_url, self._upload_base_url)
        self._now = now
        self._patience = patience or Patience()
        self._uploads = FileUploads(lambda: self._connections, self._upload_base_url, self._plain_hosts, now, token)
        self._key = api_key if isinstance(api_key, SecretStr) else SecretStr(api_key or "")
        self._transport = transport
        self._network = network
        self._resolve = resolve
        self.models = ModelQueries(self._ask_free, now)
        """Questions about all models of Kie.ai's; they cost nothing."""

    def __repr__(self) -> str:
        """Return the address, without the key."""
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

    def check_request(self, request: Request) -> None:
        """Check that the request can be written in this client's style of the API, without a call.

        Raises OrderError, which names Kie.ai's input.
        """
        self._style.check(request)

    async def load_files(self, request: Request) -> Request:
        """Return the request with the bytes of files that the create call takes in place of links; free of charge.

        Raises:
            OrderError: The request cannot be written in this client's style.
            DeadLinkError: A file is not there any more.
            OutputError: A file could not be read.
        """
        self._style.check(request)
        links = [link for link in self._style.file_links(request) if link not in request.contents]
        fetched = {link: await read_picture_file(self.fetch, link) for link in links}
        return replace(request, contents={**request.contents, **fetched}) if fetched else request

    async def create(self, request: Request, *, callback_url: str | None = None) -> str:
        """Return Kie.ai's id of a job, after creating it. Spends credits; the request is sent once and never repeated.

        A legacy call is answered with the picture itself: then its link is returned in place of an id.

        Args:
            request: The model's id and its input, as Kie.ai's page of the model has them.
            callback_url: Where Kie.ai tells of the end of this job; None for the client's own.

        Raises:
            NotCreatedError: The job was certainly not created, and nothing was charged.
            UnreachableError: A kind of it: nothing was sent.
            UnconfirmedError: The job may exist and may have been charged: look before you repeat it.
        """
        try:
            request = await self.load_files(request)
        except OutputError as error:
            raise NotCreatedError(f"{error.message} Nothing was sent.", remedy=error.remedy) from None
        call = self._style.write(request, callback_url or self._callback_url)
        try:
            answer = self._note_sandbox(await self._connections.spend(self._base_url + call.path, call))
        except CallError as error:
            if error.unsent:
                message = f"Kie.ai was not reached ({error}); nothing was sent."
                raise UnreachableError(message, remedy=error.remedy or None) from None
            message = f"Kie.ai's answer to the create call was lost ({error})."
            raise UnconfirmedError(f"{message} The job may exist and may have been charged.") from None
        return call.read(*_answer_parts(answer), now=self._now())

    async def look(self, task_id: str) -> Look:
        """Return what Kie.ai says of a job: how it stands, and after its success the links of its files. Costs nothing.

        A link in place of an id is a picture that is made: in every style it says so, and Kie.ai is not asked.

        Raises:
            LookError: There is no answer about the job, which goes on all the same.
            CredentialError: The key is not accepted.
            BusyError: Too many questions; `retry_after` says for how many seconds.
        """
        if is_web_link(task_id):
            return read_picture_link(task_id)
        try:
            asked = f"{self._base_url}{_LOOK}?taskId={quote(task_id, safe='')}"
            answer = self._note_sandbox(await self._connections.ask(asked))
        except CallError as error:
            raise LookError(f"Kie.ai did not answer about the job ({error}).") from None
        return responses.read_look(*_answer_parts(answer), now=self._now())

    async def credit(self) -> float:
        """Return the balance in credits, which may be a fraction, and negative; costs nothing.

        Raises:
            CredentialError: The key is not accepted.
            BusyError: Too many questions; `retry_after` says for how many seconds.
            UnreachableError: Nothing was sent.
            UnavailableError: Kie.ai does not answer.
        """
        return responses.read_credit(*_answer_parts(await self._ask_free(_CREDIT)), now=self._now())

    async def server_time(self) -> float | None:
        """Return Kie.ai's time in seconds since 1970, by the header Date of an answer; None without one. Costs nothing.

        Raises:
            UnreachableError: Nothing was sent.
            UnavailableError: Kie.ai does not answer.
        """
        return responses.read_date((await self._ask_free(_CREDIT)).headers)

    async def download_link(self, url: str) -> str:
        """Return a fresh link to a file that Kie.ai made, which lives for 20 minutes; costs nothing.

        Raises:
            DeadLinkError: Kie.ai has the file no more.
            OutputError: Kie.ai did not answer.
            CredentialError: The key is not accepted.
            BusyError: Too many questions; `retry_after` says for how many seconds.
        """
        try:
            asked = self._base_url + _DOWNLOAD_LINK
            answer = self._note_sandbox(await self._connections.ask(asked, dump_json({"url": url})))
        except CallError as error:
            raise OutputError(f"Kie.ai did not answer when asked for a new link ({error}).") from None
        return responses.read_download_link(*_answer_parts(answer), now=self._now())

    def fetch(self, url: str) -> "AbstractAsyncContextManager[Download]":
        """Return a context manager that opens a file of Kie.ai's, without the key, to be read in chunks of bytes.

        Raises:
            DeadLinkError: On entering: the link does not lead to the file any more.
            OutputError: On entering or reading: the file could not be fetched.
        """
        return self._connections.fetch(url)

    async def upload(self, source: bytes | Path | IO[bytes], *, name: str | None = None) -> str:
        """Return the URL under which Kie.ai reads a file for a day; uploads it, free of charge.

        Args:
            source: Its bytes, its path, or the open file, which is read from its beginning and stays open.
            name: What it is called at Kie.ai; None for the name that it has.

        Raises:
            RefusedError: Kie.ai does not take it.
            CredentialError: The key is not accepted.
            BusyError: Too many uploads; `retry_after` says for how many seconds.
            UnreachableError: Nothing was sent.
            OutputError: It could not be read, or its upload broke off.
        """
        return await self._uploads.send_file(source, name)

    async def upload_base64(self, source: bytes, *, name: str | None = None) -> str:
        """Return the same as `upload`, and raise the same, for up to 10 MB that are sent as base64 text."""
        return await self._uploads.send_base64(source, name)

    async def upload_from_url(self, url: str, *, name: str | None = None) -> str:
        """Return the same as `upload`, for a file that Kie.ai fetches within 30 seconds.

        Raises:
            OrderError: Kie.ai may not be sent that address. All else is raised as by `upload`.
        """
        return await self._uploads.send_url(url, name)

    def check(self) -> None:
        """Check the network settings without a call. Raises NetworkSetupError if they cannot be used."""
        for url in (self._base_url, self._upload_base_url):
            self._connections.proxy(url)

    def describe_route(self, url: str) -> str:
        """Return how a host is reached: `directly`, or `through the proxy …`, without its password.

        Raises:
            NetworkSetupError: The settings of the network cannot be used.
        """
        proxy = self._connections.proxy(url)
        return f"through the proxy {proxy}" if proxy else "directly"

    async def reach(self, url: str, *, file: bool = False) -> None:
        """Send a request there without the key; any answer is good.

        Args:
            url: An https address, or that of an API on this computer.
            file: Whether in the way that files are fetched.

        Raises:
            NetworkSetupError: The settings of the network cannot be used.
            UnreachableError: There is no answer; it has a remedy only if that is certain.
        """
        try:
            await self._connections.reach(url, file=file)
        except CallError as error:
            raise UnreachableError(f"no answer ({error}).", remedy=error.remedy) from None
        except OutputError as error:
            remedy = error.remedy if error.has_own_remedy else ""
            raise UnreachableError(error.message, remedy=remedy) from None

    def _note_sandbox(self, answer: Answer) -> Answer:
        """Return the answer, and note whether a sandbox gave it: never assumed, because real jobs cost money."""
        self.sandbox = SANDBOX_HEADER in answer.headers
        return answer

    async def _ask_free(self, path: str) -> Answer:
        try:
            return self._note_sandbox(await self._connections.ask(self._base_url + path))
        except CallError as error:
            raise _no_answer_error(error) from None

    @cached_property
    def _connections(self) -> "Connections":
        # Imported here: httpx and urllib would double the time until a server has listed its tools.
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


def _no_answer_error(error: CallError) -> KieError:
    """Return the error for a free call that got no answer."""
    if error.unsent:
        remedy = error.remedy or "Check the network."
        return UnreachableError(f"Kie.ai was not reached ({error}).", remedy=remedy)
    return UnavailableError(f"Kie.ai did not answer ({error}).", remedy="Call again in a minute.")


def _answer_parts(answer: Answer) -> tuple[int, Mapping[str, str], bytes]:
    return answer.status, answer.headers, answer.body


def _plain_hosts(*base_urls: str) -> frozenset[str]:
    """Return "host:port" of the URLs that use plain http: they are on this computer."""
    parts = map(urlsplit, base_urls)
    return frozenset(part.netloc.casefold() for part in parts if part.scheme == "http")
