"""Models are found by words, maker and what they make; the snapshot is whole."""

import pytest

from kie_mcp.catalog.models import MODELS
from kie_mcp.kie.model_answers import MODEL_ID, MarketModel
from kie_mcp.market.input_schema import InputSchema
from kie_mcp.market.media_fields import find_media_fields
from kie_mcp.market.model_facts import answers_at_once, find_makes, find_tool
from kie_mcp.market.price_text import read_price_text
from kie_mcp.market.search import search
from kie_mcp.market.snapshot import load_snapshot

SNAPSHOT = load_snapshot()


def ids(query: str, **filters: str) -> list[str]:
    return [model.id for model in search(SNAPSHOT.models, query, **filters)]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("music", "ai-music-api/generate"),
        ("a song", "ai-music-api/generate"),
        ("upscale an image", "topaz/image-upscale"),
        ("make it sharper", "topaz/image-upscale"),
        ("topaz", "topaz/image-upscale"),
        ("transparent background", "recraft/remove-background"),
        ("text to video veo", "veo-3-1"),
        ("lip sync", "infinitalk/from-audio"),
        ("dialogue of several voices", "elevenlabs/text-to-dialogue-v3"),
        ("nano banana 2.1", "nano-banana-2-1"),
        ("VEO", "veo-3-1"),
    ],
)
def test_words_find_what_people_look_for(query: str, first: str) -> None:
    found = ids(query)
    assert first in found[:3], found[:5]


def test_a_model_with_few_of_the_words_is_left_out_where_another_has_them_all() -> None:
    assert ids("several voices speak a dialogue")[0] == "elevenlabs/text-to-dialogue-v3"
    assert "infinitalk/from-audio" not in ids("several voices speak a dialogue")


def test_what_no_model_has_finds_nothing() -> None:
    assert ids("zebra") == []


def test_kind_and_maker_narrow_the_search() -> None:
    assert {find_makes(model) for model in search(SNAPSHOT.models, "upscale", makes="video")} == {"video"}
    assert {model.provider for model in search(SNAPSHOT.models, provider="kling")} == {"Kling"}
    assert len(search(SNAPSHOT.models)) == len(SNAPSHOT.models)


@pytest.mark.parametrize(
    ("model_id", "types", "makes"),
    [
        ("kling/v9", "Text to Video", "video"),
        ("a/b", "Image to Image", "image"),
        ("a/b", "Lip Sync", "video"),
        ("ai-music-api/generate", "", "audio"),
        ("x", "Text to Speech", "audio"),
        ("x", "Text to Lyrics", "text"),
        ("x", "", "other"),
    ],
)
def test_what_a_model_makes_is_told_by_its_task_types_or_its_id(model_id: str, types: str, makes: str) -> None:
    assert find_makes(MarketModel(id=model_id, task_types=tuple(filter(None, [types])))) == makes


@pytest.mark.parametrize(
    ("model", "talks"),
    [
        (MarketModel(id="claude-opus-5-5", pricing="Input 320 credits / 1M tokens, Output 1,600 / 1M tokens"), True),
        (MarketModel(id="gemini-3.1-pro"), True),
        (MarketModel(id="gpt-5-2", task_types=("Chat",)), True),
        (MarketModel(id="gpt-image-2-text-to-image", task_types=("Text to Image",)), False),
        (MarketModel(id="gemini-omni-video"), False),
        (MarketModel(id="google/gemini-2-5-pro-tts", pricing="Audio Output 2,800 credits / 1M tokens"), False),
        (MarketModel(id="grok-imagine/text-to-video"), False),
    ],
)
def test_models_that_talk_are_told_from_those_that_make_jobs(model: MarketModel, talks: bool) -> None:
    assert answers_at_once(model) is talks


def test_models_with_a_tool_of_their_own_are_known() -> None:
    assert find_tool("nano-banana-2") == "generate_image"
    assert find_tool("google/nano-banana-edit") == "generate_image"
    assert find_tool("omnihuman-1-5") == "create_talking_video"
    assert find_tool("veo-3-1") is None


def test_the_snapshot_knows_every_row_of_the_catalog_and_agrees_with_its_fields() -> None:
    listed = {model.id for model in SNAPSHOT.models}
    for row in MODELS:
        assert {row.id, row.edit_id or row.id} <= listed
        fields = InputSchema(SNAPSHOT.inputs[row.edit_id or row.id]).forms[0].keys()
        assert {*row.inputs.values(), *row.always} <= fields


def test_every_entry_of_the_snapshot_can_be_used() -> None:
    assert len({model.id for model in SNAPSHOT.models}) == len(SNAPSHOT.models)
    for model in SNAPSHOT.models:
        assert MODEL_ID.fullmatch(model.id)
        assert model.title
        assert model.provider
        assert not answers_at_once(model)
        assert read_price_text(model.pricing).items or "tokens" in model.pricing or not model.pricing
    for model_id, schema in SNAPSHOT.inputs.items():
        assert InputSchema(schema, model_id).forms
    fields = {model_id: find_media_fields(InputSchema(schema)) for model_id, schema in SNAPSHOT.inputs.items()}
    assert [(one.path, one.family) for one in fields["recraft/remove-background"]] == [("image", "image")]
    assert [one.path for one in fields["volcengine/video-to-video-lip-sync"]] == ["video_url", "audio_url"]
    assert [(one.path, one.family) for one in fields["omnihuman-1-5"]] == [
        ("image_url", "image"),
        ("audio_url", "audio"),
        ("mask_url[]", "image"),
    ]
    assert fields["elevenlabs/text-to-dialogue-v3"] == fields["google/gemini-2-5-pro-tts"] == ()
