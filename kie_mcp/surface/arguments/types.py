"""The arguments of the tools: their types, bounds and descriptions, from which the published schemas are made.

What the models take and cost comes from their rows in the catalog and is never written here. Values that a row allows
are published as an enumeration but checked against the row, so that other names for the same value are accepted too.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from kie_mcp.catalog import registry
from kie_mcp.catalog.descriptions import (
    describe_choices,
    describe_lengths,
    describe_pictures,
    describe_prices,
    describe_refusers,
    describe_takers,
)
from kie_mcp.catalog.model import Model
from kie_mcp.catalog.sound_length import USUAL
from kie_mcp.orders.kind import Kind

IMAGE, SPEECH, VIDEO = (registry.models(kind) for kind in (Kind.IMAGE, Kind.SPEECH, Kind.TALKING_VIDEO))
FILE = "https URL, local path, data URI, or kie://jobs/{job_id}/outputs/{n} of an earlier job"


def _enumerate_ids(models: tuple[Model, ...]) -> dict[str, Any]:
    return {"enum": [model.id for model in models]}


def _enumerate(models: tuple[Model, ...], field: str) -> dict[str, Any]:
    return {"enum": list(dict.fromkeys(value for model in models for value in getattr(model.takes, field)))}


def _highest(models: tuple[Model, ...], field: str) -> int:
    """Return the highest value of this field in any of the models."""
    return max(getattr(model.takes, field) for model in models)


def _range(models: tuple[Model, ...], field: str) -> dict[str, Any]:
    """Return the widest bounds of this field in the models; an order is checked against its own model's row."""
    ranges = [limits for model in models if (limits := getattr(model.takes, field)) is not None]
    return {"ge": min(least for least, _ in ranges), "le": max(most for _, most in ranges)}


def _join_words(words: str, more: str) -> str:
    """Join two pieces of a description; the second may be empty."""
    return f"{words}; {more}" if more else words


Wait = Annotated[
    float | None, Field(ge=0, le=600, description="Seconds to wait for the end; default and limit fit the client")
]
IdempotencyKey = Annotated[str, Field(max_length=200, description="Same key, same job: safe to repeat")]
New = Annotated[bool, Field(description="Make, and pay for, another job even if an equal one can be joined")]
Preview = Annotated[bool | None, Field(description="Show a small picture of it; default fits the client")]
EstimateOnly = Annotated[bool, Field(description="Only tell the cost: free")]
AgreedCredits = Annotated[float | None, Field(allow_inf_nan=False, description="Credits the user agreed to")]
Convert = Annotated[bool, Field(description="Turn a file that the model does not take into one that it takes")]

Prompt = Annotated[
    str,
    Field(
        max_length=_highest(IMAGE, "prompt_max"),
        description=_join_words("What to show", describe_refusers(IMAGE, "prompt_max")),
    ),
]
References = Annotated[
    list[str], Field(max_length=_highest(IMAGE, "images_max"), description=f"Pictures to edit or follow: {FILE}")
]
ImageModel = Annotated[str, Field(description=describe_prices(IMAGE), json_schema_extra=_enumerate_ids(IMAGE))]
AspectRatio = Annotated[
    str,
    Field(
        description=_join_words("Width:height", describe_choices(IMAGE, "aspect_ratios")),
        json_schema_extra=_enumerate(IMAGE, "aspect_ratios"),
    ),
]
ImageResolution = Annotated[
    str,
    Field(
        description=_join_words("Of the picture", describe_choices(IMAGE, "resolutions")),
        json_schema_extra=_enumerate(IMAGE, "resolutions"),
    ),
]
OutputFormat = Annotated[str, Field(description="Of the file", json_schema_extra=_enumerate(IMAGE, "formats"))]
Style = Annotated[str, Field(max_length=500, description="Such as photorealistic")]

Upscale = Annotated[
    str,
    Field(
        description=_join_words("Factor", describe_takers(IMAGE, "upscale_factors")),
        json_schema_extra=_enumerate(IMAGE, "upscale_factors"),
    ),
]

MOST_JOBS = 10
"""The most jobs that one call orders, or asks about."""
Count = Annotated[int | None, Field(description=f"1-{MOST_JOBS} each")]
Prompts = Annotated[list[str], Field(description="Instead of prompt")]

Text = Annotated[str, Field(min_length=1, max_length=_highest(SPEECH, "prompt_max"), description="What to say")]
Voice = Annotated[str, Field(max_length=100, description="Name or id, such as James, Rachel or Brian")]
SpeechModel = Annotated[str, Field(description=describe_prices(SPEECH), json_schema_extra=_enumerate_ids(SPEECH))]
Speed = Annotated[float, Field(**_range(SPEECH, "speed_range"), description="1: the voice's own pace")]
Stability = Annotated[float | None, Field(**_range(SPEECH, "stability_range"), description="High: even; low: lively")]
SimilarityBoost = Annotated[
    float | None, Field(**_range(SPEECH, "similarity_boost_range"), description="Likeness to the voice")
]
Language = Annotated[
    str, Field(max_length=10, description=_join_words("ISO 639-1", describe_takers(SPEECH, "language")))
]

Face = Annotated[str, Field(description=f"Picture with a face, {describe_pictures(VIDEO)}: {FILE}")]
FacePrompt = Annotated[
    str, Field(max_length=IMAGE[0].takes.prompt_max, description="Instead of image: the face to make first")
]
Sound = Annotated[
    str,
    Field(description=_join_words("Voice recording, given like image", describe_lengths(VIDEO))),
]
FaceRatio = Annotated[str, Field(description="Of the face that image_prompt makes, such as 9:16")]
Script = Annotated[
    str,
    Field(
        max_length=SPEECH[0].takes.prompt_max, description=f"Instead of audio: what to say, {USUAL:g} letters a second"
    ),
]
ScriptVoice = Annotated[str, Field(max_length=100, description="Who speaks the script")]
Acting = Annotated[str, Field(max_length=_highest(VIDEO, "prompt_max"), description="How the person acts")]
VideoModel = Annotated[
    str,
    Field(
        description=describe_prices(VIDEO, mark_default=True),
        json_schema_extra=_enumerate_ids(VIDEO),
    ),
]
VideoResolution = Annotated[
    str,
    Field(
        description=_join_words("Of the video", describe_choices(VIDEO, "resolutions")),
        json_schema_extra=_enumerate(VIDEO, "resolutions"),
    ),
]
Seed = Annotated[
    int | None,
    Field(**_range(VIDEO, "seed_range"), description="Reported to be accepted and ignored by Kie.ai"),
]

AnyModel = Annotated[str, Field(min_length=1, max_length=200, description="Id from list_models")]
RatedModel = Annotated[str, Field(description="Model id")]
AnyInput = Annotated[
    dict[str, Any],
    Field(description="As kie://models/{id} says; {} tells what is required; files in any form that other tools take"),
]

JobNames = Annotated[
    str, Field(min_length=1, max_length=1000, description="job_… or Kie.ai's task id; several with commas")
]
State = Annotated[
    Literal["queued", "running", "succeeded", "failed", "unconfirmed"] | None, Field(description="Only these")
]
Made = Annotated[Literal["image", "speech", "talking_video", "other"] | None, Field(description="Only these")]
Limit = Annotated[int, Field(ge=1, le=100, description="At most so many")]
Words = Annotated[str, Field(description="Such as upscale")]
Makes = Annotated[Literal["image", "video", "audio", "text", "other"] | None, Field(description="What it makes")]
Provider = Annotated[str, Field(description="Its maker")]
