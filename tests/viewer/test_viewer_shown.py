"""What the viewer shows, in a real browser, under the policy that the specification has a host make."""
# ruff: noqa: E501, RUF001 (texts stand as they are said)

import io
import re
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot
from PIL import Image

from tests.viewer import answers as given
from tests.viewer.chromium import Browser
from tests.viewer.host import host, policy, reading

pytestmark = pytest.mark.anyio

MEASURES = {
    "image": "document.querySelector('img').naturalWidth",
    "audio": "document.querySelector('audio').duration",
    "video": "document.querySelector('video').videoWidth",
}


def steady(outline: list[str]) -> list[str]:
    """The outline without the clock, which moves on, and the bar with it."""
    lines = [re.sub(r"\d+ (s|min) so far", "a while so far", line) for line in outline]
    return [re.sub(r"aria-valuenow=\d+", "aria-valuenow=some", line) for line in lines]


async def outline(browser: Browser, facts: dict[str, Any], file: tuple[str, bytes] | None = None) -> list[str]:
    """What the page tells assistive technology of an answer."""
    async with host(browser, resources_read=reading({given.RESOURCE: file} if file else {})) as here:
        await here.give(facts)
        await here.until("document.querySelector('#card').dataset.state !== 'waiting'")
        if file:
            await here.until("document.querySelector('img')?.complete")
        return steady(await here.outline())


async def test_a_running_job_is_a_named_progress_bar_with_words(browser: Browser) -> None:
    assert await outline(browser, given.running()) == snapshot(
        [
            "span: Running",
            "h1: Talking video",
            "span: Nano Banana",
            "span: Cost: not known before it is made",
            "div: role=progressbar | aria-label=Progress | aria-valuemin=0 | aria-valuemax=100 | aria-valuetext=a while so far, usually about 3 min | aria-valuenow=some",
            "p: a while so far, usually about 3 min",
            "p: role=status | Talking video: Running. a while so far, usually about 3 min",
        ]
    )


async def test_a_finished_picture_has_its_facts_and_three_buttons(browser: Browser) -> None:
    assert await outline(browser, given.PICTURE, file=given.file("image")) == snapshot(
        [
            "span: Done",
            "h1: Picture",
            "span: Nano Banana",
            "span: made in 12 s",
            "span: 4 credits ($0.02)",
            "img: alt=The picture that was made",
            "figcaption: 640×480 PNG · a file.bin",
            "button: aria-pressed=false | Use as input",
            "button: Download",
            "a: Open",
            "p: role=status | Picture: Done",
        ]
    )


async def test_a_failed_job_says_why_what_it_cost_and_what_to_do(browser: Browser) -> None:
    assert await outline(browser, given.FAILED) == snapshot(
        [
            "span: Failed",
            "h1: Picture",
            "span: Nano Banana",
            "section: aria-label=What went wrong",
            "p: Kie.ai refused the prompt.",
            "p: Nothing was charged, as far as we know.",
            "p: What to do: Change the prompt and call again.",
            'p: Kie.ai says: "Your prompt was flagged."',
            "button: Try again",
            "p: role=status | Picture: Failed. Kie.ai refused the prompt.",
        ]
    )


async def test_an_unconfirmed_job_says_that_it_may_have_been_charged(browser: Browser) -> None:
    assert await outline(browser, given.UNCONFIRMED) == snapshot(
        [
            "span: Unconfirmed",
            "h1: Picture",
            "span: Nano Banana",
            "section: aria-label=What went wrong",
            "p: Kie.ai did not answer the create call.",
            "p: It may have been charged.",
            "p: What to do: Look at | .",
            "a: https://kie.ai/logs",
            "p: role=status | Picture: Unconfirmed. Kie.ai did not answer the create call.",
        ]
    )


@pytest.mark.parametrize(("kind", "expected"), [("image", 640), ("audio", 2), ("video", 640)])
async def test_a_saved_file_is_shown_where_nothing_may_be_loaded_from_elsewhere(
    browser: Browser, kind: str, expected: float
) -> None:
    facts = {"image": given.PICTURE, "audio": given.SPEECH, "video": given.FILM}[kind]
    files = reading({given.RESOURCE: given.file(kind)})
    async with host(browser, csp=policy({}), resources_read=files) as here:
        await here.give(facts)
        await here.until(f"document.querySelector('{kind.replace('image', 'img')}')")

        assert await here.look(MEASURES[kind]) == pytest.approx(expected, abs=0.2)
        assert here.left == []
        assert here.page.complaints == []


