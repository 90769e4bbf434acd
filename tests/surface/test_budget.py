"""Ceilings as a caller meets them: an order that does not fit is refused in words, and nothing is sent for it."""
# ruff: noqa: E501 (whole sentences)

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.support.sandbox_server import Era, facts, stand, text
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio
SOUND = "https://example.com/a.mp3"
"""Nobody knows how long it is, nor what a video of it costs."""


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


@pytest.fixture(params=["legacy", "auto"])
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


async def test_a_picture_too_many_is_refused_and_told_why(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era, changes={"max_credits_per_day": 10}) as here:
        made = [facts(await here.call("generate_image", prompt=f"fox {number}"))["state"] for number in (1, 2)]
        refused = await here.call("generate_image", prompt="fox 3")
        jobs = facts(await here.call("list_jobs"))["jobs"]
    assert (made, refused.is_error, len(jobs), len(here.creates)) == (["succeeded"] * 2, True, 2, 2)
    error = facts(refused)["error"]
    assert (error["category"], error["may_have_been_charged"]) == ("budget", False)
    assert error["message"] in text(refused)
    assert error["message"] == snapshot(
        "This takes up to 4 credits. KIE_MAX_CREDITS_PER_DAY allows 10 a day: 8 for jobs sent since 00:00 UTC, 0 for jobs not sent yet, 2 left. Nothing was sent or charged."
    )


async def test_a_video_is_refused_with_its_parts_or_made_with_them(tmp_path: Path) -> None:
    order = {"image_prompt": "a woman", "script": "Good morning, and welcome."}
    async with stand(tmp_path, changes={"max_jobs_per_day": 2}) as here:
        refused = await here.call("create_talking_video", **order)
        assert facts(refused)["error"]["category"] == "budget"
        assert facts(await here.call("list_jobs"))["jobs"] == []
    assert here.creates == []
    async with stand(tmp_path, changes={"max_jobs_per_day": 3}) as here:
        assert facts(await here.call("create_talking_video", **order))["state"] == "succeeded"


async def test_a_repeat_of_a_paid_order_is_answered_though_the_budget_is_spent(tmp_path: Path) -> None:
    async with stand(tmp_path, changes={"max_credits_per_day": 4}) as here:
        first = facts(await here.call("generate_image", prompt="a fox", idempotency_key="k"))
        again = facts(await here.call("generate_image", prompt="a fox", idempotency_key="k"))
        other = await here.call("generate_image", prompt="a fox", idempotency_key="l")
    assert (again["job_id"], again["joined"], other.is_error) == (first["job_id"], True, True)


async def test_the_answer_says_what_a_job_of_unknown_price_counts_as(tmp_path: Path) -> None:
    async with stand(tmp_path, changes={"max_credits_per_job": 60, "max_credits_per_day": 100}) as here:
        face = facts(await here.call("generate_image", prompt="a woman"))["outputs"][0]["resource"]
        video = {"image": face, "audio": SOUND, "wait_seconds": 0}
        first, second = [await here.call("create_talking_video", **video, prompt=name) for name in ("calm", "lively")]
    said = "Its price is not known before it runs; it counts as 60 credits (KIE_MAX_CREDITS_PER_JOB)."
    assert said in facts(first)["note"]
    assert said in text(first)
    assert "KIE_MAX_CREDITS_PER_DAY allows 100 a day: " in facts(second)["error"]["message"]


async def test_an_unknown_price_does_not_slip_through_a_ceiling_for_the_day(tmp_path: Path) -> None:
    async with stand(tmp_path, changes={"max_credits_per_day": 1000}) as here:
        face = facts(await here.call("generate_image", prompt="a woman"))["outputs"][0]["resource"]
        refused = await here.call("create_talking_video", image=face, audio=SOUND)
    assert "KIE_MAX_CREDITS_PER_JOB" in facts(refused)["error"]["remedy"]
    assert len(here.creates) == 1


async def test_nothing_at_all_is_a_ceiling_too(tmp_path: Path) -> None:
    async with stand(tmp_path, changes={"max_credits_per_job": 0}) as here:
        refused = await here.call("generate_image", prompt="a fox")
    assert facts(refused)["error"]["category"] == "budget"
    assert here.creates == []
