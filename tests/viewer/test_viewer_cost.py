"""What the viewer says of a cost: once for all that is ordered together, as a range, in credits and dollars."""

from typing import Any

import pytest

from kie_mcp.surface.answers.schema import CreditFields, EstimateAnswer, EstimatedPart
from tests.viewer import answers as given
from tests.viewer.chromium import Browser
from tests.viewer.host import host

pytestmark = pytest.mark.anyio

WHOLE = CreditFields(least=3.158, estimated=8.95, usd=0.0447, in_all_least=7.278, in_all=13.07, in_all_usd=0.0653)
USED = CreditFields(estimated=8.95, used=6.36, usd=0.0318, in_all=10.48, in_all_usd=0.0524)
COST = "document.querySelector('#cost').checkVisibility() ? document.querySelector('#cost').textContent : ''"


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (given.running(credits=CreditFields(estimated=84)), "About 84 credits ($0.42)"),
        (
            given.running(credits=CreditFields(least=3.158, estimated=8.95)),
            "About 3.1\u20139 credits ($0.01\u2013$0.05)",
        ),
        (
            given.running(credits=WHOLE, parts=given.parts("running", "running")),
            "About 7\u201314 credits ($0.03\u2013$0.07) in all",
        ),
        (given.running(credits=CreditFields(estimated=0.12)), "About 0.12 credits (under $0.01)"),
        (given.running(), "Cost: not known before it is made"),
        (
            given.running(credits=CreditFields(in_all_least=4.0), parts=given.parts("running", "running")),
            "At least 4 credits ($0.02) in all; the rest is not known before it is made",
        ),
        (given.FILM_OF_PARTS | {"credits": USED.as_json()}, "10.48 credits ($0.05) in all"),
        (given.FILM, "4 credits ($0.02)"),
        (given.FAILED_OF_PARTS, ""),
    ],
    ids=["known", "range", "in all", "cheap", "unknown", "partly unknown", "used in all", "used", "failed"],
)
async def test_the_cost_is_said_once(browser: Browser, facts: dict[str, Any], said: str) -> None:
    async with host(browser) as here:
        await here.give(facts)
        await here.shows(said or {"succeeded": "Done", "failed": "Failed"}[facts["state"]])
        assert await here.look(COST) == said


async def test_an_estimate_is_shown_as_one(browser: Browser) -> None:
    parts = [EstimatedPart(kind="image", model="m", credits=4), EstimatedPart(kind="speech", model="m", credits=0.12)]
    facts = EstimateAnswer(
        kind="talking_video", model="infinitalk/from-audio", credits=WHOLE, parts=parts, next="the same call"
    )
    async with host(browser) as here:
        await here.give(facts.as_json())
        await here.shows("Nothing was ordered.")
        assert await here.look(COST) == "About 7\u201314 credits ($0.03\u2013$0.07) in all"
        rows = await here.look("[...document.querySelectorAll('#parts p')].map((one) => one.textContent)")
        assert rows == ["Picture", "m · 4 credits ($0.02)", "Speech", "m · 0.12 credits (under $0.01)"]
        assert await here.look("document.querySelector('#state').checkVisibility()") is False
