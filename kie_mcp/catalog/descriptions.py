"""Put the models' rows into words: prices and limits for the tools' schemas and README, so that no text can differ."""

from collections.abc import Iterable, Mapping, Sequence

from kie_mcp.catalog.capabilities import FILE_KINDS
from kie_mcp.catalog.model import Model, Price, Unit
from kie_mcp.catalog.validate import join_with_or

PER: Mapping[Unit, str] = {"image": "a picture", "second": "a second", "1000 characters": "per 1,000 characters"}
"""The words for the unit of a price, which follow the number."""


def describe_prices(models: Sequence[Model], *, mark_default: bool = False) -> str:
    """Say what each model costs: "Credits a second: infinitalk=3 (720p 12), kling=8"; one part for each unit."""
    default = models[0] if mark_default else None
    costs: dict[str, list[str]] = {}
    for model in models:
        label = f"{model.label} (default)" if model is default else model.label
        costs.setdefault(PER[model.price.per], []).append(f"{label}={describe_price(model.price)}")
    return "; ".join(f"Credits {per}: {', '.join(each)}" for per, each in costs.items())


def describe_price(price: Price) -> str:
    """Say what the first resolution costs, and in brackets the resolutions with another price: "4 (2K 6, 4K 9)".

    A price that depends on the size of what comes out is a range: "10-40".
    """
    if price.by_side:
        return f"{min(price.by_side.values()):g}-{max(price.by_side.values()):g}"
    first = next(iter(price.credits.values()))
    others = [f"{resolution} {each:g}" for resolution, each in price.credits.items() if each != first]
    return f"{first:g} ({', '.join(others)})" if others else f"{first:g}"


def describe_lengths(models: Iterable[Model]) -> str:
    """Say how long a sound each model takes, the shortest first; a model that takes any length is left out."""
    limited = sorted((model for model in models if _longest_seconds(model)), key=_longest_seconds)
    groups = _group_by_words((describe_length(model), model) for model in limited)
    return ", ".join(f"{length} for {names}" for length, names in groups.items())


def describe_length(model: Model) -> str:
    """Say how long a sound a model takes: "5 min", or "about 15 s" if it is only advised; empty for any length."""
    seconds = _longest_seconds(model)
    length = f"{seconds / 60:g} min" if seconds > 60 and seconds % 60 == 0 else f"{seconds:g} s"
    if not seconds:
        return ""
    return length if model.takes.audio_seconds else f"about {length}"


def describe_choices(models: Sequence[Model], field: str) -> str:
    """Say which choices only some of the models have: "1:8, 8:1 only for lite and pro"; empty if all have the same.

    If all choices belong to the same models, only those are named: the schema's enumeration lists the choices. Models
    that take no words, and only finish a picture, are left out: nobody expects choices of them.
    """
    models = [model for model in models if model.takes.prompt_max]
    values = dict.fromkeys(value for model in models for value in getattr(model.takes, field))
    holders = {value: [model for model in models if value in getattr(model.takes, field)] for value in values}
    rare = {value: _join_labels(some) for value, some in holders.items() if len(some) < len(models)}
    if len(rare) == len(values) and len(set(rare.values())) == 1:
        return f"only for {rare.popitem()[1]}"
    sets: dict[str, list[str]] = {}
    for value, names in rare.items():
        sets.setdefault(names, []).append(value)
    return "; ".join(f"{', '.join(those)} only for {names}" for names, those in sets.items())


def describe_takers(models: Sequence[Model], field: str) -> str:
    """Say which of the models take something at all; empty if all do."""
    takers = [model for model in models if getattr(model.takes, field)]
    return "" if len(takers) == len(models) else f"only for {_join_labels(takers)}"


def describe_refusers(models: Sequence[Model], field: str) -> str:
    """Say which of the models take nothing of that; empty if all take it."""
    refusers = [model for model in models if not getattr(model.takes, field)]
    return f"none for {_join_labels(refusers)}" if refusers else ""


def describe_pictures(models: Sequence[Model]) -> str:
    """Say which pictures every one of the models takes: "JPEG or PNG up to 10 MB"."""
    shared = [kind for kind in models[0].takes.image_types if all(kind in model.takes.image_types for model in models)]
    limits = [model.takes.image_mb for model in models if model.takes.image_mb is not None]
    kinds = join_with_or([FILE_KINDS[kind] for kind in shared])
    return f"{kinds} up to {min(limits)} MB" if limits else kinds


def _longest_seconds(model: Model) -> float:
    return model.takes.audio_seconds or model.takes.audio_seconds_advised or 0


def _group_by_words(said: Iterable[tuple[str, Model]]) -> dict[str, str]:
    """Group the models of which the same is said: their labels by the words."""
    groups: dict[str, list[Model]] = {}
    for words, model in said:
        groups.setdefault(words, []).append(model)
    return {words: _join_labels(those) for words, those in groups.items()}


def _join_labels(models: Sequence[Model]) -> str:
    *others, last = [model.label for model in models]
    return f"{', '.join(others)} and {last}" if others else last