async def test_a_host_that_plays_only_object_addresses_gets_one(browser: Browser) -> None:
    files = reading({given.RESOURCE: given.file("image")})
    async with host(browser, csp=policy({}, media="blob:"), resources_read=files) as here:
        await here.give(given.PICTURE)
        await here.until("document.querySelector('img')")

        assert (await here.look("document.querySelector('img').src")).startswith("blob:")


async def test_a_host_that_reads_no_resources_gets_the_link_of_a_declared_domain(browser: Browser) -> None:
    async with host(browser) as here:
        here.web[given.LINK] = given.file("image")
        await here.give(given.PICTURE)
        await here.until("document.querySelector('img')")

        assert here.left == [given.LINK]


async def test_a_file_that_cannot_be_shown_leaves_its_buttons(browser: Browser) -> None:
    async with host(
        browser, resources_read=reading({given.RESOURCE: ("text/html", b"<script>alert(1)</script>")})
    ) as here:
        await here.give(given.PICTURE)
        await here.shows("It cannot be shown here.")

        assert await here.look("document.querySelectorAll('figure :is(button, a)').length") == 3


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "running": (given.running(), ""),
    "queued": (given.told("queued", waiting_for=[given.JOB, given.JOB.upper()]), ""),
    "image": (given.PICTURE | {"sandbox": True}, "image"),
    "audio": (given.SPEECH, "audio"),
    "video": (given.FILM | {"sandbox": True}, "video"),
    "failed": (given.FAILED, ""),
    "unconfirmed": (given.UNCONFIRMED, ""),
    "waiting-parts": (given.in_line("succeeded", "running"), ""),
    "failed-parts": (given.FAILED_OF_PARTS, ""),
    "video-parts": (given.FILM_OF_PARTS, "video"),
    "jobs": ({"jobs": [given.PICTURE, given.FAILED, given.running()]}, ""),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("width", "dark"), [(320, False), (800, True)], ids=["narrow-light", "wide-dark"])
async def test_it_fits_the_width_and_follows_the_theme(
    browser: Browser, tmp_path: Path, case: str, width: int, dark: bool
) -> None:
    facts, kind = CASES[case]
    files = {given.RESOURCE: given.file(kind)} if kind else {}
    async with host(browser, width=width, dark=dark, resources_read=reading(files)) as here:
        await here.give(facts)
        await here.until("document.querySelector('#card').dataset.state !== 'waiting'")
        if kind:
            await here.until("document.querySelector('img, audio, video')")
        height = await here.look("Math.ceil(document.querySelector('#card').getBoundingClientRect().height)")
        await here.heard(lambda message: message.get("params", {}).get("height") == height)
        await here.until(f"innerHeight === {height}")
        png = await here.page.screenshot()

        assert await here.look("document.documentElement.scrollWidth") == width
        assert await here.look("!document.querySelector('#sandbox').hidden") is ("sandbox" in facts)
        (tmp_path / f"{case}-{width}.png").write_bytes(png)  # to be looked at
        corner = Image.open(io.BytesIO(png)).convert("L").getpixel((2, 2))
        assert isinstance(corner, int)
        assert (corner < 60) is dark
        assert here.page.complaints == []


async def test_the_host_s_theme_and_colours_rule_over_the_system_s(browser: Browser) -> None:
    colours = {
        "--color-background-secondary": "rgb(1, 2, 3)",
        "--color-text-primary": "light-dark(red, lime)",
        "display": "none",
    }
    background = "getComputedStyle(document.body).backgroundColor"
    trouble = "getComputedStyle(document.querySelector('#trouble')).backgroundColor"
    context = {"theme": "dark", "styles": {"variables": colours}}
    async with host(browser, context=context) as here:
        await here.give(given.FAILED)
        await here.shows("Kie.ai refused")
        assert await here.look(background) == "rgba(0, 0, 0, 0)", "the host's own shows through"
        assert await here.look(trouble) == "rgb(1, 2, 3)"
        assert await here.look("getComputedStyle(document.body).color") == "rgb(0, 255, 0)"

        await here.tell(method="ui/notifications/host-context-changed", params={"theme": "light"})

        await here.until("getComputedStyle(document.body).color === 'rgb(255, 0, 0)'")
        assert await here.look(trouble) == "rgb(1, 2, 3)"


async def test_who_wants_no_motion_sees_none(browser: Browser) -> None:
    moving = "document.getAnimations().length"
    async with host(browser) as here:
        await here.give(given.running(expected_s=None))
        await here.shows("so far")
        assert await here.look(moving) > 0

        await here.page.send(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}]
        )

        await here.until(f"{moving} === 0")
