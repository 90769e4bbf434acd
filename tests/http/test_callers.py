"""Who may call over HTTP, and in which forms: tokens, paths, what is accepted, and pages of the public network."""

import json
from pathlib import Path
from typing import Any

import pytest
from anyio.to_thread import run_sync
from httpx2 import AsyncClient
from inline_snapshot import snapshot
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from pydantic import SecretStr

from kie_mcp.http.request_normalizer import normalize_accept
from kie_mcp.setting_values import SettingsError
from kie_mcp.settings import Settings
from tests.processes.test_serve import HELLO, ask, post, served
from tests.support.http_process import serving
from tests.support.sandbox_server import facts

pytestmark = pytest.mark.anyio

TOKEN = "canary-token-of-callers"
MODERN = {"MCP-Protocol-Version": "2026-07-28"}
BOTH = "application/json, text/event-stream"


async def test_the_path_is_answered_with_and_without_a_slash_and_never_by_a_redirect(tmp_path: Path) -> None:
    async with served(tmp_path) as url:
        for path in ("/mcp", "/mcp/"):
            status, headers, _ = await run_sync(lambda path=path: post(url, {}, path=path))
            session = {"Mcp-Session-Id": headers["Mcp-Session-Id"]}
            assert status == 200
            assert (await run_sync(lambda path=path, given=session: post(url, given, b"", "DELETE", path)))[0] == 200
        assert (await run_sync(lambda: post(url, {}, path="/mcp//")))[0] == 404
        assert (await run_sync(lambda: post(url, {"Host": "evil.example"}, path="/mcp/")))[0] == 421


@pytest.mark.parametrize(
    ("lines", "meant"),
    [
        ([], BOTH),
        ([""], BOTH),
        (["*/*"], BOTH),
        (["*"], BOTH),
        (["text/html, image/gif, *; q=.2, */*; q=.2"], BOTH),
        (["application/*, text/*;q=0.1"], BOTH),
        (["application/json", "text/event-stream"], BOTH),
        (["Application/JSON;charset=utf-8 , TEXT/event-stream; Q=1"], BOTH),
        (["application/json;q=high, */*"], BOTH),
        (["application/json;q=nan, text/event-stream;q=inf"], BOTH),
        (["application/*"], "application/json"),
        (["text/*"], "text/event-stream"),
        (["*/*, text/event-stream;q=0"], "application/json"),
        (["*/*;q=0, text/*"], "text/event-stream"),
        (["application/json;q=0, application/*"], "none/none"),
        (["image/png"], "none/none"),
    ],
)
def test_what_is_accepted_is_read_as_http_means_it(lines: list[str], meant: str) -> None:
    assert normalize_accept(lines) == meant


async def test_a_call_that_does_not_say_what_it_accepts_is_answered(tmp_path: Path) -> None:
    calls: dict[str | None, int] = {None: 200, "*/*": 200, "application/*, text/*;q=0.5": 200, "image/png": 406}
    async with served(tmp_path) as url:
        found = {accept: (await run_sync(lambda accept=accept: post(url, {"Accept": accept})))[0] for accept in calls}
    assert found == calls


