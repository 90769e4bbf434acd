"""Everything that goes out obeys the same settings of the network: proxies, names, certificates."""

import logging
import socket
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from mcp import Client

from kie_mcp.app import create_server
from kie_mcp.errors import KieError, NetworkSetupError, NotYetError, OutputError, UnconfirmedError, UnreachableError
from kie_mcp.jobs.job import Request
from kie_mcp.kie.client import KieClient
from kie_mcp.kie.http_call_types import Patience
from kie_mcp.kie.network_settings import Network
from kie_mcp.setting_values import SettingsError
from kie_mcp.settings import Settings
from tests.support.faulty_host import FaultyHost, faulty_host, response, says
from tests.support.proxies import Proxy, certificates, deaf_proxy, http_proxy, socks_proxy
from tests.support.sandbox_server import facts, settings

pytestmark = pytest.mark.anyio

KEY = "canary0123456789canary0123456789"
API, UPLOADS, FILES = "api.example", "uploads.example", "files.example"
REQUEST = Request("google/nano-banana", {"prompt": "a fox"})
ANSWER = b'{"code":200,"success":true,"data":{"taskId":"t-1","downloadUrl":"https://files.example/up"}}'
PATIENCE = Patience(connect=2, step=5, create=10, look=10, upload=10, transfer_step=5)
UNUSABLE = [
    "socks4://me:canary@127.0.0.1:1080",
    "socks4a://127.0.0.1:1080",
    "ftp://me:canary@127.0.0.1:21",
    "http://me:canary@127.0.0.1:port",
    "http://me:12#canary@127.0.0.1:80",
    "http://me:canary/x@127.0.0.1:80",
    "http://",
    "http://[::1",
    "http://a\u0007b:80",
    "http://exa mple:80",
]


async def nowhere(host: str, _: int) -> Sequence[str]:
    raise AssertionError(f"{host} was looked up although a proxy knows it")


@dataclass
class World:
    """A proxy, the host behind it that answers to every name, and a client."""

    proxy: Proxy
    host: FaultyHost
    kie: KieClient


def client(network: Network) -> KieClient:
    base, uploads = f"https://{API}", f"https://{UPLOADS}"
    return KieClient(KEY, base_url=base, upload_base_url=uploads, patience=PATIENCE, network=network, resolve=nowhere)


@asynccontextmanager
async def behind(folder: Path, scheme: str, *, user: str = "", answer: bytes = ANSWER) -> AsyncGenerator[World]:
    known = certificates(folder, API, UPLOADS, FILES)
    async with faulty_host(says(response(answer)), tls=known.server) as host:
        places: dict[str, int] = dict.fromkeys((API, UPLOADS, FILES), host.port)
        async with (socks_proxy if scheme.casefold().startswith("socks") else http_proxy)(places) as proxy:
            address = f"{scheme}://{user}127.0.0.1:{proxy.port}"
            async with client(Network(proxy=address, ca_file=str(known.file))) as kie:
                yield World(proxy, host, kie)


async def fetched(kie: KieClient, url: str) -> bytes:
    async with kie.fetch(url) as download:
        return b"".join([chunk async for chunk in download.chunks])


