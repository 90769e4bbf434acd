"""Jobs of any model, from the call to what Kie.ai gets and what is said of the cost."""

from pathlib import Path

import httpx
import pytest

from tests.support.media_files import picture, wav
from tests.support.sandbox_server import facts, stand
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio
UNDESCRIBED = "veo-3-1"
"""A model whose input Kie.ai does not describe."""


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / "out" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


async def test_a_file_leaves_only_for_a_field_that_is_named_as_one(tmp_path: Path) -> None:
    path = put(tmp_path, "fox.png", picture())
    async with stand(tmp_path) as here:
        await here.call("run_model", model=UNDESCRIBED, input={"prompt": path.as_uri(), "image_urls": [str(path)]})
        [sent] = [body["input"] for body in here.creates]
    assert sent["prompt"] == path.as_uri()
    assert sent["image_urls"][0].startswith("http")


async def test_the_length_of_a_sound_is_no_price_where_another_file_may_count(tmp_path: Path) -> None:
    path = put(tmp_path, "hello.wav", wav(3))
    film = {"video_url": "https://example.com/film.mp4", "audio_url": str(path), "mode": "lite"}
    face = {"image_url": "https://example.com/face.png", "audio_url": str(path), "prompt": "calm"}
    async with stand(tmp_path) as here:
        unknown = await here.call("run_model", model="volcengine/video-to-video-lip-sync", input=film, wait_seconds=0)
        known = await here.call("run_model", model="kling/ai-avatar-standard", input=face, wait_seconds=0)
    assert facts(unknown)["job_id"]
    assert "estimated" not in (facts(unknown).get("credits") or {})
    assert facts(known)["credits"]["estimated"] == pytest.approx(24, abs=1)


class Mute(httpx.AsyncBaseTransport):
    """Answers no question about a model's input."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/schema"):
            raise httpx.ConnectError("no", request=request)
        return await self._inner.handle_async_request(request)


async def test_an_input_that_cannot_be_checked_now_is_not_paid_for(tmp_path: Path) -> None:
    async with stand(tmp_path, transport=Mute) as here:
        refused = await here.call("run_model", model="z-image", input={"prompt": "a fox"})
        known = await here.call("run_model", model="recraft/remove-background", input={"image": 3})
    assert facts(refused)["error"]["category"] == "unavailable"
    assert facts(known)["error"]["category"] == "invalid_argument"
    assert here.creates == []


async def test_what_any_model_would_cost_is_told_and_nothing_is_done(tmp_path: Path) -> None:
    path = put(tmp_path, "fox.png", picture())
    order = {"model": "recraft/crisp-upscale", "input": {"image": str(path)}}
    async with stand(tmp_path) as here:
        told = facts(await here.call("run_model", **order, estimate_only=True))
        assert (told["estimate_only"], told["credits"]["estimated"]) == (True, 0.5)
        assert facts(await here.call("list_jobs"))["jobs"] == []
    assert here.creates == []


async def test_without_a_key_it_is_said_that_there_is_none(tmp_path: Path) -> None:
    async with stand(tmp_path, changes={"api_key": None}) as here:
        refused = await here.call("run_model", model="z-image", input={"prompt": "a fox"}, estimate_only=True)
    assert facts(refused)["error"]["category"] == "no_key"
