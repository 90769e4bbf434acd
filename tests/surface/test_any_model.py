"""Jobs of any model, from the call to what Kie.ai gets and what is said of the cost."""

from pathlib import Path

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