@pytest.mark.parametrize("scheme", ["http", "socks", "socks5", "socks5h", "SOCKS5"])
async def test_orders_uploads_and_files_all_go_through_the_proxy_by_name(tmp_path: Path, scheme: str) -> None:
    async with behind(tmp_path, scheme) as world:
        assert await world.kie.create(REQUEST) == "t-1"
        await world.kie.upload(b"x")
        assert await fetched(world.kie, f"https://{FILES}/a.png") == ANSWER
    assert world.proxy.asked == [f"{API}:443", f"{UPLOADS}:443", f"{FILES}:443"]
    assert b"canary" in world.host.requests[0]
    assert b"canary" not in world.host.requests[2]


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_wants_a_password_gets_it_and_nobody_else_does(
    tmp_path: Path, scheme: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with behind(tmp_path, scheme, user="me:p%40ss%2Fword@") as world:
        await world.kie.create(REQUEST)
        way = world.kie.describe_route(f"https://{FILES}/")
    given = {"http": b"Basic bWU6cEBzcy93b3Jk", "socks5": b"me:p@ss/word"}[scheme]
    assert given in world.proxy.heads[0]
    assert way == f"through the proxy {scheme}://127.0.0.1:{world.proxy.port} (HTTPS_PROXY)"
    assert "ss%2Fword" not in caplog.text + way + repr(Network(proxy="http://me:p%40ss%2Fword@h"))


async def test_a_proxy_that_refuses_is_told_with_its_status_and_nothing_was_sent() -> None:
    async with (
        http_proxy({}, refuse="407 Proxy Authentication Required") as proxy,
        client(Network(proxy=f"http://me:canary@127.0.0.1:{proxy.port}")) as kie,
    ):
        with pytest.raises(UnreachableError) as order:
            await kie.create(REQUEST)
        with pytest.raises(OutputError) as file:
            await fetched(kie, f"https://{FILES}/a.png")
    assert "the proxy refused with HTTP 407" in order.value.message
    assert "the proxy refused with HTTP 407" in file.value.message
    assert order.value.remedy == file.value.remedy
    assert "password into the proxy's address" in order.value.remedy
    assert "canary" not in f"{order.value} {file.value}"


@pytest.mark.parametrize("scheme", ["http", "socks5"])
@pytest.mark.parametrize("words", [b"", b"SSH-2.0-OpenSSH_9.6\r\n"])
async def test_a_proxy_that_never_answers_properly_has_sent_nothing(scheme: str, words: bytes) -> None:
    """It is sent again by itself, and never called perhaps charged."""
    async with deaf_proxy(words) as proxy:
        network = Network(proxy=f"{scheme}://127.0.0.1:{proxy.port}")
        async with KieClient(KEY, patience=replace(PATIENCE, connect=0.5), network=network) as kie:
            with pytest.raises(UnreachableError):
                await kie.create(REQUEST)
    assert KEY.encode() not in b"".join(proxy.heads)


async def test_what_breaks_behind_the_proxy_may_have_been_charged(tmp_path: Path) -> None:
    async with behind(tmp_path, "http", answer=b"<html>") as world:
        with pytest.raises(UnconfirmedError):
            await world.kie.create(REQUEST)
    assert len(world.host.requests) == 1


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/a", "https://198.18.0.7/a", "http://10.0.0.1/a", "https://me:word@files.example/a"]
)
async def test_through_a_proxy_too_nothing_private_is_asked_for(tmp_path: Path, url: str) -> None:
    moved = response(b"", status="302 Found", head=f"Location: {url}\r\n")
    known = certificates(tmp_path, FILES)
    async with faulty_host(says(moved), tls=known.server) as host, http_proxy({FILES: host.port}) as proxy:
        address = f"http://127.0.0.1:{proxy.port}"
        async with client(Network(proxy=address, ca_file=str(known.file))) as kie:
            for link in (url, f"https://{FILES}/moved"):
                with pytest.raises(OutputError, match="nothing is fetched from"):
                    await fetched(kie, link)
    assert proxy.asked == [f"{FILES}:443"]


async def test_a_certificate_that_nobody_knows_is_named_with_the_setting_that_makes_it_known(tmp_path: Path) -> None:
    known = certificates(tmp_path, API, FILES)
    async with (
        faulty_host(says(response(ANSWER)), tls=known.server) as host,
        http_proxy({API: host.port, FILES: host.port}) as proxy,
        client(Network(proxy=f"http://127.0.0.1:{proxy.port}")) as kie,
    ):
        with pytest.raises(UnreachableError, match="certificate is not trusted here") as order:
            await kie.create(REQUEST)
        with pytest.raises(OutputError, match="certificate is not trusted here") as file:
            await fetched(kie, f"https://{FILES}/a.png")
    assert "SSL_CERT_FILE" in order.value.remedy
    assert "SSL_CERT_FILE" in file.value.remedy


@pytest.mark.parametrize(
    ("listed", "past"),
    [
        ("*", {API, FILES, "api.files.example", "127.0.0.1", "::1"}),
        ("files.example", {FILES, "api.files.example"}),
        (".files.example", {FILES, "api.files.example"}),
        ("*.files.example", {FILES, "api.files.example"}),
        ("FILES.example.", {FILES, "api.files.example"}),
        ("files.example:443", {FILES, "api.files.example"}),
        ("https://files.example", {FILES, "api.files.example"}),
        ("files.example:8443", set[str]()),
        ("les.example", set[str]()),
        ("127.0.0.1,::1", {"127.0.0.1", "::1"}),
        ("[::1]:443 localhost", {"::1", "localhost"}),
        ("0.0.1", set[str]()),
        (" , ,.,", set[str]()),
        ("", set[str]()),
    ],
)
def test_no_proxy_is_read_in_all_its_forms(listed: str, past: set[str]) -> None:
    network = Network(proxy="http://127.0.0.1:7890", no_proxy=listed)
    hosts = {API, FILES, "api.files.example", "127.0.0.1", "::1", "localhost"}
    found = {host for host in hosts if not network.uses_proxy(host, 443)}
    assert found - ({"localhost"} if listed == "*" else set()) == past


