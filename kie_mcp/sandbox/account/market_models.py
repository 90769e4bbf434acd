"""List the models of the sandbox that Kie.ai's market has besides pictures, voices and talking videos."""

from __future__ import annotations

from collections.abc import Mapping

from kie_mcp.sandbox.account.input_fields import (
    Field,
    Fields,
    choice,
    flag,
    link,
    links,
    number,
    number_choice,
    objects,
    out_of_range,
    text,
    voice,
    whole,
)
from kie_mcp.sandbox.account.model import Input, Model, by_resolution, flat, per_second, per_thousand
from kie_mcp.sandbox.api.answers import Answer, refusal_answer

_PICTURE = (
    "File URL after upload, not file content; Accepted types: image/jpeg, image/png, image/webp; Max size: 10.0MB"
)
_SOUND = (
    "File URL after upload, not file content; Accepted types: audio/mpeg, audio/wav, audio/x-wav, audio/aac, "
    "audio/mp4, audio/ogg; Max size: 10.0MB"
)
_NAMED = "{} is required"


def _prompt(longest: int) -> Field:
    return text(longest, required=True, about=f"The text prompt. (Max length: {longest} characters)")


def _ratio(*ratios: str, required: bool = False, default: str = "1:1") -> Field:
    return choice(*ratios, required=required, default=default)


_FIVE = ("1:1", "4:3", "3:4", "16:9", "9:16")
_EIGHT = (*_FIVE, "2:3", "3:2", "21:9")
_SEEDREAM: Fields = {
    "prompt": _prompt(5000),
    "aspect_ratio": _ratio(*_EIGHT, required=True),
    "quality": choice("basic", "high", required=True, default="basic"),
    "output_format": choice("png", "jpeg", default="png"),
    "nsfw_checker": flag(),
}
_GPT: Fields = {
    "prompt": _prompt(20_000),
    "aspect_ratio": _ratio("auto", *_EIGHT, "5:4", "4:5", "2:1", "1:2", "3:1", "1:3", "9:21", default="auto"),
    "resolution": choice("1K", "2K", "4K"),
}
_FLUX: Fields = {
    "prompt": _prompt(5000),
    "aspect_ratio": _ratio(*_FIVE, "3:2", "2:3", required=True),
    "resolution": choice("1K", "2K", required=True, default="1K"),
    "nsfw_checker": flag(),
}
_IMAGEN: Fields = {
    "prompt": _prompt(5000),
    "negative_prompt": text(5000),
    "aspect_ratio": _ratio("1:1", "16:9", "9:16", "3:4", "4:3", "auto"),
    "seed": text(500),
}
_QWEN: Fields = {
    "prompt": _prompt(5000),
    "resolution": choice("1K", "2K", default="1K"),
    "image_size": _ratio(*_EIGHT, default="16:9"),
    "output_format": choice("png", "jpeg", default="png"),
    "prompt_extend": flag(default=True),
    "nsfw_checker": flag(default=False),
    "negative_prompt": text(5000),
    "seed": whole(0, 2**31 - 1, default=1),
}
_SHAPES = ("square", "square_hd", "portrait_4_3", "portrait_16_9", "landscape_4_3", "landscape_16_9")
_IDEOGRAM: Fields = {
    "prompt": _prompt(5000),
    "rendering_speed": choice("TURBO", "BALANCED", "QUALITY", default="BALANCED"),
    "style": choice("AUTO", "GENERAL", "REALISTIC", "DESIGN", default="AUTO"),
    "expand_prompt": flag(default=True),
    "image_size": choice(*_SHAPES, default="square_hd"),
    "negative_prompt": text(5000),
}


def _price_of_size(given: Input, edge: float) -> float:
    del given
    return 10 if edge <= 2048 else 20 if edge <= 4096 else 40


_PICTURES: Mapping[str, Model] = {
    "z-image": Model(
        "image",
        {"prompt": _prompt(1000), "aspect_ratio": _ratio(*_FIVE, required=True), "nsfw_checker": flag()},
        flat(0.8),
    ),
    "seedream/5-pro-text-to-image": Model("image", _SEEDREAM, flat(7)),
    "seedream/5-pro-image-to-image": Model("image", {**_SEEDREAM, "image_urls": links(10, required=True)}, flat(7)),
    "gpt-image-2-text-to-image": Model("image", _GPT, by_resolution(k1=3, k2=5, k4=8)),
    "gpt-image-2-image-to-image": Model(
        "image", {**_GPT, "input_urls": links(16, required=True)}, by_resolution(k1=3, k2=5, k4=8)
    ),
    "gpt-image-2-5-sunburst-text-to-image": Model("image", _GPT, by_resolution(k1=6, k2=10, k4=16)),
    "flux-2/pro-text-to-image": Model("image", _FLUX, by_resolution(k1=5, k2=7)),
    "flux-2/pro-image-to-image": Model(
        "image", {**_FLUX, "input_urls": links(8, required=True)}, by_resolution(k1=5, k2=7)
    ),
    "google/imagen4": Model("image", _IMAGEN, flat(8)),
    "google/imagen4-fast": Model("image", _IMAGEN, flat(4)),
    "google/imagen4-ultra": Model("image", _IMAGEN, flat(12)),
    "qwen3/pro-text-to-image": Model("image", _QWEN, by_resolution(k1=6, k2=12)),
    "ideogram/v3-text-to-image": Model("image", _IDEOGRAM, flat(7)),
    "ideogram/v3-remix": Model("image", {**_IDEOGRAM, "image_url": link(required=True, about=_PICTURE)}, flat(7)),
    "topaz/image-upscale": Model(
        "enlargement",
        {
            "image_url": link(required=True, about=f"Url of the image to be upscaled ({_PICTURE})"),
            "upscale_factor": choice("1", "2", "4", required=True, default="2"),
        },
        _price_of_size,
    ),
    "recraft/crisp-upscale": Model(
        "enlargement", {"image": link(required=True, about=f"Image to upscale ({_PICTURE})")}, flat(0.5)
    ),
    "recraft/remove-background": Model(
        "cutout",
        {
            "image": link(
                required=True,
                about="Image to remove background from. Supported formats: PNG, JPG, WEBP. Max 5MB, max 16MP, "
                "max dimension 4096px, min dimension 256px",
            )
        },
        flat(1),
    ),
    "grok-imagine-image-2-0/segment-map": Model(
        "segments",
        {"task_id": text(100, required=True, about="The ID of an existing task.")},
        flat(1),
        instead=({"image_url": link(required=True, about="The URL of the reference image.", uri=True)},),
    ),
    "omnihuman-1-5/subject-detection": Model(
        "masks",
        {"image_url": link(required=True, about=f"Portrait image URL, up to 5 subjects. {_PICTURE}", uri=True)},
        flat(1),
    ),
}

