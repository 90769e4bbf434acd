"""The catalogue of models as resources: `kie://models`, `kie://models/{id}`, `kie://voices`."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError

from kie_mcp.catalog import registry
from kie_mcp.catalog.capabilities import Capabilities
from kie_mcp.catalog.model import CREDIT_USD, Model, Price
from kie_mcp.errors import OrderError
from kie_mcp.market.description import describe_model
from kie_mcp.orders.kind import ORDERED
from kie_mcp.surface.arguments.types import SPEECH
from kie_mcp.surface.tenant import TenantOf
from kie_mcp.text import literal

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
        return json.dumps({"credit_usd": CREDIT_USD, "models": listed})

    @server.resource("kie://models/{+model_id}", title="Model", mime_type="application/json")
    async def model(model_id: str, ctx: Ctx) -> str:
        """Read one model: its limits, choices, prices and input schema."""
        row = rows.get(model_id.casefold())
        own: Mapping[str, Any] = _describe(row) if row else {}
        listed: Mapping[str, Any] = {}
        try:
            listed = await describe_model(tenant_of(ctx.request_context).market, row.id if row else model_id)
        except OrderError as error:
            if not own:
                words = f"There is no model {literal(model_id, 100)} here; kie://models and list_models list them."
                raise ResourceNotFoundError(words) from error
        return json.dumps({**own, **{name: value for name, value in listed.items() if name not in own}})

    @server.resource("kie://voices", title="Voices", mime_type="application/json")
    async def voices() -> str:
        """Read who can speak: id and name of each voice, the default first."""
        return json.dumps({"voices": [{"id": one, "name": name} for one, name in VOICES.items()]})

    _ = (models, model, voices)


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
        "page": model.source,
        "page_read_on": str(model.date),
        "credits": {"per": model.price.per, **_describe_prices(model.price)},
    }


def _describe_prices(price: Price) -> dict[str, Any]:
    by_resolution = dict(price.credits)
    if price.by_side:
        return {"by_longer_side": dict(price.by_side)}
    return {"by_resolution": by_resolution} if "" not in by_resolution else {"amount": by_resolution[""]}
