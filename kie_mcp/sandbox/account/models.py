"""List the models of the sandbox, a row each: what it makes, takes and costs, and how it refuses."""

from __future__ import annotations

from collections.abc import Mapping

from kie_mcp.sandbox.account.input_fields import (
    Fields,
    choice,
    flag,
    is_empty,
    link,
    links,
    number,
    out_of_range,
    text,
    voice,
)
from kie_mcp.sandbox.account.market import is_paused
from kie_mcp.sandbox.account.market_models import MARKET_MODELS
from kie_mcp.sandbox.account.model import Input, Model, by_resolution, flat, per_second, per_thousand
from kie_mcp.sandbox.api.answers import PAUSED, UNSUPPORTED_MODEL, Answer, refusal_answer

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


def _refuse_language(given: Input) -> Answer | None:
    return out_of_range("language_code") if "language_code" in given else None


_NAMED = "{} is required"
_INFINITALK_PRICE = per_second(3, p720p=12)
_TALK = Model("film", _INFINITALK, _INFINITALK_PRICE, _NAMED, side=480, longest_audio=600)
_TALK_SHORT = Model("film", _INFINITALK, _INFINITALK_PRICE, _NAMED, "spec", side=480, longest_audio=600)
_PICTURE_SHORT = Model("image", _SHORT, flat(4), dialect="spec")

MODELS: Mapping[str, Model] = {
    "google/nano-banana": Model("image", _CLASSIC, flat(4)),
    "google/nano-banana-edit": Model("image", {**_CLASSIC, "image_urls": links(10, required=True)}, flat(4)),
    "nano-banana-pro": Model("image", _newer(10_000, 8, RATIOS), by_resolution(k1=18, k2=18, k4=24)),
    "nano-banana-2": Model("image", _newer(20_000, 14, WIDE_RATIOS), by_resolution(k1=8, k2=12, k4=18), form="jpg"),
    "nano-banana-2-lite": Model("image", _LITE, flat(4)),
    "nano-banana-2-1": Model("image", _newer(20_000, 14, WIDE_RATIOS), by_resolution(k1=4, k2=6, k4=9), form="jpg"),
    "infinitalk/from-audio": _TALK,
    "kling/ai-avatar-standard": Model("film", _AVATAR, per_second(8), _NAMED, side=720, longest_audio=300),
    "kling/ai-avatar-pro": Model("film", _AVATAR, per_second(16), _NAMED, side=1080, longest_audio=300),
    "omnihuman-1-5": Model("film", _OMNIHUMAN, per_second(27), _NAMED, side=1080, longest_audio=60),
    "elevenlabs/text-to-speech-turbo-2-5": Model("speech", _SPEECH, per_thousand(6), _NAMED),
    "elevenlabs/text-to-speech-multilingual-v2": Model(
        "speech", _SPEECH, per_thousand(12), _NAMED, check=_refuse_language
    ),
    "nano-banana": _PICTURE_SHORT,
    "nanobanana": _PICTURE_SHORT,
    "infinitalk": _TALK_SHORT,
    "infinitetalk": _TALK_SHORT,
    **MARKET_MODELS,
}

LEGACY_MODELS: Mapping[str, Model] = dict.fromkeys(
    ("nanobanana", "nano-banana"),
    Model("image", {**_SHORT, "image_urls": links(1)}, flat(4), dialect="spec", side=768, form="jpeg"),
)
"""The models of the legacy call for pictures; their long edge is the one that the specification's example has."""


def find_refusal(name: object, given: object, offered: Mapping[str, Model] = MODELS) -> Answer | None:
    """Return the refusal of a request for this model with this input; None if it is accepted."""
    if is_empty(name):
        return refusal_answer(500, "This field is required")
    model = offered.get(name) if isinstance(name, str) else None
    if model is None:
        return PAUSED if is_paused(str(name)) else refusal_answer(422, UNSUPPORTED_MODEL)
    if not isinstance(given, dict):
        return refusal_answer(500, "This field is required")
    return model.find_refusal(str(name), given)  # pyright: ignore[reportUnknownArgumentType]
