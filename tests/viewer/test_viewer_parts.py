"""What the viewer shows of a video's picture and speech that were ordered along with it."""

from typing import Any

import pytest

from tests.viewer import answers as given
from tests.viewer.answers import record
from tests.viewer.chromium import Browser
from tests.viewer.host import agree, host

pytestmark = pytest.mark.anyio

BUTTONS = "[...document.querySelectorAll('#parts button')].map((one) => one.ariaLabel)"
ROWS = "[...document.querySelectorAll('#parts p')].map((one) => one.textContent)"
LINE = "document.querySelector('#words').textContent"


async def test_a_video_in_line_says_in_words_what_it_waits_for(browser: Browser) -> None:
    async with host(browser) as here:
        await here.give(given.in_line("succeeded", "running"))
        await here.shows("with picture: done, speech: running")

        assert await here.look(LINE) == "Not sent yet, nothing charged for the talking video itself"
        assert "job_" not in await here.look("document.body.innerText")
        assert await here.look("document.querySelector('#parts').checkVisibility()") is False


async def test_a_job_that_is_no_part_of_it_is_still_named(browser: Browser) -> None:
    async with host(browser) as here:
        await here.give(given.in_line("running", "succeeded", "job_other"))
        await here.shows("with picture: running, speech: done")

        assert (await here.look(LINE)).endswith(": waiting for job_other")


async def test_a_part_that_is_done_is_shown_and_spoken_with_the_next_answer(browser: Browser) -> None:
    states = [given.in_line("running", "running"), given.in_line("succeeded", "running")]
    async with host(browser, resources_read=record(*states)) as here:
        await here.give(states[0])
        await here.shows("with picture: running, speech: running")
        await here.shows("with picture: done, speech: running")

        assert (await here.look("document.querySelector('#live').textContent")).endswith(
            "picture: done, speech: running"
        )


async def test_once_its_parts_are_done_nothing_more_is_said_of_them(browser: Browser) -> None:
    async with host(browser) as here:
        await here.give(given.in_line("succeeded", "running"))
        await here.shows("with picture: done")

        await here.give(given.running(parts=given.parts("succeeded", "succeeded")))

        await here.shows("so far")
        assert "with" not in await here.look("document.body.innerText")


async def test_only_finished_parts_of_a_failed_video_are_offered(browser: Browser) -> None:
    async with host(browser) as here:
        await here.give(given.FAILED_OF_PARTS)
        await here.shows("Kie.ai refused the prompt.")

        await here.shows("Nothing was charged for the talking video itself, as far as we know.")
        assert await here.look(ROWS) == ["Picture", "Done · 4 credits ($0.02)", "Speech", "Failed"]
        assert await here.look(BUTTONS) == ["Use as input: Picture"]


@pytest.mark.parametrize(("name", "job"), [("Picture", given.FACE), ("Speech", given.VOICE)])
async def test_a_part_is_handed_on_by_its_own_reference(browser: Browser, name: str, job: str) -> None:
    async with host(browser) as here:
        here.replies["ui/update-model-context"] = agree
        await here.give(given.FILM_OF_PARTS)
        await here.click(f"Use as input: {name}")
        await here.shows("Handed to the conversation")

        [told] = here.calls("ui/update-model-context")
        assert told["content"][0]["text"].endswith(f"as input for the next tool: kie://jobs/{job}/outputs/0")


async def test_a_reference_that_is_none_of_ours_is_not_offered(browser: Browser) -> None:
    strange = [part | {"resource": "https://elsewhere.test/a"} for part in given.FILM_OF_PARTS["parts"]]
    async with host(browser) as here:
        await here.give(given.FAILED_OF_PARTS | {"parts": [*strange, "nonsense", None]})
        await here.until(f"{ROWS}.length >= 2")

        assert await here.look(BUTTONS) == []
        assert here.page.complaints == []


async def test_the_parts_go_with_their_job(browser: Browser) -> None:
    async with host(browser) as here:
        await here.give(given.FAILED_OF_PARTS)
        await here.until(f"{ROWS}.length >= 2")

        await here.give(given.UNCONFIRMED | {"job_id": "job_other"})

        await here.shows("It may have been charged.")
        assert await here.look("document.querySelector('#parts').checkVisibility()") is False


@pytest.mark.parametrize(("facts", "offered"), [(given.PICTURE, True), (given.SPEECH, True), (given.FILM, False)])
async def test_only_what_a_tool_takes_is_offered_as_input(
    browser: Browser, facts: dict[str, Any], offered: bool
) -> None:
    async with host(browser) as here:
        await here.give(facts)
        await here.shows("Download")

        buttons = await here.look("[...document.querySelectorAll('button')].map((one) => one.textContent)")
        assert ("Use as input" in buttons) == offered


async def test_the_parts_are_folded_where_the_video_is_to_be_looked_at(browser: Browser) -> None:
    async with host(browser) as here:
        await here.give(given.FILM_OF_PARTS)
        await here.shows("Made along with it: picture, speech")
        assert await here.look("document.querySelector('#parts').open") is False

        await here.give(given.FAILED_OF_PARTS)
        await here.until("document.querySelector('#parts').open")
