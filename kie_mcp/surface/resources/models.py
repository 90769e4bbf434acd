"""The catalogue of models as resources: `kie://models`, `kie://models/{id}`, `kie://voices`."""

import json
from dataclasses import fields
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError

from kie_mcp.catalog import registry
from kie_mcp.catalog.capabilities import Capabilities
from kie_mcp.catalog.models import CREDIT_USD, Model, Price
from kie_mcp.orders.kind import ORDERED
from kie_mcp.surface.arguments.types import SPEECH
from kie_mcp.text import literal

VOICES = {voice: name for model in SPEECH for voice, name in model.takes.voices.items()}
"""The voices of all models that speak: name by id."""


def register(server: MCPServer[Any]) -> None:
    """Add these resources to the server."""
    everything = {
        name: _describe(model) for kind in ORDERED for model in registry.models(kind) for name in _names(model)
    }

    @server.resource("kie://models", title="Models", mime_type="application/json")
    async def models() -> str:
        """Read what can be asked for: each model's limits, choices and prices. The first choice is the default."""
        listed = [_describe(model) for kind in ORDERED for model in registry.models(kind)]
        return json.dumps({"credit_usd": CREDIT_USD, "models": listed}, indent=2)

    @server.resource("kie://models/{+model_id}", title="Model", mime_type="application/json")
    async def model(model_id: str) -> str:
        """Read one model: its limits, choices and prices."""
        found = everything.get(model_id.casefold())
        if found is None:
            raise ResourceNotFoundError(f"There is no model {literal(model_id, 100)} here; kie://models lists them.")
        return json.dumps(found, indent=2)

    @server.resource("kie://voices", title="Voices", mime_type="application/json")
    async def voices() -> str:
        """Read who can speak: id and name of each voice, the default first."""
        return json.dumps({"voices": [{"id": one, "name": name} for one, name in VOICES.items()]}, indent=2)

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
        "credits": {"per": model.price.per, **_describe_prices(model.price)},
    }


def _describe_prices(price: Price) -> dict[str, Any]:
    by_resolution = dict(price.credits)
    if not by_resolution:
        return {"by_longer_side": dict(price.by_side)} if price.by_side else {}
    return {"by_resolution": by_resolution} if "" not in by_resolution else {"amount": by_resolution[""]}
