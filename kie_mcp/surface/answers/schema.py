"""The fields of the structured content: the same for every tool that answers about a job.

A field whose value is not known is left out. Times are ISO 8601 in UTC, durations in seconds, sizes in bytes.
"""

import functools
from typing import Any

from pydantic import BaseModel, ConfigDict

from kie_mcp.errors import Trouble

SUMMARIZED = frozenset({
    *("Trouble", "CreditFields", "OutputFields", "PartFields", "SpentFields", "Answer", "ModelFields"),
})  # fmt: skip
"""Classes that are published inside another only as `object`, without their fields, to keep the schema short."""

UNPUBLISHED = frozenset({"AccountFields"})
"""Classes of which no field is published: no tool takes one, and the names in the answer say what they are."""


class Fields(BaseModel):
    """A group of facts by name."""

    model_config = ConfigDict(extra="forbid")

    def as_json(self) -> dict[str, Any]:
        """Return the fields that are known, as JSON."""
        return self.model_dump(mode="json", exclude_none=True)


class OutputFields(Fields):
    """A file: its link at Kie.ai, its path here, its resource URI."""

    url: str | None = None
    """None if Kie.ai answered with data and not with a file; shortened if it is too long to be shown."""
    resource: str
    input_for: list[str] | None = None
    """The tools that accept it; left out if none does."""
    path: str | None = None
    mime_type: str | None = None
    bytes: int | None = None
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    expires_at: str | None = None
    note: str | None = None
    """What is odd about the file."""
    role: str | None = None
    """`cover`, `first_frame` or `last_frame` of a file that comes with those that were ordered."""


class CreditFields(Fields):
    """What it costs, in Kie.ai's credits; all are left out if that is not known before it is made."""

    least: float | None = None
    """At the least; left out if it is as much as `estimated`. `in_all_least` likewise."""
    estimated: float | None = None
    """At the most."""
    used: float | None = None
    usd: float | None = None
    """US dollars: what was used, or else is estimated."""
    in_all_least: float | None = None
    """Without `in_all` it is what the parts cost whose cost is known."""
    in_all: float | None = None
    """At the most, together with the jobs that were ordered with it."""
    in_all_usd: float | None = None


class PartFields(Fields):
    """A job that was ordered with another one, to make one of its inputs."""

    job_id: str
    kind: str
    state: str
    resource: str
    input_for: list[str] | None = None
    credits: float | None = None
    """What it has cost, or should cost at the most."""
    credits_least: float | None = None
    """What it should cost at the least; left out if that is the same."""


class SpentFields(Fields):
    """Jobs of a day or a month, and what they cost in Kie.ai's credits: used if that is known, else estimated."""

    jobs: int
    credits: float
    of_unknown_price: int | None = None
    """How many of the jobs are not in the credits."""
    not_sent_yet: "SpentFields | None" = None
    """What of it is only reserved."""
    by_model: dict[str, "SpentFields"] | None = None


class Answer(Fields):
    """The state of a job, and all else that is answered about it."""

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
    error: Trouble | None = None
    note: str | None = None
    data: dict[str, Any] | None = None
    created_at: str
    sandbox: bool | None = None
    kie_task_id: str | None = None
    next: str | None = None


class EstimatedPart(Fields):
    """What would be ordered along with another job, to make one of its inputs."""

    kind: str
    model: str
    credits: float | None = None
    credits_least: float | None = None


class EstimateAnswer(Fields):
    """What an order would cost; nothing was ordered."""

    estimate_only: bool = True
    kind: str
    title: str | None = None
    model: str
    credits: CreditFields | None = None
    parts: list[EstimatedPart] | None = None
    note: str | None = None
    next: str


class BatchAnswer(Fields):
    """The states of several jobs, and all else that is answered about them."""

    state: str
    """`running` until all have ended, then `succeeded` if all have; else `failed`."""
    counts: str
    """How many are in which state, in words."""
    jobs: list[Answer]
    """In the order in which they were asked for."""
    credits: CreditFields | None = None
    """Of all together."""
    note: str | None = None
    sandbox: bool | None = None
    next: str | None = None


class EstimatedJob(Fields):
    """What one of several jobs would cost."""

    kind: str
    title: str | None = None
    model: str
    credits: CreditFields | None = None
    note: str | None = None


class BatchEstimate(Fields):
    """What several orders would cost; nothing was ordered."""

    estimate_only: bool = True
    credits: CreditFields | None = None
    """Of all together."""
    jobs: list[EstimatedJob]
    next: str


class Refusal(Fields):
    """What is answered where no job's state can be told."""

    job_id: str | None = None
    """The job that was ordered all the same; of several the ids, separated by commas."""
    error: Trouble
    next: str | None = None


class Listing(Fields):
    """Several jobs, newest first."""

    jobs: list[Answer]
    next: str | None = None


class ModelFields(Fields):
    """A model that can be run."""

    id: str
    kind: str
    """What it makes."""
    about: str | None = None
    price: str | None = None
    """In Kie.ai's words, shortened; None if Kie.ai does not say."""
    tool: str | None = None
    """The tool that serves it by name; None if only run_model does."""


class ModelListing(Fields):
    """Models, the best first."""

    models: list[ModelFields]
    as_of: str
    note: str
    """How many there are, where the list comes from, how old it is, and how many are left out as they make no jobs."""
    next: str


@functools.cache
def output_schema(model: type[Fields]) -> dict[str, Any]:
    """Return the schema to publish: names and types only, since every word costs space in a model's context."""
    if model.__name__ in UNPUBLISHED:
        return {"type": "object"}
    schema = model.model_json_schema(mode="serialization")
    definitions = schema.pop("$defs", {})
    return _short(schema, definitions)


def _short(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return {"type": "object"} if name in SUMMARIZED else _short(definitions[name], definitions)
    if "anyOf" in schema:  # unknown fields are left out, so null never appears
        return _short(next(one for one in schema["anyOf"] if one != {"type": "null"}), definitions)
    short: dict[str, Any] = {"type": schema["type"]}
    if "properties" in schema:
        short["properties"] = {name: _short(one, definitions) for name, one in schema["properties"].items()}
    if "items" in schema:
        short["items"] = _short(schema["items"], definitions)
    return short
