"""Puts into words what is wrong with an input, by the errors that jsonschema finds."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from kie_mcp.catalog.validate import find_similar
from kie_mcp.errors import OrderError
from kie_mcp.market.schema_copy import JSON, as_object
from kie_mcp.text import clean, literal, quote
from kie_mcp.urls import is_web_link, quote_url

if TYPE_CHECKING:
    from jsonschema import ValidationError

MOST_CHOICES = 12
"""How many of the allowed values or names are listed."""
_KINDS = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_CLOSE_CALL = {"const": 3, "enum": 3, "type": 3}
"""How far an error of these keywords is from fitting; any other counts 1."""
_BOUNDS = {
    "minimum": "must be at least {}.",
    "maximum": "must be at most {}.",
    "exclusiveMinimum": "must be more than {}.",
    "exclusiveMaximum": "must be less than {}.",
    "multipleOf": "must be a multiple of {}.",
}
_LENGTHS = {
    "minLength": "character{s} given; at least {limit} needed.",
    "maxLength": "character{s} given; at most {limit} allowed.",
    "minItems": "given; at least {limit} needed.",
    "maxItems": "given; at most {limit} allowed.",
    "minProperties": "field{s} given; at least {limit} needed.",
    "maxProperties": "field{s} given; at most {limit} allowed.",
}


def find_faults(errors: Iterable["ValidationError"], forms: Sequence[Collection[str]] = ()) -> list[OrderError]:
    """Return what is wrong, once for each field; of several forms only the one counts that fits best.

    `forms` are the fields of each form of the input: a field of another form is known, though it does not fit.
    """
    found = [fault for error in flatten(errors) for fault in _explain(error, forms)]
    first: dict[str, OrderError] = {}
    for fault in found:
        first.setdefault(fault.argument, fault)
    return list(first.values())


def flatten(errors: Iterable["ValidationError"]) -> list["ValidationError"]:
    """Return the errors; in place of one about several forms, those of the form that fits best."""
    flat: list[ValidationError] = []
    for error in errors:
        if error.validator not in {"anyOf", "oneOf"} or not error.context:
            flat.append(error)
            continue
        branches: dict[Any, list[ValidationError]] = {}
        for one in error.context:
            branches.setdefault(one.relative_schema_path[0], []).append(one)
        flat += min(map(flatten, branches.values()), key=_distance)
    return flat


def _distance(errors: Sequence["ValidationError"]) -> int:
    return sum(_CLOSE_CALL.get(str(one.validator), 1) * len(_explain(one)) for one in errors)


def _explain(error: "ValidationError", forms: Sequence[Collection[str]] = ()) -> list[OrderError]:
    place = _place(error.absolute_path)
    match str(error.validator):
        case "additionalProperties":
            unknown = _explain_unknown(error, () if error.absolute_path else forms)
            return [OrderError(words, argument=f"{place}.{_name(one)}") for one, words in unknown]
        case "required":
            needed = [(one, _explain_missing(one, error)) for one in _missing(error)]
            return [OrderError(words, argument=f"{place}.{_name(one)}") for one, words in needed]
        case keyword:
            return [OrderError(_explain_value(keyword, error), argument=place)]


def _explain_unknown(error: "ValidationError", forms: Sequence[Collection[str]]) -> Iterator[tuple[str, str]]:
    known = list(as_object(as_object(error.schema).get("properties")))
    every = list(dict.fromkeys(chain(known, *forms)))
    given = as_object(error.instance)
    for name in (name for name in given if name not in known):
        if name in every:
            yield name, _explain_other_form([other for other in given if not _share_a_form(name, other, forms)])
            continue
        near = [one for one in find_similar(name[:100], every) if one not in given]
        hint = f"did you mean {_name(near[0])}?" if near else f"there are {_list_names(every)}."
        yield name, f"there is no such field; {hint}"


def _explain_other_form(against: Sequence[str]) -> str:
    return f"cannot be given with {_list_names(against)}." if against else "does not fit the rest of the input."


def _share_a_form(name: str, other: str, forms: Sequence[Collection[str]]) -> bool:
    """Return whether both fields may be given together; so may an unknown one, which is a fault of its own."""
    return any(name in form and other in form for form in forms) or not any(other in form for form in forms)


def _missing(error: "ValidationError") -> list[str]:
    return [name for name in cast("list[str]", error.validator_value) if name not in as_object(error.instance)]


def _explain_missing(name: str, error: "ValidationError") -> str:
    """Say that a field is required, and what it takes unless that is any text."""
    field = as_object(as_object(as_object(error.schema).get("properties")).get(name))
    if choices := cast("list[Any]", field.get("enum") or []):
        return f"is required: one of {list_choices(choices)}."
    kind = str(field.get("type"))
    words = "" if kind == "string" else _KINDS.get(kind, "")
    return f"is required: {words}." if words else "is required."


def _explain_value(keyword: str, error: "ValidationError") -> str:
    limit, given = error.validator_value, error.instance
    if keyword == "enum":
        return _explain_choice(given, cast("list[Any]", limit))
    if keyword == "const":
        return f"{describe_given(given)} given; must be {_value(limit)}."
    if keyword == "type":
        names = cast("list[str]", limit) if isinstance(limit, list) else [str(limit)]
        hint = _explain_as_text(given, as_object(error.schema), names)
        return f"{describe_given(given)} given; must be {' or '.join(_KINDS[name] for name in names)}{hint}."
    if keyword in _BOUNDS:
        return f"{describe_given(given)} given; {_BOUNDS[keyword].format(_figure(limit))}"
    if keyword in _LENGTHS:
        count = len(cast("str", given))
        return f"{count:,} {_LENGTHS[keyword].format(limit=_figure(limit), s='' if count == 1 else 's')}"
    if keyword == "uniqueItems":
        return "an entry is given twice."
    if keyword == "pattern":
        return f"{describe_given(given)} given; must fit the pattern {_value(limit)}."
    return f"{describe_given(given)} given, which does not fit the model's schema ({keyword})."


def _explain_choice(given: Any, allowed: list[Any]) -> str:
    near = find_similar(str(given)[:100], [one for one in allowed if isinstance(one, str)])
    same = next((one for one in allowed if str(one) == str(given)), None)
    hint = f" Did you mean {_value(near[0] if same is None else same)}?" if near or same is not None else ""
    return f"{describe_given(given)} given; must be one of {list_choices(allowed)}.{hint}"


def _explain_as_text(given: Any, schema: JSON, names: list[str]) -> str:
    """Say that a number has to be given as a text, which is easily missed."""
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if "string" not in names or not is_number:
        return ""
    choices = cast("list[Any]", schema.get("enum", []))
    return f': give it in quotation marks, as "{given}"' if not choices or str(given) in choices else ""


def describe_given(value: object) -> str:
    """Describe a value that was given: short, and without what may be secret in it."""
    match value:
        case str() if is_web_link(value):
            return quote_url(value)
        case str():
            return literal(value, 40)
        case bool() | None:
            return {True: "true", False: "false", None: "null"}[value]
        case int() | float():
            return f"{value:g}" if abs(value) < 1e15 else "a huge number"
        case list():
            return f"a list of {len(cast('list[object]', value))}"
        case _:
            return "an object"


def list_choices(allowed: Sequence[Any]) -> str:
    """List the first of the allowed values."""
    return _list_some([_value(one) for one in allowed])


def _list_names(names: Sequence[str]) -> str:
    return _list_some([_name(one) for one in names])


def _list_some(words: Sequence[str]) -> str:
    more = f" and {len(words) - MOST_CHOICES} more" if len(words) > MOST_CHOICES else ""
    return ", ".join(words[:MOST_CHOICES]) + more


def _place(path: Iterable[str | int]) -> str:
    return "input" + "".join(f"[{part}]" if isinstance(part, int) else f".{_name(part)}" for part in path)


def _name(name: str) -> str:
    return clean(name, 60) or "…"


def _value(value: object) -> str:
    return quote(clean(value, 60) or "") if isinstance(value, str) else describe_given(value)


def _figure(limit: object) -> str:
    return f"{limit:,}" if isinstance(limit, int) else f"{limit:g}" if isinstance(limit, float) else str(limit)
