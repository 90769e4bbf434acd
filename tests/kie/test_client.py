"""The client: what it sends, and what is certain about a job when the network is not."""

# ruff: noqa: E501 (whole sentences)

import asyncio
import gzip
import json
import logging
import socket
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import anyio
import httpx
import httpx2
import pytest
from inline_snapshot import snapshot

from kie_mcp.errors import (
    BusyError,
    CredentialError,
    DeadLinkError,
    KieError,
    LookError,
    MissingKeyError,
    OrderError,
    OutputError,
    RefusedError,
    TransientError,
    UnconfirmedError,
    UnreachableError,
)
from kie_mcp.jobs.job import Request, Verdict
from kie_mcp.kie.client import KieClient
from kie_mcp.kie.connections import Connections
from kie_mcp.kie.http_call import LONGEST_ANSWER, NOT_SENT
from kie_mcp.kie.http_call_types import Patience
from kie_mcp.kie.public_addresses import FakeAddressError, PrivateAddressError, PublicTransport
from tests.support.faulty_host import Behaviour, closes, drips, faulty_host, hangs, resets, response, says

pytestmark = pytest.mark.anyio

KEY = "canary0123456789canary0123456789"
REQUEST = Request("google/nano-banana", {"prompt": "a fox"})
CREATED = b'{"code":200,"data":{"taskId":"t-1"}}'
SHORT = Patience(connect=0.3, step=0.3, create=0.4, look=0.4, upload=0.4, transfer_step=0.3)

Handler = Callable[[httpx.Request], httpx.Response]


class SandboxClient:
    """Answers every request the same way and keeps what it was sent."""

    def __init__(self, answer: object, *, status: int = 200) -> None:
        self.sent: list[httpx.Request] = []
        self._answer = answer
        self._status = status

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        if isinstance(self._answer, Exception):
            raise self._answer
        return httpx.Response(self._status, json=self._answer)


def client(handler: Handler, *, key: str = KEY) -> KieClient:
    return KieClient(key, transport=httpx.MockTransport(handler), token=lambda: "token", now=lambda: 1_800_000_000.0)


def at(url: str) -> KieClient:
    return KieClient(KEY, base_url=url, upload_base_url=url, patience=SHORT)


async def test_create_posts_the_request_once_with_the_key():
    service = SandboxClient({"code": 200, "data": {"taskId": "t-1"}})
    async with client(service) as kie:
        assert await kie.create(REQUEST, callback_url="https://example.com/done") == "t-1"
    [sent] = service.sent
    assert (sent.method, str(sent.url)) == ("POST", "https://api.kie.ai/api/v1/jobs/createTask")
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.headers["content-type"] == "application/json"
    assert json.loads(sent.content) == {
        "model": "google/nano-banana",
        "input": {"prompt": "a fox"},
        "callBackUrl": "https://example.com/done",
    }


async def test_look_asks_for_the_task_by_its_id():
    service = SandboxClient({"code": 200, "data": {"taskId": "a/b&c", "state": "generating"}})
    async with client(service) as kie:
        assert (await kie.look("a/b&c")).verdict is Verdict.IN_FLIGHT
    assert str(service.sent[0].url) == "https://api.kie.ai/api/v1/jobs/recordInfo?taskId=a%2Fb%26c"


async def test_credit_and_download_link_are_asked_for():
    async with client(SandboxClient({"code": 200, "data": 79.2})) as kie:
        assert await kie.credit() == 79.2
    service = SandboxClient({"code": 200, "data": "https://files.example/fresh"})
    async with client(service) as kie:
        assert await kie.download_link("https://files.example/old") == "https://files.example/fresh"
    assert json.loads(service.sent[0].content) == {"url": "https://files.example/old"}


async def test_uploads_go_to_their_own_host_into_a_folder_of_their_own(tmp_path: Path):
    picture = tmp_path / "my fox (1).png"
    picture.write_bytes(b"\x89PNG")
    service = SandboxClient({"success": True, "code": 200, "data": {"downloadUrl": "https://files.example/up"}})
    async with client(service) as kie:
        urls = [
            await kie.upload(picture),
            await kie.upload(b"\x89PNG", name="../../fox.png"),
            await kie.upload_base64(b"\x89PNG"),
            await kie.upload_from_url("https://example.com/fox.png", name="fox.png"),
        ]
    assert urls == ["https://files.example/up"] * 4
    assert [sent.url.path for sent in service.sent] == [
        "/api/file-stream-upload",
        "/api/file-stream-upload",
        "/api/file-base64-upload",
        "/api/file-url-upload",
    ]
    assert {sent.url.host for sent in service.sent} == {"kieai.redpandaai.co"}
    assert b'name="uploadPath"\r\n\r\nkie-mcp/token\r\n' in service.sent[0].content
    assert b'filename="my-fox-1-.png"' in service.sent[0].content
    assert b'filename="fox.png"' in service.sent[1].content
    assert json.loads(service.sent[2].content) == {
        "base64Data": "iVBORw==",
        "uploadPath": "kie-mcp/token",
        "fileName": "file",
    }
    assert json.loads(service.sent[3].content)["fileUrl"] == "https://example.com/fox.png"


