"""Builds the answer of `list_models`: a line for each model, how old the list is, and what to call next."""

from collections.abc import Sequence

from mcp.types import CallToolResult, TextContent

from kie_mcp.kie.model_answers import MarketModel
from kie_mcp.market.model_facts import find_makes, find_tool
from kie_mcp.market.service import ModelList
from kie_mcp.surface.answers.schema import ModelFields, ModelListing
from kie_mcp.text import clean
from kie_mcp.timestamps import day, iso

LINE = 80
"""How many characters of what is said of a model, and of its price, its line shows."""
RUN = "run_model"
"""The tool that runs any model."""


def build_model_listing(listed: ModelList, found: Sequence[MarketModel], limit: int, now: float) -> CallToolResult:
    """Build what `list_models` returns for the first of the models that were found."""
    shown = [_describe(model) for model in found[:limit]]
    age = _describe_age(listed, now)
    facts = ModelListing(
        models=shown,
        as_of=iso(listed.as_of),
        note=f"{len(shown)} of {len(found)} found; {_note(listed, age)}",
        next=_next(shown),
    )
    lines = [_line(one) for one in shown] or ["no such models"]
    text = "\n".join([*lines, facts.note, f"next: {facts.next}"])
    return CallToolResult(content=[TextContent(text=text)], structured_content=facts.as_json())


def _describe(model: MarketModel) -> ModelFields:
    # Imported on use: its many patterns would slow down the start of every server.
    from kie_mcp.market.price_text import shorten_price

    said = model.title if model.title.casefold() != model.id.casefold() else ""
    return ModelFields(
        id=model.id,
        kind=find_makes(model),
        about=clean(model.description or said, LINE) or None,
        price=shorten_price(model.pricing, LINE) or None,
        tool=find_tool(model.id),
    )


def _line(model: ModelFields) -> str:
    about = f" {model.about}" if model.about else ""
    own = f" [{model.tool}]" if model.tool else ""
    return f"{model.id} ({model.kind}){about} - {model.price or 'price unknown'}{own}"


def _describe_age(listed: ModelList, now: float) -> str:
    if listed.source == "snapshot":
        return f"documented on {day(listed.as_of)}; Kie.ai itself was not asked, because there is no key or no answer"
    hours = max(now - listed.as_of, 0) / 3600
    old = f"{hours / 24:.0f} days old" if hours >= 48 else f"{hours:.0f} h old" if hours >= 1 else "just read"
    return f"Kie.ai's list, {old}"


def _note(listed: ModelList, age: str) -> str:
    count = len(listed.answering_at_once)
    return f"{age}; not listed: {count} that answer at once, without a job" if count else age


def _next(shown: Sequence[ModelFields]) -> str:
    """Say how the first of the models is run, or how to search again."""
    if not shown:
        return "search again with other or fewer words, or without kind and provider"
    first = shown[0]
    if first.tool:
        return f'{first.tool}(model="{first.id}", …)'
    return f'{RUN}(model="{first.id}", input={{…}}); read its fields first: kie://models/{first.id}'
