"""Read what Kie.ai says of its models: the list, a schema, a price, how often jobs succeed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from kie_mcp.errors import OrderError, UnavailableError
from kie_mcp.jobs.job import JSON
from kie_mcp.kie.envelope import Envelope, mapping, number, open_envelope
from kie_mcp.kie.responses import raise_known
from kie_mcp.text import clean, literal

MODEL_ID = re.compile(r"(?=.{1,100}$)[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)*", re.ASCII)
"""What the id of a model looks like; it becomes a part of a URL."""
_LONGEST_TEXT = 2_000
_MOST_MODELS = 5_000
_MOST_TASK_TYPES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketModel:
    """One model as Kie.ai lists it."""

    id: str
    title: str = ""
    provider: str = ""
    task_types: tuple[str, ...] = ()
    """What it does, such as "Text to Video"."""
    description: str = ""
    pricing: str = ""
    """What it costs, in prose; empty if Kie.ai does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessPoint:
    """How many jobs of a model succeeded in ten minutes."""

    start: str
    end: str
    percent: float | None
    """None if there was no job."""


def read_models(http_status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> tuple[MarketModel, ...]:
    """Return the models of a list; an entry without a usable id is left out. Raises the errors of `_open`."""
    data = mapping(_open(http_status, headers, body, now=now).data)
    entries = data.get("models")
    if not isinstance(entries, list):
        raise _unreadable_error("the list of its models")
    listed = map(_read_model, cast("list[object]", entries)[:_MOST_MODELS])
    return tuple({model.id: model for model in listed if model}.values())


def _read_model(entry: object) -> MarketModel | None:
    given = mapping(entry)
    model_id = given.get("model") or given.get("slug")
    if not isinstance(model_id, str) or not MODEL_ID.fullmatch(model_id):
        return None
    kinds = given.get("taskType")
    types = cast("list[object]", kinds) if isinstance(kinds, list) else [kinds]
    return MarketModel(
        id=model_id,
        title=clean(given.get("title"), 200) or "",
        provider=clean(given.get("provider"), 80) or "",
        task_types=tuple(filter(None, (clean(one, 80) for one in types[:_MOST_TASK_TYPES]))),
        description=clean(given.get("description"), _LONGEST_TEXT) or "",
        pricing=clean(given.get("pricingDesc"), _LONGEST_TEXT) or "",
    )


def read_schema(http_status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> JSON | None:
    """Return a model's OpenAPI object; None if Kie.ai has none. Raises the errors of `_open`."""
    data = mapping(_open(http_status, headers, body, now=now).data)
    return mapping(data.get("openapi")) or None


def read_price(http_status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> str:
    """Return what a model costs, in prose; empty if Kie.ai does not say. Raises the errors of `_open`."""
    data = mapping(_open(http_status, headers, body, now=now).data)
    return clean(data.get("pricingDesc"), _LONGEST_TEXT) or ""


def read_success_rate(
    http_status: int, headers: Mapping[str, str], body: bytes, *, now: float
) -> tuple[SuccessPoint, ...]:
    """Return how often a model's jobs succeeded in the last day; empty if that is not known. Raises as `_open`."""
    points = mapping(_open(http_status, headers, body, now=now).data).get("points")
    listed = cast("list[Any]", points) if isinstance(points, list) else []
    return tuple(
        SuccessPoint(
            start=clean(point.get("start"), 40) or "",
            end=clean(point.get("end"), 40) or "",
            percent=number(point.get("successRate")),
        )
        for point in map(mapping, listed[:200])
    )


def unknown_model_error(name: str) -> OrderError:
    """Return the error for a model that Kie.ai does not have."""
    problem = f"Kie.ai has no model {literal(name, 60)}."
    return OrderError(problem, argument="model", remedy="Find its id with list_models.")


def _open(http_status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> Envelope:
    """Return the envelope of a good answer.

    Raises OrderError for an unknown model, CredentialError, BusyError, CreditError or UnavailableError.
    """
    answer = open_envelope(http_status, headers, body, now=now)
    if answer.ok and answer.readable:
        return answer
    raise_known(answer)
    words = answer.message
    if answer.code in {400, 404, 422} and answer.readable:
        problem = f"Kie.ai does not know this model ({answer.summary})."
        raise OrderError(problem, argument="model", remedy="Find its id with list_models.", upstream_message=words)
    message = f"Kie.ai did not tell about its models ({answer.summary})."
    raise UnavailableError(message, remedy="Wait a minute and call again.", upstream_message=words)


def _unreadable_error(what: str) -> UnavailableError:
    return UnavailableError(f"Kie.ai's answer does not hold {what}.", remedy="Wait a minute and call again.")