async def test_a_file_that_cannot_be_read_is_named(tmp_path: Path):
    service = SandboxClient({})
    async with client(service) as kie:
        with pytest.raises(OutputError, match=r"^fox\.png cannot be read \(No such file or directory\)\.$"):
            await kie.upload(tmp_path / "fox.png")
        with pytest.raises(OrderError):
            await kie.upload_from_url("http://169.254.169.254/latest")
    assert service.sent == []


@pytest.mark.parametrize("key", [None, "", "  \n"])
async def test_without_a_key_nothing_is_opened(key: str | None):
    kie = KieClient(key, base_url="http://127.0.0.1:9", upload_base_url="http://127.0.0.1:9")
    for call in (
        kie.create(REQUEST),
        kie.look("t"),
        kie.credit(),
        kie.download_link("https://x.example"),
        kie.upload(b"x"),
    ):
        with pytest.raises(MissingKeyError):
            await call
    await kie.aclose()


@pytest.mark.parametrize("key", ["canary canary", "canary\r\nX: y", "canary\u00e9", "canary\x00"])
async def test_a_key_that_no_header_can_carry_is_refused_unsaid(key: str):
    service = SandboxClient({})
    async with client(service, key=key) as kie:
        with pytest.raises(CredentialError) as caught:
            await kie.create(REQUEST)
    assert "canary" not in str(caught.value)
    assert service.sent == []


async def test_what_json_cannot_say_is_never_sent():
    service = SandboxClient({})
    async with client(service) as kie:
        for value in (float("nan"), {1, 2}):
            with pytest.raises(OrderError):
                await kie.create(Request("m", {"x": value}))
    assert service.sent == []


async def test_a_closed_client_opens_again():
    kie = client(SandboxClient({"code": 200, "data": 1}))
    assert await kie.credit() == 1
    await kie.aclose()
    assert await kie.credit() == 1
    await kie.aclose()
    await kie.aclose()


def test_only_httpx_own_exceptions_prove_that_nothing_was_sent():
    """The SDK's fork of httpx has exceptions of the same names; catching those would catch nothing."""
    assert {error.__name__ for error in NOT_SENT} == {
        "ConnectError",
        "ConnectTimeout",
        "PoolTimeout",
        "UnsupportedProtocol",
        "LocalProtocolError",
        "ProxyError",
    }
    for error in NOT_SENT:
        assert getattr(httpx, error.__name__) is error
        assert not issubclass(error, httpx2.HTTPError)
        assert not issubclass(getattr(httpx2, error.__name__), error)


