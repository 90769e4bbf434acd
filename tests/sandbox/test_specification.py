"""The sandbox answers each example of Kie.ai's specification as it is written there."""

from __future__ import annotations

import io
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.support.plain_media import PlainMedia
from tests.support.sandbox_client import SandboxClient, service

pytestmark = pytest.mark.anyio
OFFICE = "Professional person in modern office, blue blazer, natural lighting"
PICTURE = {"prompt": "A golden banana floating in space with stars", "output_format": "PNG", "image_size": "1:1"}
FILM: dict[str, Any] = {
    "image_url": "https://example.com/avatar.jpg",
    "audio_url": "https://example.com/voiceover.mp3",
    "prompt": "A person speaking naturally with expressive facial movements",
    "resolution": "480p",
}


def jpeg(size: tuple[int, int] = (300, 200)) -> bytes:
    """A small picture."""
    target = io.BytesIO()
    Image.new("RGB", size, (10, 80, 90)).save(target, "JPEG")
    return target.getvalue()


async def generate(kie: SandboxClient, reference: bytes | None = None, /, **fields: str) -> httpx.Response:
    """Call images/generate with a multipart form, as `curl -F` does."""
    parts = {key: (None, value.encode(), None) for key, value in fields.items()}
    files = {"image": ("reference.jpg", reference, "image/jpeg")} if reference is not None else {}
    return await kie.http.post("/v1/images/generate", files=parts | files)


async def film(kie: SandboxClient, **given: Any) -> httpx.Response:
    """Call infinitetalk/generate."""
    return await kie.http.post("/v1/infinitetalk/generate", json=given)


async def test_the_picture_of_the_jobs_api_is_made_as_in_the_example() -> None:
    async with service(makers=PlainMedia()) as kie:
        created = await kie.create("nano-banana", **PICTURE)
        task_id = created["data"]["taskId"]
        kie.pass_time(30)
        ended = await kie.look(task_id)
        picture = await kie.file(ended["data"]["output"]["image_url"])
    assert created == {"code": 0, "msg": "success", "data": {"taskId": task_id}}
    assert len(bytes.fromhex(task_id)) == 16
    assert ended["data"] == {"taskId": task_id, "status": "completed", "output": ended["data"]["output"]}
    assert Image.open(io.BytesIO(picture)).format == "PNG"


@pytest.mark.parametrize("path", ["/api/v1/jobs/createTask", "/v1/infinitetalk/generate"])
async def test_a_talking_video_is_created_looked_at_and_completed_as_in_the_examples(path: str) -> None:
    body = {"model": "infinitalk", "input": FILM} if "jobs" in path else FILM
    async with service(makers=PlainMedia()) as kie:
        created = (await kie.http.post(path, json=body)).json()
        task_id = created["data"]["taskId"]
        kie.pass_time(30)
        running = await kie.look(task_id)
        kie.pass_time(200)
        ended = await kie.look(task_id)
        url = ended["data"]["output"].pop("video_url")
        assert (await kie.file(url))[4:8] == b"ftyp"
    assert created == {"code": 0, "msg": "success", "data": {"taskId": task_id}}
    progress = running["data"].pop("progress")
    assert 0 < progress < 100
    assert running == {"code": 0, "msg": "success", "data": {"taskId": task_id, "status": "processing"}}
    assert ended == {
        "code": 0,
        "msg": "success",
        "data": {"taskId": task_id, "status": "completed", "output": {}},
    }


@pytest.mark.parametrize(
    ("model", "given"),
    [
        ("nano-banana", {"prompt": "x", "aspect_ratio": "1:1"}),
        ("nano-banana", {"prompt": "x", "output_format": "png"}),
        ("infinitalk", FILM | {"resolution": "1080p"}),
        ("infinitalk", FILM | {"seed": 9999}),
        ("infinitalk", {key: value for key, value in FILM.items() if key != "prompt"}),
    ],
)
async def test_what_the_specification_does_not_have_is_refused(model: str, given: dict[str, Any]) -> None:
    async with service() as kie:
        assert (await kie.create(model, **given))["code"] in (422, 500)
        assert kie.sandbox.created == 0


async def test_the_legacy_call_answers_with_a_picture_at_once_as_in_the_example() -> None:
    async with service() as kie:
        answer = await generate(kie, jpeg(), prompt=OFFICE, orientation="vertical")
        body = answer.json()
        picture = Image.open(io.BytesIO(await kie.file(body["image_url"])))
        assert await kie.credits() == 996
        assert kie.sandbox.creates[0][1] == {"prompt": OFFICE, "orientation": "vertical", "image": jpeg()}
    assert answer.status_code == 200
    assert body["image_url"].endswith(".jpg")
    took = body["metadata"].pop("generation_time_ms")
    assert isinstance(took, int)
    assert body == {
        "success": True,
        "image_url": body["image_url"],
        "metadata": {"width": 512, "height": 768, "model": "nanobanana"},
    }
    assert (picture.size, picture.format) == ((512, 768), "JPEG")


