"""Describes a model of Kie.ai's list as JSON: what it is, takes and costs, and where that is known from."""

from collections.abc import Mapping
from typing import Any

from kie_mcp.errors import OrderError
from kie_mcp.kie.model_answers import MarketModel
from kie_mcp.market.media_fields import find_media_fields
from kie_mcp.market.model_facts import find_makes, find_tool
from kie_mcp.market.service import Market
from kie_mcp.timestamps import iso


async def describe_model(market: Market, model_id: str) -> Mapping[str, Any]:
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