@pytest.mark.parametrize("error", NOT_SENT)
async def test_what_was_provably_never_sent_is_unreachable(error: type[httpx.RequestError]):
    async with client(SandboxClient(error(f"https://api.kie.ai/?key={KEY}"))) as kie:
        with pytest.raises(UnreachableError) as caught:
            await kie.create(REQUEST)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout("x"),
        httpx.WriteTimeout("x"),
        httpx.ReadError("x"),
        httpx.WriteError("x"),
        httpx.CloseError("x"),
        httpx.RemoteProtocolError("x"),
        httpx.DecodingError("x"),
        httpx.TooManyRedirects("x"),
        httpx2.ConnectError("x"),
        RuntimeError("x"),
        OSError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_everything_else_leaves_a_created_job_unconfirmed(error: Exception, caplog: pytest.LogCaptureFixture):
    """What is no trouble of a network is logged with where it happened, and without its words."""
    async with client(SandboxClient(error)) as kie:
        with pytest.raises(UnconfirmedError):
            await kie.create(REQUEST)
        with pytest.raises(LookError):
            await kie.look("t")
    ours = not isinstance(error, httpx.HTTPError | OSError)
    assert ("a call ended in an error of our own" in caplog.text) is ours


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(hangs, id="no answer"),
        pytest.param(resets, id="reset"),
        pytest.param(closes, id="closed"),
        pytest.param(says(b""), id="nothing"),
        pytest.param(says(b"garbage\r\n\r\n"), id="no http"),
        pytest.param(says(response(CREATED[:-9], length=999)), id="truncated"),
        pytest.param(says(response(b"\x1f\x8bgarbage", head="Content-Encoding: gzip\r\n")), id="broken gzip"),
        pytest.param(says(response(b"<html>502</html>", status="502 Bad Gateway")), id="html 502"),
        pytest.param(says(response(b"<html>hello</html>")), id="html 200"),
        pytest.param(says(response(b"", status="308 Permanent Redirect", head="Location: /again\r\n")), id="308"),
        pytest.param(says(response(b" " * (LONGEST_ANSWER + 1) + CREATED)), id="endless"),
        pytest.param(
            says(response(gzip.compress(b" " * 2 * LONGEST_ANSWER), head="Content-Encoding: gzip\r\n")), id="bomb"
        ),
    ],
)
async def test_a_lost_answer_is_unconfirmed_and_never_sent_again(behave: Behaviour):
    """Measured at the host: it has seen the request exactly once."""
    async with faulty_host(behave) as host, at(host.url) as kie:
        with pytest.raises(UnconfirmedError):
            await kie.create(REQUEST)
        assert len(host.requests) == 1


