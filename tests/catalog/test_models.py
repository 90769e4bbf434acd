"""Every model is one row; here each row meets a typical order, and what Kie.ai is sent is written out."""

# ruff: noqa: E501 (whole sentences)

import datetime as dt
from typing import Any

import pytest
from inline_snapshot import snapshot

from kie_mcp.catalog import job_durations, prices, registry, requests
from kie_mcp.catalog.capabilities import FILE_KINDS
from kie_mcp.catalog.model import Model
from kie_mcp.catalog.models import MODELS
from kie_mcp.catalog.sound_length import known_length
from kie_mcp.catalog.voices import VOICES
from kie_mcp.errors import OrderError
from kie_mcp.jobs.estimate import Estimate
from kie_mcp.jobs.job import Request
from kie_mcp.orders.kind import Kind
from kie_mcp.orders.order import ImageOrder, Order, SpeechOrder, TalkingVideoOrder

FOX = "https://example.com/fox.png"
HELLO = "https://example.com/hello.mp3"


def typical(model: Model) -> Order:
    if model.kind is Kind.IMAGE:
        return ImageOrder(model=model.id, prompt="a red fox" if model.takes.prompt_max else "", images=(FOX,))
    if model.kind is Kind.SPEECH:
        return SpeechOrder(model=model.id, text="Hello.", speed=0.9, stability=0.5, similarity_boost=0.75)
    seed = 20_000 if model.takes.seed_range else None
    return TalkingVideoOrder(model=model.id, image=FOX, audio=HELLO, seed=seed)


def becomes(model: Model) -> dict[str, Any]:
    """What the typical order for a model becomes on its way to Kie.ai."""
    order = requests.check(typical(model))
    request = requests.build(order, {FOX: "https://files.example/fox", HELLO: "https://files.example/hello"})
    price = prices.estimate(order, audio=known_length(10.0))
    estimate = (price.least, price.most) if price and price.least != price.most else price and price.most
    bucket = job_durations.bucket(order)
    return {"model": request.model, "input": request.input, "estimate": estimate, "bucket": bucket}


