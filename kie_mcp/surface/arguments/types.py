"""The arguments of the tools: type, bounds and words in one place, from which the published schema is made.

What a model's row allows stands in the schema as an enumeration but is checked against the row, so that other names
for the same thing are taken too.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from kie_mcp.catalog import registry
from kie_mcp.catalog.models import Model
from kie_mcp.orders.kind import Kind

IMAGE, SPEECH, VIDEO = (registry.models(kind) for kind in (Kind.IMAGE, Kind.SPEECH, Kind.TALKING_VIDEO))
FILE = "https URL, local path, data URI, or kie://jobs/{job_id}/outputs/{n} of an earlier job"


def _ids(models: tuple[Model, ...]) -> dict[str, Any]:
    return {"enum": [model.id for model in models]}


def _rows(models: tuple[Model, ...], field: str) -> dict[str, Any]:
    return {"enum": list(dict.fromkeys(value for model in models for value in getattr(model.takes, field)))}


def _most(models: tuple[Model, ...], field: str) -> int:
    """The highest that any of the models takes."""
    return max(getattr(model.takes, field) for model in models)


def _range(models: tuple[Model, ...], field: str) -> dict[str, Any]:
    """From the lowest to the highest that any of the models takes; the one that is meant is checked against its row."""
    ranges = [limits for model in models if (limits := getattr(model.takes, field)) is not None]
    return {"ge": min(least for least, _ in ranges), "le": max(most for _, most in ranges)}


def _fraction(words: str) -> Any:
    return Field(ge=0, le=1, description=words)


Wait = Annotated[
    float | None, Field(ge=0, le=600, description="Seconds to wait for the end; default and limit fit the client")
]
IdempotencyKey = Annotated[str, Field(max_length=200, description="Same key, same job: safe to repeat")]
New = Annotated[bool, Field(description="Make, and pay for, another job even if an equal one can be joined")]
Preview = Annotated[bool | None, Field(description="Show it small, as a picture; default fits the client")]
Convert = Annotated[bool, Field(description="Turn a file that the model does not take into one that it takes")]

Prompt = Annotated[str, Field(min_length=1, max_length=_most(IMAGE, "prompt_max"), description="What to show")]
References = Annotated[
    list[str], Field(max_length=_most(IMAGE, "images_max"), description=f"Pictures to edit or follow: {FILE}")
]
ImageModel = Annotated[
    str, Field(description="Credits: nano-banana 4, pro 18-24, 2 8-18, lite 4, 2-1 4-9", json_schema_extra=_ids(IMAGE))
]
AspectRatio = Annotated[
    str,
    Field(description="Width:height; 1:4 to 8:1 only the 2 family", json_schema_extra=_rows(IMAGE, "aspect_ratios")),
]
ImageResolution = Annotated[
    str, Field(description="Only pro, 2 and 2-1", json_schema_extra=_rows(IMAGE, "resolutions"))
]
OutputFormat = Annotated[str, Field(description="Of the file", json_schema_extra=_rows(IMAGE, "formats"))]
Style = Annotated[str, Field(max_length=500, description="Such as photorealistic")]

Text = Annotated[str, Field(min_length=1, max_length=_most(SPEECH, "prompt_max"), description="What to say")]
Voice = Annotated[str, Field(max_length=100, description="Name or id, such as James, Rachel or Brian")]
SpeechModel = Annotated[
    str, Field(description="Credits per 1,000 characters: turbo 6, multilingual 12", json_schema_extra=_ids(SPEECH))
]
Speed = Annotated[float, Field(**_range(SPEECH, "speed_range"), description="1: the voice's own pace")]
Stability = Annotated[float | None, _fraction("High: even; low: lively")]
SimilarityBoost = Annotated[float | None, _fraction("Likeness to the voice")]
Language = Annotated[str, Field(max_length=10, description="ISO 639-1; turbo only")]

Face = Annotated[str, Field(description=f"Picture with a face, JPEG or PNG up to 10 MB: {FILE}")]
FacePrompt = Annotated[
    str, Field(max_length=IMAGE[0].takes.prompt_max, description="Instead of image: the face to make first")
]
Sound = Annotated[
    str,
    Field(description="Voice recording, given like image; about 15 s for infinitalk, 60 s omnihuman, 5 min kling"),
]
FaceRatio = Annotated[str, Field(description="Of the face that image_prompt makes, such as 9:16")]
Script = Annotated[
    str,
    Field(max_length=SPEECH[0].takes.prompt_max, description="Instead of audio: what to say, 15 letters a second"),
]
ScriptVoice = Annotated[str, Field(max_length=100, description="Who speaks the script")]
Acting = Annotated[str, Field(max_length=_most(VIDEO, "prompt_max"), description="How the person acts")]
VideoModel = Annotated[
    str,
    Field(
        description="Credits a second: infinitalk (default) 3 (720p 12), kling 8, pro 16, omnihuman 27",
        json_schema_extra=_ids(VIDEO),
    ),
]
VideoResolution = Annotated[
    str,
    Field(description="480p, 720p: infinitalk; 720, 1080: omnihuman", json_schema_extra=_rows(VIDEO, "resolutions")),
]
Seed = Annotated[
    int | None,
    Field(**_range(VIDEO, "seed_range"), description="For the same motion again; Kie.ai may ignore it"),
]

JobName = Annotated[str, Field(min_length=1, max_length=100, description="job_… or Kie.ai's task id")]
State = Annotated[
    Literal["queued", "running", "succeeded", "failed", "unconfirmed"] | None, Field(description="Only these")
]
Made = Annotated[Literal["image", "speech", "talking_video"] | None, Field(description="Only these")]
Limit = Annotated[int, Field(ge=1, le=100, description="At most so many")]
