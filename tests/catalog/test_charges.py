"""What finished jobs cost corrects the row: enough of them, the newest, of the same model and size."""

from typing import Any

import pytest

from kie_mcp.catalog import prices, requests
from kie_mcp.catalog.sound_length import known_length
from kie_mcp.jobs.estimate import Estimate
from kie_mcp.jobs.job import Job, Output
from kie_mcp.orders.kind import Kind
from kie_mcp.orders.order import ImageOrder, Order, TalkingVideoOrder
from tests.support.scripted_kie import make_job

PICTURE = requests.check(ImageOrder(model="nano-banana-2-1", prompt="a fox", resolution="2K"))
FILM = requests.check(TalkingVideoOrder(model="infinitalk", image="https://e.com/a.png", audio="https://e.com/a.mp3"))


def done(placed: Order, used: float | None, *, seconds: float | None = None, **changes: Any) -> Job:
    """A job that has succeeded, at that cost."""
    given: dict[str, Any] = {"kind": placed.kind, "model": placed.model, "order": placed.model_dump(mode="json")}
    given |= {"credits_used": used, "outputs": (Output(url="https://e.com/made", duration_s=seconds),)}
    return make_job(1, **(given | changes))


def test_three_that_differ_replace_the_row_and_two_do_not() -> None:
    assert prices.estimate(PICTURE, finished=[done(PICTURE, 9.0)] * 2) == Estimate(6, 6)
    assert prices.estimate(PICTURE, finished=[done(PICTURE, 9.0)] * 3) == Estimate(9, 9)


def test_the_newest_count_and_all_of_them_are_in_the_range() -> None:
    jobs = [done(PICTURE, used) for used in (9.0, 8.0, 9.0, 6.0, 9.0, 100.0)]
    assert prices.estimate(PICTURE, finished=jobs) == Estimate(6, 9)


OTHER_SIZE = requests.check(ImageOrder(model="nano-banana-2-1", prompt="a fox", resolution="4K"))
OTHER_MODEL = requests.check(ImageOrder(model="nano-banana-2", prompt="a fox", resolution="2K"))


@pytest.mark.parametrize(
    "job",
    [
        done(OTHER_SIZE, 90.0),
        done(OTHER_MODEL, 90.0),
        done(PICTURE, None),
        done(PICTURE, 0.0),
        done(PICTURE, 90.0, order={}),
        done(PICTURE, 90.0, outputs=()),
        done(PICTURE, 90.0, kind=Kind.OTHER),
    ],
    ids=["size", "model", "unknown", "nothing", "made elsewhere", "no file", "kind"],
)
def test_what_says_nothing_of_this_price_is_left_out(job: Job) -> None:
    assert prices.estimate(PICTURE, finished=[job] * 5) == Estimate(6, 6)


@pytest.mark.parametrize("error", [-0.08, 0.0, 0.08])
def test_a_length_that_is_measured_a_little_off_is_no_other_price(error: float) -> None:
    jobs = [done(FILM, 3 * seconds, seconds=seconds + error) for seconds in (1.2, 2.0, 3.0)]
    assert prices.estimate(FILM, audio=known_length(10), finished=jobs) == Estimate(30, 30)


def test_a_dearer_second_is_learned_from_films_of_any_length() -> None:
    jobs = [done(FILM, 5 * seconds, seconds=seconds + 0.05) for seconds in (1.2, 3.0, 14.0)]
    said = prices.estimate(FILM, audio=known_length(10), finished=jobs)
    assert said is not None
    assert 44 < said.least <= 50 <= said.most < 56