@pytest.mark.parametrize(
    "kind", ["Application/JSON", "application/json ; charset=UTF-8", "APPLICATION/JSON;charset=utf-8"]
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
async def test_a_call_is_read_whatever_the_case_of_its_type_and_with_a_byte_order_mark(
    tmp_path: Path, kind: str, mark: str
) -> None:
    async with served(tmp_path) as url:
        status, _, body = await run_sync(post, url, {"Content-Type": kind}, mark.encode() + json.dumps(HELLO).encode())
    assert (status, "instructions" in str(body)) == (200, True)


@pytest.mark.parametrize("network", ["private-network", "local-network"])
async def test_an_allowed_page_of_the_public_network_passes_its_browsers_preflight(
    tmp_path: Path, network: str
) -> None:
    async def allowed(url: str, origin: str) -> tuple[str | None, str | None]:
        question = {"Access-Control-Request-Method": "POST", f"Access-Control-Request-{network}": "true"}
        _, headers = await run_sync(ask, url, {"Origin": origin} | question, b"", "OPTIONS")
        return headers["Access-Control-Allow-Origin"], headers[f"Access-Control-Allow-{network}"]

    async with served(tmp_path, origins=["https://app.example"]) as url:
        assert await allowed(url, "https://app.example") == ("https://app.example", "true")
        assert await allowed(url, "https://evil.example") == (None, None)
        _, plain = await run_sync(
            ask, url, {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}, b"", "OPTIONS"
        )
        assert plain[f"Access-Control-Allow-{network}"] is None


WRONG: list[dict[str, Any]] = [
    {},
    {"Authorization": ""},
    {"Authorization": "Bearer"},
    {"Authorization": TOKEN},
    {"Authorization": f"Basic {TOKEN}"},
    {"Authorization": f"Bearer {TOKEN}x"},
    {"Authorization": f"Bearer {TOKEN[:-1]}"},
    {"Authorization": "Bearer \xff"},
]


async def test_without_the_token_nothing_is_answered_but_how_to_show_it(tmp_path: Path) -> None:
    """For every method, path and revision; a page learns it too, and its preflight is let through."""
    page = {"Origin": "https://app.example"}
    calls = [("POST", "/mcp"), ("GET", "/mcp"), ("DELETE", "/mcp/"), ("POST", "/"), ("HEAD", "/x"), ("OPTIONS", "/mcp")]
    async with served(tmp_path, origins=["https://app.example"], token=TOKEN) as url:
        for method, path in calls:
            for more in ({}, MODERN):
                status, headers, body = await run_sync(
                    lambda call=(method, path), more=more: post(url, page | more, b"", *call)
                )
                assert status == 401, (method, path)
                assert headers["WWW-Authenticate"] == 'Bearer realm="kie-mcp"'
                assert headers["Access-Control-Allow-Origin"] == "https://app.example"
                assert method == "HEAD" or "Authorization: Bearer" in json.loads(body)["error_description"]
        for wrong in WRONG:
            assert (await run_sync(post, url, wrong))[0] == 401, wrong
        asked = page | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        assert (await run_sync(post, url, asked, b"", "OPTIONS"))[0] == 200
        assert (await run_sync(post, url, {"Authorization": f"bearer  {TOKEN}"}))[0] == 200


@pytest.mark.parametrize("era", ["legacy", "auto"])
async def test_a_client_that_shows_the_token_makes_a_picture(tmp_path: Path, era: Any) -> None:
    async with (
        served(tmp_path, token=TOKEN) as url,
        AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30) as http,
        Client(streamable_http_client(url, http_client=http), mode=era) as client,
    ):
        made = facts(await client.call_tool("generate_image", {"prompt": "a cat"}))
        read = await client.read_resource(made["outputs"][0]["resource"])
    assert (made["state"], read.contents[0].mime_type) == ("succeeded", "image/png")


async def test_the_token_is_announced_and_never_written(tmp_path: Path) -> None:
    with serving(tmp_path, "serve", "--port", "0", KIE_HTTP_TOKEN=TOKEN, KIE_LOG_LEVEL="DEBUG") as server:
        url = server.url()
        assert (await run_sync(post, url, {"Authorization": f"Bearer {TOKEN}"}))[0] == 200
        assert (await run_sync(post, url, {"Authorization": f"Bearer {TOKEN}x"}))[0] == 401
        server.leave()
        written = "".join(server.lines)
    assert "with the token of KIE_HTTP_TOKEN" in written
    assert TOKEN not in written


@pytest.mark.parametrize("token", ["two words", "schön", "a\tb", "\x7f"])
def test_a_token_that_no_header_carries_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({"KIE_HTTP_TOKEN": token})
    assert str(caught.value).startswith("KIE_HTTP_TOKEN: must be letters, digits and signs")
    assert token not in str(caught.value)
    assert TOKEN not in repr(Settings(http_token=SecretStr(TOKEN)))


@pytest.mark.parametrize("token", ["${KIE_HTTP_TOKEN}", "", " "])
async def test_a_token_that_is_set_and_blank_opens_no_server(tmp_path: Path, token: str) -> None:
    """As where the variable that should fill it is missing: everybody would be let in."""
    with serving(tmp_path, "serve", "--port", "0", KIE_HTTP_TOKEN=token) as server:
        assert await run_sync(server.process.wait, 30) == 2
    assert "".join(server.lines) == snapshot("""\
kie-mcp: KIE_HTTP_TOKEN: is set to no token, so every program of this machine would be let in.
Set it to a token and start again; or unset it, if they all may call.
""")


def test_a_blank_token_keeps_no_other_command_from_starting() -> None:
    """Clients hand over blank what their user has not filled in, and over stdio nobody shows a token."""
    assert Settings.from_environment({"KIE_HTTP_TOKEN": " "}).http_token is None
