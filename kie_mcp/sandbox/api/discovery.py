"""Answer the four calls about models: the list, one's schema, its price and how often it succeeds."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request

from kie_mcp.sandbox.account import market
from kie_mcp.sandbox.account.market import Listing
from kie_mcp.sandbox.account.models import MODELS
from kie_mcp.sandbox.account.sandbox import Sandbox
from kie_mcp.sandbox.api import answers, openapi
from kie_mcp.sandbox.api.answers import Answer, success_answer

UNKNOWN_MODEL = answers.refusal_answer(404, answers.UNSUPPORTED_MODEL)
ABOUT = ("schema", "price", "success-rate")
POINTS = 144
POINT_SECONDS = 600
_NORMAL = 90.0


def answer_discovery(sandbox: Sandbox, request: Request) -> Answer:
    """Answer one of the calls, or refuse it: all of them together may be made once a second."""
    if not sandbox.count_discovery(request.url.path):
        return answers.TOO_MANY
    name = request.path_params.get("model")
    if name is None:
        return _list_models(request)
    # The slash of an id is left as it is; an encoded one names no model.
    is_raw = b"%2f" not in bytes(request.scope.get("raw_path") or b"").lower()
    listing = market.load_listings().get(name) if is_raw else None
    if listing is None:
        return UNKNOWN_MODEL
    return success_answer({"model": listing.model, **_tell(sandbox, listing, request.url.path.rpartition("/")[2])})


def _tell(sandbox: Sandbox, listing: Listing, about: str) -> dict[str, Any]:
    if about == "schema":
        return {"openapi": openapi.describe(listing, MODELS.get(listing.model))}
    if about == "price":
        return {"pricingDesc": listing.pricing}
    return {"points": _list_points(listing, sandbox.clock.wall(sandbox.clock.now()))}


def _list_models(request: Request) -> Answer:
    asked = request.query_params
    found = market.search(asked.get("q", ""), asked.get("provider", ""), asked.get("taskType", ""))
    rows = [
        {
            "model": one.model,
            "slug": one.model,
            "title": one.title,
            "provider": one.provider,
            "taskType": list(one.task_types),
            "description": one.description,
            "pricingDesc": one.pricing,
        }
        for one in found
    ]
    return success_answer({"total": len(rows), "models": rows})


def _list_points(listing: Listing, now: float) -> list[dict[str, Any]]:
    """Return the last 24 hours in steps of ten minutes; nothing for a model that nobody monitors."""
    if listing.is_job and listing.model not in MODELS:
        return []
    last = int(now // POINT_SECONDS)
    return [_make_point(listing.model, number) for number in range(last - POINTS, last)]


def _make_point(model: str, number: int) -> dict[str, Any]:
    chance = random.Random(f"{model}:{number}")  # noqa: S311  # a made-up history, always the same
    rate = None if chance.random() < 0.1 else round(100 - 12 * chance.random() ** 6, 1)
    return {
        "start": _write_time(number * POINT_SECONDS),
        "end": _write_time((number + 1) * POINT_SECONDS),
        "successRate": rate,
        "errorRate": None if rate is None else round(100 - rate, 1),
        "isNormal": rate is None or rate >= _NORMAL,
    }


def _write_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
