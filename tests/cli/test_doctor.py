"""What the doctor finds, what it advises, and that it never shows the key."""

import os
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from pydantic import SecretStr

from kie_mcp.cli.doctor import examine
from kie_mcp.cli.findings import Finding, Grade
from kie_mcp.jobs.job import Job
from kie_mcp.jobs.store.sqlite import SqliteLedger
from kie_mcp.kie.addresses import API
from kie_mcp.kie.client import KieClient
from kie_mcp.kie.http_call_types import Patience
from kie_mcp.kie.network_settings import Network
from kie_mcp.orders.kind import Kind
from kie_mcp.sandbox import serve
from kie_mcp.settings import Settings
from tests.support.faulty_host import faulty_host, response, says
from tests.support.proxies import certificates, deaf_proxy, http_proxy

pytestmark = pytest.mark.anyio

SUBJECTS = (
    *("kie-mcp", "key", "API", "uploads", "files"),
    *("output folder", "ledger", "state folder", "clock", "API style", "SQLite", "sandbox"),
)


class Stopped:
    """A clock that shows one time."""

    def __init__(self, shift: float = 0.0) -> None:
        self._shown = time.time() + shift

    def now(self) -> float:
        """Always the same."""
        return self._shown


def settings(folder: Path, url: str = "http://127.0.0.1:9", key: str | None = "canary-key") -> Settings:
    """A user whose folders are under this one; nobody listens on the default address."""
    return Settings(
        api_key=SecretStr(key) if key else None,
        api_base_url=url,
        upload_base_url=url,
        output_dir=folder / "out",
        state_dir=folder / "state",
    )


async def found(given: Settings) -> dict[str, Finding]:
    return {finding.subject: finding for finding in await examine(given, Stopped())}


async def test_all_is_well_with_a_key_and_folders_that_can_be_written(tmp_path: Path) -> None:
    async with serve() as url:
        findings = await found(settings(tmp_path, url, key="sandbox"))
    assert {finding.grade for finding in findings.values()} == {Grade.OK}
    assert str(findings["key"]) == f"ok         key            accepted by the sandbox at {url}: 1000 credits left"
    assert list(findings) == [*SUBJECTS]
    assert findings["files"].found == f"{url} is reached directly"


def real(folder: Path, network: Network) -> Settings:
    """A user of the real Kie.ai on that network."""
    own = Settings(api_key=SecretStr("key"), output_dir=folder / "out", state_dir=folder / "state")
    return own.with_network(network)


CREDIT = b'{"code":200,"msg":"success","data":%d}'


async def test_few_credits_at_kie_are_topped_up_there(tmp_path: Path) -> None:
    async with faulty_host(says(response(CREDIT % 3))) as host:
        key = (await found(settings(tmp_path, host.url, key="real")))["key"]
    assert (key.grade, key.remedy) == (Grade.ATTENTION, "Top up at https://kie.ai/billing")


async def test_what_answers_on_this_machine_is_a_sandbox_only_if_it_says_so(tmp_path: Path) -> None:
    """A gateway to the real Kie.ai spends real money, and its files lie where Kie.ai keeps them."""
    async with faulty_host(says(response(CREDIT % 99))) as host, http_proxy({}, refuse="503 Busy") as proxy:
        network = Network(proxy=f"http://me:canary@127.0.0.1:{proxy.port}")
        given = settings(tmp_path, host.url).with_network(network)
        findings = await found(given)
    assert findings["key"].found == f"accepted by {host.url}: 99 credits left"
    assert proxy.asked == ["tempfile.aiquickdraw.com:443"]
    assert findings["files"].grade is Grade.PROBLEM
    assert f"through the proxy http://127.0.0.1:{proxy.port} (HTTPS_PROXY)" in findings["files"].found
    assert "the proxy refused with HTTP 503" in findings["files"].found
    assert "tempfile.aiquickdraw.com" in findings["files"].remedy
    assert "canary" not in "\n".join(map(str, findings.values()))


async def test_all_three_ways_are_walked_through_the_proxy(tmp_path: Path) -> None:
    hosts = ("api.kie.ai", "kieai.redpandaai.co", "tempfile.aiquickdraw.com")
    known = certificates(tmp_path, *hosts)
    async with (
        faulty_host(says(response(CREDIT % 99)), tls=known.server) as host,
        http_proxy(dict.fromkeys(hosts, host.port)) as proxy,
    ):
        network = Network(proxy=f"127.0.0.1:{proxy.port}", ca_file=str(known.file))
        given = real(tmp_path, network)
        findings = await found(given)
    assert {findings[one].grade for one in ("key", "API", "uploads", "files")} == {Grade.OK}
    assert set(proxy.asked) == {f"{name}:443" for name in hosts}
    assert f"through the proxy http://127.0.0.1:{proxy.port} (HTTPS_PROXY)" in findings["files"].found


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 200 Connection established\r\n\r\n"], ids=["deaf", "mute"])
@pytest.mark.parametrize("api", [API, "https://gateway.example"])
async def test_behind_a_proxy_that_hangs_nothing_waits_for_another(tmp_path: Path, says: bytes, api: str) -> None:
    """Each question ends by its own limit, all at about the same time, and what then cannot work is not tried."""
    async with deaf_proxy(says) as proxy:
        network = Network(proxy=f"http://127.0.0.1:{proxy.port}")
        kie = KieClient("key", base_url=api, network=network, patience=Patience(connect=1.5, look=2.0))
        began = time.monotonic()
        findings = await examine(settings(tmp_path, api).with_network(network), Stopped(), kie)
        took = time.monotonic() - began
    assert took < 4.5
    assert [finding.subject for finding in findings] == [*SUBJECTS]
    assert [finding.grade for finding in findings[1:4]] == [Grade.PROBLEM] * 3
    assert findings[4].grade is (Grade.PROBLEM if api == API else Grade.ATTENTION)


