"""Says of a model on Kie.ai's list what it makes, whether it is a job, and which tool here serves it."""

import re
from collections.abc import Mapping
from typing import Literal

from kie_mcp.catalog.models import MODELS
from kie_mcp.kie.model_answers import MarketModel
from kie_mcp.orders.kind import KINDS

Makes = Literal["image", "video", "audio", "text", "other"]

_WORDS: Mapping[Makes, tuple[str, ...]] = {
    "video": ("video", "avatar", "lip", "animation", "animate", "motion", "film"),
    "audio": (
        "speech",
        "music",
        "audio",
        "sound",
        "voice",
        "song",
        "vocals",
        "instrumental",
        "dialogue",
        "tts",
        "midi",
    ),
    "image": ("image", "images", "picture", "background", "upscale", "segment", "logo", "inpaint", "remix", "edit"),
    "text": ("lyrics", "text", "caption", "transcription", "analysis", "identification", "detection"),
}
"""Words by which a task type, an id or a title tells what is made; the first family that fits counts."""
_CHAT = re.compile(r"\b(?:chat|llm|language model|reasoning|coding)\b", re.IGNORECASE)
_LARGE_LANGUAGE_MODEL = re.compile(
    r"(?:claude|gpt-\d|gpt-5|codex|grok-\d|gemini-[\d.-]+-?(?:pro|flash)|deepseek|kimi|glm|minimax-m)[\w.-]*",
    re.IGNORECASE,
)
"""Ids of models that talk; media models of the same makers have longer names."""
_TOKENS = re.compile(r"\bm(?:illion)? (?:input |output )?tokens\b", re.IGNORECASE)
_TOOLS: Mapping[str, str] = {
    name: tool for model in MODELS if (tool := KINDS[model.kind].tool) for name in (model.id, model.edit_id or model.id)
}


def find_makes(model: MarketModel) -> Makes:
    """Return what a model makes."""
    ends = [task.casefold().rpartition(" to ")[2] for task in model.task_types]
    for text in (" ".join(ends), model.id, model.title):
        words = {*re.split(r"[^a-z]+", text.casefold())}
        for family, known in _WORDS.items():
            if words & {*known}:
                return family
    return "other"


def answers_at_once(model: MarketModel) -> bool:
    """Return whether a model talks and answers at once, so that its calls are no jobs; its schema says so for sure."""
    if _CHAT.search(" ".join(model.task_types)):
        return True
    by_token = bool(_TOKENS.search(model.pricing)) and "audio output" not in model.pricing.casefold()
    return by_token or (not model.task_types and bool(_LARGE_LANGUAGE_MODEL.fullmatch(model.id)))


def find_tool(model_id: str) -> str | None:
    """Return the tool that serves a model by name; None if only run_model does."""
    return _TOOLS.get(model_id)
