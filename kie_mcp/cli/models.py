"""`kie-mcp models`: list the models of Kie.ai, or tell of one what it takes and costs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kie_mcp.cli.terminal import wrap
from kie_mcp.jobs.clock import SystemClock
from kie_mcp.kie.client import KieClient
from kie_mcp.kie.model_answers import MODEL_ID, MarketModel
from kie_mcp.market.description import describe_model
from kie_mcp.market.model_facts import Makes, find_makes, find_tool
from kie_mcp.market.price_text import shorten_price
from kie_mcp.market.schema_copy import as_object
from kie_mcp.market.search import search
from kie_mcp.market.service import Market, ModelList
from kie_mcp.settings import Settings
from kie_mcp.timestamps import day

LEAST_PRICE = 24
"""Fewer columns than this are too few for a price beside the name."""
NOTHING_FOUND = "No such models: search with other or fewer words, or without --kind and --provider."


async def show_models(
    settings: Settings,
    query: str,
    *,
    makes: Makes | None,
    provider: str,
    as_json: bool,
    width: int = 0,
    kie: KieClient | None = None,
) -> str:
    """Return the one model of that id, or a table of those that fit the words.

    `width` is that of the terminal, 0 if there is none; `kie` is the seam for tests.
    """
    async with kie or settings.make_client() as kie:
        market = Market(kie.models, settings.market_path, SystemClock())
        listed = await market.list_models()
        if any(model.id.casefold() == query.strip().casefold() for model in listed.models):
            one = await describe_model(market, query)
            return _dump(one) if as_json else _format_model(one, width)
        if "/" in query and MODEL_ID.fullmatch(query):
            await market.find(query)  # whoever mistypes an id is told of the nearest one
        found = search(listed.models, query, makes=makes, provider=provider)
    return _dump(_list(listed, found)) if as_json else _format_table(listed, found, width)


def _dump(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts, indent=2)


def _list(listed: ModelList, found: Sequence[MarketModel]) -> dict[str, Any]:
    models = [
        {
            "id": model.id,
            "makes": find_makes(model),
            "title": model.title,
            "provider": model.provider,
            "pricing": model.pricing or None,
            "tool": find_tool(model.id) or "run_model",
        }
        for model in found
    ]
    left_out = [model.id for model in listed.answering_at_once]
    return {"source": listed.source, "as_of": day(listed.as_of), "models": models, "left_out": left_out}


def _format_table(listed: ModelList, found: Sequence[MarketModel], width: int) -> str:
    rows = [(model.id, find_makes(model), shorten_price(model.pricing, 70) or "price unknown") for model in found]
    longest = max((len(row[0]) for row in rows), default=0)
    lines = [line for row in rows for line in _format_row(*row, longest, width)] or [NOTHING_FOUND]
    whose = "Kie.ai's list" if listed.source == "kie.ai" else "Kie.ai was not asked: the documented models"
    out = f"; not listed: {len(listed.answering_at_once)} that answer at once, without a job"
    last = f"{len(found)} of {len(listed.models)} models; {whose} of {day(listed.as_of)}"
    last += out if listed.answering_at_once else ""
    return "\n".join([*lines, *(wrap(last, width) if width else [last])])


def _format_row(name: str, makes: str, price: str, longest: int, width: int) -> list[str]:
    """Return a line for a model; on a terminal its price goes on below itself, or stands below the name."""
    place = longest + 9
    if not width or place + len(price) <= width:
        return [f"{name:{longest}}  {makes:5}  {price}"]
    if width - place < LEAST_PRICE:
        return [f"{name}  {makes}", *wrap("    " + price, width, indent="    ")]
    first, *more = wrap(price, width - place)
    return [f"{name:{longest}}  {makes:5}  {first}", *(" " * place + line for line in more)]


def _format_model(one: Mapping[str, Any], width: int) -> str:
    facts = {
        "model": one["id"],
        "title": one["title"],
        "makes": one["makes"],
        "by": one["provider"],
        "tool": one["tool"],
        "price": one["pricing"] or "Kie.ai does not say",
        "about": one["description"],
        "note": one.get("note"),
        "source": f"{one['source']}, {one['as_of']}" if "source" in one else None,
    }
    lines = [f"{name:8}{' '.join(str(value).split())}" for name, value in facts.items() if value]
    lines = [part for line in lines for part in (wrap(line, width, indent=" " * 8) if width else [line])]
    schema = one["input_schema"]
    fields = _format_fields(as_object(schema)) if schema else []
    fields = [part for line in fields for part in (wrap(line, width, indent=" " * 6) if width else [line])]
    return "\n".join([*lines, "input", *fields]) if schema else "\n".join(lines)


def _format_fields(schema: Mapping[str, Any]) -> list[str]:
    fields, required = as_object(schema.get("properties")), schema.get("required", [])
    if not fields:
        return ["  " + line for line in json.dumps(schema, indent=2).splitlines()]
    lines: list[str] = []
    for name, field in fields.items():
        facts = {key: value for key, value in as_object(field).items() if key not in {"examples", "example", "title"}}
        text = json.dumps(facts, ensure_ascii=False)
        mark = "*" if name in required else " "
        lines.append(f"  {name}{mark} {text if len(text) <= 200 else text[:199] + '…'}")
    return [*lines, "  * required; --json has the whole schema"]