async def test_files_behind_a_tunnel_are_found_out_and_the_setting_is_named(tmp_path: Path) -> None:
    async def tunnel(_: str, __: int) -> Sequence[str]:
        return ["198.18.0.9"]

    async with faulty_host(says(response(CREDIT % 99))) as host:
        given = settings(tmp_path, host.url)
        kie = KieClient("key", base_url=host.url, upload_base_url=host.url, network=Network(), resolve=tunnel)
        findings = {finding.subject: finding for finding in await examine(given, Stopped(), kie)}
    assert findings["files"].grade is Grade.PROBLEM
    assert "KIE_ALLOW_FAKE_IP=true" in findings["files"].remedy


async def test_a_proxy_that_cannot_be_used_is_found_on_each_way_with_what_to_do(tmp_path: Path) -> None:
    given = real(tmp_path, Network(proxy="socks4://me:canary@127.0.0.1:1080", proxy_setting="ALL_PROXY"))
    findings = await found(given)
    for subject in ("key", "API", "uploads", "files"):
        assert findings[subject].grade is Grade.PROBLEM
        assert "ALL_PROXY names a SOCKS4 proxy" in findings[subject].found
        assert "socks5://" in findings[subject].remedy
    assert "canary" not in "\n".join(map(str, findings.values()))


async def test_a_key_that_was_pasted_into_an_address_too_stays_hidden(tmp_path: Path) -> None:
    key = "canary0123456789canary0123456789"
    findings = await found(settings(tmp_path, f"http://127.0.0.1:9/{key}", key))
    assert "canary" not in "\n".join(map(str, findings.values()))


async def test_few_credits_are_worth_attention(tmp_path: Path) -> None:
    async with serve(credits=3) as url:
        key = (await found(settings(tmp_path, url, key="sandbox")))["key"]
    assert key.grade is Grade.ATTENTION
    assert "--credits" in key.remedy


async def test_no_key_is_a_problem_that_says_where_to_get_one(tmp_path: Path) -> None:
    key = (await found(settings(tmp_path, key=None)))["key"]
    assert key.grade is Grade.PROBLEM
    assert "https://kie.ai/api-key" in key.remedy


async def test_a_kie_that_cannot_be_reached_is_a_problem_and_the_key_stays_hidden(tmp_path: Path) -> None:
    findings = await found(settings(tmp_path))
    assert findings["key"].grade is Grade.PROBLEM
    assert {findings[one].grade for one in ("API", "uploads")} == {Grade.PROBLEM}
    assert "kie-mcp sandbox" in findings["API"].remedy
    assert findings["files"].found.startswith("not tried")
    assert "not reached" in findings["key"].found
    assert "canary" not in "\n".join(map(str, findings.values()))


async def test_folders_that_cannot_be_written_name_the_setting_that_moves_them(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    findings = await found(settings(tmp_path / "file"))
    assert (findings["output folder"].grade, findings["ledger"].grade) == (Grade.PROBLEM, Grade.PROBLEM)
    assert "KIE_OUTPUT_DIR" in findings["output folder"].remedy
    assert "KIE_STATE_DIR" in findings["ledger"].remedy
    assert "state folder" not in findings


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
async def test_a_state_folder_that_others_could_look_into_ends_private(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o755)
    findings = await found(settings(tmp_path))
    assert findings["state folder"].found.endswith("is private (mode 700)")


async def test_the_journal_mode_is_told_with_the_version_of_sqlite(tmp_path: Path) -> None:
    findings = await found(settings(tmp_path))
    assert findings["SQLite"].found.startswith(f"{sqlite3.sqlite_version}; the journal mode is TRUNCATE")


async def test_a_clock_that_was_set_back_shows_in_the_ledger(tmp_path: Path) -> None:
    given = settings(tmp_path)
    ledger = SqliteLedger(given.ledger_path)
    await ledger.open()
    await ledger.adopt(_job(given.account, time.time() + 3600), "worker")
    await ledger.close()
    findings = await found(given)
    assert findings["ledger"].grade is Grade.ATTENTION
    assert findings["ledger"].found.startswith("its newest change is 3600 s in the future")


@pytest.mark.parametrize(("shift", "word"), [(3600, "ahead of"), (-3600, "behind")])
async def test_a_clock_that_goes_wrong_shows_against_kies(tmp_path: Path, shift: float, word: str) -> None:
    async with serve() as url:
        findings = await examine(settings(tmp_path, url, key="sandbox"), Stopped(shift))
    clock = next(finding for finding in findings if finding.subject == "clock")
    assert clock.grade is Grade.ATTENTION
    assert f" s {word} Kie.ai's" in clock.found


def _job(account: str, at: float) -> Job:
    return Job(
        id="job_1",
        account=account,
        kind=Kind.IMAGE,
        model="google/nano-banana",
        order={},
        fingerprint="1",
        task_id="1",
        created_at=at,
        updated_at=at,
    )


async def test_a_style_that_is_not_the_live_one_is_pointed_out(tmp_path: Path) -> None:
    chosen = settings(tmp_path, key=None).model_copy(
        update={"api_style": "legacy", "callback_url": "https://a.example/"}
    )
    style = (await found(chosen))["API style"]
    assert (style.grade, style.remedy) == (Grade.ATTENTION, "If Kie.ai refuses them, unset KIE_API_STYLE.")
    assert style.found == "legacy: orders are written as the specification has them; callbacks are asked for"
