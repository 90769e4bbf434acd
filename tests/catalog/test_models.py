"""Every model is one row; here each row meets a typical order, and what Kie.ai is sent is written out."""

# ruff: noqa: E501 (whole sentences)

from dataclasses import asdict
from typing import Any

import pytest
from inline_snapshot import snapshot

from kie_mcp.catalog import registry
from kie_mcp.catalog.models import MODELS, Model
from kie_mcp.catalog.voices import VOICES
from kie_mcp.errors import OrderError
from kie_mcp.jobs.job import Request
from kie_mcp.orders.kind import Kind
from kie_mcp.orders.order import ImageOrder, Order, SpeechOrder, TalkingVideoOrder

FOX = "https://example.com/fox.png"
HELLO = "https://example.com/hello.mp3"


def typical(model: Model) -> Order:
    if model.kind is Kind.IMAGE:
        return ImageOrder(model=model.id, prompt="a red fox", images=(FOX,))
    if model.kind is Kind.SPEECH:
        return SpeechOrder(model=model.id, text="Hello.", speed=0.9, stability=0.5, similarity_boost=0.75)
    seed = 20_000 if model.takes.seed_range else None
    return TalkingVideoOrder(model=model.id, image=FOX, audio=HELLO, seed=seed)


def row(model: Model) -> dict[str, Any]:
    """What is published of a model, and what its typical order becomes; the voices are counted."""
    order = registry.check(typical(model))
    facts = asdict(model)
    takes = {name: value for name, value in facts.pop("takes").items() if value not in (None, (), {}, "", 0, False)}
    if model.takes.voices:
        takes["voices"] = len(model.takes.voices)
    request = asdict(registry.request(order, {FOX: "https://files.example/fox", HELLO: "https://files.example/hello"}))
    price = registry.estimate(order, audio_seconds=10.0)
    return facts | {"takes": takes, "sent": request, "estimate": price, "bucket": registry.bucket(order)}


