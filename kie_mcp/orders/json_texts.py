"""Walk through the texts and the numbers of a JSON value, each with its place in it, such as `dialogue[0].text`."""

from collections.abc import Callable, Iterator
from typing import Any, cast

DEEPEST = 16
"""The most levels of objects and lists in each other."""


def list_texts(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield the place of each text, and the text."""
    if isinstance(value, str):
        yield place, value
    else:
        for inner, one in _list_members(value, place):
            yield from list_texts(one, inner)


def list_numbers(value: object, place: str = "") -> Iterator[tuple[str, int | float]]:
    """Yield the place of each number, and the number; true and false are none."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield place, value
    else:
        for inner, one in _list_members(value, place):
            yield from list_numbers(one, inner)


def change_texts(value: Any, change: Callable[[str, str], str], place: str = "") -> Any:
    """Return the value with each text replaced by what *change* returns for its place and itself."""
    if isinstance(value, str):
        return change(place, value)
    members = [change_texts(one, change, inner) for inner, one in _list_members(value, place)]
    if isinstance(value, dict):
        return dict(zip(cast("dict[str, Any]", value), members, strict=True))
    return members if isinstance(value, list) else value


def write_numbers_alike(value: Any) -> Any:
    """Return the value with whole numbers without a point: 2.0 is 2 in JSON, however a program writes it."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    members = [write_numbers_alike(one) for _, one in _list_members(value, "")]
    if isinstance(value, dict):
        return dict(zip(cast("dict[str, Any]", value), members, strict=True))
    return members if isinstance(value, list) else value


def measure_depth(value: object, enough: int = DEEPEST) -> int:
    """Return how many levels of objects and lists are in each other; counting ends one above *enough*."""
    members = [one for _, one in _list_members(value, "")]
    if not isinstance(value, dict | list) or enough < 0:
        return 0
    return 1 + max((measure_depth(one, enough - 1) for one in members), default=0)


def _list_members(value: object, place: str) -> Iterator[tuple[str, object]]:
    """Yield what is directly in an object or a list, each with its place."""
    if isinstance(value, dict):
        for name, one in cast("dict[str, object]", value).items():
            yield (f"{place}.{name}" if place else name), one
    elif isinstance(value, list):
        for index, one in enumerate(cast("list[object]", value)):
            yield f"{place}[{index}]", one
