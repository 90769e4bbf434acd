"""The rows of the catalog are compared with what Kie.ai says today, and each difference is named."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kie_mcp.catalog.models import MODELS
from kie_mcp.errors import KieError, MissingKeyError
from kie_mcp.kie.model_answers import MarketModel, SuccessPoint
from kie_mcp.market.row_check import RowCheck, check_rows
from kie_mcp.market.service import Market
from kie_mcp.market.snapshot import load_snapshot
from tests.market.documents import openapi

pytestmark = pytest.mark.anyio


class Kie:
    """Kie.ai as it is documented; a test changes what it says."""

    def __init__(self) -> None:
        snapshot = load_snapshot()
        self.models = {model.id: model for model in snapshot.models}
        self.inputs: dict[str, Any] = copy.deepcopy(dict(snapshot.inputs))
        self.error: KieError | None = None

    async def list_models(self) -> tuple[MarketModel, ...]:
        if self.error:
            raise self.error
        return tuple(self.models.values())

    async def read_schema(self, model: str) -> Any:
        return openapi(self.inputs[model]) if self.inputs.get(model) else None

    async def read_success_rate(self, model: str) -> tuple[SuccessPoint, ...]:
        return ()


class Clock:
    """One moment."""

    def now(self) -> float:
        return 1_800_000_000.0


async def check(folder: Path, kie: Kie) -> dict[str, RowCheck]:
    found = await check_rows(Market(kie, folder, Clock(), fresh=0))
    return {one.row.id: one for one in found}


async def differences(folder: Path, kie: Kie) -> dict[str, tuple[str, ...]]:
    return {name: one.differences for name, one in (await check(folder, kie)).items() if one.differences}


async def test_every_row_fits_kie_as_it_is_documented(tmp_path: Path) -> None:
    found = await check(tmp_path, Kie())
    assert list(found) == [row.id for row in MODELS]
    assert {name: (one.differences, one.unknown) for name, one in found.items()} == dict.fromkeys(found, ((), ()))


async def test_each_difference_is_named(tmp_path: Path) -> None:
    kie = Kie()
    del kie.models["kling/ai-avatar-pro"]
    pro, kling = kie.inputs["nano-banana-pro"], kie.inputs["kling/ai-avatar-standard"]
    pro["properties"]["resolution"]["enum"] = ["1K", "2K", "8K"]
    pro["properties"]["image_input"]["maxItems"] = 12
    pro["properties"]["prompt"]["maxLength"] = 9000
    kling["required"].append("mode")
    kling["properties"]["mode"] = {"type": "string"}
    kie.inputs["infinitalk/from-audio"]["properties"]["seed"]["maximum"] = 5000
    del kie.inputs["nano-banana-2"]["properties"]["output_format"]
    lite = kie.models["nano-banana-2-lite"]
    kie.models["nano-banana-2-lite"] = replace(lite, pricing="5 credits per image (0.025 USD)")
    assert await differences(tmp_path, kie) == {
        "nano-banana-pro": (
            "prompt: most characters 10,000 here, 9,000 at Kie.ai",
            "image_input: most pictures 8 here, 12 at Kie.ai",
            "resolution: gone: 4K; new: 8K",
        ),
        "nano-banana-2": ("output_format is sent and is not in Kie.ai's schema",),
        "nano-banana-2-lite": ("price: 4 credits here; Kie.ai: 5 credits per image (0.025 USD)",),
        "infinitalk/from-audio": ("seed: most 1,000,000 here, 5,000 at Kie.ai",),
        "kling/ai-avatar-standard": ("mode is required by Kie.ai and is never sent",),
        "kling/ai-avatar-pro": ("kling/ai-avatar-pro is not on Kie.ai's list any more",),
    }


async def test_what_is_known_to_be_contradictory_is_no_difference(tmp_path: Path) -> None:
    kie = Kie()
    assert kie.inputs["nano-banana-2-1"]["properties"]["image_input"]["maxItems"] == 14
    assert "nano-banana-2-1" not in await differences(tmp_path, kie)


async def test_what_kie_does_not_say_is_said_to_be_unknown(tmp_path: Path) -> None:
    kie = Kie()
    kie.inputs["omnihuman-1-5"] = None
    kie.models["nano-banana-2"] = replace(kie.models["nano-banana-2"], pricing="")
    found = await check(tmp_path, kie)
    assert found["omnihuman-1-5"].unknown == ("Kie.ai did not tell its schema",)
    assert found["nano-banana-2"].unknown == ("Kie.ai does not say what it costs",)


async def test_without_an_answer_nothing_is_compared(tmp_path: Path) -> None:
    kie = Kie()
    kie.error = MissingKeyError()
    with pytest.raises(KieError, match="did not tell which models it has"):
        await check(tmp_path, kie)