def test_every_model_takes_costs_and_sends_what_its_row_says():
    assert {model.id: row(model) for model in MODELS} == snapshot(
        {
            "google/nano-banana": {
                "id": "google/nano-banana",
                "kind": Kind.IMAGE,
                "title": "Nano Banana",
                "price": {"per": "image", "credits": {"": 4}},
                "inputs": {
                    "prompt": "prompt",
                    "aspect_ratio": "aspect_ratio",
                    "images": "image_urls",
                    "output_format": "output_format",
                },
                "lasts": {"median": 11, "sigma": 0.4, "shortest": 5, "longest": 30},
                "always": {},
                "aliases": ("nano-banana", "nanobanana", "google/nano-banana-edit", "nano-banana-edit"),
                "edit_id": "google/nano-banana-edit",
                "takes": {
                    "prompt_max": 5000,
                    "prompt_required": True,
                    "images_max": 10,
                    "image_types": ("image/jpeg", "image/png", "image/webp"),
                    "image_mb": 10,
                    "aspect_ratios": ("1:1", "9:16", "16:9", "3:4", "4:3", "3:2", "2:3", "5:4", "4:5", "21:9", "auto"),
                    "formats": ("png", "jpeg"),
                },
                "sent": {
                    "model": "google/nano-banana-edit",
                    "input": {
                        "prompt": "a red fox",
                        "aspect_ratio": "auto",
                        "image_urls": ["https://files.example/fox"],
                        "output_format": "png",
                    },
                },
                "estimate": 4.0,
                "bucket": "google/nano-banana-edit||",
            },
            "nano-banana-pro": {
                "id": "nano-banana-pro",
                "kind": Kind.IMAGE,
                "title": "Nano Banana Pro",
                "price": {"per": "image", "credits": {"1K": 18, "2K": 18, "4K": 24}},
                "inputs": {
                    "prompt": "prompt",
                    "aspect_ratio": "aspect_ratio",
                    "images": "image_input",
                    "resolution": "resolution",
                    "output_format": "output_format",
                },
                "lasts": {"median": 11, "sigma": 0.4, "shortest": 5, "longest": 30},
                "always": {},
                "aliases": ("google/nano-banana-pro", "nanobanana-pro"),
                "edit_id": None,
                "takes": {
                    "prompt_max": 10000,
                    "prompt_required": True,
                    "images_max": 8,
                    "image_types": ("image/jpeg", "image/png", "image/webp"),
                    "image_mb": 30,
                    "aspect_ratios": ("1:1", "9:16", "16:9", "3:4", "4:3", "3:2", "2:3", "5:4", "4:5", "21:9", "auto"),
                    "resolutions": ("1K", "2K", "4K"),
                    "formats": ("png", "jpg"),
                },
                "sent": {
                    "model": "nano-banana-pro",
                    "input": {
                        "prompt": "a red fox",
                        "aspect_ratio": "auto",
                        "image_input": ["https://files.example/fox"],
                        "resolution": "1K",
                        "output_format": "png",
                    },
                },
                "estimate": 18.0,
                "bucket": "nano-banana-pro|1K|",
            },
            "nano-banana-2": {
                "id": "nano-banana-2",
                "kind": Kind.IMAGE,
                "title": "Nano Banana 2",
                "price": {"per": "image", "credits": {"1K": 8, "2K": 12, "4K": 18}},
                "inputs": {
                    "prompt": "prompt",
                    "aspect_ratio": "aspect_ratio",
                    "images": "image_input",
                    "resolution": "resolution",
                    "output_format": "output_format",
                },
                "lasts": {"median": 11, "sigma": 0.4, "shortest": 5, "longest": 30},
                "always": {},
                "aliases": ("google/nano-banana-2", "nanobanana-2"),
                "edit_id": None,
                "takes": {
                    "prompt_max": 20000,
                    "prompt_required": True,
                    "images_max": 14,
                    "image_types": ("image/jpeg", "image/png", "image/webp"),
                    "image_mb": 30,
                    "aspect_ratios": (
                        "auto",
                        "1:1",
                        "9:16",
                        "16:9",
                        "3:4",
                        "4:3",
                        "3:2",
                        "2:3",
                        "5:4",
                        "4:5",
                        "21:9",
                        "1:4",
                        "4:1",
                        "1:8",
                        "8:1",
                    ),
                    "resolutions": ("1K", "2K", "4K"),
                    "formats": ("jpg", "png"),
                },
                "sent": {
                    "model": "nano-banana-2",
                    "input": {
                        "prompt": "a red fox",
                        "aspect_ratio": "auto",
                        "image_input": ["https://files.example/fox"],
                        "resolution": "1K",
                        "output_format": "jpg",
                    },
                },
                "estimate": 8.0,
                "bucket": "nano-banana-2|1K|",
            },
            "nano-banana-2-lite": {
                "id": "nano-banana-2-lite",
                "kind": Kind.IMAGE,
                "title": "Nano Banana 2 Lite",
                "price": {"per": "image", "credits": {"": 4}},
                "inputs": {"prompt": "prompt", "aspect_ratio": "aspect_ratio", "images": "image_urls"},
                "lasts": {"median": 11, "sigma": 0.4, "shortest": 5, "longest": 30},
                "always": {},
                "aliases": ("google/nano-banana-2-lite", "nanobanana-2-lite"),
                "edit_id": None,
                "takes": {
                    "prompt_max": 20000,
                    "prompt_required": True,
                    "images_max": 10,
                    "image_types": ("image/jpeg", "image/png", "image/webp"),
                    "image_mb": 30,
                    "aspect_ratios": (
                        "auto",
                        "1:1",
                        "9:16",
                        "16:9",
                        "3:4",
                        "4:3",
                        "3:2",
                        "2:3",
                        "5:4",
                        "4:5",
                        "21:9",
                        "1:4",
                        "4:1",
                        "1:8",
                        "8:1",
                    ),
                },
                "sent": {
                    "model": "nano-banana-2-lite",
                    "input": {
                        "prompt": "a red fox",
                        "aspect_ratio": "auto",
                        "image_urls": ["https://files.example/fox"],
                    },
                },
                "estimate": 4.0,
                "bucket": "nano-banana-2-lite||",
            },
            "nano-banana-2-1": {
                "id": "nano-banana-2-1",
                "kind": Kind.IMAGE,
                "title": "Nano Banana 2.1",
                "price": {"per": "image", "credits": {"1K": 4, "2K": 6, "4K": 9}},
                "inputs": {
                    "prompt": "prompt",
                    "aspect_ratio": "aspect_ratio",
                    "images": "image_input",
                    "resolution": "resolution",
                    "output_format": "output_format",
                },
                "lasts": {"median": 11, "sigma": 0.4, "shortest": 5, "longest": 30},
                "always": {},
                "aliases": ("nano-banana-2.1", "google/nano-banana-2-1", "nanobanana-2-1"),
                "edit_id": None,
                "takes": {
                    "prompt_max": 20000,
                    "prompt_required": True,
                    "images_max": 10,
                    "image_types": ("image/jpeg", "image/png", "image/webp"),
                    "image_mb": 30,
                    "aspect_ratios": (
                        "auto",
                        "1:1",
                        "9:16",
                        "16:9",
                        "3:4",
                        "4:3",
                        "3:2",
                        "2:3",
                        "5:4",
                        "4:5",
                        "21:9",
                        "1:4",
                        "4:1",
                        "1:8",
                        "8:1",
                    ),
                    "resolutions": ("1K", "2K", "4K"),
                    "formats": ("jpg", "png"),
                },
                "sent": {
                    "model": "nano-banana-2-1",
                    "input": {
                        "prompt": "a red fox",
                        "aspect_ratio": "auto",
                        "image_input": ["https://files.example/fox"],
                        "resolution": "1K",
                        "output_format": "jpg",
                    },
                },
                "estimate": 4.0,
                "bucket": "nano-banana-2-1|1K|",
            },
            "elevenlabs/text-to-speech-turbo-2-5": {
                "id": "elevenlabs/text-to-speech-turbo-2-5",
                "kind": Kind.SPEECH,
                "title": "ElevenLabs Turbo 2.5",
                "price": {"per": "1000 characters", "credits": {"": 6}},
                "inputs": {
                    "text": "text",
                    "voice": "voice",
                    "speed": "speed",
                    "stability": "stability",
                    "similarity_boost": "similarity_boost",
                    "language": "language_code",
                },
                "lasts": {"median": 4, "sigma": 0.5, "shortest": 2, "longest": 15},
                "always": {},
                "aliases": ("text-to-speech-turbo-2-5", "elevenlabs-turbo", "eleven_turbo_v2_5"),
                "edit_id": None,
                "takes": {
                    "prompt_max": 5000,
                    "prompt_required": True,
                    "voices": 67,
                    "speed_range": (0.7, 1.2),
                    "language": True,
                },
                "sent": {
                    "model": "elevenlabs/text-to-speech-turbo-2-5",
                    "input": {
                        "text": "Hello.",
                        "voice": "EkK5I93UQWFDigLMpZcX",
                        "speed": 0.9,
                        "stability": 0.5,
                        "similarity_boost": 0.75,
                    },
                },
                "estimate": 0.04,
                "bucket": "elevenlabs/text-to-speech-turbo-2-5||200",
            },
            "elevenlabs/text-to-speech-multilingual-v2": {
                "id": "elevenlabs/text-to-speech-multilingual-v2",
                "kind": Kind.SPEECH,
                "title": "ElevenLabs Multilingual v2",
                "price": {"per": "1000 characters", "credits": {"": 12}},
                "inputs": {
                    "text": "text",
                    "voice": "voice",
                    "speed": "speed",
                    "stability": "stability",
                    "similarity_boost": "similarity_boost",
                },
                "lasts": {"median": 4, "sigma": 0.5, "shortest": 2, "longest": 15},
                "always": {},
                "aliases": ("text-to-speech-multilingual-v2", "elevenlabs-multilingual", "eleven_multilingual_v2"),
                "edit_id": None,
                "takes": {"prompt_max": 5000, "prompt_required": True, "voices": 67, "speed_range": (0.7, 1.2)},
                "sent": {
                    "model": "elevenlabs/text-to-speech-multilingual-v2",
                    "input": {
                        "text": "Hello.",
                        "voice": "EkK5I93UQWFDigLMpZcX",
                        "speed": 0.9,
                        "stability": 0.5,
                        "similarity_boost": 0.75,
                    },
                },
                "estimate": 0.07,
                "bucket": "elevenlabs/text-to-speech-multilingual-v2||200",
            },
            "infinitalk/from-audio": {
                "id": "infinitalk/from-audio",
                "kind": Kind.TALKING_VIDEO,
                "title": "InfiniteTalk",
                "price": {"per": "second", "credits": {"480p": 3, "720p": 12}},
                "inputs": {
                    "prompt": "prompt",
                    "image": "image_url",
                    "audio": "audio_url",
                    "resolution": "resolution",
                    "seed": "seed",
                },
                "lasts": {"median": 170, "sigma": 0.55, "shortest": 60, "longest": 600},
                "always": {},
                "aliases": ("infinitalk", "infinitetalk", "infinitetalk/from-audio"),
                "edit_id": None,
                "takes": {
                    "prompt_max": 5000,
                    "prompt_required": True,
                    "prompt_default": "A person looks into the camera and speaks.",
                    "image_types": ("image/jpeg", "image/png", "image/webp"),
                    "image_mb": 10,
                    "resolutions": ("480p", "720p"),
                    "seed_range": (10000, 1000000),
                    "audio_types": ("audio/mpeg", "audio/wav", "audio/x-wav", "audio/aac", "audio/mp4", "audio/ogg"),
                    "audio_codecs": {
                        "audio/wav": ("PCM", "float PCM"),
                        "audio/x-wav": ("PCM", "float PCM"),
                        "audio/aac": ("AAC",),
                        "audio/mp4": ("AAC",),
                        "audio/ogg": ("Vorbis", "Opus"),
                    },
                    "audio_mb": 10,
                    "audio_seconds_advised": 15,
                },
                "sent": {
                    "model": "infinitalk/from-audio",
                    "input": {
                        "prompt": "A person looks into the camera and speaks.",
                        "image_url": "https://files.example/fox",
                        "audio_url": "https://files.example/hello",
                        "resolution": "480p",
                        "seed": 20000,
                    },
                },
                "estimate": 30.0,
                "bucket": "infinitalk/from-audio|480p|?",
            },
            "kling/ai-avatar-standard": {
                "id": "kling/ai-avatar-standard",
                "kind": Kind.TALKING_VIDEO,
                "title": "Kling Avatar, 720p",
                "price": {"per": "second", "credits": {"": 8}},
                "inputs": {"prompt": "prompt", "image": "image_url", "audio": "audio_url"},
                "lasts": {"median": 170, "sigma": 0.55, "shortest": 60, "longest": 600},
                "always": {"prompt": ""},
                "aliases": ("ai-avatar-standard", "kling-avatar-standard"),
                "edit_id": None,
                "takes": {
                    "prompt_max": 5000,
                    "image_types": ("image/jpeg", "image/png"),
                    "image_mb": 10,
                    "audio_types": ("audio/mpeg", "audio/wav", "audio/x-wav", "audio/aac", "audio/mp4", "audio/ogg"),
                    "audio_codecs": {
                        "audio/wav": ("PCM", "float PCM"),
                        "audio/x-wav": ("PCM", "float PCM"),
                        "audio/aac": ("AAC",),
                        "audio/mp4": ("AAC",),
                        "audio/ogg": ("Vorbis", "Opus"),
                    },
                    "audio_mb": 100,
                    "audio_seconds": 300,
                },
                "sent": {
                    "model": "kling/ai-avatar-standard",
                    "input": {
                        "prompt": "",
                        "image_url": "https://files.example/fox",
                        "audio_url": "https://files.example/hello",
                    },
                },
                "estimate": 80.0,
                "bucket": "kling/ai-avatar-standard||?",
            },
            "kling/ai-avatar-pro": {
                "id": "kling/ai-avatar-pro",
                "kind": Kind.TALKING_VIDEO,
                "title": "Kling Avatar, 1080p",
                "price": {"per": "second", "credits": {"": 16}},
                "inputs": {"prompt": "prompt", "image": "image_url", "audio": "audio_url"},
                "lasts": {"median": 170, "sigma": 0.55, "shortest": 60, "longest": 600},
                "always": {"prompt": ""},
                "aliases": ("ai-avatar-pro", "kling-avatar-pro"),
                "edit_id": None,
                "takes": {
                    "prompt_max": 5000,
                    "image_types": ("image/jpeg", "image/png"),
                    "image_mb": 10,
                    "audio_types": ("audio/mpeg", "audio/wav", "audio/x-wav", "audio/aac", "audio/mp4", "audio/ogg"),
                    "audio_codecs": {
                        "audio/wav": ("PCM", "float PCM"),
                        "audio/x-wav": ("PCM", "float PCM"),
                        "audio/aac": ("AAC",),
                        "audio/mp4": ("AAC",),
                        "audio/ogg": ("Vorbis", "Opus"),
                    },
                    "audio_mb": 100,
                    "audio_seconds": 300,
                },
                "sent": {
                    "model": "kling/ai-avatar-pro",
                    "input": {
                        "prompt": "",
                        "image_url": "https://files.example/fox",
                        "audio_url": "https://files.example/hello",
                    },
                },
                "estimate": 160.0,
                "bucket": "kling/ai-avatar-pro||?",
            },
            "omnihuman-1-5": {
                "id": "omnihuman-1-5",
                "kind": Kind.TALKING_VIDEO,
                "title": "OmniHuman 1.5",
                "price": {"per": "second", "credits": {"1080": 27, "720": 27}},
                "inputs": {
                    "prompt": "prompt",
                    "image": "image_url",
                    "audio": "audio_url",
                    "resolution": "output_resolution",
                    "seed": "seed",
                },
                "lasts": {"median": 170, "sigma": 0.55, "shortest": 60, "longest": 600},
                "always": {},
                "aliases": ("omnihuman", "omnihuman-1.5", "bytedance/omnihuman-1-5"),
                "edit_id": None,
                "takes": {
                    "prompt_max": 300,
                    "image_types": ("image/jpeg", "image/png", "image/webp"),
                    "image_mb": 10,
                    "resolutions": ("1080", "720"),
                    "seed_range": (-1, 2147483647),
                    "audio_types": ("audio/mpeg", "audio/wav", "audio/x-wav", "audio/aac", "audio/mp4", "audio/ogg"),
                    "audio_codecs": {
                        "audio/wav": ("PCM", "float PCM"),
                        "audio/x-wav": ("PCM", "float PCM"),
                        "audio/aac": ("AAC",),
                        "audio/mp4": ("AAC",),
                        "audio/ogg": ("Vorbis", "Opus"),
                    },
                    "audio_mb": 10,
                    "audio_seconds": 60,
                    "audio_seconds_advised": 15,
                },
                "sent": {
                    "model": "omnihuman-1-5",
                    "input": {
                        "image_url": "https://files.example/fox",
                        "audio_url": "https://files.example/hello",
                        "output_resolution": "1080",
                        "seed": 20000,
                    },
                },
                "estimate": 270.0,
                "bucket": "omnihuman-1-5|1080|?",
            },
        }
    )


