"""Finds models on Kie.ai's list by words, provider and what they make; those that fit best come first."""

import re
from collections.abc import Iterable, Mapping, Sequence

from kie_mcp.kie.model_answers import MarketModel
from kie_mcp.market.model_facts import Makes, find_makes

_SAME: Mapping[str, str] = {
    **dict.fromkeys(("picture", "photo", "images", "pictures"), "image"),
    **dict.fromkeys(("film", "movie", "clip", "videos"), "video"),
    **dict.fromkeys(("song", "songs", "tune"), "music"),
    **dict.fromkeys(("tts", "voice", "speak", "read"), "speech"),
    **dict.fromkeys(("sharper", "sharpen", "enlarge", "bigger", "larger", "upscaling", "upscaler"), "upscale"),
    **dict.fromkeys(("cutout", "transparent", "cut"), "background"),
    **dict.fromkeys(("lipsync", "lips"), "lip"),
}
"""Words that people use, each with the word that Kie.ai uses."""
_EMPTY = frozenset({
    *("a", "an", "and", "by", "for", "from", "in", "into", "of", "on", "or", "the", "to", "with"),
    *("model", "models", "ai", "kie", "generate", "make", "create"),
})  # fmt: skip
"""Words that tell no model from another."""
_LONGEST = 500
"""How many characters of what is searched for count."""
_WEIGHTS = (6, 5, 4, 3, 1)


def search(
    models: Iterable[MarketModel], query: str = "", *, makes: Makes | None = None, provider: str = ""
) -> list[MarketModel]:
    """Return the models that fit, the best first; without words, all of the provider and kind in the list's order."""
    query, maker = query[:_LONGEST], provider.strip().casefold()
    fitting = [
        model
        for model in models
        if (makes is None or find_makes(model) == makes) and (not maker or maker in model.provider.casefold())
    ]
    words = _split(query)
    if not words:
        return fitting
    ranked = [(rank, model) for model in fitting if (rank := _rank(model, words))[0]]
    best = max((rank[0] for rank, _ in ranked), default=0)
    # A model that has only few of the words is no answer if another has them all.
    close = [(rank, model) for rank, model in ranked if 2 * rank[0] > best]
    return [model for _, model in sorted(close, key=lambda one: one[0], reverse=True)]


def _split(text: str) -> list[str]:
    words = [word for word in re.split(r"[^a-z0-9.]+", text.casefold()) if word]
    return list(dict.fromkeys(_SAME.get(word, word) for word in words if word not in _EMPTY))


def _rank(model: MarketModel, words: Sequence[str]) -> tuple[int, int]:
    """Return how many of the words the model has, and how much they weigh by where they stand."""
    texts = (model.id, model.title, " ".join(model.task_types), model.provider, model.description)
    parts = [_split(text) for text in texts]
    weights = [
        max((_weigh(word, part, weight) for part, weight in zip(parts, _WEIGHTS, strict=True))) for word in words
    ]
    return sum(weight > 0 for weight in weights), sum(weights)


def _weigh(word: str, part: Sequence[str], weight: int) -> int:
    if word in part:
        return 2 * weight
    return weight if len(word) > 2 and any(one.startswith(word) for one in part) else 0
