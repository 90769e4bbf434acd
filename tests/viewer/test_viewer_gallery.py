"""Several pictures of one call: a tile each, what they cost together, and each can be opened."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.viewer import answers as given
from tests.viewer.chromium import Browser
from tests.viewer.host import Refused, Reply, agree, host, reading

pytestmark = pytest.mark.anyio

IDS = [f"job_{letter * 26}" for letter in "abcd"]
SUM = "document.querySelector('#sum').textContent"
TILES = "[...document.querySelectorAll('#jobs button')].map((one) => one.ariaLabel)"
IMAGES = "[...document.querySelectorAll('#jobs img')].length"


def job(number: int, state: str) -> dict[str, Any]:
    """What is said of one of the four."""
    about: dict[str, Any] = {"job_id": IDS[number], "title": f"a fox, view {number + 1}"}
    match state:
        case "succeeded":
            output = given.PICTURE["outputs"][0] | {"resource": f"kie://jobs/{IDS[number]}/outputs/0"}
            return given.PICTURE | about | {"outputs": [output], "credits": {"estimated": 4, "used": 4}}
        case "failed":
            return given.FAILED | about | {"credits": {"estimated": 4, "used": 0}}
        case _:
            return given.told(state, credits={"estimated": 4}) | about


def batch(*states: str) -> dict[str, Any]:
    """What is said of all."""
    return {"state": "running", "counts": "", "jobs": [job(number, state) for number, state in enumerate(states)]}


FILES = {f"kie://jobs/{one}/outputs/0": given.file("image") for one in IDS}


def ends(*states: str) -> Reply:
    """Answer for the jobs' records, and for their files."""
    read_file = reading(FILES)

    async def read(params: dict[str, Any]) -> dict[str, Any]:
        if params["uri"].endswith("/outputs/0"):
            return await read_file(params)
        number = IDS.index(params["uri"].removeprefix("kie://jobs/"))
        if number >= len(states):
            raise Refused
        return {"contents": [{"uri": params["uri"], "text": json.dumps(job(number, states[number]))}]}

    return read


async def test_each_picture_is_a_tile_and_the_cost_is_said_once(browser: Browser) -> None:
    async with host(browser, resources_read=reading(FILES)) as here:
        await here.give(batch("succeeded", "failed", "succeeded", "succeeded"))
        await here.until(f"{IMAGES} === 3")
        assert await here.look(SUM) == "3 of 4 done, 1 failed, 12 credits ($0.06) in all"
        assert await here.look(TILES) == [
            "Show: Picture 1, done, a fox, view 1",
            "Show: Picture 2, failed, a fox, view 2",
            "Show: Picture 3, done, a fox, view 3",
            "Show: Picture 4, done, a fox, view 4",
        ]
        assert here.page.complaints == []


async def test_the_tiles_follow_the_jobs_and_the_model_hears_the_end_of_all(browser: Browser) -> None:
    async with host(browser, resources_read=ends("succeeded", "succeeded", "failed", "succeeded")) as here:
        here.replies["ui/update-model-context"] = agree
        await here.give(batch("running", "succeeded", "queued", "running"))
        await here.until(f"{SUM} === '1 of 4 done, 16 credits ($0.08) in all'")
        await here.until(f"{SUM} === '3 of 4 done, 1 failed, 12 credits ($0.06) in all'")
        await here.until(f"{IMAGES} === 3")
        [said] = (await here.params("ui/update-model-context"))["content"]
    ended = [line.split(",")[0].split(": ") for line in said["text"].splitlines()]
    assert ended == [
        [f"Job {one} ended", state]
        for one, state in zip(IDS, ["succeeded", "succeeded", "failed", "succeeded"], strict=True)
    ]


@pytest.mark.parametrize("key", ["Enter", "Space"])
async def test_each_is_opened_by_a_key_and_the_focus_stays(browser: Browser, key: str) -> None:
    async with host(browser, resources_read=reading(FILES)) as here:
        await here.give(batch("succeeded", "failed", "succeeded"))
        await here.until(f"{IMAGES} === 2")
        await here.until("innerHeight >= document.querySelector('#card').getBoundingClientRect().height")
        focus = "document.activeElement.ariaLabel"
        for name in ("Show: Picture 1, done, a fox, view 1", "Show: Picture 2, failed, a fox, view 2"):
            await here.page.press("Tab")
            assert await here.look(focus) == name
        await here.page.press(key)
        await here.shows("Kie.ai refused the prompt.")
        assert await here.look(focus) == "Show: Picture 2, failed, a fox, view 2"
        await here.page.press("Tab")
        await here.page.press(key)
        await here.until("document.querySelector('#outputs img')")
        assert await here.look("document.querySelectorAll('#jobs li').length") == 3


@pytest.mark.parametrize(("width", "dark"), [(320, False), (800, True), (320, True), (800, False)])
async def test_it_fits_the_width_and_follows_the_theme(
    browser: Browser, tmp_path: Path, width: int, dark: bool
) -> None:
    async with host(browser, width=width, dark=dark, resources_read=ends()) as here:
        await here.give(batch("succeeded", "failed", "running", "succeeded"))
        await here.until(f"{IMAGES} === 2")
        height = await here.look("Math.ceil(document.querySelector('#card').getBoundingClientRect().height)")
        await here.until(f"innerHeight === {height}")
        png = await here.page.screenshot()
        (tmp_path / f"gallery-{width}-{dark}.png").write_bytes(png)  # to be looked at
        assert await here.look("document.documentElement.scrollWidth") == width
        corner = Image.open(io.BytesIO(png)).convert("L").getpixel((2, 2))
        assert isinstance(corner, int)
        assert (corner < 60) is dark


async def test_an_estimate_of_several_is_no_gallery(browser: Browser) -> None:
    facts = {"estimate_only": True, "credits": {"estimated": 16, "usd": 0.08}, "jobs": [{"kind": "image"}] * 4}
    async with host(browser) as here:
        await here.give(facts)
        await here.shows("Nothing was ordered.")
        await here.shows("16 credits ($0.08)")
        assert await here.look(TILES) == []