def test_the_first_of_a_kind_is_the_default():
    assert [registry.models(kind)[0].id for kind in (Kind.IMAGE, Kind.SPEECH, Kind.TALKING_VIDEO)] == [
        "google/nano-banana",
        "elevenlabs/text-to-speech-turbo-2-5",
        "infinitalk/from-audio",
    ]
    assert registry.check(ImageOrder(model="", prompt="a fox")).model == "google/nano-banana"


@pytest.mark.parametrize(
    ("name", "kind", "model_id"),
    [
        ("nano-banana", Kind.IMAGE, "google/nano-banana"),
        ("NanoBanana", Kind.IMAGE, "google/nano-banana"),
        (" google/nano-banana-edit ", Kind.IMAGE, "google/nano-banana"),
        ("google/nano-banana-pro", Kind.IMAGE, "nano-banana-pro"),
        ("infinitalk", Kind.TALKING_VIDEO, "infinitalk/from-audio"),
        ("infinitetalk", Kind.TALKING_VIDEO, "infinitalk/from-audio"),
    ],
)
def test_a_model_is_found_by_its_other_names(name: str, kind: Kind, model_id: str):
    assert registry.find(name, kind).id == model_id


def test_no_two_models_share_a_name():
    names = [name for model in MODELS for name in (model.id, *model.aliases)]
    assert len(names) == len(set(names))
    assert names == [name.casefold() for name in names]


