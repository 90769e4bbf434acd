"""What the viewer's bar shows: it moves with time and with each answer, never back, and is not full before the end."""

from typing import Any

import pytest

from tests.viewer import answers as given
from tests.viewer.chromium import Browser
from tests.viewer.host import GONE_BY, Host, host

pytestmark = pytest.mark.anyio

VALUE = "document.querySelector('#bar').ariaValueNow"
FILLED = "document.querySelector('#fill').getBoundingClientRect().width / document.querySelector('#bar').clientWidth"
# Each value that the bar ever has, beside the width that it then has.
WATCH = """(() => {
  const bar = document.querySelector('#bar'), fill = document.querySelector('#fill');
  window.seen = [];
  const note = () => seen.push([Number(bar.ariaValueNow ?? -1), parseFloat(fill.style.width)]);
  new MutationObserver(note).observe(bar, { attributes: true, subtree: true });
})()"""


async def value(here: Host) -> int:
    """Where the bar stands, in percent."""
    return int(await here.look(VALUE))


async def drawn(here: Host) -> None:
    """Wait until as much of the bar is filled as its value says."""
    await here.until(f"Math.abs({FILLED} - {VALUE} / 100) < 0.02")


async def test_the_bar_moves_on_with_time_alone(browser: Browser) -> None:
    async with host(browser) as here:
        await here.give(given.running(elapsed_s=0.0, expected_s=600.0))
        await here.until(f"{VALUE} !== null")
        before = await value(here)

        await here.look(GONE_BY)

        # A tenth of the usual time makes nine hundredths of the bar; a slow machine sees more of it pass.
        assert before + 8 <= await value(here) < 90
        await drawn(here)


async def test_the_bar_moves_on_with_a_new_answer(browser: Browser) -> None:
    async with host(browser) as here:
        await here.give(given.running(expected_s=None, progress=0.2))
        await here.until(f"{VALUE} === '20'")
        await drawn(here)

        await here.give(given.running(expected_s=None, progress=0.7))

        await here.until(f"{VALUE} === '69'")
        await drawn(here)


LATER: list[dict[str, Any]] = [
    {"elapsed_s": 140.0},
    {"elapsed_s": 60.0},
    {"elapsed_s": 145.0, "expected_s": 900.0},
    {"elapsed_s": 146.0, "expected_s": None},
    {"elapsed_s": 147.0, "expected_s": None, "progress": 0.1},
    {"elapsed_s": 150.0, "progress": 0.9},
    {"elapsed_s": 151.0, "progress": 0.3},
]


async def test_the_bar_never_goes_back_whatever_an_answer_says(browser: Browser) -> None:
    async with host(browser) as here:
        await here.give(given.running(elapsed_s=120.0))
        await here.until(f"{VALUE} !== null")
        await here.look(WATCH)
        for answer in LATER:
            await here.give(given.running(**answer))
        await here.look(GONE_BY)

        seen = await here.look("seen")
        assert len(seen) > len(LATER)
        assert seen == sorted(seen)
        assert all(now == width for now, width in seen)
        assert seen[0][0] >= 60
        assert seen[-1][0] < 100


@pytest.mark.parametrize("overdue", [{"elapsed_s": 1e6}, {"progress": 1.0}, {"progress": 7.0}])
async def test_the_bar_is_not_full_before_the_end(browser: Browser, overdue: dict[str, Any]) -> None:
    async with host(browser) as here:
        await here.give(given.running(**overdue))
        await here.until(f"{VALUE} === '99'")
        await drawn(here)
        assert await here.look(FILLED) < 1
        assert await here.look(VALUE) == "99"

        await here.give(given.FAILED)

        await here.shows("Kie.ai refused the prompt.")
        assert await here.look("document.querySelector('#bar').checkVisibility()") is False


async def test_the_bar_of_another_job_begins_anew(browser: Browser) -> None:
    async with host(browser) as here:
        await here.give(given.running(expected_s=None, progress=0.9))
        await here.until(f"{VALUE} === '89'")

        await here.give(given.running(expected_s=None, progress=0.1) | {"job_id": given.FACE})

        await here.until(f"{VALUE} === '10'")


async def test_a_bar_that_knows_nothing_has_no_value(browser: Browser) -> None:
    async with host(browser) as here:
        await here.give(given.running(expected_s=None))
        await here.shows("so far")

        assert await here.look(VALUE) is None
