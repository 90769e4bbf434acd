"""While a large file is being uploaded, callers that wait are told how far it is."""

import itertools
import re
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import httpx
import pytest

from tests.support.media_files import picture
from tests.support.sandbox_server import facts, stand, text
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio

MB = 1024 * 1024


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


class _Thin(httpx.AsyncByteStream):
    """A slow connection: 64 KB at a time, with half a second after every eight."""

    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        count = itertools.count(1)
        async for chunk in self._stream:
            yield chunk
            if next(count) % 8 == 0:
                await anyio.sleep(0.5)


class Slow(httpx.AsyncBaseTransport):
    """Uploads through a slow connection."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/file-stream-upload" and isinstance(request.stream, httpx.AsyncByteStream):
            request.stream = _Thin(request.stream)
        return await self._inner.handle_async_request(request)


def large(path: Path, size: int) -> None:
    """Make a picture with many bytes behind it that nothing reads."""
    path.write_bytes(picture("jpeg").ljust(size, b"\0"))


async def test_a_large_file_is_told_as_it_goes(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    large(tmp_path / "out" / "portrait.jpg", 8 * MB)
    async with stand(tmp_path, transport=Slow, speed=100) as here:
        job = facts(await here.call("generate_image", prompt="a fox", images=["portrait.jpg"]))
    assert job["state"] == "succeeded"
    assert "note" not in job
    words = [message or "" for _, _, message in here.heard]
    told = [word for word in words if "uploading" in word]
    sizes = [
        int(found[1]) for word in told if (found := re.fullmatch(r"image: uploading portrait\.jpg, (\d) of 8 MB", word))
    ]
    assert len(sizes) == len(told) >= 5
    assert sizes == sorted(sizes)
    assert sizes[-1] == 8
    assert str(tmp_path) not in "".join(words)
    assert "uploading" not in words[-1]
    values = [value for value, _, _ in here.heard]
    assert all(later > earlier for earlier, later in itertools.pairwise(values))


async def test_a_wait_that_runs_out_says_it_too(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    large(tmp_path / "out" / "portrait.jpg", 8 * MB)
    async with stand(tmp_path, transport=Slow, speed=100) as here:
        answer = await here.call("generate_image", prompt="a fox", images=["portrait.jpg"], wait_seconds=4)
        assert facts(answer)["state"] == "queued"
        assert re.search(r"note: uploading portrait\.jpg, \d of 8 MB", text(answer))
        later = facts(await here.call("get_job_status", job_id=facts(answer)["job_id"], wait_seconds=60))
    assert later["state"] == "succeeded"


async def test_a_small_file_goes_without_words(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    large(tmp_path / "out" / "portrait.jpg", 4 * MB)
    async with stand(tmp_path, transport=Slow, speed=100) as here:
        assert facts(await here.call("generate_image", prompt="a fox", images=["portrait.jpg"]))["state"] == "succeeded"
    assert not any("uploading" in (message or "") for _, _, message in here.heard)