def test_a_model_that_is_not_known_is_refused_with_those_that_are():
    texts: list[str] = []
    for name, kind in (("nano-bananna", Kind.IMAGE), ("sora", Kind.TALKING_VIDEO), ("infinitalk", Kind.SPEECH)):
        with pytest.raises(OrderError) as caught:
            registry.find(name, kind)
        texts.append(f"{caught.value.message} {caught.value.remedy}")
    assert texts == snapshot(
        [
            "model: 'nano-bananna' is not known here. Did you mean nano-banana? For pictures use google/nano-banana, nano-banana-pro, nano-banana-2, nano-banana-2-lite, nano-banana-2-1.",
            "model: 'sora' is not known here. For talking videos use infinitalk/from-audio, kling/ai-avatar-standard, kling/ai-avatar-pro, omnihuman-1-5.",
            "model: infinitalk/from-audio makes talking videos, not speech. For speech use elevenlabs/text-to-speech-turbo-2-5, elevenlabs/text-to-speech-multilingual-v2.",
        ]
    )


def test_pictures_choose_the_model_that_changes_them():
    plain = registry.check(ImageOrder(model="nano-banana", prompt="a fox"))
    changed = registry.check(ImageOrder(model="nano-banana", prompt="a fox", images=(FOX,)))
    assert registry.request(plain, {}).model == "google/nano-banana"
    assert registry.request(changed, {}).model == "google/nano-banana-edit"
    with pytest.raises(OrderError, match=r"^images: google/nano-banana-edit changes pictures, and none was given"):
        registry.check(ImageOrder(model="google/nano-banana-edit", prompt="a fox"))


