"""Closes a schema, so that an unknown field is an error, and takes it apart into the forms that an input may have.

Kie.ai may ignore a field that it does not know and charge for what it does instead. A `oneOf` cannot be closed branch
by branch, for the fields beside it belong to each branch: so each branch becomes a whole form, closed by itself.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any, cast

from kie_mcp.market.schema_copy import JSON, Schema, as_object, unusable_error

MOST_FORMS = 60
"""The most forms of one object."""
_CHOICES = ("oneOf", "anyOf")
_MORE = ("if", "then", "else", "not")


def close(schema: Schema) -> Schema:
    """Return the schema with every object closed that lists its fields; several forms become an `anyOf`."""
    return _close(schema, {})


def _close(schema: Schema, closed: dict[int, Schema]) -> Schema:
    """Close a schema; *closed* holds those that are closed already, by their identity: forms share what is in them."""
    if isinstance(schema, bool):
        return schema
    if (known := closed.get(id(schema))) is None:
        forms = [_close_form(pieces, closed) for pieces in find_forms(schema)]
        known = closed[id(schema)] = forms[0] if len(forms) == 1 else {"anyOf": forms}
    return known


def find_forms(schema: Schema) -> list[list[JSON]]:
    """Return the forms that a value may have, each as the schemas that it must fit at once.

    Raises OrderError if there are too many.
    """
    if isinstance(schema, bool):
        return [[{} if schema else {"not": {}}]]
    split = {"allOf", *(name for name in _CHOICES if name in schema and _is_about_objects(schema, name))}
    forms: list[list[JSON]] = [[{name: value for name, value in schema.items() if name not in split}]]
    for part in schema.get("allOf", ()):
        forms = _combine(forms, find_forms(part))
    for name in split - {"allOf"}:
        forms = _combine(forms, list(chain.from_iterable(find_forms(branch) for branch in schema[name])))
    return forms


def list_fields(pieces: Sequence[JSON]) -> dict[str, Schema]:
    """Return the fields of an object that must fit all these schemas: the schema of each by its name."""
    fields: dict[str, Schema] = {}
    for piece in pieces:
        fields |= as_object(piece.get("properties"))
        inner = [piece[name] for name in _MORE if isinstance(piece.get(name), dict)]
        inner += [one for one in as_object(piece.get("dependentSchemas")).values() if isinstance(one, dict)]
        for name in _CHOICES:
            inner += [one for one in piece.get(name, ()) if isinstance(one, dict)]
        for one in inner:
            fields = {**list_fields(_list_pieces(find_forms(one))), **fields}
    return fields


def _list_pieces(forms: Sequence[Sequence[JSON]]) -> list[JSON]:
    """Return the schemas that the forms are made of, each once: what many forms share is walked through once."""
    return list({id(piece): piece for form in forms for piece in form}.values())


def _combine(some: list[list[JSON]], others: list[list[JSON]]) -> list[list[JSON]]:
    if len(some) * len(others) > MOST_FORMS:
        raise unusable_error(f"it has more than {MOST_FORMS} forms")
    return [[*one, *other] for one in some for other in others]


def _is_about_objects(schema: JSON, name: str) -> bool:
    branches = [as_object(branch) for branch in schema[name]]
    return "properties" in schema or any(
        {"properties", "required", "allOf", *_CHOICES} & branch.keys() for branch in branches
    )


def _close_form(pieces: Sequence[JSON], known: dict[int, Schema]) -> JSON:
    fields = list_fields(pieces)
    others = [piece["additionalProperties"] for piece in pieces if "additionalProperties" in piece]
    closed = [_close_values(piece, known) for piece in pieces if piece] or [{}]
    whole: JSON = closed[0] if len(closed) == 1 else {"allOf": closed}
    is_map = any(isinstance(one, dict) for one in others)
    if is_map or not (fields or False in others):
        return whole
    whole["properties"] = {**dict.fromkeys(fields, True), **as_object(whole.get("properties"))}
    whole["additionalProperties"] = False
    return whole


def _close_values(piece: JSON, closed: dict[int, Schema]) -> JSON:
    """Close the values inside an object or a list; the object itself is closed by its form."""
    kept: JSON = {}
    for name, value in piece.items():
        match name:
            case "properties":
                kept[name] = {one: _close(part, closed) for one, part in cast("dict[str, Any]", value).items()}
            case "items":
                kept[name] = _close(value, closed)
            case "additionalProperties":
                if isinstance(value, dict):
                    kept[name] = _close(cast("JSON", value), closed)
            case "prefixItems":
                kept[name] = [_close(part, closed) for part in value]
            case _:
                kept[name] = value
    return kept