async def says_and_stays(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(response(CREATED, length=999))
    await writer.drain()
    await asyncio.sleep(60)


@pytest.mark.parametrize("behave", [says(response(CREATED, length=999)), says_and_stays])
async def test_an_id_that_has_come_is_kept_though_the_answer_has_no_end(behave: Behaviour):
    async with faulty_host(behave) as host, at(host.url) as kie:
        assert await kie.create(REQUEST) == "t-1"
        assert len(host.requests) == 1


async def test_a_hang_up_before_reading_looks_the_same_and_is_unconfirmed():
    async with faulty_host(closes, unread=True) as host, at(host.url) as kie:
        with pytest.raises(UnconfirmedError):
            await kie.create(REQUEST)
        assert (host.connections, host.requests) == (1, [])


async def test_an_answer_that_drips_is_cut_off():
    async with faulty_host(drips) as host, at(host.url) as kie:
        with pytest.raises(UnconfirmedError, match=r"no answer within 0\.4 s"):
            await kie.create(REQUEST)


async def test_a_compressed_answer_is_read():
    body = gzip.compress(CREATED)
    async with faulty_host(says(response(body, head="Content-Encoding: gzip\r\n"))) as host, at(host.url) as kie:
        assert await kie.create(REQUEST) == "t-1"


async def test_create_never_reuses_a_connection():
    """A kept connection that dies as it is used leaves the outcome unknown."""
    async with faulty_host(says(response(CREATED)), keep=True) as host, at(host.url) as kie:
        await kie.create(REQUEST)
        await kie.create(REQUEST)
        assert (host.connections, len(host.requests)) == (2, 2)


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def full_port() -> Generator[int]:
    """A port where connecting hangs: nobody accepts, and the queue is full."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


async def test_a_closed_port_is_unreachable():
    async with at(f"http://127.0.0.1:{closed_port()}") as kie:
        with pytest.raises(UnreachableError):
            await kie.create(REQUEST)
        with pytest.raises(LookError):
            await kie.look("t")
        with pytest.raises(UnreachableError):
            await kie.upload(b"x")
        with pytest.raises(UnreachableError):
            await kie.credit()


async def test_a_connection_that_never_comes_about_is_unreachable():
    with full_port() as port:
        async with at(f"http://127.0.0.1:{port}") as kie:
            with pytest.raises(UnreachableError, match="no connection in time"):
                await kie.create(REQUEST)


async def test_a_stalled_handshake_is_unreachable():
    """Before TLS stands no request was sent."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        async with at(f"https://127.0.0.1:{listener.getsockname()[1]}") as kie:
            with pytest.raises(UnreachableError, match="no connection in time"):
                await kie.create(REQUEST)


async def test_a_cancelled_call_is_just_cancelled():
    """What it means is the caller's to say."""
    arrived = anyio.Event()

    async def arrives(request: bytes, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await hangs(request, writer)

    async with faulty_host(arrives) as host, KieClient(KEY, base_url=host.url) as kie:
        async with anyio.create_task_group() as calls:
            calls.start_soon(kie.create, REQUEST)
            await arrived.wait()
            calls.cancel_scope.cancel()
        assert calls.cancel_scope.cancelled_caught
        assert len(host.requests) == 1


async def test_the_other_calls_say_what_broke():
    async with faulty_host(resets) as host, at(host.url) as kie:
        texts: dict[str, str] = {}
        calls = {
            "create": kie.create(REQUEST),
            "look": kie.look("t"),
            "credit": kie.credit(),
            "link": kie.download_link("https://files.example/x?signature=canary"),
            "upload": kie.upload(b"x"),
        }
        for name, call in calls.items():
            with pytest.raises(KieError) as caught:
                await call
            cause = caught.value.message.replace("RemoteProtocolError", "ReadError")
            texts[name] = f"{type(caught.value).__name__}: {cause} {caught.value.remedy}"
    assert texts == snapshot(
        {
            "create": "UnconfirmedError: Kie.ai's answer to the create call was lost (the connection broke). The job may exist and may have been charged. Have the user look at https://kie.ai/logs. If the job is there, pass its id to get_job_status; repeat with new=true only if it is not.",
            "look": "LookError: Kie.ai did not answer about the job (the connection broke). It is looked at again by itself; ask with get_job_status.",
            "credit": "UnavailableError: Kie.ai did not answer (the connection broke). Call again in a minute.",
            "link": "OutputError: Kie.ai did not answer when asked for a new link (the connection broke). Ask again with get_job_status while the link lives.",
            "upload": "OutputError: The upload broke off (the connection broke). Call again; uploads are free.",
        }
    )


async def test_a_wait_asked_for_by_date_is_counted_from_now():
    def busy(_: httpx.Request) -> httpx.Response:
        return httpx.Response(429, headers={"Retry-After": "Fri, 15 Jan 2027 08:00:30 GMT"})

    async with client(busy) as kie:
        with pytest.raises(BusyError) as caught:
            await kie.create(REQUEST)
    assert caught.value.retry_after == 30


async def test_the_key_is_in_no_text_even_if_kie_repeats_it(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.INFO)

    def echo(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"code": 422, "msg": f"bad {request.headers['authorization']}"})

    async with client(echo) as kie:
        with pytest.raises(RefusedError) as caught:
            await kie.create(REQUEST)
        with pytest.raises(LookError):
            await kie.look("secret-task")
    assert caught.value.upstream_message == "bad Bearer [key]"
    assert KEY not in repr(kie) + str(vars(kie)) + repr(caught.value.trouble) + caplog.text
    assert "secret-task" not in caplog.text


async def fetched(kie: KieClient, url: str) -> bytes:
    async with kie.fetch(url) as download:
        return b"".join([chunk async for chunk in download.chunks])


async def test_a_file_is_fetched_without_the_key():
    sent: list[httpx.Request] = []

    def files(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, content=b"\x89PNG", headers={"Content-Type": "image/png"})

    async with client(files) as kie, kie.fetch("https://files.example/fox.png?signature=x") as download:
        assert (download.status, download.headers["content-type"]) == (200, "image/png")
        assert b"".join([chunk async for chunk in download.chunks]) == b"\x89PNG"
    assert "authorization" not in sent[0].headers
    assert sent[0].headers["accept-encoding"] == "identity"
    assert KEY not in str(sent[0].headers.raw)


async def test_a_file_needs_no_key():
    async with KieClient(None, transport=httpx.MockTransport(lambda _: httpx.Response(200, content=b"x"))) as kie:
        assert await fetched(kie, "https://files.example/fox.png") == b"x"


async def test_compressed_bytes_are_handed_on_as_they_came():
    body = gzip.compress(b"x" * 100)
    behave = says(response(body, head="Content-Encoding: gzip\r\n"))
    async with faulty_host(behave) as host, at(host.url) as kie, kie.fetch(f"{host.url}/fox.png") as download:
        assert download.headers["content-encoding"] == "gzip"
        assert b"".join([chunk async for chunk in download.chunks]) == body


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (403, DeadLinkError, "refuses the link (HTTP 403)"),
        (404, DeadLinkError, "has no file under the link (HTTP 404)"),
        (410, DeadLinkError, "has died (HTTP 410)"),
        (401, DeadLinkError, "refuses the link (HTTP 401)"),
        (400, DeadLinkError, "does not take the link (HTTP 400)"),
        (500, TransientError, "answered HTTP 500"),
        (429, TransientError, "answered HTTP 429"),
        (202, TransientError, "answered HTTP 202"),
        (451, OutputError, "answered HTTP 451"),
    ],
)
async def test_a_dead_link_is_told_from_other_trouble(status: int, error: type[KieError], words: str):
    async with client(SandboxClient("gone", status=status)) as kie:
        with pytest.raises(error) as caught:
            await fetched(kie, "https://files.example/fox.png?signature=canary")
    assert type(caught.value) is error
    assert words in str(caught.value)
    assert "canary" not in str(caught.value)