def test_what_is_sent_for_a_picture_is_what_kie_documents():
    order = registry.check(ImageOrder(model="google/nano-banana", prompt="a banana"))
    sent = {"prompt": "a banana", "output_format": "png", "aspect_ratio": "1:1"}
    assert registry.request(order, {}) == Request("google/nano-banana", sent)


def test_what_is_sent_for_a_video_is_what_kie_documents():
    order = registry.check(TalkingVideoOrder(model="infinitalk", image=FOX, audio=HELLO, prompt="A woman talks."))
    sent = {"image_url": FOX, "audio_url": HELLO, "prompt": "A woman talks.", "resolution": "480p"}
    assert registry.request(order, {}) == Request("infinitalk/from-audio", sent)


@pytest.mark.parametrize(
    ("model", "given", "sent"),
    [
        ("google/nano-banana", "JPG", "jpeg"),
        ("nano-banana-pro", "jpeg", "jpg"),
        ("nano-banana-2", "PNG", "png"),
        ("nano-banana-2-1", "", "jpg"),
    ],
)
def test_the_format_is_spelt_as_the_model_wants_it(model: str, given: str, sent: str):
    order = registry.check(ImageOrder(model=model, prompt="a fox", output_format=given))
    assert registry.request(order, {}).input["output_format"] == sent


