"""The models: found by name, held against an order, and what an order becomes on the way to Kie.ai."""

import bisect
from collections.abc import Mapping
from typing import Any, overload

from kie_mcp.catalog.models import CREDIT_USD, MODELS, Model, Price
from kie_mcp.catalog.validate import OrderValidator, close
from kie_mcp.errors import OrderError
from kie_mcp.jobs.job import JSON, Job, Request
from kie_mcp.jobs.polling import Spread
from kie_mcp.orders.kind import Kind
from kie_mcp.orders.order import ImageOrder, Order, SpeechOrder, TalkingVideoOrder, references
from kie_mcp.text import literal

__all__ = ["CREDIT_USD", "Model", "Price", "bucket", "check", "estimate", "find", "lasts", "models", "request"]

_MADE = {Kind.IMAGE: "pictures", Kind.SPEECH: "speech", Kind.TALKING_VIDEO: "talking videos"}
_SECONDS = (5, 15, 30, 60, 120, 300)
_CHARACTERS = (200, 500, 1000, 2500)


def models(kind: Kind) -> tuple[Model, ...]:
    """List the models that make this; the first is the default."""
    return tuple(model for model in MODELS if model.kind is kind)


def find(name: str, kind: Kind) -> Model:
    """Find a model by its id or another name of it, in any case; a blank name is the default's.

    Raises OrderError if none of that kind is called so.
    """
    wanted = name.strip().casefold()
    if not wanted:
        return models(kind)[0]
    for model in MODELS:
        if wanted in {model.id, *model.aliases}:
            if model.kind is kind:
                return model
            problem = f"{model.id} makes {_MADE[model.kind]}, not {_MADE[kind]}."
            raise OrderError(problem, argument="model", remedy=_allowed(kind))
    problem = f"{literal(name.strip())} is not known here."
    names = [other for model in models(kind) for other in (model.id, *model.aliases)]
    if near := close(wanted, names):
        problem += f" Did you mean {near[0]}?"
    raise OrderError(problem, argument="model", remedy=_allowed(kind))


def _allowed(kind: Kind) -> str:
    return f"For {_MADE[kind]} use {', '.join(model.id for model in models(kind))}."


@overload
def check(order: ImageOrder, *, plain_host: str | None = None) -> ImageOrder: ...
@overload
def check(order: SpeechOrder, *, plain_host: str | None = None) -> SpeechOrder: ...
@overload
def check(order: TalkingVideoOrder, *, plain_host: str | None = None) -> TalkingVideoOrder: ...
def check(order: Order, *, plain_host: str | None = None) -> Order:
    """Return the order as it will be sent: the model's id, choices as Kie.ai spells them, defaults filled in.

    Raises OrderError at the first thing that the model does not take. Touches no network.
    """
    model = find(order.model, order.kind)
    named_edit = model.edit_id is not None and order.model.strip().casefold().endswith("-edit")
    if named_edit and not references(order):
        problem = f"{model.edit_id} changes pictures, and none was given."
        remedy = f"Give a picture, or use {model.id} to make one from words."
        raise OrderError(problem, argument="images", remedy=remedy)

    def takers(row: str) -> list[str]:
        return [other.id for other in models(order.kind) if getattr(other.takes, row)]

    fitting = OrderValidator(model=model.id, takes=model.takes, plain_host=plain_host, takers=takers)
    return fitting.check(order)


def request(order: Order, links: Mapping[str, str]) -> Request:
    """Say a checked order in Kie.ai's words. `links` holds, for each file as it was given, a URL that Kie.ai can read.

    Raises OrderError if a file other than an https URL has none.
    """
    model = find(order.model, order.kind)
    inputs: JSON = dict(model.always)
    for name, key in model.inputs.items():
        value = getattr(order, name)
        if value != type(order).model_fields[name].default:
            inputs[key] = _linked(name, value, links) if name in {"images", "image", "audio"} else value
    edits = model.edit_id is not None and references(order)
    return Request(model.edit_id if edits and model.edit_id else model.id, inputs)


def _linked(name: str, value: str | tuple[str, ...], links: Mapping[str, str]) -> Any:
    if isinstance(value, tuple):
        return [_linked(name, one, links) for one in value]
    link = links.get(value, value)
    if link.startswith(("kie://", "file:", "data:")):
        problem = f"{literal(value)} has no link yet."
        raise OrderError(problem, argument=name, remedy="Wait until that job has succeeded.")
    return link


def estimate(order: Order, *, audio_seconds: float | None = None) -> float | None:
    """Return the credits that a checked order should cost; None if that hangs on a length that nobody knows."""
    price = find(order.model, order.kind).price
    each = price.credits.get(_resolution(order))
    match price.per:
        case "image":
            units = 1.0
        case "1000 characters":
            units = len(order.text) / 1000 if isinstance(order, SpeechOrder) else None
        case "second":
            units = audio_seconds
    return None if each is None or units is None else round(each * units, 2)


def bucket(order: Order, *, audio_seconds: float | None = None) -> str:
    """Name the jobs that take about as long as this one: "model|resolution|length"."""
    model = request(order, dict.fromkeys(references(order), "")).model
    return f"{model}|{_resolution(order)}|{_length(order, audio_seconds)}"


def lasts(job: Job) -> Spread | None:
    """Say how long such a job takes elsewhere; None for a model that is not known here, and its kind neither."""
    wanted = job.model.casefold()
    named = (model for model in MODELS if wanted in {model.id, *model.aliases})
    model = next(named, next(iter(models(job.kind)), None))
    return model.lasts if model else None


def _resolution(order: Order) -> str:
    return "" if isinstance(order, SpeechOrder) else order.resolution


def _length(order: Order, audio_seconds: float | None) -> str:
    """The step up to which it is long: of characters to speak, of seconds to show."""
    match order:
        case ImageOrder():
            return ""
        case SpeechOrder():
            return _step(len(order.text), _CHARACTERS)
        case TalkingVideoOrder():
            return "?" if audio_seconds is None else _step(audio_seconds, _SECONDS)


def _step(length: float, steps: tuple[int, ...]) -> str:
    index = bisect.bisect_left(steps, length)
    return str(steps[index]) if index < len(steps) else f">{steps[-1]}"
