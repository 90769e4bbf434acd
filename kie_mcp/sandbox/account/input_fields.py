"""Define the fields of a model's input: the check that refuses bad values in Kie.ai's words, and the JSON schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from kie_mcp.sandbox.account.voice_ids import VOICE_IDS
from kie_mcp.sandbox.api.answers import Answer, refusal_answer

Check = Callable[[str, Any], Answer | None]
"""Takes a field's name and value; returns the refusal, or None if the value is allowed."""

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: how its value is checked, whether it may be left out, and how the API documents it."""

    check: Check
    required: bool = False
    schema: Schema = field(default_factory=Schema)


Fields = Mapping[str, Field]


def out_of_range(name: str) -> Answer:
    """Return the refusal of a value that the model does not take, in the words that Kie.ai was seen to use."""
    return refusal_answer(500, f"{name} is not within the range of allowed options")


def text(longest: int, *, required: bool = False, about: str = "") -> Field:
    """Make a field for a string of at most `longest` characters."""

    def check(name: str, value: Any) -> Answer | None:
        if not isinstance(value, str):
            return out_of_range(name)
        if len(value) > longest:
            return refusal_answer(422, f"The {name} length cannot exceed {longest} characters")
        return None

    return Field(check, required, _describe({"type": "string", "maxLength": longest}, about))


def choice(*options: str, required: bool = False, default: str | None = None) -> Field:
    """Make a field for one of the listed strings, spelled exactly so."""

    def check(name: str, value: Any) -> Answer | None:
        return None if isinstance(value, str) and value in options else out_of_range(name)

    schema: Schema = {"type": "string", "enum": list(options)}
    return Field(check, required, schema if default is None else schema | {"default": default})


def number(low: float, high: float, *, default: float | None = None) -> Field:
    """Make a field for a number between two bounds, both included."""

    def check(name: str, value: Any) -> Answer | None:
        return None if _is_number(value) and low <= value <= high else out_of_range(name)

    schema: Schema = {"type": "number", "minimum": low, "maximum": high}
    return Field(check, schema=schema if default is None else schema | {"default": default})


def number_choice(*options: float, default: float) -> Field:
    """Make a field for one of the listed numbers."""

    def check(name: str, value: Any) -> Answer | None:
        return None if _is_number(value) and value in options else out_of_range(name)

    return Field(check, schema={"type": "number", "enum": list(options), "default": default})


def whole(low: int, high: int, *, default: int | None = None) -> Field:
    """Make a field for a whole number between two bounds, both included."""

    def check(name: str, value: Any) -> Answer | None:
        return None if _is_number(value) and value == int(value) and low <= value <= high else out_of_range(name)

    schema: Schema = {"type": "integer", "minimum": low, "maximum": high}
    return Field(check, schema=schema if default is None else schema | {"default": default})


def flag(*, required: bool = False, default: bool | None = None) -> Field:
    """Make a field for true or false."""

    def check(name: str, value: Any) -> Answer | None:
        return None if isinstance(value, bool) else out_of_range(name)

    schema: Schema = {"type": "boolean"}
    return Field(check, required, schema if default is None else schema | {"default": default})


def link(*, required: bool = False, about: str = "", uri: bool = False) -> Field:
    """Make a field for one http or https URL. Only some of Kie.ai's schemas call it a `uri`."""

    def check(name: str, value: Any) -> Answer | None:
        return None if _is_link(value) else refusal_answer(422, f"{name} is not a valid URL")

    schema: Schema = {"type": "string", "format": "uri"} if uri else {"type": "string"}
    return Field(check, required, _describe(schema, about))


def links(most: int, *, least: int = 0, required: bool = False, about: str = "") -> Field:
    """Make a field for a list of `least` to `most` http or https URLs; an empty list counts as left out."""

    def check(name: str, value: Any) -> Answer | None:
        if not isinstance(value, list) or not least <= len(cast("list[Any]", value)) <= most:
            return out_of_range(name)
        bad = [one for one in cast("list[Any]", value) if not _is_link(one)]
        return refusal_answer(422, f"{name} is not a valid URL") if bad else None

    schema: Schema = {"type": "array", "items": {"type": "string", "format": "uri"}, "maxItems": most}
    return Field(check, required, _describe(schema | ({"minItems": least} if least else {}), about))


def voice() -> Field:
    """Make a field for one of the voice ids; names are refused, as Kie.ai refuses them."""

    def check(name: str, value: Any) -> Answer | None:
        del name
        known = isinstance(value, str) and value in VOICE_IDS
        return None if known else refusal_answer(422, f"Invalid voice parameter: {value}")

    return Field(check, True, {"type": "string", "enum": list(VOICE_IDS)})


def objects(fields: Fields, *, about: str = "") -> Field:
    """Make a field for a list of objects with these fields, at least one."""

    def check(name: str, value: Any) -> Answer | None:
        if not isinstance(value, list):
            return out_of_range(name)
        found = (_find_fault(fields, one) if isinstance(one, dict) else out_of_range(name) for one in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return next((answer for answer in found if answer), None)

    items = describe_fields(fields)
    return Field(check, True, _describe({"type": "array", "minItems": 1, "items": items}, about))


def describe_fields(fields: Fields) -> Schema:
    """Return the JSON schema of an object with these fields."""
    properties = {name: field.schema for name, field in fields.items()}
    required = [name for name, field in fields.items() if field.required]
    schema: Schema = {"type": "object", "properties": properties}
    return schema | {"required": required} if required else schema


def _find_fault(fields: Fields, given: Mapping[str, Any]) -> Answer | None:
    for name, field_ in fields.items():
        if field_.required and is_empty(given.get(name)):
            return refusal_answer(500, f"{name} is required")
    return next((found for name, value in given.items() if (found := check_value(fields, name, value))), None)


def check_value(fields: Fields, name: str, value: Any) -> Answer | None:
    """Return the refusal of one value; None if there is such a field and its value is allowed, or as good as absent."""
    if name not in fields:
        return refusal_answer(422, f"Unknown input parameter: {name}")
    return None if is_empty(value) else fields[name].check(name, value)


def is_empty(value: object) -> bool:
    """Return whether Kie.ai treats the value as left out."""
    return value is None or value == "" or value == []


def _describe(schema: Schema, about: str) -> Schema:
    return schema | {"description": about} if about else schema


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_link(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "http://")) and len(value) > len("https://")