@pytest.mark.parametrize(
    ("fields", "image", "size"),
    [
        ({"orientation": "horizontal", "style": "photorealistic", "model": "nanobanana"}, None, (768, 512)),
        ({}, None, (768, 768)),
        ({}, jpeg((400, 100)), (768, 192)),
    ],
)
async def test_without_an_orientation_the_picture_has_the_shape_of_the_reference(
    fields: dict[str, str], image: bytes | None, size: tuple[int, int]
) -> None:
    async with service(makers=PlainMedia()) as kie:
        metadata = (await generate(kie, image, prompt="x", **fields)).json()["metadata"]
    assert (metadata["width"], metadata["height"]) == size


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "prompt is required"),
        ({"prompt": "x", "orientation": "9:16"}, "orientation must be vertical or horizontal"),
        ({"prompt": "x", "image": "https://example.com/a.png"}, "image must be a file"),
        ({"prompt": "x", "seed": "1"}, "unknown parameter seed"),
        ({"prompt": "x", "model": "dall-e"}, "The model name you specified is not supported"),
        ({"prompt": "x" * 5001}, "The prompt length cannot exceed 5000 characters"),
    ],
)
async def test_bad_parameters_of_the_legacy_call_are_code_400(fields: dict[str, str], why: str) -> None:
    async with service() as kie:
        answer = await generate(kie, **fields)
        assert (kie.sandbox.created, await kie.credits()) == (0, 1000)
    body = answer.json()
    assert (answer.status_code, body["success"], body["code"]) == (400, False, 400)
    assert body["msg"].startswith(f"Invalid request parameters: {why}")


@pytest.mark.parametrize(("size", "why"), [(b"no picture", "could not be read"), (b"\0" * 10_485_761, "at most 10MB")])
async def test_a_reference_that_is_no_picture_or_too_large_costs_nothing(size: bytes, why: str) -> None:
    async with service() as kie:
        answer = await generate(kie, size, prompt="x")
        assert await kie.credits() == 1000
    assert answer.status_code == 400
    assert why in answer.json()["msg"]


@pytest.mark.parametrize(
    ("name", "status", "code", "msg"),
    [
        ("402", 402, 402, "Insufficient credits"),
        ("maintenance", 500, 500, "Internal server error: This interface is temporarily paused."),
        ("500", 200, 500, "Server exception, please try again later or contact customer service"),
        ("http500", 500, 500, "Internal Server Error"),
        ("fail", 500, 500, "Internal server error: Generation Failed"),
        ("moderation", 400, 400, "Invalid request parameters: The prompt was flagged by our content policy"),
    ],
)
async def test_a_legacy_refusal_is_one_of_the_table_and_costs_nothing(
    name: str, status: int, code: int, msg: str
) -> None:
    async with service() as kie:
        answer = await generate(kie, prompt=f"x sandbox:{name}")
        assert await kie.credits() == 1000
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["msg"].startswith(msg)


@pytest.mark.parametrize("path", ["/v1/images/generate", "/v1/infinitetalk/generate"])
async def test_a_legacy_call_without_a_key_is_http_401(path: str) -> None:
    async with service(key="") as kie:
        answer = await kie.http.post(path)
    assert (answer.status_code, answer.json()["msg"]) == (401, "Invalid or missing API key")


async def test_the_answer_of_a_legacy_call_may_be_lost_after_it_was_charged() -> None:
    async with service(makers=PlainMedia()) as kie:
        gateway = await generate(kie, prompt="x sandbox:502-after")
        with pytest.raises(ConnectionResetError):
            await generate(kie, prompt="x sandbox:reset")
        assert (gateway.status_code, kie.sandbox.created, await kie.credits()) == (502, 2, 992)
        before = await generate(kie, prompt="x sandbox:502")
        assert (before.status_code, kie.sandbox.created, await kie.credits()) == (502, 2, 992)


async def test_a_legacy_picture_may_be_missing_unreadable_or_behind_a_dead_link() -> None:
    async with service(makers=PlainMedia()) as kie:
        assert (await generate(kie, prompt="x sandbox:empty")).json()["image_url"] is None
        assert (await generate(kie, prompt="x sandbox:bad-result")).text == '{"success":true,"image_url":"'
        url = (await generate(kie, prompt="x sandbox:expired")).json()["image_url"]
        assert (await kie.http.get(url)).status_code == 403


async def test_legacy_calls_count_in_the_rate_limit() -> None:
    async with service(makers=PlainMedia()) as kie:
        once = await generate(kie, prompt="x sandbox:429")
        for _ in range(20):
            assert (await generate(kie, prompt="x")).status_code == 200
        picture, video = await generate(kie, prompt="x"), await film(kie, **FILM)
    assert (once.status_code, once.headers["retry-after"]) == (429, "1")
    for answer in (picture, video):
        assert (answer.status_code, answer.json()["msg"]) == (429, "Rate limit exceeded")


@pytest.mark.parametrize(
    ("given", "status"),
    [({}, 400), (FILM | {"seed": 1}, 400), (FILM | {"prompt": "sandbox:402"}, 402)],
)
async def test_a_legacy_talking_video_is_refused_by_the_table_too(given: dict[str, Any], status: int) -> None:
    async with service() as kie:
        answer = await film(kie, **given)
        assert kie.sandbox.created == 0
    assert (answer.status_code, answer.json()["code"]) == (status, status)