def test_each_model_takes_its_own_number_of_pictures():
    def most(model: str) -> int:
        for count in range(1, 20):
            try:
                registry.check(ImageOrder(model=model, prompt="x", images=(FOX,) * count))
            except OrderError:
                return count - 1
        return 20

    assert {model.id: most(model.id) for model in registry.models(Kind.IMAGE)} == {
        "google/nano-banana": 10,
        "nano-banana-pro": 8,
        "nano-banana-2": 14,
        "nano-banana-2-lite": 10,
        "nano-banana-2-1": 10,
    }


@pytest.mark.parametrize(
    ("order", "argument"),
    [
        (SpeechOrder(model="elevenlabs/text-to-speech-multilingual-v2", text="x", language="de"), "language"),
        (TalkingVideoOrder(model="omnihuman-1-5", image=FOX, audio=HELLO, prompt="x" * 301), "prompt"),
        (TalkingVideoOrder(model="kling/ai-avatar-pro", image=FOX, audio=HELLO, seed=20_000), "seed"),
        (TalkingVideoOrder(model="kling/ai-avatar-pro", image=FOX, audio=HELLO, resolution="720p"), "resolution"),
        (TalkingVideoOrder(model="infinitalk", image=FOX, audio=HELLO, seed=9_999), "seed"),
        (TalkingVideoOrder(model="infinitalk", image=FOX, audio=HELLO, seed=1_000_001), "seed"),
        (ImageOrder(model="nano-banana", prompt="x", aspect_ratio="1:8"), "aspect_ratio"),
        (ImageOrder(model="nano-banana-2-lite", prompt="x", output_format="png"), "output_format"),
        (ImageOrder(model="nano-banana", prompt="x", resolution="4K"), "resolution"),
        (SpeechOrder(model="", text="x" * 5_001), "text"),
        (SpeechOrder(model="", text="x", speed=0.69), "speed"),
    ],
)
def test_what_a_model_does_not_take_is_refused_by_name(order: Order, argument: str):
    with pytest.raises(OrderError, match=rf"^{argument}: "):
        registry.check(order)


