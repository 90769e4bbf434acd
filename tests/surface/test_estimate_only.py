"""What an order would cost: checked like the order, in both halves of the answer, and nothing is done."""
# ruff: noqa: E501 (texts stand as they are said)

import base64
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from inline_snapshot import snapshot

from tests.support.media_files import picture
from tests.support.sandbox_server import facts, stand, text
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio

FACE = "https://example.com/face.png"
ORDERS: dict[str, tuple[str, dict[str, Any]]] = {
    "a picture": ("generate_image", {"prompt": "a fox", "model": "nano-banana-2-1", "resolution": "2K"}),
    "speech": ("generate_speech", {"text": "Good morning to you."}),
    "a video with its parts": ("create_talking_video", {"image_prompt": "a fox", "script": "Good morning to you."}),
    "a sound of unknown length": ("create_talking_video", {"image": FACE, "audio": "https://example.com/a.mp3"}),
    "a part of known price": ("create_talking_video", {"image_prompt": "a fox", "audio": "https://example.com/a.mp3"}),
}


class Recording(httpx.AsyncBaseTransport):
    """Writes down every request."""

    def __init__(self, inner: httpx.AsyncBaseTransport, requests: list[str]) -> None:
        self._inner = inner
        self._requests = requests

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._requests.append(str(request.url))
        return await self._inner.handle_async_request(request)


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


async def test_the_cost_is_said_in_words_and_in_fields(tmp_path: Path) -> None:
    said: dict[str, str] = {}
    told: dict[str, Any] = {}
    async with stand(tmp_path) as here:
        for name, (tool, order) in ORDERS.items():
            answer = await here.call(tool, **order, estimate_only=True)
            assert not answer.is_error
            said[name], told[name] = text(answer), facts(answer)
    assert said == snapshot(
        {
            "a picture": """\
estimate: image by nano-banana-2-1, about 6 credits ($0.03); nothing was ordered
next: the same call without estimate_only makes it\
""",
            "speech": """\
estimate: speech by elevenlabs/text-to-speech-turbo-2-5, about 0.12 credits (under $0.01); nothing was ordered
next: the same call without estimate_only makes it\
""",
            "a video with its parts": """\
estimate: talking video by infinitalk/from-audio, about 7-14 credits ($0.03-$0.07) in all; nothing was ordered
made with: image by google/nano-banana (4 credits), speech by elevenlabs/text-to-speech-turbo-2-5 (0.12 credits)
next: the same call without estimate_only makes it\
""",
            "a sound of unknown length": """\
estimate: talking video by infinitalk/from-audio, cost not known before it is made; nothing was ordered
next: the same call without estimate_only makes it\
""",
            "a part of known price": """\
estimate: talking video by infinitalk/from-audio, at least 4 credits ($0.02) in all: the rest is not known before it is made; nothing was ordered
made with: image by google/nano-banana (4 credits)
next: the same call without estimate_only makes it\
""",
        }
    )
    assert told == snapshot(
        {
            "a picture": {
                "estimate_only": True,
                "kind": "image",
                "title": "a fox",
                "model": "nano-banana-2-1",
                "credits": {"estimated": 6.0, "usd": 0.03},
                "next": "the same call without estimate_only makes it",
            },
            "speech": {
                "estimate_only": True,
                "kind": "speech",
                "title": "Good morning to you.",
                "model": "elevenlabs/text-to-speech-turbo-2-5",
                "credits": {"estimated": 0.12, "usd": 0.0006},
                "next": "the same call without estimate_only makes it",
            },
            "a video with its parts": {
                "estimate_only": True,
                "kind": "talking_video",
                "title": "Good morning to you.",
                "model": "infinitalk/from-audio",
                "credits": {
                    "least": 3.158,
                    "estimated": 8.95,
                    "usd": 0.0447,
                    "in_all_least": 7.278,
                    "in_all": 13.07,
                    "in_all_usd": 0.0653,
                },
                "parts": [
                    {"kind": "image", "model": "google/nano-banana", "credits": 4.0},
                    {"kind": "speech", "model": "elevenlabs/text-to-speech-turbo-2-5", "credits": 0.12},
                ],
                "next": "the same call without estimate_only makes it",
            },
            "a sound of unknown length": {
                "estimate_only": True,
                "kind": "talking_video",
                "model": "infinitalk/from-audio",
                "next": "the same call without estimate_only makes it",
            },
            "a part of known price": {
                "estimate_only": True,
                "kind": "talking_video",
                "title": "a fox",
                "model": "infinitalk/from-audio",
                "credits": {"in_all_least": 4.0},
                "parts": [{"kind": "image", "model": "google/nano-banana", "credits": 4.0}],
                "next": "the same call without estimate_only makes it",
            },
        }
    )


