"""How long jobs take: which ones take about as long as one another, and what is known of them elsewhere."""

from kie_mcp.catalog import requests
from kie_mcp.catalog.models import MODELS
from kie_mcp.catalog.registry import models
from kie_mcp.jobs.job import Job
from kie_mcp.jobs.polling import Spread
from kie_mcp.orders.order import Order


def bucket(order: Order, *, audio_seconds: float | None = None) -> str:
    """Name the jobs that take about as long as this one: "model|resolution|length"."""
    return f"{requests.model_id(order)}|{order.size}|{order.length(audio_seconds)}"


def usual_duration(job: Job) -> Spread | None:
    """Say how long such a job takes elsewhere; None for a model that is not known here, and its kind neither."""
    wanted = job.model.casefold()
    named = (model for model in MODELS if wanted in {model.id, *model.aliases})
    model = next(named, next(iter(models(job.kind)), None))
    return model.lasts if model else None
