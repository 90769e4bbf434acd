"""The list of models is fresh, kept, or the one that this version brings; it is asked for no more than it must be."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from kie_mcp.errors import KieError, MissingKeyError, OrderError, UnreachableError
from kie_mcp.jobs.estimate import Estimate
from kie_mcp.kie.model_answers import MarketModel, SuccessPoint
from kie_mcp.market.service import AGAIN, FRESH, Market
from kie_mcp.market.snapshot import load_snapshot
from tests.market.documents import openapi

pytestmark = pytest.mark.anyio

VIDEO = MarketModel(id="kling/v9", title="Kling 9", task_types=("Text to Video",), pricing="8 credits per second")
CHAT = MarketModel(id="claude-9", title="Claude 9", task_types=("Chat",), pricing="1 credit / 1M tokens")
SCHEMA = openapi({"properties": {"prompt": {"type": "string"}, "duration": {"type": "number", "default": 5}}})


class Kie:
    """Kie.ai with two models; `error` is raised as long as it is set."""

    def __init__(self, *models: MarketModel) -> None:
        self.models = models or (VIDEO, CHAT)
        self.schemas: dict[str, Any] = {"kling/v9": SCHEMA}
        self.asked: list[str] = []
        self.error: KieError | None = None

    async def list_models(self) -> tuple[MarketModel, ...]:
        await self._ask("list")
        return self.models

    async def read_schema(self, model: str) -> Any:
        await self._ask(model)
        if model not in self.schemas:
            raise OrderError("unknown")
        return self.schemas[model]

    async def read_success_rate(self, model: str) -> tuple[SuccessPoint, ...]:
        await self._ask(f"rate {model}")
        return ()

    async def _ask(self, what: str) -> None:
        self.asked.append(what)
        await anyio.lowlevel.checkpoint()
        if self.error:
            raise self.error


class Clock:
    """A time that is set by hand."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def now(self) -> float:
        return self.time


class Here:
    """A market on Kie.ai, in a folder, at a time; `restart` is another process on the same folder."""

    def __init__(self, folder: Path, kie: Kie | None = None) -> None:
        self.folder, self.kie, self.clock = folder / "market", kie or Kie(), Clock()
        self.restart()

    def restart(self) -> None:
        self.market = Market(self.kie, self.folder, self.clock)

    async def ids(self) -> list[str]:
        return [model.id for model in (await self.market.list_models()).models]


async def test_models_that_answer_at_once_are_left_out_and_counted(tmp_path: Path) -> None:
    listed = await Here(tmp_path).market.list_models()
    assert (listed.models, listed.answering_at_once, listed.source) == ((VIDEO,), (CHAT,), "kie.ai")
    assert listed.as_of == 1_800_000_000


async def test_an_answer_is_kept_for_a_day_also_by_another_process(tmp_path: Path) -> None:
    here = Here(tmp_path)
    for _ in range(3):
        assert await here.ids() == ["kling/v9"]
        here.restart()
    here.clock.time += FRESH - 1
    await here.ids()
    assert here.kie.asked == ["list"]
    here.clock.time += 2
    await here.ids()
    assert here.kie.asked == ["list", "list"]


async def test_what_several_ask_for_at_once_is_sent_once(tmp_path: Path) -> None:
    here = Here(tmp_path)
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(here.ids)
    assert here.kie.asked == ["list"]


async def test_an_old_list_is_used_while_kie_does_not_answer_and_its_age_is_told(tmp_path: Path) -> None:
    here = Here(tmp_path)
    await here.ids()
    here.clock.time += 3 * FRESH
    here.kie.error = UnreachableError("no")
    here.restart()
    listed = await here.market.list_models()
    assert (listed.source, listed.as_of, len(listed.models)) == ("kie.ai", 1_800_000_000, 1)


async def test_kie_is_not_asked_again_right_after_a_failure(tmp_path: Path) -> None:
    here = Here(tmp_path)
    here.kie.error = UnreachableError("no")
    for _ in range(4):
        await here.ids()
    assert here.kie.asked == ["list"]
    here.kie.error = None
    here.clock.time += AGAIN
    assert await here.ids() == ["kling/v9"]


