"""List the models that film without speaking: clips, and other lips for a film."""

from __future__ import annotations

from collections.abc import Mapping

from kie_mcp.sandbox.account.input_fields import Fields, choice, flag, link, links, number, out_of_range, text, whole
from kie_mcp.sandbox.account.market_fields import PICTURE_FILE, SOUND_FILE, prompt_field, ratio_field
from kie_mcp.sandbox.account.model import Input, Model, per_second
from kie_mcp.sandbox.api.answers import Answer

_KLING: Fields = {
    "prompt": prompt_field(5000),
    "duration": choice("5", "10", default="5"),
    "negative_prompt": text(500),
    "cfg_scale": number(0, 1, default=0.5),
}


def _omni(least: int) -> Fields:
    return {
        "prompt": text(3072, required=True),
        "image_urls": links(least, least=least, required=True, about=f"Exactly {least} image URL(s) of frames."),
        "duration": whole(3, 15, default=5),
        "resolution": choice("720p", "1080p", default="720p"),
        "aspect_ratio": choice("16:9", "9:16", "1:1", "auto", default="auto"),
        "audio": flag(default=False),
    }


def _price_of_omni(given: Input, seconds: float) -> float:
    rates = (18, 23) if given.get("resolution") == "1080p" else (14, 18)
    return rates[bool(given.get("audio"))] * seconds


def _refuse_aligning(given: Input) -> Answer | None:
    """Refuse what belongs to the other mode, and aligning backwards without aligning."""
    if given.get("mode") == "basic":
        return next((out_of_range(key) for key in _LITE_ONLY if key in given), None)
    if "open_scenedet" in given:
        return out_of_range("open_scenedet")
    backwards = given.get("align_audio_reverse") and given.get("align_audio") is False
    return out_of_range("align_audio_reverse") if backwards else None


_NAMED = "{} is required"
_LITE_ONLY = ("align_audio", "align_audio_reverse", "templ_start_seconds")
FILM_MODELS: Mapping[str, Model] = {
    "kling/v2-1-master-text-to-video": Model(
        "clip", {**_KLING, "aspect_ratio": ratio_field("16:9", "9:16", "1:1", default="16:9")}, per_second(32), side=720
    ),
    "kling/v2-1-master-image-to-video": Model(
        "clip",
        {
            **_KLING,
            "image_url": link(required=True, about=f"URL of the image to be used for the video ({PICTURE_FILE})"),
        },
        per_second(32),
        side=720,
    ),
    "kling-3.0-omni/image-to-video": Model("clip", _omni(1), _price_of_omni, side=720, instead=(_omni(2),)),
    "volcengine/video-to-video-lip-sync": Model(
        "lip-sync",
        {
            "mode": choice("lite", "basic", required=True),
            "video_url": link(
                required=True, about="File URL after upload; Accepted types: video/mp4, video/quicktime; 500MB"
            ),
            "audio_url": link(required=True, about=SOUND_FILE),
            "separate_vocal": flag(default=False),
            "open_scenedet": flag(default=False),
            "align_audio": flag(default=True),
            "align_audio_reverse": flag(default=False),
            "templ_start_seconds": number(0, 600, default=0),
        },
        per_second(8),
        _NAMED,
        check=_refuse_aligning,
    ),
}
