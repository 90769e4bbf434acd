"""Compares the rows of the catalog with what Kie.ai says of its models today."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, cast

from kie_mcp.catalog.capabilities import Capabilities
from kie_mcp.catalog.model import Model
from kie_mcp.catalog.models import MODELS
from kie_mcp.errors import KieError, OrderError
from kie_mcp.kie.model_answers import MarketModel
from kie_mcp.market.input_schema import InputSchema
from kie_mcp.market.price_text import PriceItem, read_price_text
from kie_mcp.market.schema_copy import Schema, as_object
from kie_mcp.market.service import Market

_UNITS = {"image": ("image", "job"), "second": ("second",), "1000 characters": ("1000 characters",)}
"""What a price text counts by for each unit of a row."""


@dataclass(frozen=True, slots=True)
class RowCheck:
    """What was found about a row: where it differs from Kie.ai, and what could not be compared."""

    row: Model
    differences: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


async def check_rows(market: Market) -> list[RowCheck]:
    """Compare each row of the catalog with Kie.ai's list, schemas and prices. Raises KieError if there is no list."""
    started, listed = market.now(), await market.list_models()
    if listed.source != "kie.ai" or listed.as_of < started:
        raise OrderError("Kie.ai did not tell which models it has.", remedy="See to the key and the API first.")
    by_id = {model.id: model for model in (*listed.models, *listed.answering_at_once)}
    return [await _check_row(market, row, by_id, started) for row in MODELS]


async def _check_row(market: Market, row: Model, listed: Mapping[str, MarketModel], started: float) -> RowCheck:
    ids = dict.fromkeys((row.id, row.edit_id or row.id))
    gone = tuple(f"{name} is not on Kie.ai's list any more" for name in ids if name not in listed)
    if gone:
        return RowCheck(row, gone)
    differences, unknown = list(_compare_price(row, listed[row.id].pricing)), list[str]()
    if not listed[row.id].pricing:
        unknown.append("Kie.ai does not say what it costs")
    try:
        schemas = [(await market.read_schema(name)) for name in ids]
    except KieError as error:
        return RowCheck(row, tuple(differences), (*unknown, error.problem))
    live = [known.schema for known in schemas if known.schema and known.source == "kie.ai" and known.as_of >= started]
    if len(live) < len(ids):
        return RowCheck(row, tuple(differences), (*unknown, "Kie.ai did not tell its schema"))
    return RowCheck(row, (*differences, *_compare_schemas(row, live)), tuple(unknown))


def _compare_price(row: Model, pricing: str) -> Iterator[str]:
    items = read_price_text(pricing).items
    if not pricing:
        return
    by_side = {f"{side // 1024}k": each for side, each in row.price.by_side.items()}
    for size, credits_here in (*row.price.credits.items(), *by_side.items()):
        fitting = [item for item in items if item.unit in _UNITS[row.price.per] and _is_for(item, size)]
        if not any(abs(item.credits - credits_here) < 1e-9 for item in fitting):
            what = f" for {size}" if size else ""
            yield f"price{what}: {credits_here:g} credits here; Kie.ai: {' '.join(pricing.split())[:160]}"


def _is_for(item: PriceItem, size: str) -> bool:
    wanted = size.casefold() + ("p" if size.isdecimal() else "")
    return not wanted or not item.sizes or wanted in item.sizes


def _compare_schemas(row: Model, live: list[InputSchema]) -> Iterator[str]:
    for schema in live:
        names = {name for form in schema.forms for name in form}
        sent = {*row.inputs.values(), *row.always}
        for name in schema.required:
            if name not in sent:
                yield f"{name} is required by Kie.ai and is never sent"
        if len(live) == 1:
            yield from (f"{name} is sent and is not in Kie.ai's schema" for name in sorted(sent - names))
    for field in fields(Capabilities):
        name = _INPUTS.get(field.name, field.name)
        if path := row.inputs.get("text" if name == "prompt" and "text" in row.inputs else name):
            for form in (form for schema in live for form in schema.forms if path in form):
                yield from _compare_field(row, field.name, path, form[path])


_INPUTS = {
    "upscale_factors": "upscale",
    "aspect_ratios": "aspect_ratio",
    "resolutions": "resolution",
    "formats": "output_format",
    "images_max": "images",
    "prompt_max": "prompt",
    "voices": "voice",
    "seed_range": "seed",
    "speed_range": "speed",
    "stability_range": "stability",
    "similarity_boost_range": "similarity_boost",
}
"""The field of an order by the capability that bounds it, where the two differ."""


def _compare_field(row: Model, capability: str, path: str, schema: Schema) -> Iterator[str]:
    """Compare one bound, or one list of choices, of a row with the live schema of that input."""
    here, live = getattr(row.takes, capability), as_object(schema)
    match capability:
        case "aspect_ratios" | "resolutions" | "formats" | "voices" | "upscale_factors":
            yield from _compare_choices(path, {*map(str, here)}, live.get("enum"))
        case "images_max" | "prompt_max":
            what, name = ("pictures", "maxItems") if capability == "images_max" else ("characters", "maxLength")
            if capability not in row.takes.doubts:
                yield from _compare_bound(path, f"most {what}", here, live.get(name))
        case "seed_range" | "speed_range" | "stability_range" | "similarity_boost_range" if here:
            yield from _compare_bound(path, "least", here[0], live.get("minimum"))
            yield from _compare_bound(path, "most", here[1], live.get("maximum"))
        case _:
            return


def _compare_choices(path: str, here: set[str], enum: Any) -> Iterator[str]:
    live = {str(one) for one in cast("list[object]", enum)} if isinstance(enum, list) else None
    if not here or live is None or here == live:
        return
    gone, new = sorted(here - live), sorted(live - here)
    parts = [f"gone: {', '.join(gone[:6])}"] if gone else []
    parts += [f"new: {', '.join(new[:6])}{' …' if len(new) > 6 else ''}"] if new else []
    yield f"{path}: {'; '.join(parts)}"


def _compare_bound(path: str, what: str, here: float, live: object) -> Iterator[str]:
    if isinstance(live, int | float) and not isinstance(live, bool) and live != here:
        yield f"{path}: {what} {_figure(here)} here, {_figure(live)} at Kie.ai"


def describe_source(row: Model) -> str:
    """Say where a row was read, and when."""
    return f"read on {row.date} at {row.source}"


def _figure(number: float) -> str:
    return f"{int(number):,}" if number == int(number) else f"{number:g}"
