"""Finds the schema of a model's input in the OpenAPI object of the model, and checks an input before it is paid for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, cast

from kie_mcp.errors import OrderError
from kie_mcp.market.schema_copy import JSON, Schema, SchemaCopier, as_object, unusable_error
from kie_mcp.market.schema_errors import MOST_CHOICES, find_faults
from kie_mcp.market.schema_forms import close, find_forms, list_fields
from kie_mcp.text import clean

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

CREATE = "/jobs/createTask"
"""How the path ends under which jobs are created."""
LARGEST_INPUT = 20_000
"""The most values of an input."""
MOST_STEPS = 200_000
"""The most keywords that are applied to one input."""
LONGEST_MATCHED = 1_000
"""The most characters of a text in which a pattern is looked for."""
MOST_ALTERNATIVES = 4
"""How many of the forms' alternatives one error lists."""
MOST_FAULTS = 3
"""How many faults one error explains."""
_DEEPEST_INPUT = 40


@dataclass(frozen=True)
class InputSchema:
    """The schema of the field `input` of a model's create call, without references."""

    schema: JSON
    model: str = ""
    """The model's id, for the words of errors."""

    @cached_property
    def forms(self) -> tuple[Mapping[str, Schema], ...]:
        """The forms that an input may have: each as its fields by name. There is one unless the schema has a choice."""
        return tuple(list_fields(pieces) for pieces in find_forms(self.schema))

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The fields that every form requires, in the order of the schema."""
        return tuple(name for name in self.forms[0] if all(name in names for names in self._needed))

    @cached_property
    def alternatives(self) -> tuple[tuple[str, ...], ...]:
        """What the forms require beside that, each once; empty if a form requires nothing more."""
        more = [tuple(name for name in names if name not in self.required) for names in self._needed]
        return tuple(dict.fromkeys(more)) if all(more) else ()

    @cached_property
    def _needed(self) -> list[tuple[str, ...]]:
        """What each form requires."""
        forms = find_forms(self.schema)
        return [tuple(name for piece in pieces for name in piece.get("required", ())) for pieces in forms]

    @cached_property
    def defaults(self) -> JSON:
        """What Kie.ai takes for the fields that an input leaves out, where every form has them."""
        found: JSON = {}
        for name, field in self.forms[0].items():
            if isinstance(field, dict) and "default" in field and all(name in form for form in self.forms):
                found[name] = field["default"]
        return found

    def check(self, given: Mapping[str, Any]) -> None:
        """Check an input. Raises OrderError, which names each field that is wrong, as `input.image_urls[0]`.

        An empty one asks which fields there are, though every field may have a default: it is never sent.
        """
        if not given:
            every = list(dict.fromkeys(chain.from_iterable(self.forms)))
            problem = f"is empty; there are {_join_names(every, ', ')}." if every else "is empty."
            raise OrderError(problem, argument="input", remedy=self._remedy())
        if _count_values(given, 0) > LARGEST_INPUT:
            raise OrderError("is too large or too deeply nested.", argument="input", remedy=self._remedy())
        faults = find_faults(islice(self._find_errors(given), 100), self.forms)
        if faults:
            first, *others = faults
            raise first.with_facts(problem=_join(first, others), remedy=self._remedy())

    def _find_errors(self, given: Mapping[str, Any]) -> Iterator["ValidationError"]:
        return _make_validator(self._closed).iter_errors(given)

    @cached_property
    def _closed(self) -> Schema:
        return close(self.schema)

    def _remedy(self) -> str:
        needed = [_join_names(self.required, ", ")] if self.required else []
        if len(self.alternatives) > 1:
            some = [_join_names(one, " and ") for one in self.alternatives[:MOST_ALTERNATIVES]]
            needed.append("either " + ", or ".join([*some, *(["…"] if len(self.alternatives) > len(some) else [])]))
        required = f" Required: {', and '.join(needed)}." if needed else ""
        where = f" The schema is at kie://models/{self.model}." if self.model else ""
        return f"Correct it and call again; nothing was sent.{required}{where}"


def find_input_schema(openapi: object, *, model: str = "") -> InputSchema:
    """Find the schema of the input in a model's OpenAPI object.

    Raises OrderError if the model is no job, or if the schema cannot be used.
    """
    copier = SchemaCopier(as_object(openapi))
    post = _find_create_call(as_object(openapi), copier)
    content = as_object(_resolve(copier, post.get("requestBody")).get("content"))
    body = next((as_object(one).get("schema") for name, one in content.items() if "json" in name.casefold()), None)
    copied = copier.copy(body) if body is not None else True
    inputs = [fields["input"] for fields in map(list_fields, find_forms(copied)) if "input" in fields]
    schemas = [one for one in _without_repetition(inputs) if isinstance(one, dict)]
    if not schemas:
        raise unusable_error("it does not say what the input is")
    return InputSchema(schemas[0] if len(schemas) == 1 else {"oneOf": schemas}, model)


def is_job(openapi: object) -> bool:
    """Return whether the model's calls create jobs; others answer at once."""
    return any(path.rstrip("/").endswith(CREATE) for path in as_object(as_object(openapi).get("paths")))


