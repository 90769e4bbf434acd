"""List the models that draw, enlarge and take pictures apart."""

from __future__ import annotations

from collections.abc import Mapping

from kie_mcp.sandbox.account.input_fields import Fields, choice, flag, link, links, text, whole
from kie_mcp.sandbox.account.market_fields import PICTURE_FILE, prompt_field, ratio_field
from kie_mcp.sandbox.account.model import Input, Model, by_resolution, flat

_FIVE = ("1:1", "4:3", "3:4", "16:9", "9:16")
_EIGHT = (*_FIVE, "2:3", "3:2", "21:9")
_SEEDREAM: Fields = {
    "prompt": prompt_field(5000),
    "aspect_ratio": ratio_field(*_EIGHT, required=True),
    "quality": choice("basic", "high", required=True, default="basic"),
    "output_format": choice("png", "jpeg", default="png"),
    "nsfw_checker": flag(),
}
_GPT: Fields = {
    "prompt": prompt_field(20_000),
    "aspect_ratio": ratio_field("auto", *_EIGHT, "5:4", "4:5", "2:1", "1:2", "3:1", "1:3", "9:21", default="auto"),
    "resolution": choice("1K", "2K", "4K"),
}
_FLUX: Fields = {
    "prompt": prompt_field(5000),
    "aspect_ratio": ratio_field(*_FIVE, "3:2", "2:3", required=True),
    "resolution": choice("1K", "2K", required=True, default="1K"),
    "nsfw_checker": flag(),
}
_IMAGEN: Fields = {
    "prompt": prompt_field(5000),
    "negative_prompt": text(5000),
    "aspect_ratio": ratio_field("1:1", "16:9", "9:16", "3:4", "4:3", "auto"),
    "seed": text(500),
}
_QWEN: Fields = {
    "prompt": prompt_field(5000),
    "resolution": choice("1K", "2K", default="1K"),
    "image_size": ratio_field(*_EIGHT, default="16:9"),
    "output_format": choice("png", "jpeg", default="png"),
    "prompt_extend": flag(default=True),
    "nsfw_checker": flag(default=False),
    "negative_prompt": text(5000),
    "seed": whole(0, 2**31 - 1, default=1),
}
_SHAPES = ("square", "square_hd", "portrait_4_3", "portrait_16_9", "landscape_4_3", "landscape_16_9")
_IDEOGRAM: Fields = {
    "prompt": prompt_field(5000),
    "rendering_speed": choice("TURBO", "BALANCED", "QUALITY", default="BALANCED"),
    "style": choice("AUTO", "GENERAL", "REALISTIC", "DESIGN", default="AUTO"),
    "expand_prompt": flag(default=True),
    "image_size": choice(*_SHAPES, default="square_hd"),
    "negative_prompt": text(5000),
}


def _price_of_quality(given: Input, amount: float) -> float:
    del amount
    further = max(0, len(given.get("image_urls") or ()) - 1)
    return (14 if given.get("quality") == "high" else 7) + 0.5 * further


def _price_of_speed(given: Input, amount: float) -> float:
    del amount
    return {"TURBO": 3.5, "QUALITY": 10}.get(str(given.get("rendering_speed")), 7)


def _price_of_size(given: Input, edge: float) -> float:
    del given
    return 10 if edge <= 2048 else 20 if edge <= 4096 else 40


PICTURE_MODELS: Mapping[str, Model] = {
    "z-image": Model(
        "image",
        {"prompt": prompt_field(1000), "aspect_ratio": ratio_field(*_FIVE, required=True), "nsfw_checker": flag()},
        flat(0.8),
    ),
    "seedream/5-pro-text-to-image": Model("image", _SEEDREAM, _price_of_quality),
    "seedream/5-pro-image-to-image": Model(
        "image", {**_SEEDREAM, "image_urls": links(10, required=True)}, _price_of_quality
    ),
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
    "qwen3/pro-text-to-image": Model("image", _QWEN, by_resolution(k1=6.4, k2=12)),
    "ideogram/v3-text-to-image": Model("image", _IDEOGRAM, _price_of_speed),
    "ideogram/v3-remix": Model(
        "image", {**_IDEOGRAM, "image_url": link(required=True, about=PICTURE_FILE)}, _price_of_speed
    ),
    "topaz/image-upscale": Model(
        "enlargement",
        {
            "image_url": link(required=True, about=f"Url of the image to be upscaled ({PICTURE_FILE})"),
            "upscale_factor": choice("1", "2", "4", required=True, default="2"),
        },
        _price_of_size,
    ),
    "recraft/crisp-upscale": Model(
        "enlargement", {"image": link(required=True, about=f"Image to upscale ({PICTURE_FILE})")}, flat(0.5)
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
        sides=(256, 4096),
    ),
    "grok-imagine-image-2-0/segment-map": Model(
        "segments",
        {"task_id": text(100, required=True, about="The ID of an existing task.")},
        flat(0),
        instead=({"image_url": link(required=True, about="The URL of the reference image.", uri=True)},),
    ),
    "omnihuman-1-5/human-identification": Model(
        "identification",
        {"image_url": link(required=True, about=f"Portrait image URL. {PICTURE_FILE}", uri=True)},
        flat(0),
    ),
    "omnihuman-1-5/subject-detection": Model(
        "masks",
        {"image_url": link(required=True, about=f"Portrait image URL, up to 5 subjects. {PICTURE_FILE}", uri=True)},
        flat(0),
    ),
}