@pytest.mark.parametrize("proxy", UNUSABLE)
async def test_a_proxy_that_cannot_be_used_fails_at_once_without_being_shown(proxy: str) -> None:
    async with client(Network(proxy=proxy, proxy_setting="ALL_PROXY")) as kie:
        calls: list[Callable[[], Awaitable[object]]] = [
            lambda: kie.create(REQUEST),
            lambda: kie.look("t"),
            kie.credit,
            lambda: kie.upload(b"x"),
            lambda: fetched(kie, f"https://{FILES}/a.png"),
        ]
        for call in calls:
            with pytest.raises(NetworkSetupError) as caught:
                await call()
            assert not isinstance(caught.value, NotYetError)
            assert caught.value.message.startswith("ALL_PROXY ")
            assert "restart the client" in caught.value.remedy
            assert "canary" not in f"{caught.value} {caught.value.remedy}"
        with pytest.raises(NetworkSetupError):
            kie.check()


async def test_a_socks_proxy_without_its_extra_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    async with client(Network(proxy="socks5://127.0.0.1:1080")) as kie:
        with pytest.raises(NetworkSetupError, match="extra `socks`") as caught:
            await kie.create(REQUEST)
    assert ".[socks]" in caught.value.remedy


async def test_a_file_of_certificates_that_cannot_be_read_fails_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("no certificate")
    for file, why in {"missing.pem": "no such file", "empty.pem": "holds no certificates"}.items():
        async with client(Network(ca_file=str(tmp_path / file))) as kie:
            with pytest.raises(NetworkSetupError, match=why) as caught:
                await kie.create(REQUEST)
            with pytest.raises(NetworkSetupError):
                await fetched(kie, f"https://{FILES}/a.png")
        assert "SSL_CERT_FILE" in caught.value.message


async def test_what_cannot_be_used_does_not_matter_where_it_is_not_needed() -> None:
    """A sandbox is on this machine, and what NO_PROXY names is reached without."""
    broken = Network(proxy="socks4://127.0.0.1:1", ca_file="/no/such/file")
    async with (
        faulty_host(says(response(ANSWER))) as host,
        KieClient(KEY, base_url=host.url, upload_base_url=host.url, network=broken) as kie,
    ):
        kie.check()
        assert await kie.create(REQUEST) == "t-1"
        assert await fetched(kie, f"{host.url}/a.png") == ANSWER
    async with client(Network(proxy="socks4://127.0.0.1:1", no_proxy="example")) as kie:
        kie.check()


HERE = ["http://127.0.0.1:{}", "http://127.0.0.1:0{}", "HTTP://LocalHost:{}/", " http://localhost:00{} "]
"""The same port of this machine, written in several ways."""


@pytest.mark.parametrize("form", HERE)
async def test_a_key_for_this_machine_goes_through_no_proxy_however_its_address_is_written(form: str) -> None:
    async with faulty_host(says(response(ANSWER))) as host, http_proxy({}) as proxy:
        place, way = form.format(host.port), f"http://127.0.0.1:{proxy.port}"
        given = Settings.from_environment(
            {"KIE_API_KEY": KEY, "KIE_API_BASE_URL": place, "KIE_UPLOAD_BASE_URL": place, "ALL_PROXY": way}
        )
        async with given.make_client() as kie:
            kie.check()
            assert await kie.create(REQUEST) == "t-1"
            await kie.upload(b"x")
    assert KEY.encode() in host.requests[0]
    assert (proxy.asked, proxy.heads) == ([], [])


@pytest.mark.parametrize("form", HERE[:2])
async def test_a_proxy_sees_no_key_in_plain_http_also_of_a_program_that_writes_the_address_its_own_way(
    form: str,
) -> None:
    """A library's caller passes what no settings have put right."""
    async with faulty_host(says(response(ANSWER))) as host, http_proxy({}) as proxy:
        network = Network(proxy=f"http://127.0.0.1:{proxy.port}")
        place = form.format(host.port)
        async with KieClient(KEY, base_url=place, upload_base_url=place, patience=PATIENCE, network=network) as kie:
            with suppress(UnreachableError):
                await kie.create(REQUEST)
    assert (proxy.asked, proxy.heads) == ([], [])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("http://127.0.0.1:08765", "http://127.0.0.1:8765"),
        ("http://LOCALHOST:80/", "http://localhost"),
        ("http://[::1]:08765/", "http://[::1]:8765"),
        ("HTTPS://API.Kie.ai:443/", "https://api.kie.ai"),
        ("https://api.kie.ai:80", "https://api.kie.ai:80"),
        ("https://kie.example/a/b/", "https://kie.example/a/b"),
    ],
)
def test_an_address_is_kept_as_it_is_compared_with_where_a_call_goes(given: str, kept: str) -> None:
    assert Settings.from_environment({"KIE_API_BASE_URL": given}).api_base_url == kept


