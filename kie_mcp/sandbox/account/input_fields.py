"""Check the fields of a model's input, and refuse bad values in Kie.ai's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from kie_mcp.sandbox.account.voice_ids import VOICE_IDS
from kie_mcp.sandbox.api.answers import Answer, refusal_answer

Check = Callable[[str, Any], Answer | None]
"""Takes a field's name and value; returns the refusal, or None if the value is allowed."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: how its value is checked, and whether it may be left out."""

    check: Check
    required: bool = False


def out_of_range(name: str) -> Answer:
    """Return the refusal of a value that the model does not take, in the words that Kie.ai was seen to use."""
    return refusal_answer(500, f"{name} is not within the range of allowed options")


def text(longest: int, *, required: bool = False) -> Field:
    """Make a field for a string of at most `longest` characters."""

    def check(name: str, value: Any) -> Answer | None:
        if not isinstance(value, str):
            return out_of_range(name)
        if len(value) > longest:
            return refusal_answer(422, f"The {name} length cannot exceed {longest} characters")
        return None

    return Field(check, required)


def choice(*options: str, required: bool = False) -> Field:
    """Make a field for one of the listed strings, spelled exactly so."""

    def check(name: str, value: Any) -> Answer | None:
        return None if isinstance(value, str) and value in options else out_of_range(name)

    return Field(check, required)


def number(low: float, high: float) -> Field:
    """Make a field for a number between two bounds, both included."""

    def check(name: str, value: Any) -> Answer | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return out_of_range(name)
        return None if low <= value <= high else out_of_range(name)

    return Field(check)


def flag() -> Field:
    """Make a field for true or false."""

    def check(name: str, value: Any) -> Answer | None:
        return None if isinstance(value, bool) else out_of_range(name)

    return Field(check)


def link(*, required: bool = False) -> Field:
    """Make a field for one http or https URL."""

    def check(name: str, value: Any) -> Answer | None:
        return None if _is_link(value) else refusal_answer(422, f"{name} is not a valid URL")

    return Field(check, required)


def links(most: int, *, required: bool = False) -> Field:
    """Make a field for a list of at most `most` http or https URLs; an empty list counts as left out."""

    def check(name: str, value: Any) -> Answer | None:
        if not isinstance(value, list) or len(cast("list[Any]", value)) > most:
            return out_of_range(name)
        bad = [one for one in cast("list[Any]", value) if not _is_link(one)]
        return refusal_answer(422, f"{name} is not a valid URL") if bad else None

    return Field(check, required)


def voice() -> Field:
    """Make a field for one of the voice ids; names are refused, as Kie.ai refuses them."""

    def check(name: str, value: Any) -> Answer | None:
        del name
        known = isinstance(value, str) and value in VOICE_IDS
        return None if known else refusal_answer(422, f"Invalid voice parameter: {value}")

    return Field(check, required=True)


def _is_link(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "http://")) and len(value) > len("https://")


def is_empty(value: object) -> bool:
    """Return whether Kie.ai treats the value as left out."""
    return value is None or value == "" or value == []


Fields = Mapping[str, Field]
