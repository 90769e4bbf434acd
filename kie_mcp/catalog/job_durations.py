"""Say how long jobs take: group those that take about equally long, and give the usual time of a model's jobs."""

from kie_mcp.catalog import requests
from kie_mcp.catalog.models import MODELS
from kie_mcp.catalog.registry import models
from kie_mcp.jobs.job import Job
from kie_mcp.jobs.polling import Spread
from kie_mcp.orders.order import Order


def bucket(order: Order, *, audio_seconds: float | None = None, host: str = "") -> str:
    """Return the name of the group of jobs that take about as long as this one: "model|resolution|length".

    Jobs of another host than Kie.ai, such as a sandbox, which may be faster, have groups of their own.
    """
    group = f"{requests.model_id(order)}|{order.size}|{order.length(audio_seconds)}"
    return f"{host}|{group}" if host else group


def usual_duration(job: Job) -> Spread | None:
    """Return how long such jobs take by what others report; None if neither the model nor its kind is known here."""
    wanted = job.model.casefold()
    named = (model for model in MODELS if wanted in {model.id, *model.aliases})
    model = next(named, next(iter(models(job.kind)), None))
    return model.lasts if model else None
