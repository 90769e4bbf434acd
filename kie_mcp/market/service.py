"""All models of Kie.ai: as Kie.ai lists them, as it listed them last, or as they are documented."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, cast

import anyio

from kie_mcp.catalog.validate import find_similar
from kie_mcp.errors import KieError, OrderError
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.estimate import Estimate
from kie_mcp.kie.model_answers import MODEL_ID, MarketModel, SuccessPoint
from kie_mcp.market.disk_cache import CachedAnswer, DiskCache
from kie_mcp.market.input_schema import InputSchema, find_input_schema
from kie_mcp.market.model_facts import answers_at_once
from kie_mcp.market.schema_copy import JSON, as_object
from kie_mcp.market.snapshot import load_snapshot
from kie_mcp.text import literal

FRESH = 24 * 3600.0
"""Seconds for which an answer is not asked for again."""
AGAIN = 60.0
"""Seconds after a failure during which Kie.ai is not asked again."""
Source = Literal["kie.ai", "snapshot"]


class Queries(Protocol):
    """Asks Kie.ai about its models; raises KieError."""

    async def list_models(self) -> tuple[MarketModel, ...]:
        """Ask for all models."""
        ...

    async def read_schema(self, model: str) -> JSON | None:
        """Ask for a model's OpenAPI object; None if Kie.ai has none."""
        ...

    async def read_success_rate(self, model: str) -> tuple[SuccessPoint, ...]:
        """Ask how often a model's jobs succeeded in the last day."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelList:
    """The models that make jobs, and where they are known from."""

    models: tuple[MarketModel, ...]
    answering_at_once: tuple[MarketModel, ...]
    """Those that are left out because their calls make no jobs."""
    source: Source
    as_of: float
    """When it was read, in seconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSchema:
    """The schema of a model's input, and where it is known from."""

    schema: InputSchema | None
    """None if Kie.ai publishes none."""
    source: Source
    as_of: float
    problem: KieError | None = None
    """Why Kie.ai could not be asked."""


