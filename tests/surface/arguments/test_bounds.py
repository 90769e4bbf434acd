"""The published bounds of each argument are those of the models' rows: neither can change without the other."""

import re
from itertools import zip_longest
from pathlib import Path
from typing import Any, cast

import pytest

from kie_mcp.catalog.descriptions import describe_length, describe_price
from kie_mcp.catalog.model import Model
from kie_mcp.catalog.models import MODELS
from kie_mcp.catalog.registry import models
from kie_mcp.orders.kind import Kind
from kie_mcp.surface.arguments.types import IMAGE, SPEECH
from tests.support.sandbox_server import facts, stand
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio

JSON = dict[str, Any]
TOOLS = {Kind.IMAGE: "generate_image", Kind.SPEECH: "generate_speech", Kind.TALKING_VIDEO: "create_talking_video"}
WORDS = {Kind.IMAGE: "prompt", Kind.SPEECH: "text", Kind.TALKING_VIDEO: "prompt"}
CHOICES = {
    "aspect_ratio": "aspect_ratios",
    "resolution": "resolutions",
    "output_format": "formats",
    "upscale": "upscale_factors",
}
RANGES = {name: f"{name}_range" for name in ("seed", "speed", "stability", "similarity_boost")}
FACE = "https://example.com/face.png"
FILES: dict[Kind, JSON] = {
    Kind.IMAGE: {},
    Kind.SPEECH: {"text": "Hello."},
    Kind.TALKING_VIDEO: {"image": FACE, "audio": "https://example.com/voice.mp3"},
}


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


async def arguments(folder: Path) -> dict[Kind, dict[str, JSON]]:
    """Return the published schema of each argument, by the kind that its tool makes."""
    async with stand(folder) as here:
        listed = {tool.name: tool.input_schema["properties"] for tool in (await here.client.list_tools()).tools}
    return {kind: listed[name] for kind, name in TOOLS.items()}


def of(kind: Kind, field: str) -> list[Any]:
    """Return the values of this field in the rows of that kind, without those that are not set."""
    return [value for model in models(kind) if (value := getattr(model.takes, field))]


async def test_every_range_reaches_from_the_lowest_to_the_highest_that_a_model_takes(tmp_path: Path) -> None:
    checked = 0
    for kind, published in (await arguments(tmp_path)).items():
        for name, field in RANGES.items():
            ranges = cast("list[tuple[float, float]]", of(kind, field))
            assert (name in published) is bool(ranges)
            if ranges:
                assert published[name]["minimum"] == min(least for least, _ in ranges)
                assert published[name]["maximum"] == max(most for _, most in ranges)
                checked += 1
    assert checked == len(RANGES)


async def test_every_length_is_the_longest_that_a_model_takes(tmp_path: Path) -> None:
    published = await arguments(tmp_path)
    for kind, name in WORDS.items():
        assert published[kind][name]["maxLength"] == max(of(kind, "prompt_max"))
    assert published[Kind.IMAGE]["images"]["maxItems"] == max(of(Kind.IMAGE, "images_max"))
    film = published[Kind.TALKING_VIDEO]
    assert film["image_prompt"]["maxLength"] == IMAGE[0].takes.prompt_max
    assert film["script"]["maxLength"] == SPEECH[0].takes.prompt_max


async def test_every_enumeration_holds_what_the_models_take_and_nothing_else(tmp_path: Path) -> None:
    for kind, published in (await arguments(tmp_path)).items():
        assert published["model"]["enum"] == [model.id for model in models(kind)]
        for name, field in CHOICES.items():
            if rows := of(kind, field):
                assert set(published[name]["enum"]) == {value for row in rows for value in row}
            else:
                assert "enum" not in published.get(name, {})


async def test_every_price_of_a_row_stands_in_the_description_of_the_model(tmp_path: Path) -> None:
    for kind, published in (await arguments(tmp_path)).items():
        said = published["model"]["description"]
        for model in models(kind):
            assert describe_price(model.price) in said
            for each in model.price.credits.values():
                assert re.search(rf"\b{each:g}\b", describe_price(model.price))


async def test_every_limit_on_a_sound_stands_in_the_description_of_it(tmp_path: Path) -> None:
    said = (await arguments(tmp_path))[Kind.TALKING_VIDEO]["audio"]["description"]
    assert [model.id for model in models(Kind.TALKING_VIDEO) if describe_length(model) not in said] == []
    assert {describe_length(model) for model in models(Kind.TALKING_VIDEO)} >= {"about 15 s", "60 s", "5 min"}


async def test_the_voices_that_are_given_as_examples_are_to_be_had(tmp_path: Path) -> None:
    said = (await arguments(tmp_path))[Kind.SPEECH]["voice"]["description"]
    examples = re.findall(r"[A-Z]\w+", said.partition("such as")[2])
    assert len(examples) == 3
    for model in models(Kind.SPEECH):
        assert {*examples} <= {*model.takes.voices.values()}


async def test_no_bound_is_published_that_is_not_held_against_the_rows_here(tmp_path: Path) -> None:
    """A new argument with a bound has to be added above, or to the bounds that do not depend on a model."""
    no_say = {"wait_seconds", "idempotency_key", "style", "voice", "language"}
    held = {*RANGES, *CHOICES, *WORDS.values(), "images", "image_prompt", "script", "model"}
    bounds = {"minimum", "maximum", "minLength", "maxLength", "maxItems", "enum"}
    bounded = {
        name
        for published in (await arguments(tmp_path)).values()
        for name, schema in published.items()
        if bounds & schema.keys()
    }
    assert bounded <= held | no_say


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
async def test_a_tool_takes_the_extremes_of_every_model(model: Model, tmp_path: Path) -> None:
    takes = model.takes
    words = "x" * takes.prompt_max
    extremes: dict[str, list[Any]] = {}
    extremes |= {name: [*(getattr(takes, field) or ())] for name, field in RANGES.items()}
    extremes |= {name: [*getattr(takes, field)] for name, field in CHOICES.items()}
    async with stand(tmp_path) as here:
        for values in zip_longest(*extremes.values()):
            changes = {name: value for name, value in zip(extremes, values, strict=True) if value is not None}
            pictures = {"images": [FACE] * takes.images_min} if takes.images_min else {}
            given = (
                FILES[model.kind]
                | {WORDS[model.kind]: words}
                | {"model": model.id, "wait_seconds": 0}
                | pictures
                | changes
            )
            answer = await here.call(TOOLS[model.kind], **given)
            assert facts(answer)["state"] in {"queued", "running", "succeeded"}, changes