@pytest.mark.parametrize(
    "given",
    [
        "http://127.0.0.1:0",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:port",
        "http://127.0.0.2:8765",
        "http://0.0.0.0:8765",
        "http://127.0.0.1.evil.example:8765",
        "http://127.0.0.1@evil.example:8765",
        "http://evil.example#@127.0.0.1:8765",
        "http://2130706433:8765",
    ],
)
def test_plain_http_to_whatever_is_not_surely_this_machine_is_refused(given: str) -> None:
    with pytest.raises(SettingsError, match="KIE_API_BASE_URL: "):
        Settings.from_environment({"KIE_API_BASE_URL": given})


class TestEnvironment:
    """What the settings read."""

    @staticmethod
    def read(**environ: str) -> Network:
        return Settings.from_environment(environ).network

    def test_the_proxy_for_https_comes_before_the_one_for_all_and_small_letters_before_large(self) -> None:
        both = {"HTTPS_PROXY": "http://a:1", "https_proxy": "http://b:2", "ALL_PROXY": "socks4://c:3"}
        assert self.read(**both).proxy == "http://b:2"
        assert self.read(all_proxy="d:4").parse_proxy().url == "http://d:4"
        assert self.read(all_proxy="d:4").proxy_setting == "ALL_PROXY"
        assert self.read(HTTPS_PROXY="http://a:1", https_proxy="").proxy == ""

    def test_proxies_for_what_is_never_spoken_are_left_alone(self) -> None:
        assert self.read(FTP_PROXY="nonsense://", HTTP_PROXY="nonsense://", rsync_proxy="x").proxy == ""

    def test_the_rest_is_read_too(self) -> None:
        read = self.read(NO_PROXY="a,b", SSL_CERT_FILE="/c", SSL_CERT_DIR="/d:/e", KIE_ALLOW_FAKE_IP="true")
        assert (read.no_proxy, read.ca_file, read.ca_dirs, read.allow_fake_ip) == ("a,b", "/c", ("/d", "/e"), True)


async def test_a_library_without_settings_obeys_what_all_programs_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:7890")
    async with KieClient(KEY) as kie:
        assert kie.describe_route("https://api.kie.ai") == "through the proxy http://127.0.0.1:7890 (HTTPS_PROXY)"


@pytest.mark.parametrize("allowed", [False, True])
async def test_a_name_that_a_tunnel_has_answered_for_is_fetched_from_if_that_is_allowed(allowed: bool) -> None:
    async def tunnel(_: str, __: int) -> Sequence[str]:
        return ["198.18.0.99"]

    patience = replace(PATIENCE, connect=0.5)
    async with KieClient(KEY, patience=patience, network=Network(allow_fake_ip=allowed), resolve=tunnel) as kie:
        with pytest.raises(OutputError) as caught:
            await fetched(kie, f"https://{FILES}/a.png")
        with pytest.raises(OutputError, match="nothing is fetched from"):
            await fetched(kie, "https://198.18.0.99/a.png")
    assert ("198.18.0.0/15" in caught.value.message) is not allowed
    assert ("KIE_ALLOW_FAKE_IP=true" in caught.value.remedy) is not allowed


async def test_a_host_that_nobody_knows_is_told_without_its_link() -> None:
    async def unknown(_: str, __: int) -> Sequence[str]:
        raise socket.gaierror("unknown")

    async with KieClient(KEY, network=Network(), resolve=unknown) as kie:
        with pytest.raises(KieError, match="no connection") as caught:
            await fetched(kie, f"https://{FILES}/a.png?signature=canary")
    assert "canary" not in str(caught.value)


async def test_an_order_that_could_never_be_sent_is_refused_at_once_and_no_job_is_left(tmp_path: Path) -> None:
    network = Network(proxy="socks4://me:canary@127.0.0.1:1080", proxy_setting="ALL_PROXY")
    given = settings(tmp_path, api_base_url=f"https://{API}", upload_base_url=f"https://{UPLOADS}")
    used = given.with_network(network)
    async with Client(create_server(used), mode="legacy") as connected:
        ordered = await connected.call_tool("generate_image", {"prompt": "a fox", "wait_seconds": 5})
        listed = await connected.call_tool("list_jobs", {})
    assert ordered.is_error
    assert facts(ordered)["error"]["category"] == "network_setup"
    assert facts(ordered)["error"]["retryable"] is False
    assert "socks5://" in facts(ordered)["error"]["remedy"]
    assert facts(listed)["jobs"] == []
    assert "canary" not in str(ordered)
