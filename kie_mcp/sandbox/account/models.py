"""List the models of the sandbox, a row each: what it makes, takes and costs, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kie_mcp.sandbox.account.input_fields import Fields, choice, flag, is_empty, link, links, number, text, voice
from kie_mcp.sandbox.api.answers import UNSUPPORTED_MODEL, Answer, refusal_answer

Input = Mapping[str, Any]
Price = Callable[[Input, float], float]
"""Takes an input and, for films, the seconds of its audio; returns the credits."""


@dataclass(frozen=True, slots=True)
class Model:
    """One model: what it makes, its fields and price, and limits that show only while the task runs."""

    makes: Literal["image", "speech", "film"]
    fields: Fields
    price: Price
    missing: str = "This field is required"
    """The refusal of a required field that is left out; `{}` stands for its name."""
    dialect: Literal["live", "spec"] = "live"
    side: int = 1024
    """Long edge of a picture, or short edge of a film, in pixels, unless the input says otherwise."""
    form: str = "png"
    """The format of a picture if none was asked for."""
    longest_audio: float = 0.0
    """The most seconds of audio for a film; Kie.ai's schema does not name it, but a task with more fails."""


def _flat(price: float) -> Price:
    return lambda given, seconds: price


def _by_resolution(**prices: float) -> Price:
    first = next(iter(prices))
    return lambda given, seconds: prices["k" + given["resolution"][0] if given.get("resolution") else first]


def _per_second(price: float, **dearer: float) -> Price:
    return lambda given, seconds: round(seconds * dearer.get("p" + str(given.get("resolution")), price), 2)


def _per_thousand(price: float) -> Price:
    return lambda given, seconds: round(len(given["text"]) * price / 1000, 3)


RATIOS = ("1:1", "9:16", "16:9", "3:4", "4:3", "3:2", "2:3", "5:4", "4:5", "21:9", "auto")
WIDE_RATIOS = (*RATIOS, "1:4", "4:1", "1:8", "8:1")
SIZES = ("1K", "2K", "4K")

_CLASSIC: Fields = {
    "prompt": text(5000, required=True),
    "aspect_ratio": choice(*RATIOS),
    "image_size": choice(*RATIOS),
    "output_format": choice("png", "jpeg"),
    "nsfw_checker": flag(),
}
_SHORT: Fields = {
    "prompt": text(5000, required=True),
    "image_size": choice(*RATIOS),
    "output_format": choice("PNG", "JPEG"),
    "image_urls": links(10),
}
"""The specification's spelling: neither aspect_ratio nor a format in lower case."""


def _newer(longest: int, most: int, ratios: tuple[str, ...]) -> Fields:
    return {
        "prompt": text(longest, required=True),
        "image_input": links(most),
        "aspect_ratio": choice(*ratios),
        "resolution": choice(*SIZES),
        "output_format": choice("png", "jpg"),
    }


_AVATAR: Fields = {
    "image_url": link(required=True),
    "audio_url": link(required=True),
    "prompt": text(5000, required=True),
}
_INFINITALK: Fields = {**_AVATAR, "resolution": choice("480p", "720p"), "seed": number(10_000, 1_000_000)}
_OMNIHUMAN: Fields = {
    "image_url": link(required=True),
    "audio_url": link(required=True),
    "mask_url": links(5),
    "prompt": text(1000),
    "output_resolution": choice("720", "1080"),
    "pe_fast_mode": flag(),
    "seed": number(-1, 2**31 - 1),
}
_SPEECH: Fields = {
    "text": text(5000, required=True),
    "voice": voice(),
    "stability": number(0, 1),
    "similarity_boost": number(0, 1),
    "style": number(0, 1),
    "speed": number(0.7, 1.2),
    "timestamps": flag(),
    "previous_text": text(5000),
    "next_text": text(5000),
    "language_code": text(8),
}
_LITE: Fields = {
    "prompt": text(20_000, required=True),
    "image_urls": links(10),
    "aspect_ratio": choice(*WIDE_RATIOS, required=True),
}