_KLING: Fields = {
    "prompt": _prompt(5000),
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


def _refuse_aligning(given: Input) -> Answer | None:
    """Refuse what belongs to the other mode, and aligning backwards without aligning."""
    if given.get("mode") == "basic":
        return next((out_of_range(key) for key in _LITE_ONLY if key in given), None)
    if "open_scenedet" in given:
        return out_of_range("open_scenedet")
    backwards = given.get("align_audio_reverse") and given.get("align_audio") is False
    return out_of_range("align_audio_reverse") if backwards else None


_LITE_ONLY = ("align_audio", "align_audio_reverse", "templ_start_seconds")
_FILMS: Mapping[str, Model] = {
    "kling/v2-1-master-text-to-video": Model(
        "clip", {**_KLING, "aspect_ratio": _ratio("16:9", "9:16", "1:1", default="16:9")}, per_second(32), side=720
    ),
    "kling/v2-1-master-image-to-video": Model(
        "clip",
        {**_KLING, "image_url": link(required=True, about=f"URL of the image to be used for the video ({_PICTURE})")},
        per_second(32),
        side=720,
    ),
    "kling-3.0-omni/image-to-video": Model("clip", _omni(1), per_second(14, p1080p=18), side=720, instead=(_omni(2),)),
    "volcengine/video-to-video-lip-sync": Model(
        "lip-sync",
        {
            "mode": choice("lite", "basic", required=True),
            "video_url": link(
                required=True, about="File URL after upload; Accepted types: video/mp4, video/quicktime; 500MB"
            ),
            "audio_url": link(required=True, about=_SOUND),
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

LANGUAGES = (
    "af ar hy as az be bn bs bg ca ceb ny hr cs da nl en et fil fi fr gl ka de el gu ha he hi hu is id ga it ja jv kn "
    "kk ky ko lv ln lt lb mk ms ml zh mr ne no ps fa pl pt pa ro ru sr sd sk sl so es sw sv ta te th tr uk ur vi cy"
)
MUSIC_MODELS = ("V6", "V6_WILD", "V6_MINI", "V5_5", "V5", "V4_5PLUS", "V4_5", "V4")
LONGEST_DIALOGUE = 5000


def _refuse_long_dialogue(given: Input) -> Answer | None:
    total = sum(len(line["text"]) for line in given["dialogue"])
    if total <= LONGEST_DIALOGUE:
        return None
    return refusal_answer(422, f"The dialogue length cannot exceed {LONGEST_DIALOGUE} characters")


def _refuse_incomplete_song(given: Input) -> Answer | None:
    """Refuse a song without the words that its mode needs: a description, or style, title and lyrics."""
    sung = given["custom_mode"] and not given["instrumental"]
    needed = ("style", "title", *(("prompt",) if sung else ())) if given["custom_mode"] else ("prompt",)
    return next((refusal_answer(500, f"{key} is required") for key in needed if not given.get(key)), None)


_SOUNDS: Mapping[str, Model] = {
    "elevenlabs/text-to-dialogue-v3": Model(
        "dialogue",
        {
            "dialogue": objects({"text": text(LONGEST_DIALOGUE, required=True), "voice": voice()}),
            "stability": number_choice(0, 0.5, 1, default=0.5),
            "language_code": choice(*LANGUAGES.split()),
        },
        per_thousand(14),
        _NAMED,
        check=_refuse_long_dialogue,
    ),
    "elevenlabs/audio-isolation": Model(
        "isolation",
        {"audio_url": link(required=True, about=f"URL of the audio file to isolate voice from ({_SOUND})")},
        per_second(0.2),
        _NAMED,
    ),
    "ai-music-api/generate": Model(
        "song",
        {
            "model": choice(*MUSIC_MODELS, required=True),
            "custom_mode": flag(required=True),
            "instrumental": flag(required=True),
            "prompt": text(5000, about="What the song is about; in custom mode its lyrics."),
            "style": text(1000),
            "title": text(80),
            "duration": whole(10, 360),
            "negative_tags": text(1000),
            "vocal_gender": choice("m", "f"),
            "style_weight": number(0, 1),
            "weirdness_constraint": number(0, 1),
            "audio_weight": number(0, 1),
        },
        flat(12),
        _NAMED,
        check=_refuse_incomplete_song,
    ),
    "ai-music-api/generate-lyrics": Model(
        "lyrics", {"prompt": text(200, required=True, about="What the lyrics are about.")}, flat(0.4), _NAMED
    ),
}

MARKET_MODELS: Mapping[str, Model] = {**_PICTURES, **_FILMS, **_SOUNDS}
