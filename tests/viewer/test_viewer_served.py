"""The viewer as our server serves it, and a whole life of a job in it."""

import json
import re
from pathlib import Path
from typing import Any
from unittest.mock import ANY
from urllib.parse import urlsplit

import anyio
import pytest
from mcp.types import TextResourceContents

from kie_mcp.errors import KieError
from kie_mcp.kie import responses
from kie_mcp.surface.viewer import URI
from tests.support.sandbox_server import Era, Stand, facts, stand
from tests.support.virtual_time import BRISK
from tests.viewer.chromium import Browser
from tests.viewer.host import Refused, Reply, host, policy

pytestmark = pytest.mark.anyio

RECORDS = sorted((Path(__file__).parents[1] / "data/kie").glob("record-*.json"))
LARGEST = 36 * 1024
"""Bytes: the page is a resource that hosts fetch for each server they start, and read in one piece."""


@pytest.fixture(scope="module")
def anyio_backend() -> object:
    return BRISK


@pytest.fixture(params=["legacy", "auto"])
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


async def page(here: Stand) -> tuple[str, dict[str, Any]]:
    """The page and what it says of itself."""
    [content] = (await here.client.read_resource(URI)).contents
    assert isinstance(content, TextResourceContents)
    assert content.mime_type == "text/html;profile=mcp-app"
    assert content.meta is not None
    return content.text, content.meta["ui"]


async def test_a_host_finds_the_page_the_way_the_specification_says(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era) as here:
        tools = (await here.client.list_tools()).tools
        text, meta = await page(here)

    shown = {"ui": {"resourceUri": URI}, "ui/resourceUri": URI}
    apart = {"get_account", "list_models"}  # these are not about jobs
    assert {tool.name: tool.meta for tool in tools} == {
        tool.name: None if tool.name in apart else shown for tool in tools
    }
    assert len(tools) > len(apart)
    assert meta == {"csp": {"resourceDomains": ANY}, "prefersBorder": True}
    assert len(text.encode()) < LARGEST
    assert re.search("https?://", text) is None, "an address of its own could be loaded"


async def test_a_host_is_told_of_every_place_that_kie_ai_was_seen_to_keep_results_at(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        _, meta = await page(here)
    results = [url for record in RECORDS for url in result_urls(json.loads(record.read_text("utf-8")))]

    seen = {f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" for url in results} - {"https://example.com"}
    assert seen
    assert seen <= set(meta["csp"]["resourceDomains"])
    assert all(re.fullmatch(r"https://[a-z.-]+", domain) for domain in meta["csp"]["resourceDomains"])


def result_urls(answer: dict[str, Any]) -> list[str]:
    """The addresses in an answer of Kie.ai's that was written down."""
    body = json.dumps(answer["body"]).encode()
    try:
        look = responses.read_look(answer["http_status"], answer["headers"], body, now=0.0)
    except KieError:
        return []
    masks: list[str] = look.data.get("mask_urls", []) if look.data else []
    return [*look.urls, *masks]


def through(here: Stand, *, records: bool = True) -> tuple[Reply, Reply]:
    """Replies that hand the view's questions to the server, as a host does; without `records`, only files are read."""

    async def read(params: dict[str, Any]) -> dict[str, Any]:
        if not records and "/outputs/" not in params["uri"]:
            raise Refused
        return _json(await here.client.read_resource(params["uri"]))

    async def call(params: dict[str, Any]) -> dict[str, Any]:
        return _json(await here.client.call_tool(params["name"], params["arguments"]))

    return read, call


def _json(answer: Any) -> dict[str, Any]:
    return json.loads(answer.model_dump_json(by_alias=True, exclude_none=True))


@pytest.mark.parametrize("records", [True, False])
async def test_a_picture_is_followed_from_the_order_to_the_file(
    tmp_path: Path, browser: Browser, records: bool
) -> None:
    """Whether the host lets the view read the job's record or only call the tool."""
    async with stand(tmp_path, speed=3.0) as here:
        text, meta = await page(here)
        read, call = through(here, records=records)
        ordered = await here.client.call_tool("generate_image", {"prompt": "a cat", "wait_seconds": 0})
        async with host(browser, html=text, csp=policy(meta["csp"]), resources_read=read, tools_call=call) as shown:
            await shown.tell(method="ui/notifications/tool-input", params={"arguments": {"prompt": "a cat"}})
            await shown.tell(method="ui/notifications/tool-result", params=_json(ordered))
            await shown.until("document.querySelector('img')")

            assert facts(ordered)["state"] in {"queued", "running"}
            assert await shown.look("document.querySelector('img').alt") == "a cat"
            assert await shown.look("document.querySelector('img').naturalWidth") > 100
            assert bool(shown.calls("tools/call")) is not records
            assert (shown.left, shown.page.complaints) == ([], [])
        assert len(here.creates) == 1


async def test_an_order_that_is_repeated_after_only_the_view_saw_its_end_is_not_paid_twice(
    tmp_path: Path, browser: Browser
) -> None:
    order = {"prompt": "a cat", "wait_seconds": 0}
    async with stand(tmp_path, speed=3.0) as here:
        ordered = await here.client.call_tool("generate_image", order)
        read, call = through(here)
        async with host(browser, resources_read=read, tools_call=call) as shown:
            await shown.tell(method="ui/notifications/tool-result", params=_json(ordered))
            await shown.until("document.querySelector('img')")
        await anyio.sleep(2.0)  # hurried: an answer would have counted as delivered by now

        again = facts(await here.client.call_tool("generate_image", order))

        assert (again["job_id"], again["state"]) == (facts(ordered)["job_id"], "succeeded")
        assert len(here.creates) == 1