def test_a_refusal_recommends_models_that_take_it():
    with pytest.raises(OrderError) as caught:
        registry.check(ImageOrder(model="nano-banana", prompt="x", resolution="4K"))
    assert caught.value.remedy == "Leave it out, or use nano-banana-pro, nano-banana-2 or nano-banana-2-1."


def test_a_video_of_unknown_length_has_no_price():
    order = registry.check(TalkingVideoOrder(model="infinitalk", image=FOX, audio=HELLO, resolution="720P"))
    assert registry.estimate(order) is None
    assert registry.estimate(order, audio_seconds=2.5) == 30.0


def test_jobs_that_take_about_as_long_share_a_bucket():
    video = registry.check(TalkingVideoOrder(model="infinitalk", image=FOX, audio=HELLO))
    assert [registry.bucket(video, audio_seconds=seconds) for seconds in (None, 4.0, 5.0, 5.1, 1000.0)] == [
        "infinitalk/from-audio|480p|?",
        "infinitalk/from-audio|480p|5",
        "infinitalk/from-audio|480p|5",
        "infinitalk/from-audio|480p|15",
        "infinitalk/from-audio|480p|>300",
    ]


def test_a_file_without_a_link_is_never_sent():
    output = "kie://jobs/job_abc/outputs/0"
    order = registry.check(TalkingVideoOrder(model="", image=output, audio=HELLO))
    with pytest.raises(OrderError, match=r"^image: "):
        registry.request(order, {})
    sent = registry.request(order, {output: "https://files.example/fox"}).input
    assert (sent["image_url"], sent["audio_url"]) == ("https://files.example/fox", HELLO)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_checking_twice_changes_nothing(model: Model):
    once = registry.check(typical(model))
    assert registry.check(once) == once
    assert set(once.files().values()) <= {FOX, HELLO}


def test_there_are_67_voices_and_the_default_is_first():
    assert len(VOICES) == 67
    assert next(iter(VOICES)) == "EkK5I93UQWFDigLMpZcX"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_a_model_is_paid_by_what_its_orders_count(model: Model):
    counted = {Kind.IMAGE: "image", Kind.SPEECH: "1000 characters", Kind.TALKING_VIDEO: "second"}
    assert model.price.per == counted[model.kind]
