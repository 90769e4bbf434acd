"""The viewer without a mouse: what Tab reaches and in which order, that it can be seen, and what keys do there."""

import io
from typing import Any

import pytest
from PIL import Image

from tests.viewer import answers as given
from tests.viewer.answers import record
from tests.viewer.chromium import Browser
from tests.viewer.host import Host, agree, host, reading

pytestmark = pytest.mark.anyio

FOCUSED = """(() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const colour = getComputedStyle(one).outlineColor.match(/\\d+/g).slice(0, 3).map(Number);
  return [one.ariaLabel || one.textContent, Math.round(box.left) - 3, Math.round(box.top + box.height / 2), colour];
})()"""
ALL = "[...document.querySelectorAll('button, a')].filter((one) => one.checkVisibility())"
FILES = reading({given.RESOURCE: given.file("image")})
CAN: dict[str, Any] = {"downloadFile": {}}

FOLD = "Made along with it: picture, speech"


async def focused(here: Host) -> str:
    """What has the focus, with a ring around it that is really on the screen."""
    name, x, y, colour = await here.look(FOCUSED)
    picture = Image.open(io.BytesIO(await here.page.screenshot())).convert("RGB")
    pixel = picture.getpixel((x, y))
    assert isinstance(pixel, tuple)
    assert max(abs(a - b) for a, b in zip(pixel, colour, strict=True)) < 60, f"no ring beside {name}: {pixel}"
    return name


async def laid_out(here: Host, buttons: int) -> None:
    """Wait until so many buttons can be seen, the files are there, and the frame is as high as the card."""
    await here.until("!document.querySelector('figure .skeleton')")
    await here.until(f"{ALL}.length === {buttons}")
    await here.until("innerHeight >= document.querySelector('#card').getBoundingClientRect().height")


async def reach(here: Host, name: str) -> None:
    """Go there by Tab, from the host's page."""
    for _ in range(12):
        await here.page.press("Tab")
        if await here.look("document.activeElement.ariaLabel || document.activeElement.textContent") == name:
            assert await focused(here) == name
            return
    pytest.fail(f"Tab does not reach {name}")


@pytest.mark.parametrize("dark", [False, True])
async def test_tab_goes_through_the_buttons_as_they_are_read_and_back(browser: Browser, dark: bool) -> None:
    parts = {"parts": given.FILM_OF_PARTS["parts"]}
    async with host(browser, dark=dark, resources_read=FILES) as here:
        await here.give(given.PICTURE | parts)
        await here.shows("Download")
        await here.look("document.querySelector('#parts').open = true")
        await laid_out(here, 5)
        inputs = [FOLD, "Use as input: Picture", "Use as input: Speech"]
        order = ["Use as input", "Download", "Open", *inputs]
        for name in order:
            await here.page.press("Tab")
            assert await focused(here) == name
        for name in order[-2::-1]:
            await here.page.press("Shift+Tab")
            assert await focused(here) == name


DOES: dict[str, tuple[dict[str, Any], int, str]] = {
    "Use as input": (given.PICTURE, 3, "ui/update-model-context"),
    "Open": (given.PICTURE, 3, "ui/open-link"),
    "Download": (given.PICTURE, 3, "ui/download-file"),
    "Try again": (given.FAILED, 1, "ui/message"),
    "Use as input: Picture": (given.FAILED_OF_PARTS, 2, "ui/update-model-context"),
}


@pytest.mark.parametrize("name", DOES)
async def test_a_key_does_what_a_click_does_and_the_focus_stays(browser: Browser, name: str) -> None:
    facts, buttons, method = DOES[name]
    key = "Space" if name == "Download" else "Enter"  # a link is opened by Enter alone
    async with host(browser, can=CAN, resources_read=FILES) as here:
        here.replies[method] = agree
        await here.give(facts)
        await laid_out(here, buttons)
        await reach(here, name)
        assert here.calls(method) == []

        await here.page.press(key)

        await here.params(method)
        if name == "Try again":  # it has gone: the next Tab goes on from the title
            assert await here.look("document.activeElement.id") == "title"
        else:
            assert await focused(here) == name
        assert len(here.calls(method)) == 1


async def test_a_listed_job_takes_the_place_of_the_list_and_gives_it_back(browser: Browser) -> None:
    async with host(browser) as here:
        await here.give({"jobs": [given.running(), given.FAILED | {"job_id": "job_other"}]})
        await laid_out(here, 2)
        await reach(here, await here.look(f"{ALL}[1].ariaLabel"))

        await here.page.press("Space")
        await here.shows("Kie.ai refused the prompt.")
        await laid_out(here, 2)
        assert await focused(here) == "All jobs"
        await here.page.press("Enter")
        await laid_out(here, 2)

        assert (await focused(here)).startswith("Show: Picture, failed")


async def test_asking_again_by_a_key_does_not_lose_the_place_in_the_page(browser: Browser) -> None:
    async with host(browser) as here:
        await here.give(given.running())
        await here.shows("This view gets no answers about the job.")
        await laid_out(here, 1)
        await reach(here, "Ask again")
        here.replies["resources/read"] = record(given.FAILED_OF_PARTS)

        await here.page.press("Enter")

        await here.shows("Kie.ai refused the prompt.")
        await laid_out(here, 2)
        assert await here.look("document.activeElement.id") == "title"
        await here.page.press("Tab")
        assert await focused(here) == FOLD


async def test_an_answer_that_says_the_same_again_leaves_the_focus_where_it_is(browser: Browser) -> None:
    async with host(browser) as here:
        await here.give(given.FAILED_OF_PARTS)
        await laid_out(here, 2)
        await reach(here, "Use as input: Picture")

        await here.give(given.FAILED_OF_PARTS | {"note": "said once more"})

        await here.shows("said once more")
        await laid_out(here, 2)
        assert await focused(here) == "Use as input: Picture"
