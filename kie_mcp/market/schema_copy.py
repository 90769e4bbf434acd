"""Copies the schema of a model's input out of an OpenAPI object, without references and without foreign keywords.

What comes from outside is bounded here: its size and depth, the recursion of its references, and the work that its
regular expressions can make. A keyword whose value is malformed is left out, because Kie.ai checks the input as well.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast
from urllib.parse import unquote

from kie_mcp.errors import OrderError
from kie_mcp.text import clean, quote

JSON: TypeAlias = dict[str, Any]
Schema: TypeAlias = JSON | bool

LARGEST = 50_000
"""The most values of one schema after its references were followed."""
_DEEPEST = 40
_LONGEST_PATTERN = 200
_TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_SCHEMAS = frozenset({"items", "additionalProperties", "not", "if", "then", "else"})
_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_MAPS = frozenset({"properties", "dependentSchemas"})
_NOTES = frozenset({"title", "description", "format", "default", "example", "examples", "deprecated"})


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_type(value: object) -> bool:
    names = cast("list[object]", value) if isinstance(value, list) else [value]
    return bool(names) and all(isinstance(name, str) and name in _TYPES for name in names)


def _is_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in cast("list[object]", value))


def _is_quick_pattern(value: object) -> bool:
    """Return whether Python can search a text for it without trying very many ways.

    At most one part of any length, few choices, nothing repeated that is itself made of parts.
    """
    if not isinstance(value, str) or len(value) > _LONGEST_PATTERN:
        return False
    bare = re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]", "x", value.replace("(?:", "("))
    choices, lengths = sum(map(bare.count, "|?")), sum(map(bare.count, "*+{"))
    try:
        re.compile(value)
    except (re.error, OverflowError, RecursionError):
        return False
    return choices <= 4 and lengths <= 1 and not re.search(r"\)[*+?{]|\(\?", bare) and not re.search(r"\\\d", value)


_VALUES: Mapping[str, Callable[[object], bool]] = {
    "type": _is_type,
    "enum": lambda value: isinstance(value, list) and bool(cast("list[object]", value)),
    "const": lambda _: True,
    "required": _is_names,
    "minimum": _is_number,
    "maximum": _is_number,
    "exclusiveMinimum": _is_number,
    "exclusiveMaximum": _is_number,
    "multipleOf": lambda value: _is_number(value) and cast("float", value) > 0,
    "minLength": _is_count,
    "maxLength": _is_count,
    "minItems": _is_count,
    "maxItems": _is_count,
    "uniqueItems": lambda value: isinstance(value, bool),
    "minProperties": _is_count,
    "maxProperties": _is_count,
    "pattern": _is_quick_pattern,
}
"""The other keywords that are kept, each with what its value must be."""


def unusable_error(why: str) -> OrderError:
    """Return the error for a schema that cannot be used."""
    problem = f"Kie.ai's schema of this model cannot be used: {why}."
    return OrderError(problem, argument="model", remedy="Use another model; list_models finds them.")


class SchemaCopier:
    """Copies schemas of one OpenAPI object; all copies together may have so many values."""

    def __init__(self, document: Mapping[str, Any], *, largest: int = LARGEST) -> None:
        self._document = document
        self._left = largest

    def copy(self, node: object, *, trail: tuple[str, ...] = (), depth: int = 0) -> Schema:
        """Return a schema with its references followed; where one leads back into itself, anything is allowed.

        Raises OrderError if a reference leads out of the object or nowhere, or if the schema is too large.
        """
        self._count(1, depth)
        if not isinstance(node, dict):
            return node if isinstance(node, bool) else True
        given = cast("JSON", node)
        if {"$dynamicRef", "$recursiveRef"} & given.keys():
            raise unusable_error("it holds a reference of a kind that is not read here")
        if "$ref" in given:
            return self._follow(given, trail, depth)
        kept: JSON = {}
        for name, value in given.items():
            self._keep(kept, name, value, trail, depth + 1)
        if "patternProperties" in given:
            kept["additionalProperties"] = {}
        if given.get("nullable") is True and isinstance(kept.get("type"), str):
            kept["type"] = [kept["type"], "null"]
        return kept

    def resolve(self, reference: object) -> Any:
        """Return what a reference inside the object leads to. Raises OrderError if it leads out of it or nowhere."""
        text = reference if isinstance(reference, str) else ""
        if not text.startswith("#"):
            shown = quote(clean(text) or "", 80)
            raise unusable_error(f"it refers to {shown}, which is outside of it, and nothing is fetched for it")
        place: Any = self._document
        for segment in filter(None, text[1:].split("/")):
            place = _step_into(place, segment.replace("~1", "/").replace("~0", "~"))
            if place is None:
                raise unusable_error(f"it refers to {quote(clean(text) or '', 80)}, which is not in it")
        return place

    def _follow(self, given: JSON, trail: tuple[str, ...], depth: int) -> Schema:
        reference = given["$ref"]
        if reference in trail:
            return {}
        target = self.copy(self.resolve(reference), trail=(*trail, reference), depth=depth + 1)
        beside = self.copy({name: value for name, value in given.items() if name != "$ref"}, trail=trail, depth=depth)
        if not beside or not isinstance(beside, dict):
            return target
        if isinstance(target, dict) and beside.keys() <= _NOTES:
            return {**target, **beside}
        return {"allOf": [target, beside]}

    def _keep(self, kept: JSON, name: str, value: Any, trail: tuple[str, ...], depth: int) -> None:
        """Keep a keyword of a schema, if it is one and its value is well formed."""
        if name in _SCHEMAS and isinstance(value, dict | bool):
            kept[name] = self.copy(cast("object", value), trail=trail, depth=depth)
        elif name in _LISTS and isinstance(value, list):
            if parts := [self.copy(part, trail=trail, depth=depth) for part in cast("list[Any]", value)]:
                kept[name] = parts
        elif name in _MAPS and isinstance(value, dict):
            parts = cast("JSON", value).items()
            kept[name] = {one: self.copy(part, trail=trail, depth=depth) for one, part in parts}
        elif name in _NOTES or (name in _VALUES and _VALUES[name](value)):
            self._count_values(value, depth)
            kept[name] = value

    def _count_values(self, value: object, depth: int) -> None:
        self._count(1, depth)
        inside = list(cast("JSON", value).values()) if isinstance(value, dict) else value
        for one in cast("list[object]", inside) if isinstance(inside, list) else ():
            self._count_values(one, depth + 1)

    def _count(self, values: int, depth: int) -> None:
        self._left -= values
        if self._left < 0 or depth > _DEEPEST:
            raise unusable_error("it is too large or too deeply nested")


def as_object(value: object) -> JSON:
    """Return the value if it is a JSON object, else an empty one."""
    return cast("JSON", value) if isinstance(value, dict) else {}


def _step_into(place: object, segment: str) -> Any:
    """Return the part of that name, or None. Kie.ai's names hold `%20` and blanks at the end, in either spelling."""
    parts = as_object(place)
    for name in (segment, unquote(segment)):
        if name in parts:
            return parts[name]
    plain = unquote(segment).strip()
    return next((part for name, part in parts.items() if unquote(name).strip() == plain), None)