async def test_a_host_that_takes_no_programs_is_asked_as_a_browser_asks():
    asked: list[str] = []

    def picky(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["user-agent"])
        return httpx.Response(200, content=b"file") if "Chrome/" in asked[-1] else httpx.Response(403)

    async with client(picky) as kie:
        assert await fetched(kie, "https://files.example/fox.png") == b"file"
    assert len(asked) == 2
    assert all(name.startswith("Mozilla/5.0 ") and "python" not in name for name in asked)


async def test_a_link_that_is_too_long_is_called_long():
    service = SandboxClient({})
    async with client(service) as kie:
        with pytest.raises(OutputError, match="too long: 33,000 characters") as caught:
            await fetched(kie, "https://files.example/?signature=".ljust(33_000, "x"))
    assert "xxx" not in str(caught.value)
    assert service.sent == []


def redirecting(targets: dict[str, str], seen: list[str]) -> Handler:
    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        if target := targets.get(request.url.path):
            return httpx.Response(302, headers={"Location": target})
        return httpx.Response(200, content=b"file")

    return handle


async def test_redirects_are_followed_three_times_and_no_more():
    seen: list[str] = []
    hops = {"/1": "/2", "/2": "https://cdn.example/3", "/3": "//other.example/4", "/0": "/1"}
    async with client(redirecting(hops, seen)) as kie:
        assert await fetched(kie, "https://files.example/1") == b"file"
        assert seen[-1] == "https://other.example/4"
        with pytest.raises(OutputError, match="more than 3 times"):
            await fetched(kie, "https://files.example/0")


@pytest.mark.parametrize("target", ["http://cdn.example/x", "HTTP://cdn.example/x"])
async def test_what_is_named_in_plain_http_is_fetched_in_https(target: str):
    seen: list[str] = []
    async with client(redirecting({"/1": target}, seen)) as kie:
        assert await fetched(kie, "http://files.example/1") == b"file"
        assert await fetched(kie, target) == b"file"
    assert seen == ["https://files.example/1", "https://cdn.example/x", "https://cdn.example/x"]


@pytest.mark.parametrize("status", [200, 201, 203])
async def test_a_file_is_a_file_under_each_status_that_brings_one(status: int):
    async with client(SandboxClient("file", status=status)) as kie:
        assert await fetched(kie, "https://files.example/fox.png")


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/x",
        "https://127.0.0.1/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.1]/x",
        "file:///etc/passwd",
        "https://user:word@cdn.example/x",
        "http://[",
    ],
)
async def test_a_redirect_to_where_nothing_may_be_fetched_is_not_followed(target: str):
    seen: list[str] = []
    async with client(redirecting({"/1": target}, seen)) as kie:
        with pytest.raises(OutputError):
            await fetched(kie, "https://files.example/1")
        with pytest.raises(OutputError):
            await fetched(kie, target)
    assert seen == ["https://files.example/1"]


async def test_a_sandbox_is_fetched_from_on_its_own_port_only():
    async with faulty_host(says(response(b"file"))) as sandbox, faulty_host(says(response(b"secret"))) as other:
        async with at(sandbox.url) as kie:
            assert await fetched(kie, f"{sandbox.url}/files/fox.png") == b"file"
            with pytest.raises(OutputError):
                await fetched(kie, f"{other.url}/files/fox.png")
        assert (len(sandbox.requests), other.connections) == (1, 0)


async def test_a_file_that_breaks_off_is_told():
    async with faulty_host(says(response(b"half", length=8))) as host, at(host.url) as kie:
        with pytest.raises(OutputError, match="broke while the file came"):
            await fetched(kie, f"{host.url}/fox.png")


async def test_a_fetch_never_reuses_a_connection():
    """It is kept under an address, and would serve another name on that address whose certificate nobody saw."""
    async with faulty_host(says(response(b"file")), keep=True) as host, at(host.url) as kie:
        await fetched(kie, f"{host.url}/1.png")
        await fetched(kie, f"{host.url}/2.png")
        assert (host.connections, len(host.requests)) == (2, 2)


