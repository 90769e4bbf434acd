"""The catalogue of models as resources: `kie://models`, `kie://models/{id}`, `kie://voices`."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError

from kie_mcp.catalog import registry
from kie_mcp.catalog.capabilities import Capabilities
from kie_mcp.catalog.models import CREDIT_USD, Model, Price
from kie_mcp.errors import OrderError
from kie_mcp.kie.model_answers import MarketModel
from kie_mcp.market.media_fields import find_media_fields
from kie_mcp.market.model_facts import find_makes, find_tool
from kie_mcp.market.service import Market
from kie_mcp.orders.kind import ORDERED
from kie_mcp.surface.arguments.types import SPEECH
from kie_mcp.surface.tenant import TenantOf
from kie_mcp.text import literal
from kie_mcp.timestamps import iso

Ctx = Context[Any]

VOICES = {voice: name for model in SPEECH for voice, name in model.takes.voices.items()}
"""The voices of all models that speak: name by id."""


def register(server: MCPServer[Any], tenant_of: TenantOf) -> None:
    """Add these resources to the server."""
    rows = {name: model for kind in ORDERED for model in registry.models(kind) for name in _names(model)}

    @server.resource("kie://models", title="Models", mime_type="application/json")
    async def models() -> str:
        """Read what can be asked for: each model's limits, choices and prices. The first choice is the default."""
        listed = [_describe(model) for kind in ORDERED for model in registry.models(kind)]
        return json.dumps({"credit_usd": CREDIT_USD, "models": listed}, indent=2)

    @server.resource("kie://models/{+model_id}", title="Model", mime_type="application/json")
    async def model(model_id: str, ctx: Ctx) -> str:
        """Read one model: its limits, choices, prices and input schema."""
        row = rows.get(model_id.casefold())
        own: Mapping[str, Any] = _describe(row) if row else {}
        listed: Mapping[str, Any] = {}
        try:
            listed = await describe_listed(tenant_of(ctx.request_context).market, row.id if row else model_id)
        except OrderError as error:
            if not own:
                words = f"There is no model {literal(model_id, 100)} here; kie://models and list_models list them."
                raise ResourceNotFoundError(words) from error
        return json.dumps({**own, **{name: value for name, value in listed.items() if name not in own}}, indent=2)

    @server.resource("kie://voices", title="Voices", mime_type="application/json")
    async def voices() -> str:
        """Read who can speak: id and name of each voice, the default first."""
        return json.dumps({"voices": [{"id": one, "name": name} for one, name in VOICES.items()]}, indent=2)

    _ = (models, model, voices)


async def describe_listed(market: Market, model_id: str) -> Mapping[str, Any]:
    """Describe a model of Kie.ai's list as JSON, with the schema of its input. Raises OrderError if there is none."""
    model = await market.find(model_id)
    try:
        known = await market.read_schema(model.id)
    except OrderError as error:
        return {**_describe_entry(model), "input_schema": None, "note": error.problem}
    files = find_media_fields(known.schema) if known.schema else ()
    return {
        **_describe_entry(model),
        "files": {field.path: field.family or "any" for field in files},
        "input_schema": known.schema.schema if known.schema else None,
        "source": known.source,
        "as_of": iso(known.as_of),
    }


def _describe_entry(model: MarketModel) -> dict[str, Any]:
    return {
        "id": model.id,
        "title": model.title,
        "provider": model.provider,
        "task_types": list(model.task_types),
        "makes": find_makes(model),
        "tool": find_tool(model.id) or "run_model",
        "description": model.description,
        "pricing": model.pricing or None,
    }


def _names(model: Model) -> tuple[str, ...]:
    return (model.id, *model.aliases)


def _describe(model: Model) -> dict[str, Any]:
    """Describe a model as JSON, without what it does not take; its voices are a separate resource."""
    rows = {row.name: getattr(model.takes, row.name) for row in fields(Capabilities)}
    takes = {name: value for name, value in rows.items() if value and name != "voices"}
    if model.takes.voices:
        takes["voices"] = "kie://voices"
    return {
        "id": model.id,
        "title": model.title,
        "kind": model.kind,
        "default": model is registry.models(model.kind)[0],
        "other_names": list(model.aliases),
        "takes": takes,
        "credits": {"per": model.price.per, **_describe_prices(model.price)},
    }


def _describe_prices(price: Price) -> dict[str, Any]:
    by_resolution = dict(price.credits)
    return {"by_resolution": by_resolution} if "" not in by_resolution else {"amount": by_resolution[""]}
