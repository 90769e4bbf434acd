"""`kie-mcp models` and `kie-mcp doctor --live` on the sandbox: what is listed, and what is told of one model."""

# ruff: noqa: E501 (whole answers)

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from inline_snapshot import snapshot
from pydantic import SecretStr

from kie_mcp.catalog.models import MODELS
from kie_mcp.cli.doctor import examine
from kie_mcp.cli.findings import Grade
from kie_mcp.cli.models import show_models
from kie_mcp.cli.options import build_parser
from kie_mcp.errors import OrderError
from kie_mcp.sandbox import serve
from kie_mcp.settings import Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncGenerator[Settings]:
    """Settings that lead to a sandbox over real HTTP."""
    async with serve() as url:
        yield settings(tmp_path, url, "sandbox")


def settings(folder: Path, url: str = "http://127.0.0.1:9", key: str | None = None) -> Settings:
    return Settings(
        api_key=SecretStr(key) if key else None,
        api_base_url=url,
        upload_base_url=url,
        output_dir=folder / "out",
        state_dir=folder / "state",
    )


async def show(used: Settings, query: str = "", *, as_json: bool = False, provider: str = "") -> str:
    return await show_models(used, query, makes=None, provider=provider, as_json=as_json)


async def test_without_a_key_the_documented_models_are_listed(tmp_path: Path) -> None:
    assert await show(settings(tmp_path), "topaz") == snapshot("""\
topaz/image-upscale  image  10 credits per 2K image, 20 credits per 4K image, 40 credits per 8K i…
topaz/video-upscale  video  8 credits per second for 1x, 8 credits for 2x, 14 credits for 4x
2 of 57 models; Kie.ai was not asked: the documented models of 2026-10-11\
""")
    assert await show(settings(tmp_path), "zebra") == snapshot("""\
No such models: search with other or fewer words, or without --kind and --provider.
0 of 57 models; Kie.ai was not asked: the documented models of 2026-10-11\
""")


async def test_one_model_is_told_with_its_price_and_its_fields(tmp_path: Path) -> None:
    assert await show(settings(tmp_path), "topaz/image-upscale") == snapshot("""\
model   topaz/image-upscale
title   Topaz Image Upscale
makes   image
by      Topaz
tool    generate_image
price   10 credits per 2K image, 20 credits per 4K image, 40 credits per 8K image
about   Makes a picture larger and sharper.
source  snapshot, 2026-10-11T00:00:00Z
input
  image_url* {"type": "string", "format": "uri", "description": "JPEG, PNG or WebP, up to 10 MB; its longest side times the factor at most 20,000 pixels"}
  upscale_factor* {"type": "string", "enum": ["1", "2", "4"], "default": "2"}
  * required; --json has the whole schema\
""")
    one = json.loads(await show(settings(tmp_path), "topaz/image-upscale", as_json=True))
    assert one["input_schema"]["required"] == ["image_url", "upscale_factor"]
    assert (one["files"], one["source"]) == ({"image_url": "image"}, "snapshot")


async def test_a_mistaken_id_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(OrderError, match=r"Did you mean topaz/image-upscale\?"):
        await show(settings(tmp_path), "topaz/image-upscaler")


async def test_with_a_key_the_list_is_the_live_one(sandbox: Settings) -> None:
    listed = json.loads(await show(sandbox, as_json=True))
    assert listed["source"] == "kie.ai"
    assert len(listed["models"]) > 10
    assert {"id", "makes", "title", "provider", "pricing", "tool"} == listed["models"][0].keys()
    assert [one["tool"] for one in listed["models"] if one["id"] == "nano-banana-2"] == ["generate_image"]
    assert "Kie.ai's list of" in await show(sandbox, provider="google")


async def test_what_a_sandbox_says_is_not_kept_on_disk(sandbox: Settings, tmp_path: Path) -> None:
    """It has another address each time."""
    await show(sandbox)
    assert not (tmp_path / "state" / "market").exists()
    assert settings(tmp_path, "https://api.kie.ai").market_path is not None


async def test_the_doctor_compares_every_row_with_the_live_list(sandbox: Settings) -> None:
    findings = [one for one in await examine(sandbox, live=True) if one.subject == "model"]
    assert [one.found for one in findings if one.grade is not Grade.OK] == []
    assert len(findings) == len(MODELS)
    assert "nano-banana-2-1 (read on 2026-10-07 at https://docs.kie.ai/market/google/nanobanana-2-1)" in str(findings)


async def test_the_doctor_needs_a_key_for_it(tmp_path: Path) -> None:
    found = [one for one in await examine(settings(tmp_path), live=True) if one.subject == "models"]
    assert [(one.grade, one.found) for one in found] == [
        (Grade.PROBLEM, "Kie.ai did not tell which models it has."),
    ]


def test_the_command_line_takes_words_and_filters() -> None:
    given = build_parser().parse_args(["models", "text", "to", "video", "--kind", "video", "--json"])
    assert (given.command, given.query, given.kind, given.json) == ("models", ["text", "to", "video"], "video", True)
    assert build_parser().parse_args(["doctor", "--live"]).live