_NAMED = "{} is required"
_INFINITALK_PRICE = _per_second(3, p720p=12)
_TALK = Model("film", _INFINITALK, _INFINITALK_PRICE, _NAMED, side=480, longest_audio=600)
_TALK_SHORT = Model("film", _INFINITALK, _INFINITALK_PRICE, _NAMED, "spec", side=480, longest_audio=600)
_PICTURE_SHORT = Model("image", _SHORT, _flat(4), dialect="spec")

MODELS: Mapping[str, Model] = {
    "google/nano-banana": Model("image", _CLASSIC, _flat(4)),
    "google/nano-banana-edit": Model("image", {**_CLASSIC, "image_urls": links(10, required=True)}, _flat(4)),
    "nano-banana-pro": Model("image", _newer(10_000, 8, RATIOS), _by_resolution(k1=18, k2=18, k4=24)),
    "nano-banana-2": Model("image", _newer(20_000, 14, WIDE_RATIOS), _by_resolution(k1=8, k2=12, k4=18), form="jpg"),
    "nano-banana-2-lite": Model("image", _LITE, _flat(4)),
    "nano-banana-2-1": Model("image", _newer(20_000, 14, WIDE_RATIOS), _by_resolution(k1=4, k2=6, k4=9), form="jpg"),
    "infinitalk/from-audio": _TALK,
    "kling/ai-avatar-standard": Model("film", _AVATAR, _per_second(8), _NAMED, side=720, longest_audio=300),
    "kling/ai-avatar-pro": Model("film", _AVATAR, _per_second(16), _NAMED, side=1080, longest_audio=300),
    "omnihuman-1-5": Model("film", _OMNIHUMAN, _per_second(27), _NAMED, side=1080, longest_audio=60),
    "elevenlabs/text-to-speech-turbo-2-5": Model("speech", _SPEECH, _per_thousand(6), _NAMED),
    "elevenlabs/text-to-speech-multilingual-v2": Model("speech", _SPEECH, _per_thousand(12), _NAMED),
    "nano-banana": _PICTURE_SHORT,
    "nanobanana": _PICTURE_SHORT,
    "infinitalk": _TALK_SHORT,
    "infinitetalk": _TALK_SHORT,
}

LEGACY_MODELS: Mapping[str, Model] = dict.fromkeys(
    ("nanobanana", "nano-banana"),
    Model("image", {**_SHORT, "image_urls": links(1)}, _flat(4), dialect="spec", side=768, form="jpeg"),
)
"""The models of the legacy call for pictures; their long edge is the one that the specification's example has."""


def find_refusal(name: object, given: object, offered: Mapping[str, Model] = MODELS) -> Answer | None:
    """Return the refusal of a request for this model with this input; None if it is accepted."""
    if is_empty(name):
        return refusal_answer(500, "This field is required")
    model = offered.get(name) if isinstance(name, str) else None
    if model is None:
        return refusal_answer(422, UNSUPPORTED_MODEL)
    if not isinstance(given, dict):
        return refusal_answer(500, "This field is required")
    return _find_input_refusal(str(name), model, given)  # pyright: ignore[reportUnknownArgumentType]


def _find_input_refusal(name: str, model: Model, given: dict[str, Any]) -> Answer | None:
    for key, field in model.fields.items():
        if field.required and is_empty(given.get(key)) and not _may_be_blank(name, key, given):
            return (
                refusal_answer(422, "voiceId cannot be empty")
                if key == "voice"
                else refusal_answer(500, model.missing.format(key))
            )
    for key, value in given.items():
        if key not in model.fields:
            return refusal_answer(422, f"Unknown input parameter: {key}")
        found = None if value is None or is_empty(value) else model.fields[key].check(key, value)
        if found:
            return found
    if "language_code" in given and name.endswith("multilingual-v2"):
        return refusal_answer(500, "language_code is not within the range of allowed options")
    return None


def _may_be_blank(name: str, key: str, given: Input) -> bool:
    # Kling's own example sends an empty prompt, but the key must be there.
    return name.startswith("kling/") and key == "prompt" and given.get(key) == ""