def _find_create_call(openapi: JSON, copier: SchemaCopier) -> JSON:
    for path, item in as_object(openapi.get("paths")).items():
        if path.rstrip("/").endswith(CREATE) and (post := as_object(_resolve(copier, item).get("post"))):
            return post
    if as_object(openapi.get("paths")):
        problem = "this model answers at once and makes no job, so it cannot be run here."
        raise OrderError(problem, argument="model", remedy="Use another model; list_models finds those that make jobs.")
    raise unusable_error("it names no calls")


def _resolve(copier: SchemaCopier, node: object) -> JSON:
    given = as_object(node)
    return as_object(copier.resolve(given["$ref"])) if "$ref" in given else given


def _without_repetition(schemas: Sequence[Schema]) -> list[Schema]:
    return [one for place, one in enumerate(schemas) if one not in schemas[:place]]


def _join_names(names: Sequence[str], word: str) -> str:
    some = [clean(name, 60) or "" for name in names[:MOST_CHOICES]]
    return word.join([*some, *(["…"] if len(names) > MOST_CHOICES else [])])


def _count_values(value: object, depth: int) -> int:
    """Count the values in a value; too many of them if it is nested too deeply."""
    if depth > _DEEPEST_INPUT:
        return LARGEST_INPUT + 1
    if isinstance(value, dict):
        return 1 + sum(_count_values(one, depth + 1) for one in cast("JSON", value).values())
    if isinstance(value, list):
        return 1 + sum(_count_values(one, depth + 1) for one in cast("list[object]", value))
    return 1


def _join(first: OrderError, others: Sequence[OrderError]) -> str:
    named = [one.message for one in others[: MOST_FAULTS - 1]]
    left = len(others) - len(named)
    return " ".join([first.problem, *named, *([f"And {left} more."] if left else [])])


def _make_validator(schema: Schema) -> "Validator":
    """Make a validator that takes at most MOST_STEPS steps. There is no reference in the schema."""
    # Imported on use: a server that runs only the models of the catalog never needs it.
    from jsonschema import Draft202012Validator, validators

    left = MOST_STEPS

    def count(keyword: str, apply: Any) -> Any:
        def apply_counted(validator: Any, limit: Any, instance: Any, schema: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise unusable_error("checking an input against it takes too long")
            if keyword == "pattern" and isinstance(instance, str) and len(instance) > LONGEST_MATCHED:
                return ()
            return apply(validator, limit, instance, schema)

        return apply_counted

    known = Draft202012Validator.VALIDATORS
    keywords = {name: count(name, apply) for name, apply in known.items() if name != "format"}
    types = Draft202012Validator.TYPE_CHECKER
    create = cast("Any", validators).create  # one of its argument types is not known
    return create(meta_schema={}, validators=keywords, type_checker=types)(schema)