@pytest.mark.parametrize("changes", [{}, {"api_key": None}], ids=["with a key", "without a key"])
async def test_nothing_is_written_down_sent_or_asked_of_kie(tmp_path: Path, changes: dict[str, Any]) -> None:
    requests: list[str] = []
    async with stand(tmp_path, changes=changes, transport=lambda inner: Recording(inner, requests)) as here:
        for tool, order in ORDERS.values():
            assert not (await here.call(tool, **order, estimate_only=True)).is_error
        data = base64.b64encode(picture()).decode()
        edited = await here.call(
            "generate_image", prompt="a fox", images=[f"data:image/png;base64,{data}"], estimate_only=True
        )
        listed = facts(await here.call("list_jobs"))
    assert not edited.is_error
    assert (requests, listed["jobs"]) == ([], [])
    assert written(tmp_path) == []


@pytest.mark.parametrize("changes", [{}, {"api_key": None}], ids=["with a key", "without a key"])
async def test_of_any_other_model_only_its_free_facts_are_asked(tmp_path: Path, changes: dict[str, Any]) -> None:
    requests: list[str] = []
    data = base64.b64encode(picture()).decode()
    cutting = {"model": "recraft/remove-background", "input": {"image": f"data:image/png;base64,{data}"}}
    async with stand(tmp_path, changes=changes, transport=lambda inner: Recording(inner, requests)) as here:
        answer = await here.call("run_model", **cutting, estimate_only=True)
        listed = facts(await here.call("list_jobs"))
    assert not answer.is_error
    assert text(answer).startswith("estimate: recraft/remove-background, about 1 credit ($0.01)")
    assert (listed["jobs"], here.creates, written(tmp_path)) == ([], [], [])
    free = {"/api/v1/models", "/api/v1/models/recraft/remove-background/schema"}
    assert {httpx.URL(url).path for url in requests} == (free if "api_key" not in changes else set())


def written(folder: Path) -> list[Path]:
    """List the files that an order leaves for its job."""
    return [*folder.glob("state/inputs/*"), *folder.glob("out/*")]


async def test_an_order_that_is_refused_is_refused_with_its_estimate(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        wrong = {"prompt": "a fox", "resolution": "9K", "model": "nano-banana-2"}
        refusal = await here.call("generate_image", **wrong)
        assert text(await here.call("generate_image", **wrong, estimate_only=True)) == text(refusal)
    assert refusal.is_error


async def test_the_answer_fits_the_published_schema(tmp_path: Path) -> None:
    """Clients check it."""
    async with stand(tmp_path) as here:
        schemas = {tool.name: tool.output_schema for tool in (await here.client.list_tools()).tools}
        for tool, order in ORDERS.values():
            jsonschema.validate(facts(await here.call(tool, **order, estimate_only=True)), schemas[tool] or {})


async def test_what_was_estimated_is_what_the_order_says(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        for tool, order in ORDERS.values():
            estimate = facts(await here.call(tool, **order, estimate_only=True))
            ordered = facts(await here.call(tool, **order, wait_seconds=0))
            assert estimate.get("credits") == ordered.get("credits")


@pytest.mark.parametrize(
    ("side", "factor", "price"), [(300, "2", 10), (1025, "2", 20), (1024, "4", 20), (1500, "4", 40), (300, "1", 10)]
)
async def test_enlarging_costs_what_the_size_says_that_comes_out(
    side: int, factor: str, price: float, tmp_path: Path
) -> None:
    place = tmp_path / "out" / "fox.png"
    place.parent.mkdir()
    place.write_bytes(picture(size=(side, 200)))
    order: dict[str, Any] = {"model": "upscale", "upscale": factor}
    async with stand(tmp_path) as here:
        known = await here.call("generate_image", images=[str(place)], **order, estimate_only=True)
        link = await here.call("generate_image", images=[FACE], **order, estimate_only=True)
        made = await here.call("generate_image", images=[str(place)], **order)
    assert facts(known)["credits"]["estimated"] == facts(made)["credits"]["used"] == price
    assert "least" not in facts(known)["credits"]
    assert (facts(link)["credits"]["least"], facts(link)["credits"]["estimated"]) == (10, 40)
