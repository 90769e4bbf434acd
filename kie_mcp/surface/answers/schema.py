"""The structured half of an answer: the same fields for every tool that speaks of a job.

A field that is not known is left out. Times are ISO 8601 UTC, lengths are in seconds, sizes in bytes.
"""

import functools
from typing import Any

from pydantic import BaseModel, ConfigDict

SUMMARIZED = frozenset({"ErrorFields", "CreditFields", "PartFields", "Answer"})
"""Published as objects without their fields inside another: they explain themselves when they come."""


class Fields(BaseModel):
    """Facts by name; what is not known is left out."""

    model_config = ConfigDict(extra="forbid")

    def as_json(self) -> dict[str, Any]:
        """The fields that are known, as JSON."""
        return self.model_dump(mode="json", exclude_none=True)


class OutputFields(Fields):
    """A file: where it is at Kie.ai, here, and as a resource."""

    url: str | None = None
    """None for an answer that was no file and was saved as one; without its end if it is too long to be shown."""
    resource: str
    input_for: list[str] | None = None
    """The tools that take it; left out if none does."""
    path: str | None = None
    mime_type: str | None = None
    bytes: int | None = None
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    expires_at: str | None = None
    note: str | None = None
    """What is odd about the file."""


class CreditFields(Fields):
    """What it costs, in Kie.ai's credits."""

    estimated: float | None = None
    used: float | None = None
    in_all: float | None = None
    """With the jobs that were ordered along with it, as far as that is known."""


class PartFields(Fields):
    """A job that was ordered along with another, to make one of its inputs."""

    job_id: str
    kind: str
    state: str
    resource: str
    input_for: list[str] | None = None
    credits: float | None = None


class ErrorFields(Fields):
    """What went wrong and what to do about it; `upstream_message` holds Kie.ai's own words."""

    category: str
    message: str
    remedy: str
    retryable: bool
    may_have_been_charged: bool
    upstream_message: str | None = None


class Answer(Fields):
    """How a job stands."""

    job_id: str
    kind: str
    title: str | None = None
    """The first words of the order."""
    model: str
    state: str
    elapsed_s: float
    outputs: list[OutputFields]
    joined: bool | None = None
    place: int | None = None
    waiting_for: list[str] | None = None
    parts: list[PartFields] | None = None
    expected_s: float | None = None
    progress: float | None = None
    credits: CreditFields | None = None
    error: ErrorFields | None = None
    note: str | None = None
    data: dict[str, Any] | None = None
    created_at: str
    sandbox: bool | None = None
    kie_task_id: str | None = None
    next: str | None = None


class Listing(Fields):
    """Several jobs, newest first."""

    jobs: list[Answer]
    next: str | None = None


@functools.cache
def output_schema(model: type[Fields]) -> dict[str, Any]:
    """The schema that is published: names and types only, since every word of it costs a model's context."""
    schema = model.model_json_schema(mode="serialization")
    definitions = schema.pop("$defs", {})
    return _short(schema, definitions)


def _short(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return {"type": "object"} if name in SUMMARIZED else _short(definitions[name], definitions)
    if "anyOf" in schema:  # what is not known is left out, so null never appears
        return _short(next(one for one in schema["anyOf"] if one != {"type": "null"}), definitions)
    short: dict[str, Any] = {"type": schema["type"]}
    if "properties" in schema:
        short["properties"] = {name: _short(one, definitions) for name, one in schema["properties"].items()}
    if "items" in schema:
        short["items"] = _short(schema["items"], definitions)
    return short