def test_every_model_is_sent_what_its_row_says():
    assert {model.id: becomes(model) for model in MODELS} == snapshot(
        {
            "google/nano-banana": {
                "model": "google/nano-banana-edit",
                "input": {
                    "prompt": "a red fox",
                    "aspect_ratio": "auto",
                    "image_urls": ["https://files.example/fox"],
                    "output_format": "png",
                },
                "estimate": 4.0,
                "bucket": "google/nano-banana-edit||",
            },
            "nano-banana-pro": {
                "model": "nano-banana-pro",
                "input": {
                    "prompt": "a red fox",
                    "aspect_ratio": "auto",
                    "image_input": ["https://files.example/fox"],
                    "resolution": "1K",
                    "output_format": "png",
                },
                "estimate": 18.0,
                "bucket": "nano-banana-pro|1K|",
            },
            "nano-banana-2": {
                "model": "nano-banana-2",
                "input": {
                    "prompt": "a red fox",
                    "aspect_ratio": "auto",
                    "image_input": ["https://files.example/fox"],
                    "resolution": "1K",
                    "output_format": "jpg",
                },
                "estimate": 8.0,
                "bucket": "nano-banana-2|1K|",
            },
            "nano-banana-2-lite": {
                "model": "nano-banana-2-lite",
                "input": {"prompt": "a red fox", "aspect_ratio": "auto", "image_urls": ["https://files.example/fox"]},
                "estimate": 4.0,
                "bucket": "nano-banana-2-lite||",
            },
            "nano-banana-2-1": {
                "model": "nano-banana-2-1",
                "input": {
                    "prompt": "a red fox",
                    "aspect_ratio": "auto",
                    "image_input": ["https://files.example/fox"],
                    "resolution": "1K",
                    "output_format": "jpg",
                },
                "estimate": 4.0,
                "bucket": "nano-banana-2-1|1K|",
            },
            "topaz/image-upscale": {
                "model": "topaz/image-upscale",
                "input": {"image_url": "https://files.example/fox", "upscale_factor": "2"},
                "estimate": (10.0, 40.0),
                "bucket": "topaz/image-upscale|2|",
            },
            "recraft/crisp-upscale": {
                "model": "recraft/crisp-upscale",
                "input": {"image": "https://files.example/fox"},
                "estimate": 0.5,
                "bucket": "recraft/crisp-upscale||",
            },
            "recraft/remove-background": {
                "model": "recraft/remove-background",
                "input": {"image": "https://files.example/fox"},
                "estimate": 1.0,
                "bucket": "recraft/remove-background||",
            },
            "elevenlabs/text-to-speech-turbo-2-5": {
                "model": "elevenlabs/text-to-speech-turbo-2-5",
                "input": {
                    "text": "Hello.",
                    "voice": "EkK5I93UQWFDigLMpZcX",
                    "speed": 0.9,
                    "stability": 0.5,
                    "similarity_boost": 0.75,
                },
                "estimate": 0.036,
                "bucket": "elevenlabs/text-to-speech-turbo-2-5||200",
            },
            "elevenlabs/text-to-speech-multilingual-v2": {
                "model": "elevenlabs/text-to-speech-multilingual-v2",
                "input": {
                    "text": "Hello.",
                    "voice": "EkK5I93UQWFDigLMpZcX",
                    "speed": 0.9,
                    "stability": 0.5,
                    "similarity_boost": 0.75,
                },
                "estimate": 0.072,
                "bucket": "elevenlabs/text-to-speech-multilingual-v2||200",
            },
            "infinitalk/from-audio": {
                "model": "infinitalk/from-audio",
                "input": {
                    "prompt": "A person looks into the camera and speaks.",
                    "image_url": "https://files.example/fox",
                    "audio_url": "https://files.example/hello",
                    "resolution": "480p",
                    "seed": 20000,
                },
                "estimate": 30.0,
                "bucket": "infinitalk/from-audio|480p|?",
            },
            "kling/ai-avatar-standard": {
                "model": "kling/ai-avatar-standard",
                "input": {
                    "prompt": "",
                    "image_url": "https://files.example/fox",
                    "audio_url": "https://files.example/hello",
                },
                "estimate": 80.0,
                "bucket": "kling/ai-avatar-standard||?",
            },
            "kling/ai-avatar-pro": {
                "model": "kling/ai-avatar-pro",
                "input": {
                    "prompt": "",
                    "image_url": "https://files.example/fox",
                    "audio_url": "https://files.example/hello",
                },
                "estimate": 160.0,
                "bucket": "kling/ai-avatar-pro||?",
            },
            "omnihuman-1-5": {
                "model": "omnihuman-1-5",
                "input": {
                    "image_url": "https://files.example/fox",
                    "audio_url": "https://files.example/hello",
                    "output_resolution": "1080",
                    "seed": 20000,
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
    assert requests.check(ImageOrder(model="", prompt="a fox")).model == "google/nano-banana"


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
            "model: 'nano-bananna' is not known here. Did you mean nano-banana? For pictures use google/nano-banana, nano-banana-pro, nano-banana-2, nano-banana-2-lite, nano-banana-2-1, topaz/image-upscale, recraft/crisp-upscale, recraft/remove-background.",
            "model: 'sora' is not known here. For talking videos use infinitalk/from-audio, kling/ai-avatar-standard, kling/ai-avatar-pro, omnihuman-1-5.",
            "model: infinitalk/from-audio makes talking videos, not speech. For speech use elevenlabs/text-to-speech-turbo-2-5, elevenlabs/text-to-speech-multilingual-v2.",
        ]
    )


def test_pictures_choose_the_model_that_changes_them():
    plain = requests.check(ImageOrder(model="nano-banana", prompt="a fox"))
    changed = requests.check(ImageOrder(model="nano-banana", prompt="a fox", images=(FOX,)))
    assert requests.build(plain, {}).model == "google/nano-banana"
    assert requests.build(changed, {}).model == "google/nano-banana-edit"
    with pytest.raises(OrderError, match=r"^images: google/nano-banana-edit changes pictures, and none was given"):
        requests.check(ImageOrder(model="google/nano-banana-edit", prompt="a fox"))


def test_what_is_sent_for_a_picture_is_what_kie_documents():
    order = requests.check(ImageOrder(model="google/nano-banana", prompt="a banana"))
    sent = {"prompt": "a banana", "output_format": "png", "aspect_ratio": "1:1"}
    assert requests.build(order, {}) == Request("google/nano-banana", sent)


def test_what_is_sent_for_a_video_is_what_kie_documents():
    order = requests.check(TalkingVideoOrder(model="infinitalk", image=FOX, audio=HELLO, prompt="A woman talks."))
    sent = {"image_url": FOX, "audio_url": HELLO, "prompt": "A woman talks.", "resolution": "480p"}
    assert requests.build(order, {}) == Request("infinitalk/from-audio", sent)


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
    order = requests.check(ImageOrder(model=model, prompt="a fox", output_format=given))
    assert requests.build(order, {}).input["output_format"] == sent


def test_each_model_takes_its_own_number_of_pictures():
    def takes(model: Model, count: int) -> bool:
        try:
            words = "x" if model.takes.prompt_max else ""
            requests.check(ImageOrder(model=model.id, prompt=words, images=(FOX,) * count))
        except OrderError:
            return False
        return True

    for model in registry.models(Kind.IMAGE):
        taken = [count for count in range(20) if takes(model, count)]
        assert taken == [*range(model.takes.images_min, model.takes.images_max + 1)], model.id


def test_a_model_that_only_finishes_a_picture_takes_no_words_and_one_picture():
    order = requests.check(ImageOrder(model="upscale", prompt="", images=(FOX,), upscale="4x"))

    assert requests.build(order, {}).input == snapshot(
        {"image_url": "https://example.com/fox.png", "upscale_factor": "4"}
    )
    with pytest.raises(OrderError) as words:
        requests.check(ImageOrder(model="remove-background", prompt="cut it out", images=(FOX,)))
    with pytest.raises(OrderError) as bare:
        requests.check(ImageOrder(model="sharpen", prompt=""))
    with pytest.raises(OrderError) as factor:
        requests.check(ImageOrder(model="nano-banana", prompt="", images=(FOX,), upscale="2"))
    assert [(one.value.message, one.value.remedy) for one in (words, bare, factor)] == snapshot(
        [
            (
                "prompt: 10 characters given, but recraft/remove-background takes none.",
                "Leave it out, or use google/nano-banana, nano-banana-pro, nano-banana-2, nano-banana-2-lite or nano-banana-2-1.",
            ),
            ("images: 0 given; recraft/crisp-upscale needs a picture to work on.", "Give the picture."),
            ("upscale: '2' given, but google/nano-banana takes none.", "Leave it out, or use topaz/image-upscale."),
        ]
    )


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
        requests.check(order)


def test_a_refusal_recommends_models_that_take_it():
    with pytest.raises(OrderError) as caught:
        requests.check(ImageOrder(model="nano-banana", prompt="x", resolution="4K"))
    assert caught.value.remedy == snapshot("Leave it out, or use nano-banana-pro, nano-banana-2 or nano-banana-2-1.")


def test_a_video_of_unknown_length_has_no_price():
    order = requests.check(TalkingVideoOrder(model="infinitalk", image=FOX, audio=HELLO, resolution="720P"))
    assert prices.estimate(order) is None
    assert prices.estimate(order, audio=known_length(2.5)) == Estimate(30.0, 30.0)


def test_jobs_that_take_about_as_long_share_a_bucket():
    video = requests.check(TalkingVideoOrder(model="infinitalk", image=FOX, audio=HELLO))
    assert [job_durations.bucket(video, audio_seconds=seconds) for seconds in (None, 4.0, 5.0, 5.1, 1000.0)] == [
        "infinitalk/from-audio|480p|?",
        "infinitalk/from-audio|480p|5",
        "infinitalk/from-audio|480p|5",
        "infinitalk/from-audio|480p|15",
        "infinitalk/from-audio|480p|>300",
    ]


def test_what_a_sandbox_takes_says_nothing_about_kie():
    """It may run ten times as fast: then Kie.ai's jobs would seem to be late from their second second on."""
    order = requests.check(ImageOrder(model="", prompt="a fox"))
    assert job_durations.bucket(order, host="127.0.0.1") == f"127.0.0.1|{job_durations.bucket(order)}"


def test_a_file_without_a_link_is_never_sent():
    output = "kie://jobs/job_abc/outputs/0"
    order = requests.check(TalkingVideoOrder(model="", image=output, audio=HELLO))
    with pytest.raises(OrderError, match=r"^image: "):
        requests.build(order, {})
    sent = requests.build(order, {output: "https://files.example/fox"}).input
    assert (sent["image_url"], sent["audio_url"]) == ("https://files.example/fox", HELLO)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_checking_twice_changes_nothing(model: Model):
    once = requests.check(typical(model))
    assert requests.check(once) == once
    assert set(once.files().values()) <= {FOX, HELLO}


def test_there_are_67_voices_and_the_default_is_first():
    assert len(VOICES) == 67
    assert next(iter(VOICES)) == "EkK5I93UQWFDigLMpZcX"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_a_model_is_paid_by_what_its_orders_count(model: Model):
    counted = {Kind.IMAGE: "image", Kind.SPEECH: "1000 characters", Kind.TALKING_VIDEO: "second"}
    assert model.price.per == counted[model.kind]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_every_row_says_where_it_is_from_and_when_that_was_read(model: Model):
    assert model.source.startswith("https://docs.kie.ai/market/")
    assert dt.date(2026, 8, 1) <= model.date <= dt.datetime.now(dt.UTC).date()


def test_no_two_models_of_a_kind_share_a_label():
    names = [(model.kind, model.label) for model in MODELS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
def test_every_kind_of_file_that_a_row_names_has_a_word_for_people(model: Model):
    assert {*model.takes.image_types, *model.takes.audio_types, *model.takes.audio_codecs} <= FILE_KINDS.keys()
