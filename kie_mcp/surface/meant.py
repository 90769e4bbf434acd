"""Arguments as models really send them, turned into what they mean where that is certain, and left alone elsewhere."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

JSON = dict[str, Any]

OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "image_size": ("aspect_ratio",),
    "orientation": ("aspect_ratio",),
    "image": ("images",),
    "images": ("image",),
    "image_url": ("image", "images"),
    "image_urls": ("images", "image"),
    "image_input": ("images", "image"),
    "audio_url": ("audio",),
    "voice_id": ("voice",),
    "script": ("text",),
    "text": ("script",),
    "task_id": ("job_id",),
}
"""Kie.ai's own names, older ones, and those of our other tools, for a tool that has none of that name itself."""


def meant(arguments: Mapping[str, Any], properties: Mapping[str, JSON]) -> JSON:
    """Return the arguments under the names and in the form that a tool with these properties takes.

    null counts as not given, since some clients fill every place. What is not understood stays as it is, for the
    schema to refuse.
    """
    found: JSON = {}
    for given, value in arguments.items():
        name = _name(given, arguments, properties)
        if name in found:
            name = given
        if name in properties:
            value = _value(value, properties[name])
            if value is None:
                continue
        found[name] = value
    return found


def _name(given: str, arguments: Mapping[str, Any], properties: Mapping[str, JSON]) -> str:
    if given in properties:
        return given
    fitting = (name for name in OTHER_NAMES.get(given, ()) if name in properties and name not in arguments)
    return next(fitting, given)


def _value(value: object, schema: JSON) -> object:
    match schema.get("type"):
        case "array":
            return _list(value) if isinstance(value, str) else value
        case "string":
            return _text(value)
        case _:
            return None if value == "" else value


def _list(text: str) -> list[Any] | None:
    """A list that was written down as text, or a single thing that should have been in one."""
    if not text.strip():
        return None
    with suppress(ValueError, RecursionError):
        if isinstance(parsed := json.loads(text), list):
            return cast("list[Any]", parsed)
    return [text]


def _text(value: object) -> object:
    if isinstance(value, list):
        texts = cast("list[object]", value)
        return texts if len(texts) > 1 else next(iter(texts), None)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e6:
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return value
