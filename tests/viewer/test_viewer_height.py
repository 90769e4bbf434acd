"""How high the viewer is: hosts show up to 500 pixels of it without a scrollbar of its own."""

from typing import Any

import pytest

from tests.viewer import answers as given
from tests.viewer.chromium import Browser
from tests.viewer.host import host, reading

pytestmark = pytest.mark.anyio

HIGHEST = 500
"""Pixels."""
FOUR_FILES = given.PICTURE | {"outputs": given.PICTURE["outputs"] * 4}
LONG = "A red fox in a yellow raincoat on a wet street at dusk, looking at the camera. " * 5
FILES = {"audio/mpeg": "audio", "image/png": "image", "video/mp4": "video"}


@pytest.mark.parametrize(
    "facts",
    [
        given.PICTURE | {"prompt": LONG, "title": f"{LONG[:60]}…"},
        given.made("image", "image/png", width=2100, height=900) | {"prompt": LONG, "title": f"{LONG[:60]}…"},
        given.SPEECH | {"title": LONG},
        given.FILM_OF_PARTS | {"script": LONG[:200], "title": f"{LONG[:60]}…"},
        FOUR_FILES,
        given.FAILED,
        given.running(),
        {"jobs": [given.PICTURE | {"job_id": f"job_{n}", "title": LONG[:60]} for n in range(30)]},
    ],
    ids=["picture", "wide", "speech", "video", "files", "failed", "running", "list"],
)
async def test_nothing_is_higher_than_what_hosts_show_without_scrolling(
    browser: Browser, facts: dict[str, Any]
) -> None:
    mime = facts["outputs"][0]["mime_type"] if facts.get("outputs") else "image/png"
    async with host(browser, resources_read=reading({given.RESOURCE: given.file(FILES[mime])})) as here:
        await here.give(facts)
        await here.until("!document.querySelector('#card[data-state=waiting], figure .skeleton')")
        assert await here.look("document.querySelector('#card').getBoundingClientRect().height") <= HIGHEST