async def test_a_download_may_be_left_before_its_end():
    behave = says(response(b"x" * 200_000))
    async with faulty_host(behave) as host, at(host.url) as kie, kie.fetch(f"{host.url}/fox.png") as download:
        async for _ in download.chunks:
            break


def reaching(
    addresses: dict[str, Sequence[str]], *, refuse: Sequence[str] = (), allow_fake_ip: bool = False
) -> tuple[PublicTransport, list[str]]:
    """A transport whose hosts have these addresses, and the addresses that were connected to."""
    reached: list[str] = []

    def inner(request: httpx.Request) -> httpx.Response:
        reached.append(f"{request.url.host} {request.headers['host']} {request.extensions.get('sni_hostname')}")
        if request.url.host in refuse:
            raise httpx.ConnectError("refused")
        return httpx.Response(200)

    async def resolve(host: str, _: int) -> Sequence[str]:
        if host not in addresses:
            raise socket.gaierror("unknown")
        return addresses[host]

    mocked = httpx.MockTransport(inner)
    return PublicTransport(mocked, resolve=resolve, allow_fake_ip=allow_fake_ip), reached


async def get(transport: PublicTransport, url: str) -> int:
    async with httpx.AsyncClient(transport=transport, trust_env=False) as http:
        return (await http.get(url)).status_code


async def test_the_address_that_was_judged_is_the_one_connected_to():
    transport, reached = reaching({"files.example": ["8.8.8.8", "2001:4860:4860::8888"]})
    assert await get(transport, "https://files.example/x") == 200
    assert reached == ["8.8.8.8 files.example files.example"]


async def test_another_address_is_tried_if_the_first_is_dead():
    transport, reached = reaching({"files.example": ["8.8.8.8", "2001:4860:4860::8888"]}, refuse=["8.8.8.8"])
    assert await get(transport, "https://files.example/x") == 200
    assert [line.split()[0] for line in reached] == ["8.8.8.8", "2001:4860:4860::8888"]


@pytest.mark.parametrize("refuse", [[], ["8.8.8.8"]])
async def test_of_public_and_private_addresses_the_public_ones_alone_are_dialled(refuse: list[str]):
    transport, reached = reaching({"files.example": ["10.0.0.1", "198.18.0.1", "8.8.8.8", "::1"]}, refuse=refuse)
    if refuse:
        with pytest.raises(httpx.ConnectError):
            await get(transport, "https://files.example/x")
    else:
        assert await get(transport, "https://files.example/x") == 200
    assert [line.split()[0] for line in reached] == ["8.8.8.8"]


@pytest.mark.parametrize("addresses", [["198.18.0.7", "10.0.0.1"], ["fc00::1", "198.19.255.255"]])
async def test_an_address_that_a_tunnel_made_up_is_dialled_where_that_is_allowed(addresses: list[str]):
    allowing, reached = reaching({"files.example": addresses}, allow_fake_ip=True)
    assert await get(allowing, "https://files.example/x") == 200
    assert [line.split()[0] for line in reached] == [next(one for one in addresses if one.startswith("198."))]
    usual, reached = reaching({"files.example": addresses})
    with pytest.raises(FakeAddressError):
        await get(usual, "https://files.example/x")
    assert reached == []


async def test_an_address_written_in_the_link_is_no_name_that_a_tunnel_answered_for():
    transport, reached = reaching({"198.18.0.7": ["198.18.0.7"]}, allow_fake_ip=True)
    with pytest.raises(PrivateAddressError):
        await get(transport, "https://198.18.0.7/x")
    assert reached == []


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["10.0.0.1", "::1"], ["::ffff:169.254.169.254"], ["fe80::1%eth0"], []]
)
async def test_a_name_that_leads_to_private_addresses_only_is_not_connected_to(addresses: list[str]):
    transport, reached = reaching({"rebound.example": addresses})
    with pytest.raises(PrivateAddressError):
        await get(transport, "https://rebound.example/x")
    assert reached == []


async def test_an_unknown_name_is_an_unreachable_host():
    transport, reached = reaching({})
    with pytest.raises(httpx.ConnectError, match="not known"):
        await get(transport, "https://nowhere.example/x")
    assert reached == []


async def test_the_connections_that_fetch_are_the_ones_that_judge():
    async def resolve(_: str, __: int) -> Sequence[str]:
        return ["127.0.0.1"]

    connections = Connections(KEY, transport=None, patience=SHORT, plain_hosts=(), resolve=resolve)
    with pytest.raises(OutputError, match="private address"):
        async with connections.fetch("https://rebound.example/x"):
            pass
    await connections.aclose()
