"""The small picture in an answer: who gets it, and what the answer says where there is none."""

import base64
import io
import sys
from pathlib import Path

import pytest
from mcp.types import CallToolResult, ImageContent
from PIL import Image

from tests.support.sandbox_server import facts, stand, text
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


def pictures(answer: CallToolResult) -> list[Image.Image]:
    """Return the pictures in an answer, and check that each is a JPEG within the limits."""
    found: list[Image.Image] = []
    for block in answer.content:
        if isinstance(block, ImageContent):
            data = base64.b64decode(block.data)
            assert (block.mime_type, len(data) <= 100_000) == ("image/jpeg", True)
            found.append(Image.open(io.BytesIO(data)))
    return found


def damage(path: Path) -> None:
    """Overwrite a file except its beginning, and keep its length, so that it passes for what was saved."""
    whole = path.read_bytes()
    path.write_bytes(whole[:100].ljust(len(whole), b"\0"))


async def test_a_picture_and_a_video_are_shown_small_to_who_asks(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        face = await here.call("generate_image", prompt="a fox", preview=True)
        video = await here.call(
            "create_talking_video", image=facts(face)["outputs"][0]["resource"], script="Hello.", preview=True
        )
        again = await here.call("get_job_status", job_id=facts(video)["job_id"], preview=True)
    for answer in (face, video, again):
        [shown] = pictures(answer)
        assert (shown.format, max(shown.size) <= 768) == ("JPEG", True)
        assert "base64" not in text(answer)
        assert "note" not in facts(answer)


async def test_nobody_gets_one_unasked_but_clients_that_are_known_to_show_it(tmp_path: Path) -> None:
    for client, shown in (("somebody", 0), ("claude-code", 1)):
        async with stand(tmp_path / client, client=client) as here:
            answer = await here.call("generate_image", prompt="a fox")
            refused = await here.call("generate_image", prompt="a cat", preview=False)
        assert (len(pictures(answer)), len(pictures(refused))) == (shown, 0)


async def test_the_settings_rule_over_the_client(tmp_path: Path) -> None:
    async with stand(tmp_path, changes={"preview": True, "links": False}) as here:
        answer = await here.call("generate_image", prompt="a fox")
    assert [block.type for block in answer.content] == ["text", "image"]


async def test_a_file_that_cannot_be_drawn_is_said_and_costs_the_answer_nothing(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        job = facts(await here.call("generate_image", prompt="a fox"))
        damage(Path(job["outputs"][0]["path"]))
        answer = await here.call("get_job_status", job_id=job["job_id"], preview=True)
    assert (facts(answer)["state"], pictures(answer)) == ("succeeded", [])
    assert facts(answer)["note"].startswith("No preview: ")
    assert "note: No preview: " in text(answer)


@pytest.mark.parametrize("asked", [{"preview": True}, {}], ids=["by the call", "by the setting"])
async def test_a_missing_extra_is_said_with_the_answer(
    tmp_path: Path, asked: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python takes None in `sys.modules` for a module that cannot be found."""
    async with stand(tmp_path, changes={} if asked else {"preview": True}) as here:
        job = facts(await here.call("generate_image", prompt="a fox", preview=False))
        monkeypatch.setitem(sys.modules, "av", None)
        answer = await here.call("get_job_status", job_id=job["job_id"], **asked)
    assert (facts(answer)["state"], pictures(answer)) == ("succeeded", [])
    assert facts(answer)["note"].startswith("A preview needs the extra `preview` (not installed: PyAV).")
    assert "pip install '.[preview]'" in text(answer)
