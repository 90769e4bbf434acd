"""What the viewer says to its host beside questions, and that nothing makes it say more."""

import json
from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from kie_mcp.surface.answers.schema import Refusal
from tests.viewer import answers as given
from tests.viewer.chromium import Browser
from tests.viewer.host import GONE_BY, Reply, agree, host, reading

pytestmark = pytest.mark.anyio


async def test_a_view_introduces_itself_before_it_says_anything_else(browser: Browser) -> None:
    async with host(browser) as here:
        await here.give(given.FAILED)
        await here.params("ui/notifications/size-changed")

        assert [message["method"] for message in here.said[:2]] == ["ui/initialize", "ui/notifications/initialized"]
        assert here.said[0]["params"] == snapshot(
            {
                "protocolVersion": "2026-01-26",
                "appInfo": {"name": "kie-viewer", "version": "1"},
                "appCapabilities": {"availableDisplayModes": ["inline"]},
            }
        )


async def test_a_request_that_it_does_not_know_is_refused_by_the_book(browser: Browser) -> None:
    async with host(browser) as here:
        assert (await here.ask("tools/list"))["error"]["code"] == -32601


@pytest.fixture
def files() -> Reply:
    return reading({given.RESOURCE: given.file("image")})


async def test_use_as_input_hands_the_reference_to_the_model_and_takes_it_back(browser: Browser, files: Reply) -> None:
    async with host(browser, resources_read=files) as here:
        here.replies["ui/update-model-context"] = agree
        await here.give(given.PICTURE)
        await here.click("Use as input")
        await here.shows("Handed to the conversation")
        assert "button: aria-pressed=true | Use as input" in await here.outline()

        await here.click("Use as input")
        await here.shows("Taken back.")

        first, second = [params["content"][0]["text"] for params in here.calls("ui/update-model-context")]
        assert first.endswith(f"The user chose as input for the next tool: {given.RESOURCE}")
        assert "chose" not in second


async def test_a_host_that_takes_no_context_gets_a_message_and_else_the_reference_is_shown(
    browser: Browser, files: Reply
) -> None:
    async with host(browser, resources_read=files) as here:
        here.replies["ui/message"] = agree
        await here.give(given.PICTURE)
        await here.click("Use as input")
        await here.shows("Sent to the conversation.")
        assert await here.params("ui/message") == snapshot(
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Use this as input: kie://jobs/job_7kq2abcdefghijklmnopqrst/outputs/0"}
                ],
            }
        )

        del here.replies["ui/message"]
        await here.click("Use as input")

        await here.shows(f"Its reference: {given.RESOURCE}")


async def test_open_asks_the_host_and_shows_the_link_if_it_refuses(browser: Browser, files: Reply) -> None:
    async with host(browser, resources_read=files) as here:
        await here.give(given.PICTURE)
        await here.click("Open")
        await here.shows(f"It is at {given.LINK}")

        assert here.calls("ui/open-link") == [{"url": given.LINK}]


async def test_download_hands_over_the_file_itself_under_its_name(browser: Browser, files: Reply) -> None:
    async with host(browser, can={"downloadFile": {}}, resources_read=files) as here:
        here.replies["ui/download-file"] = agree
        await here.give(given.PICTURE)
        await here.until("document.querySelector('img')")
        await here.click("Download")
        await here.shows("Downloaded.")

        [[content]] = [params["contents"] for params in here.calls("ui/download-file")]
        assert (content["type"], content["resource"]["mimeType"]) == ("resource", "image/png")
        assert content["resource"]["uri"] == "file:///a%20file.bin"


async def test_a_host_without_downloads_opens_the_link_instead(browser: Browser, files: Reply) -> None:
    async with host(browser, resources_read=files) as here:
        here.replies["ui/open-link"] = agree
        await here.give(given.PICTURE)
        await here.click("Download")

        assert await here.params("ui/open-link") == {"url": given.LINK}
        assert here.calls("ui/download-file") == []


MARKUP = (
    "<img src=x onerror=\"parent.postMessage({stolen: 1}, '*')\"><script>parent.postMessage({stolen: 1}, '*')</script>"
)


async def test_markup_in_an_answer_stays_text(browser: Browser) -> None:
    error = replace(given.REFUSED, upstream_message=MARKUP, message=MARKUP, remedy=MARKUP)
    facts = given.told("failed", kind=MARKUP, error=error, note=MARKUP) | {"model": MARKUP}
    async with host(browser) as here:
        await here.give(facts)
        await here.shows('Kie.ai says: "<img src=x')
        await here.give({"jobs": [facts]})
        await here.give(None, content=[{"type": "text", "text": MARKUP}])
        await here.until("document.querySelector('#note').textContent.startsWith('<img')")

        assert await here.look("document.querySelectorAll('img, main script').length") == 0
        assert not [message for message in here.said if "stolen" in message]
        assert (here.left, here.page.complaints) == ([], [])


@pytest.mark.parametrize(
    "address",
    [
        "javascript:parent.postMessage({stolen: 1}, '*')",
        "data:text/html,<script>1</script>",
        "http://127.0.0.1/a",
        "no",
    ],
)
async def test_a_link_that_is_not_https_is_neither_opened_nor_loaded(browser: Browser, address: str) -> None:
    async with host(browser) as here:
        await here.give(given.made("image", "image/png", url=address))
        await here.shows("It cannot be shown here.")

        buttons = await here.look("[...document.querySelectorAll('figure button')].map((one) => one.textContent)")
        assert buttons == ["Use as input"]
        assert (here.left, here.page.complaints) == ([], [])


async def test_only_the_host_is_listened_to(browser: Browser) -> None:
    forged = {"jsonrpc": "2.0", "method": "ui/notifications/tool-result", "params": {"structuredContent": given.FAILED}}
    async with host(browser) as here:
        await here.look(f"window.postMessage({json.dumps(forged)}, '*')")
        await here.look(GONE_BY)
        assert await here.look("document.querySelector('#card').dataset.state") == "waiting"
        for nonsense in (
            "null",
            "'text'",
            "[]",
            "{jsonrpc: '1.0', method: 'ping', id: 1}",
            "{jsonrpc: '2.0', id: 'x'}",
        ):
            await here.page.run(f"view.contentWindow.postMessage({nonsense}, '*')", "https://host.test")
        await here.tell(method="constructor", params={})
        await here.tell(method="ui/notifications/tool-result", params={"structuredContent": [], "content": "x"})

        await here.shows("The tool gave no answer to show.")
        assert here.page.complaints == []


async def test_what_is_not_a_job_is_shown_as_what_it_is(browser: Browser) -> None:
    async with host(browser) as here:
        await here.give(Refusal(error=given.REFUSED).as_json(), isError=True)
        await here.shows("What to do: Change the prompt and call again.")
        assert "charged" not in await here.look("document.body.innerText")

        await here.give(None)
        await here.shows("said in words")


async def test_a_listed_job_is_shown_on_request(browser: Browser) -> None:
    async with host(browser, resources_read=reading({})) as here:
        await here.give({"jobs": [given.FAILED, given.running()]})
        await here.until("document.querySelectorAll('#jobs li').length === 2")
        await here.look("document.querySelector('#jobs button').click()")

        await here.shows("Kie.ai refused the prompt.")
