"""Which fields of an input hold the URL of a file, and of what kind."""

from typing import Any

import pytest

from kie_mcp.market.input_schema import InputSchema
from kie_mcp.market.media_fields import (
    MediaField,
    find_media_families,
    find_media_fields,
    find_undescribed_families,
)

TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}


def fields(**properties: Any) -> dict[str, str | None]:
    found = find_media_fields(InputSchema({"type": "object", "properties": properties}))
    return {field.path: field.family for field in found}


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("image_url", "image"),
        ("imageUrl", "image"),
        ("image", "image"),
        ("image_input", "image"),
        ("first_frame_url", "image"),
        ("mask_url", "image"),
        ("audio_url", "audio"),
        ("video_url", "video"),
        ("tail_image_url", "image"),
        ("video_cover_image_url", "image"),
        ("file_url", None),
        ("url", None),
    ],
)
def test_a_field_is_known_by_its_name_alone_or_in_a_list(name: str, family: str | None) -> None:
    assert fields(**{name: TEXT}) == {name: family}
    assert fields(**{name: TEXTS}) == {f"{name}[]": family}


@pytest.mark.parametrize(
    "name",
    ["prompt", "voice", "image_size", "image_resolution", "video_length", "task_id", "model", "style", "sound_effects"],
)
def test_other_texts_are_no_files(name: str) -> None:
    assert fields(**{name: TEXT}) == {}


@pytest.mark.parametrize("name", ["callback_url", "callBackUrl", "webhook", "notify_url", "website_url", "api_url"])
def test_an_address_of_something_else_is_no_file(name: str) -> None:
    assert (
        fields(**{name: {**TEXT, "format": "uri", "description": "The URL of a video", "example": "https://h/a"}}) == {}
    )


PATH = "file:///home/me/Pictures/fox.png"
DATA = "data:image/png;base64,AAAA"


@pytest.mark.parametrize(
    "given",
    [
        {"prompt": PATH},
        {"dialogue": [{"text": "data: of a day"}]},
        {"callBackUrl": PATH},
        {"note": PATH.upper()},
        {"note": "/home/me/Pictures/fox.png"},
        {"note": "https://h.example/a.png"},
    ],
)
def test_without_a_description_most_texts_are_no_files(given: dict[str, Any]) -> None:
    assert find_undescribed_families(given) == {}


def test_without_a_description_a_file_is_known_by_the_name_of_its_field_or_by_its_scheme() -> None:
    given = {
        "image_urls": [PATH, "/home/me/Pictures/fox.png", "https://h.example/a.png"],
        "references": ["x", PATH],
        "whatever": "kie://jobs/job_abc/outputs/0",
        "shots": [{"start": f" {DATA}", "audioUrl": "a.mp3"}],
    }
    assert find_undescribed_families(given) == {
        **{f"image_urls[{place}]": "image" for place in range(3)},
        "references[1]": None,
        "whatever": None,
        "shots[0].start": None,
        "shots[0].audioUrl": "audio",
    }


def test_a_choice_is_no_file() -> None:
    assert fields(image={"type": "string", "enum": ["a", "b"]}, audio_url={"type": "boolean"}) == {}


def test_format_example_and_description_tell_what_the_name_does_not() -> None:
    found = fields(
        source={**TEXT, "format": "uri", "description": "The video to upscale."},
        reference={**TEXT, "example": "https://h.example/a.mp3"},
        voice_sample={**TEXT, "description": "Link to a recording"},
        inputs={**TEXTS, "description": "Pictures", "examples": [["https://h.example/a.png"]]},
        prompt={**TEXT, "description": "What to do with the image URL", "example": "https://h.example/a.png"},
    )
    assert found == {"source": "video", "reference": "audio", "voice_sample": "audio", "inputs[]": "image"}


def test_fields_are_found_in_lists_of_objects_and_in_every_form() -> None:
    turns = {"type": "array", "items": {"properties": {"text": TEXT, "audio_url": TEXT}}}
    forms = [{"properties": {"images": {"type": "array", "items": {"properties": {"url": TEXT}}}}}]
    forms += [{"allOf": [{"properties": {"video_url": TEXT}}]}]
    schema = InputSchema({"properties": {"dialogue": turns}, "oneOf": forms})
    assert {field.path: field.family for field in find_media_fields(schema)} == {
        "dialogue[].audio_url": "audio",
        "images[].url": "image",
        "video_url": "video",
    }


def test_a_field_may_take_one_file_or_several() -> None:
    either = {"anyOf": [TEXT, TEXTS], "description": "One image or more"}
    schema = InputSchema({"properties": {"image_url": either}})
    assert {*find_media_fields(schema)} == {MediaField("image_url", "image"), MediaField("image_url[]", "image")}


def test_the_files_of_an_input_are_found_by_their_places() -> None:
    turns = {"type": "array", "items": {"properties": {"text": TEXT, "audio_url": TEXT}}}
    schema = InputSchema({"properties": {"prompt": TEXT, "image_urls": TEXTS, "video_url": TEXT, "dialogue": turns}})
    given = {
        "prompt": "a.png",
        "image_urls": ["a.png", "b.png", 7],
        "dialogue": [{"text": "Hi"}, {"text": "Hi", "audio_url": "c.mp3"}],
        "other_url": "d.png",
    }
    assert find_media_families(given, schema) == {
        "image_urls[0]": "image",
        "image_urls[1]": "image",
        "dialogue[1].audio_url": "audio",
    }
