"""The models that Kie.ai's pages document, for when Kie.ai cannot be asked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any

from kie_mcp.kie.model_answers import MarketModel


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was known on a day."""

    as_of: float
    """Seconds since 1970."""
    models: tuple[MarketModel, ...]
    inputs: Mapping[str, Any]
    """The schemas of the models' inputs, by their ids; of some it is not known."""


@cache
def load_snapshot() -> Snapshot:
    """Load the snapshot that this package brings."""
    whole = json.loads(resources.files("kie_mcp.market").joinpath("snapshot.json").read_text("utf-8"))
    models = tuple(
        MarketModel(
            id=one["id"],
            title=one["title"],
            provider=one["provider"],
            task_types=tuple(one["task_types"]),
            description=one["description"],
            pricing=one["pricing"],
        )
        for one in whole["models"]
    )
    day = datetime.fromisoformat(whole["as_of"]).replace(tzinfo=UTC)
    return Snapshot(day.timestamp(), models, {one["id"]: one["input"] for one in whole["models"] if one["input"]})
