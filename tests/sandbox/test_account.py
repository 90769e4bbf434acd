"""The sandbox's account: credits go down and come back, and 20 creations in 10 seconds are enough."""

from __future__ import annotations

from typing import Any

import pytest

from kie_mcp.sandbox.account.rate_limit import RateLimit
from tests.support.sandbox_client import FILM, IMAGE, SPEECH, VOICE, service

pytestmark = pytest.mark.anyio
RATE_LIMITED = {"code": 429, "msg": "Your call frequency is too high. Please try again later.", "data": None}


async def test_the_21st_creation_in_ten_seconds_is_refused_and_creates_nothing() -> None:
    async with service() as kie:
        codes = [(await kie.create(IMAGE, prompt="x"))["code"] for _ in range(20)]
        refused = await kie.send(IMAGE, prompt="x")
        assert codes == [200] * 20
        assert (refused.status_code, refused.json()) == (200, RATE_LIMITED)
        assert "retry-after" not in refused.headers
        assert (kie.sandbox.created, len(kie.sandbox.creates), await kie.credits()) == (20, 21, 920)
        kie.pass_time(10)
        assert (await kie.create(IMAGE, prompt="x"))["code"] == 200


async def test_speed_does_not_widen_the_window() -> None:
    async with service(speed=1000) as kie:
        for _ in range(20):
            await kie.create(IMAGE, prompt="x")
            kie.pass_time(0.4)
        assert (await kie.create(IMAGE, prompt="x"))["code"] == 429


def test_the_window_slides() -> None:
    limit = RateLimit()
    for moment in range(20):
        limit.count(moment * 0.5)
    assert limit.is_reached(9.99)
    assert not limit.is_reached(10.0)


async def test_refused_requests_do_not_count() -> None:
    async with service() as kie:
        for _ in range(30):
            await kie.create(IMAGE)
        assert (await kie.create(IMAGE, prompt="x"))["code"] == 200


@pytest.mark.parametrize(
    ("model", "given", "price"),
    [
        (IMAGE, {"prompt": "x"}, 4),
        ("nano-banana-pro", {"prompt": "x"}, 18),
        ("nano-banana-pro", {"prompt": "x", "resolution": "4K"}, 24),
        ("nano-banana-2", {"prompt": "x", "resolution": "2K"}, 12),
        ("nano-banana-2-1", {"prompt": "x"}, 4),
        (SPEECH, {"text": "x" * 1000, "voice": VOICE}, 6),
        ("elevenlabs/text-to-speech-multilingual-v2", {"text": "x" * 500, "voice": VOICE}, 6),
    ],
)
async def test_a_task_is_charged_when_it_is_accepted(model: str, given: dict[str, Any], price: float) -> None:
    async with service() as kie:
        await kie.task(model, **given)
        assert await kie.credits() == 1000 - price


async def test_a_film_is_charged_by_the_seconds_of_its_audio() -> None:
    async with service() as kie:
        urls = {"image_url": "https://example.com/a.png", "audio_url": "https://example.com/a.mp3"}
        cheap = await kie.finish(FILM, prompt="x", **urls)
        dear = await kie.finish(FILM, prompt="x", resolution="720p", **urls)
    assert cheap["creditsConsumed"] > 9
    assert dear["creditsConsumed"] == pytest.approx(4 * cheap["creditsConsumed"], abs=0.03)


async def test_an_account_without_enough_credits_is_refused() -> None:
    async with service(credits=7) as kie:
        assert (await kie.create(IMAGE, prompt="x"))["code"] == 200
        assert await kie.create(IMAGE, prompt="x") == {"code": 402, "msg": "Insufficient Credits", "data": None}
        assert (await kie.credits(), kie.sandbox.created) == (3, 1)


async def test_a_failed_task_gives_its_credits_back_when_it_fails() -> None:
    async with service() as kie:
        task_id = await kie.task(IMAGE, prompt="sandbox:fail")
        assert await kie.credits() == 996
        kie.pass_time(60)
        assert await kie.credits() == 1000
        assert (await kie.look(task_id))["data"]["creditsConsumed"] == 0.0
        assert await kie.credits() == 1000
