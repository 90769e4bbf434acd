"""Know the models that the sandbox's market lists, those that it cannot run among them, and search them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CREATE_PATH = "/api/v1/jobs/createTask"
_FILE = Path(__file__).with_name("market.json")


@dataclass(frozen=True, slots=True)
class Listing:
    """One model as the market lists it."""

    model: str
    title: str
    provider: str
    task_types: tuple[str, ...]
    description: str | None
    pricing: str | None
    """What it costs, in prose; None where Kie.ai says nothing."""
    path: str
    """Where it is called: createTask, or the address of a model that answers at once."""

    @property
    def is_job(self) -> bool:
        """Whether it is created as a task; the others answer at once."""
        return self.path == CREATE_PATH

    def is_found_by(self, words: str, provider: str, task_types: frozenset[str]) -> bool:
        """Return whether a search finds it: by words anywhere in it, by its provider, by one of the task types."""
        text = " ".join((self.model, self.title, self.provider, *self.task_types, self.description or "")).lower()
        return (
            words.lower() in text
            and provider.lower() in ("", self.provider.lower())
            and (not task_types or not task_types.isdisjoint(one.lower() for one in self.task_types))
        )


@cache
def load_listings() -> Mapping[str, Listing]:
    """Return all listings by the ids of their models."""
    rows = json.loads(_FILE.read_text("utf-8"))["models"]
    return {row["model"]: _load(row) for row in rows}


def _load(row: dict[str, object]) -> Listing:
    types = row["taskType"]
    return Listing(
        model=str(row["model"]),
        title=str(row["title"]),
        provider=str(row["provider"]),
        task_types=tuple(map(str, types)) if isinstance(types, list) else (),  # pyright: ignore[reportUnknownArgumentType]
        description=_text(row["description"]),
        pricing=_text(row["pricingDesc"]),
        path=str(row.get("path") or CREATE_PATH),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def search(words: str = "", provider: str = "", task_types: str = "") -> list[Listing]:
    """Return the listings that all of these find; `task_types` are separated by commas."""
    wanted = frozenset(one.strip().lower() for one in task_types.split(",") if one.strip())
    return [one for one in load_listings().values() if one.is_found_by(words, provider, wanted)]


def is_paused(model: str) -> bool:
    """Return whether the market lists a job that the sandbox cannot run, if it is none of the sandbox's models."""
    listing = load_listings().get(model)
    return listing is not None and listing.is_job
