"""Repairs arguments in the wrong form where their meaning is certain, and leaves the others unchanged."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

from kie_mcp.surface.arguments.absent import given_entries, is_absent
from kie_mcp.surface.arguments.host_fields import is_host_field

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
"""Other names for an argument (Kie.ai's, older ones, those of our other tools), for tools without that argument."""


def repair(arguments: Mapping[str, Any], parameters: JSON) -> JSON:
    """Return the arguments with the names and in the form that a tool with this schema takes.

    Values that mean "not given" are left out, and so are fields that hosts add. What cannot be understood stays as it
    is, so that the schema refuses it.
    """
    properties: Mapping[str, JSON] = parameters["properties"]
    given = {name: value for name, value in arguments.items() if name in properties or not is_host_field(name)}
    given = {name: value for name, value in given.items() if not _is_absent(name, value, parameters)}
    found: JSON = {}
    for other, value in given.items():
        name = _find_name(other, given, properties)
        if name in found:
            name = other
        found[name] = _repair_value(value, properties[name]) if name in properties else value
    return found


def _is_absent(given: str, value: object, parameters: JSON) -> bool:
    """Say whether a value means "not given". For an unknown argument that is never so: it has to be refused."""
    properties: Mapping[str, JSON] = parameters["properties"]
    name = given if given in properties else next(filter(properties.__contains__, OTHER_NAMES.get(given, ())), "")
    if not name:
        return False
    schema, required = properties[name], name in parameters.get("required", ())
    return any(is_absent(one, schema, required=required) for one in (value, _repair_value(value, schema)))


def _find_name(given: str, arguments: Mapping[str, Any], properties: Mapping[str, JSON]) -> str:
    if given in properties:
        return given
    fitting = (name for name in OTHER_NAMES.get(given, ()) if name in properties and name not in arguments)
    return next(fitting, given)


def _repair_value(value: object, schema: JSON) -> object:
    match schema.get("type"):
        case "array":
            entries = _read_list(value) if isinstance(value, str) else value
            return given_entries(cast("list[Any]", entries)) if isinstance(entries, list) else entries
        case "object":
            return _read_object(value) if isinstance(value, str) else value
        case "string":
            return _read_text(value)
        case _:
            return value


def _read_list(text: str) -> list[Any]:
    """Read a list that was written as JSON text; any other text is the only entry of a list."""
    if not text.strip():
        return []
    with suppress(ValueError, RecursionError):
        if isinstance(parsed := json.loads(text), list):
            return cast("list[Any]", parsed)
    return [text]


def _read_object(text: str) -> object:
    """Read an object that was written as JSON text; any other text stays as it is."""
    with suppress(ValueError, RecursionError):
        if isinstance(parsed := json.loads(text), dict):
            return cast("JSON", parsed)
    return text


def _read_text(value: object) -> object:
    if isinstance(value, list):
        texts = cast("list[object]", value)
        return texts[0] if len(texts) == 1 else texts
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e6:
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return value