async def test_an_unknown_model_is_not_called_unlisted_while_kie_does_not_answer(tmp_path: Path) -> None:
    here = Here(tmp_path)
    here.kie.error = UnreachableError("no")
    with pytest.raises(OrderError, match=r"Kie\.ai does not answer, .* no model 'no/such'"):
        await here.market.find("no/such")


async def test_without_a_key_the_list_is_the_one_that_this_version_brings(tmp_path: Path) -> None:
    here = Here(tmp_path)
    here.kie.error = MissingKeyError()
    listed = await here.market.list_models()
    assert listed.source == "snapshot"
    assert listed.as_of == load_snapshot().as_of
    assert "topaz/image-upscale" in [model.id for model in listed.models]
    known = await here.market.read_schema("topaz/image-upscale")
    assert known.source == "snapshot"
    assert known.schema is not None
    known.schema.check({"image_url": "https://h.example/a.png", "upscale_factor": "2"})
    assert (await here.market.read_schema("z-image")).schema is None


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b'{"name":"list"}', b'{"name":"list","at":1800000000,"value":[{"id":7},3]}', b"\xff\xfe"],
)
async def test_a_damaged_file_is_no_failure(tmp_path: Path, damage: bytes) -> None:
    here = Here(tmp_path)
    await here.ids()
    [file] = here.folder.iterdir()
    file.write_bytes(damage)
    here.restart()
    assert await here.ids()


async def test_a_file_of_another_model_is_not_taken_for_this_one(tmp_path: Path) -> None:
    """As on a disk where names that differ only in case are the same."""
    here = Here(tmp_path)
    await here.market.read_schema("kling/v9")
    (here.folder / "schema+kling+v9.json").rename(here.folder / "schema+KLING+v9.json")
    here.kie.schemas["KLING/v9"] = None
    here.restart()
    assert (await here.market.read_schema("KLING/v9")).schema is None


async def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "market").write_text("a file")
    here = Here(tmp_path)
    assert await here.ids() == ["kling/v9"]


async def test_a_kept_answer_has_a_name_and_no_part_is_left(tmp_path: Path) -> None:
    here = Here(tmp_path)
    await here.ids()
    await here.market.read_schema("kling/v9")
    assert {path.name for path in here.folder.iterdir()} == {"list.json", "schema+kling+v9.json"}
    assert json.loads((here.folder / "list.json").read_text())["at"] == 1_800_000_000


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")
async def test_the_folders_that_it_makes_are_private(tmp_path: Path) -> None:
    """The state folder may be made here first: it will hold the ledger."""
    state = tmp_path / "state"
    await Market(Kie(), state / "market" / "kie", Clock()).list_models()
    folders = (state, state / "market", state / "market" / "kie")
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [0o700] * 3


async def test_a_model_is_found_by_its_id_and_a_near_miss_is_named(tmp_path: Path) -> None:
    here = Here(tmp_path)
    assert await here.market.find(" KLING/v9 ") == VIDEO
    with pytest.raises(OrderError, match=r"lists no model 'kling/v8'\. Did you mean kling/v9\?"):
        await here.market.find("kling/v8")
    with pytest.raises(OrderError, match="claude-9 answers at once and makes no job"):
        await here.market.find("claude-9")


async def test_a_schema_is_read_once_and_may_be_missing(tmp_path: Path) -> None:
    here = Here(tmp_path)
    here.kie.schemas["kling/v8"] = None
    for _ in range(2):
        assert (await here.market.read_schema("kling/v9")).schema is not None
        assert (await here.market.read_schema("kling/v8")).schema is None
        assert (await here.market.read_schema("kling/v7")).schema is None
        assert (await here.market.read_schema("../../etc")).schema is None
    assert here.kie.asked == ["kling/v9", "kling/v8", "kling/v7"]


async def test_a_job_is_estimated_with_the_defaults_of_its_schema(tmp_path: Path) -> None:
    market = Here(tmp_path).market
    assert await market.estimate("kling/v9", {"duration": 3}) == Estimate(24, 24)
    assert await market.estimate("kling/v9", {}) == Estimate(40, 40)
    assert await market.estimate("kling/v9", {}, seconds=2) == Estimate(16, 40)
