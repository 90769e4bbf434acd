"""The words of an order in the viewer: a whole prompt as title, a script under its player, addresses as links."""

import json
from dataclasses import replace
from typing import Any

import pytest

from kie_mcp.surface.answers.schema import CreditFields
from tests.viewer import answers as given
from tests.viewer.chromium import Browser
from tests.viewer.host import Reply, agree, host, reading

pytestmark = pytest.mark.anyio

PROMPT = "a red fox in a yellow raincoat, in the rain, at dusk, on a cobbled street"
SCRIPT = "Hello! Mind the <i>stairs</i> & the rail."
TITLE = "document.querySelector('#title').textContent"
TRACK = "document.querySelector('video').textTracks[0]"


def telling(kind: str, **record: str) -> Reply:
    """Answer for the job's record and for its file."""
    read_file = reading({given.RESOURCE: given.file(kind)})

    async def read(params: dict[str, Any]) -> dict[str, Any]:
        if params["uri"] == f"kie://jobs/{given.JOB}":
            return {"contents": [{"uri": params["uri"], "text": json.dumps({"job_id": given.JOB} | record)}]}
        return await read_file(params)

    return read


async def test_a_title_that_was_cut_is_whole_once_the_record_is_read(browser: Browser) -> None:
    async with host(browser, resources_read=telling("image", prompt=PROMPT)) as here:
        await here.give(given.PICTURE | {"title": PROMPT[:59] + "…"})
        await here.until(f"{TITLE} === {json.dumps(PROMPT)}")
        assert await here.look("document.querySelector('#kind').textContent") == "Picture"


async def test_what_a_video_says_is_its_title_and_a_text_track(browser: Browser) -> None:
    async with host(browser, resources_read=telling("video", script=SCRIPT)) as here:
        await here.give(given.FILM | {"title": "a keeper of a lighthouse"})
        await here.until(f"{TITLE} === {json.dumps(f'“{SCRIPT}”')}")
        await here.until("document.querySelector('video')?.textTracks.length === 1")
        assert await here.look(f"[...{TRACK}.cues].map((cue) => cue.getCueAsHTML().textContent)") == [
            "Hello!",
            "Mind the <i>stairs</i> & the rail.",
        ]
        assert await here.look(f"Math.round([...{TRACK}.cues].at(-1).endTime * 10)") == 10


async def test_a_long_script_stands_under_its_player(browser: Browser) -> None:
    script = " ".join([SCRIPT] * 5)
    async with host(browser, resources_read=telling("audio", script=script)) as here:
        await here.give(given.SPEECH | {"title": script[:59] + "…"})
        await here.shows(script)
        assert await here.look("document.querySelector('#whole').open")


async def test_the_addresses_in_our_own_words_are_links_that_the_host_opens(browser: Browser) -> None:
    lost = replace(given.LOST, upstream_message="see https://elsewhere.test/a")
    async with host(browser) as here:
        here.replies["ui/open-link"] = agree
        await here.give(given.told("unconfirmed", error=lost))
        await here.click("https://kie.ai/logs")
        assert await here.params("ui/open-link") == {"url": "https://kie.ai/logs"}
        assert await here.look("document.querySelectorAll('#trouble a').length") == 1


MAYBE = replace(given.REFUSED, may_have_been_charged=True)
NO_SECOND_TRY: dict[str, dict[str, Any]] = {
    "unconfirmed": given.UNCONFIRMED,
    "perhaps charged": given.told("failed", error=MAYBE),
    "charged": given.told("failed", error=given.REFUSED, credits=CreditFields(used=4)),
    "an unconfirmed part": given.told("failed", error=given.REFUSED, parts=given.parts("unconfirmed", "succeeded")),
    "done": given.PICTURE,
}


async def test_only_what_certainly_cost_nothing_can_be_tried_again(browser: Browser) -> None:
    async with host(browser) as here:
        for case, facts in NO_SECOND_TRY.items():
            await here.give(given.FAILED)
            await here.until("document.querySelector('#try').checkVisibility()")
            await here.give(facts)
            await here.until("!document.querySelector('#try').checkVisibility()")
            assert here.calls("ui/message") == [], case


async def test_trying_again_asks_the_assistant_once_and_orders_nothing_itself(browser: Browser) -> None:
    async with host(browser) as here:
        here.replies["ui/message"] = agree
        await here.give(given.FAILED)
        await here.click("Try again")
        await here.shows("The assistant was asked to make it again.")
        await here.give(given.FAILED)
        [said] = here.calls("ui/message")
        assert said["content"][0]["text"] == (
            f"Try again, please. Job {given.JOB} failed, and nothing was charged for it. "
            "Change the prompt and call again. Use new=true."
        )
        assert await here.look("document.querySelector('#try').checkVisibility()") is False
        assert here.calls() == []


async def test_a_long_list_begins_with_its_newest_and_shows_the_rest_on_request(browser: Browser) -> None:
    jobs = [given.FAILED | {"job_id": f"job_{number}", "title": f"fox {number}"} for number in range(9)]
    async with host(browser) as here:
        await here.give({"jobs": jobs})
        await here.click("Show 3 more")
        await here.until("document.querySelectorAll('#jobs li').length === 9")
        assert await here.look("document.activeElement.ariaLabel") == "Show: Picture, failed, fox 6"
