"""What jobs really cost, and how long voices really speak, corrects what is said before the next one."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.sandbox_server import Stand, facts, stand
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio

FACE = "https://example.com/face.png"


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


class Charging(httpx.AsyncBaseTransport):
    """Charges so many times what the sandbox charges."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.factor = 1.0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        if not request.url.path.endswith("/recordInfo"):
            return response
        body = json.loads(await response.aread())
        if body.get("data") and body["data"].get("creditsConsumed") is not None:
            body["data"]["creditsConsumed"] = round(body["data"]["creditsConsumed"] * self.factor, 3)
        return httpx.Response(response.status_code, json=body, request=request)


@asynccontextmanager
async def charging(folder: Path, **options: Any) -> AsyncGenerator[tuple[Stand, Charging]]:
    """A stand whose prices a test can change."""
    made: list[Charging] = []

    def wrap(inner: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        made.append(Charging(inner))
        return made[-1]

    async with stand(folder, transport=wrap, credits=100_000.0, **options) as here:
        yield here, made[0]


async def estimate(here: Stand, tool: str, **order: Any) -> dict[str, Any]:
    return facts(await here.call(tool, **order, estimate_only=True))["credits"]


async def test_after_three_dearer_jobs_the_estimate_is_right(tmp_path: Path) -> None:
    async with charging(tmp_path) as (here, kie):
        kie.factor = 1.5
        for number in range(3):
            assert (await estimate(here, "generate_image", prompt="a fox"))["estimated"] == 4, number
            assert facts(await here.call("generate_image", prompt=f"a fox {number}"))["credits"]["used"] == 6
        after = await estimate(here, "generate_image", prompt="a fox")
        another = await estimate(here, "generate_image", prompt="a fox", model="nano-banana-2-1", resolution="2K")
        again = facts(await here.call("generate_image", prompt="a fox"))
    assert after == {"estimated": 6.0, "usd": 0.03}
    assert another["estimated"] == 6, "its row still counts"
    assert again["credits"] == {"estimated": 6.0, "used": 6.0, "usd": 0.03}


async def test_while_a_price_changes_both_are_said_and_then_the_new_one(tmp_path: Path) -> None:
    told: list[tuple[float, float]] = []
    async with charging(tmp_path) as (here, kie):
        for number in range(8):
            kie.factor = 1.0 if number < 2 else 2.0
            price = await estimate(here, "generate_image", prompt="a fox")
            told.append((price.get("least", price["estimated"]), price["estimated"]))
            await here.call("generate_image", prompt=f"a fox {number}")
    assert told == [(4, 4)] * 5 + [(4, 8)] * 2 + [(8, 8)]


async def test_a_second_of_video_is_learned_whatever_its_length(tmp_path: Path) -> None:
    async with charging(tmp_path) as (here, kie):
        kie.factor = 2.0
        for words in ("One.", "Good morning to you.", "The fox came out of the wood at dusk."):
            voice = facts(await here.call("generate_speech", text=words))
            await here.call("create_talking_video", image=FACE, audio=voice["outputs"][0]["resource"])
        voice = facts(await here.call("generate_speech", text="It looked at the house, and at the lamp."))
        film = {"image": FACE, "audio": voice["outputs"][0]["resource"]}
        said = await estimate(here, "create_talking_video", **film)
        used = facts(await here.call("create_talking_video", **film))["credits"]["used"]
    assert used == pytest.approx(6 * voice["outputs"][0]["duration_s"], rel=0.02)
    assert said.get("least", said["estimated"]) * 0.97 < used < said["estimated"] * 1.03


async def test_what_a_voice_has_spoken_here_narrows_the_range_of_its_next_video(tmp_path: Path) -> None:
    script = "The fox came out of the wood at dusk, and looked at the lamp in the window."
    async with charging(tmp_path) as (here, _):
        before = await estimate(here, "create_talking_video", image=FACE, script=script)
        for number in range(3):
            await here.call("generate_speech", text=f"{script[number:]} It looked at the house, and at the cat.")
        after = await estimate(here, "create_talking_video", image=FACE, script=script)
        used = facts(await here.call("create_talking_video", image=FACE, script=script))["credits"]["used"]
    assert before["least"] < after["least"] < used < after["estimated"] < before["estimated"]


async def test_once_its_sound_is_there_a_video_is_estimated_exactly(tmp_path: Path) -> None:
    """So it counts in the budget from the moment it is sent."""
    async with charging(tmp_path) as (here, _):
        ordered = facts(await here.call("create_talking_video", image=FACE, script="Good morning.", wait_seconds=0))
        price = facts(await here.call("get_job_status", job_id=ordered["job_id"], wait_seconds=300))["credits"]
    assert ordered["credits"]["least"] < ordered["credits"]["estimated"]
    assert "least" not in price
    assert price["estimated"] == pytest.approx(price["used"], rel=0.05)