class Market:
    """The models of one Kie.ai. What it says is kept on disk for a day, and longer while it cannot be asked.

    Args:
        queries: Asks Kie.ai.
        folder: Where answers are kept, one for each Kie.ai; None keeps them in memory alone.
        clock: The time.
        fresh: Seconds for which an answer is not asked for again.
    """

    def __init__(self, queries: Queries, folder: Path | None, clock: Clock, *, fresh: float = FRESH) -> None:
        self._queries = queries
        self._cache = DiskCache(folder)
        self._clock = clock
        self._fresh = fresh
        self._lock = anyio.Lock()
        self._memory: dict[str, CachedAnswer] = {}
        self._failed_at: dict[str, float] = {}
        self._refusals: dict[str, KieError] = {}
        """Why the last question of a name was not answered, until it is."""

    def now(self) -> float:
        """Return the seconds since 1970, by the clock that ages are counted with."""
        return self._clock.now()

    def known_models(self) -> tuple[MarketModel, ...]:
        """Return the models that are known without asking Kie.ai or the disk."""
        kept = self._memory.get("list")
        models = (_read_list(kept.value) if kept else ()) or load_snapshot().models
        return tuple(model for model in models if not answers_at_once(model))

    async def list_models(self) -> ModelList:
        """List all models that make jobs. Never fails: at worst it is the list that this version brings."""
        kept = await self._find("list", self._ask_list)
        models = _read_list(kept.value) if kept else ()
        if kept is None or not models:
            snapshot = load_snapshot()
            return _split(snapshot.models, "snapshot", snapshot.as_of)
        return _split(models, "kie.ai", kept.at)

    async def find(self, model_id: str) -> MarketModel:
        """Find a model by its id. Raises OrderError if there is none, or if it makes no jobs."""
        wanted, listed = model_id.strip().casefold(), await self.list_models()
        for model in listed.models:
            if model.id.casefold() == wanted:
                return model
        if any(model.id.casefold() == wanted for model in listed.answering_at_once):
            problem = f"{model_id.strip()} answers at once and makes no job, so it cannot be run here."
            raise OrderError(problem, argument="model", remedy="Find another with list_models.")
        near = find_similar(wanted[:100], [model.id for model in listed.models])
        hint = f" Did you mean {near[0]}?" if near else ""
        asked = listed.source == "kie.ai"
        who = "Kie.ai lists" if asked else "Kie.ai does not answer, and the models that are known without it have"
        problem = f"{who} no model {literal(model_id.strip(), 60)}.{hint}"
        raise OrderError(problem, argument="model", remedy="Find its id with list_models.")

    async def read_schema(self, model_id: str) -> ModelSchema:
        """Read the schema of a model's input. Raises OrderError if it cannot be used, or if the model is no job."""
        kept = None
        if MODEL_ID.fullmatch(model_id):
            kept = await self._find(f"schema/{model_id}", lambda: self._queries.read_schema(model_id))
        if kept is None:
            snapshot = load_snapshot()
            known = snapshot.inputs.get(model_id)
            schema = InputSchema(known, model_id) if known else None
            problem = self._refusals.get(f"schema/{model_id}")
            return ModelSchema(schema=schema, source="snapshot", as_of=snapshot.as_of, problem=problem)
        openapi = as_object(kept.value)
        schema = find_input_schema(openapi, model=model_id) if openapi else None
        return ModelSchema(schema=schema, source="kie.ai", as_of=kept.at)

    async def read_success_rate(self, model_id: str) -> tuple[SuccessPoint, ...]:
        """Ask how often a model's jobs succeeded in the last day. Raises KieError."""
        return await self._queries.read_success_rate(model_id)

    async def estimate(self, model_id: str, given: JSON, *, seconds: float | None = None) -> Estimate | None:
        """Estimate what a job of a model costs, from its price text; None if that is not certain. Raises OrderError."""
        # Imported on use: its many patterns would slow down the start of every server.
        from kie_mcp.market import price_estimate

        model = await self.find(model_id)
        try:
            schema = (await self.read_schema(model.id)).schema
        except OrderError:
            schema = None
        defaults = schema.defaults if schema else None
        return price_estimate.estimate(model.pricing, given, defaults=defaults, seconds=seconds)

    async def _ask_list(self) -> list[JSON]:
        return [{**asdict(model), "task_types": [*model.task_types]} for model in await self._queries.list_models()]

    async def _find(self, name: str, ask: Callable[[], Awaitable[Any]]) -> CachedAnswer | None:
        """Return an answer that is fresh; else ask Kie.ai; if it cannot be asked, an older answer, or None."""
        async with self._lock:  # what several ask for at once is sent once
            kept = self._memory.get(name) or await self._cache.read(name)
            now = self._clock.now()
            if kept:
                self._memory[name] = kept
            if (kept and 0 <= now - kept.at < self._fresh) or 0 <= now - self._failed_at.get(name, -AGAIN) < AGAIN:
                return kept
            try:
                answer = CachedAnswer(now, await ask())
            except KieError as error:
                self._failed_at[name], self._refusals[name] = now, error
                return kept
            self._refusals.pop(name, None)
            self._memory[name] = answer
            await self._cache.write(name, answer)
            return answer


def _split(models: tuple[MarketModel, ...], source: Source, as_of: float) -> ModelList:
    talking = tuple(model for model in models if answers_at_once(model))
    jobs = tuple(model for model in models if not answers_at_once(model))
    return ModelList(models=jobs, answering_at_once=talking, source=source, as_of=as_of)


def _read_list(value: object) -> tuple[MarketModel, ...]:
    """Read a list from the disk; entries that are damaged are left out."""
    entries = cast("list[object]", value) if isinstance(value, list) else []
    return tuple(model for entry in entries if (model := _read_model(as_object(entry))))


def _read_model(entry: JSON) -> MarketModel | None:
    texts = {name: entry.get(name) for name in ("id", "title", "provider", "description", "pricing")}
    types = entry.get("task_types")
    if not all(isinstance(text, str) for text in texts.values()) or not MODEL_ID.fullmatch(str(texts["id"])):
        return None
    kinds = [one for one in cast("list[object]", types) if isinstance(one, str)] if isinstance(types, list) else []
    return MarketModel(**cast("dict[str, str]", texts), task_types=tuple(kinds))
