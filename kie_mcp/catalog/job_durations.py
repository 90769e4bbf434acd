"""How long jobs take: which ones take about as long as one another, and what is known of them elsewhere."""

import bisect

from kie_mcp.catalog import requests
from kie_mcp.catalog.models import MODELS
from kie_mcp.catalog.prices import resolution
from kie_mcp.catalog.registry import models
from kie_mcp.jobs.job import Job
from kie_mcp.jobs.polling import Spread
from kie_mcp.orders.order import ImageOrder, Order, SpeechOrder, TalkingVideoOrder, references

_SECONDS = (5, 15, 30, 60, 120, 300)
_CHARACTERS = (200, 500, 1000, 2500)


def bucket(order: Order, *, audio_seconds: float | None = None) -> str:
    """Name the jobs that take about as long as this one: "model|resolution|length"."""
    model = requests.build(order, dict.fromkeys(references(order), "")).model
    return f"{model}|{resolution(order)}|{_length(order, audio_seconds)}"


def usual_duration(job: Job) -> Spread | None:
    """Say how long such a job takes elsewhere; None for a model that is not known here, and its kind neither."""
    wanted = job.model.casefold()
    named = (model for model in MODELS if wanted in {model.id, *model.aliases})
    model = next(named, next(iter(models(job.kind)), None))
    return model.lasts if model else None


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
