"""An order is held against what a model takes: filled up, or refused with what is allowed and what to do."""

# ruff: noqa: E501 - whole sentences

import time

import pytest
from inline_snapshot import snapshot

from kie_mcp.catalog.capabilities import Capabilities
from kie_mcp.catalog.validate import OrderValidator
from kie_mcp.errors import OrderError
from kie_mcp.orders.fingerprint import fingerprint
from kie_mcp.orders.order import ImageOrder, Order, SpeechOrder, TalkingVideoOrder

FOX = "https://example.com/fox.png"
VOICE = "kie://jobs/job_abc/outputs/0"
IMAGE = ImageOrder(model="painter", prompt="a red fox", images=(FOX,))
VIDEO = TalkingVideoOrder(model="actor", image=FOX, audio=VOICE, seed=20_000)

PAINTER = OrderValidator(
    model="painter",
    takes=Capabilities(
        prompt_max=20, images_max=2, aspect_ratios=("1:1", "9:16", "16:9", "auto"), formats=("png", "jpeg")
    ),
    takers=lambda row: {"resolutions": ["sculptor", "painter"]}.get(row, []),
)
SPEAKER = OrderValidator(
    model="speaker",
    takes=Capabilities(
        prompt_max=20,
        voices={"id1": "Rachel", "id2": "Rachel", "id3": "Liam"},
        speed_range=(0.7, 1.2),
        stability_range=(0, 1),
        language=True,
    ),
)
ACTOR = OrderValidator(
    model="actor",
    takes=Capabilities(
        prompt_max=20, prompt_default="Speaks.", resolutions=("480p", "720p"), seed_range=(10_000, 1_000_000)
    ),
)


def test_orders_that_say_the_same_in_other_words_are_equal_once_checked():
    short = PAINTER.check(ImageOrder(model="p", prompt="fox", aspect_ratio="vertical", output_format="JPG"))
    long = PAINTER.check(ImageOrder(model="P", prompt="fox", aspect_ratio="9:16 ", output_format="jpeg"))
    assert fingerprint("me", short) == fingerprint("me", long)


def test_defaults_of_the_model_are_filled_in():
    assert PAINTER.check(ImageOrder(model="x", prompt="a fox")) == ImageOrder(
        model="painter", prompt="a fox", aspect_ratio="1:1", output_format="png"
    )
    assert SPEAKER.check(SpeechOrder(model="x", text="Hello.")).voice == "id1"
    checked = ACTOR.check(VIDEO.model_copy(update={"prompt": " "}))
    assert (checked.prompt, checked.resolution) == ("Speaks.", "480p")


def test_a_picture_that_is_changed_keeps_its_shape():
    assert PAINTER.check(IMAGE).aspect_ratio == "auto"


def test_choices_are_taken_in_any_spelling():
    assert ACTOR.check(VIDEO.model_copy(update={"resolution": "720"})).resolution == "720p"
    assert ACTOR.check(VIDEO.model_copy(update={"resolution": " 480P"})).resolution == "480p"
    assert PAINTER.check(ImageOrder(model="x", prompt="x", aspect_ratio="Horizontal")).aspect_ratio == "16:9"
    assert SPEAKER.check(SpeechOrder(model="x", text="x", language="DE")).language == "de"


def test_a_voice_is_found_by_its_id_or_its_name():
    for given, voice in {"id2": "id2", "rachel": "id1", " LIAM ": "id3"}.items():
        assert SPEAKER.check(SpeechOrder(model="x", text="x", voice=given)).voice == voice


@pytest.mark.parametrize(
    "form",
    [
        "/home/me/fox.png",
        "~/fox.png",
        "fox.png",
        "C:\\pictures\\fox.png",
        "C:/pictures/fox.png",
        "file:///home/me/fox.png",
        "data:image/png;base64,iVBORw0KGgo=",
        "DATA:audio/ogg;codecs=opus;base64,AAAA",
    ],
)
def test_a_file_of_the_callers_passes_by_its_form(form: str):
    """Whether it is there, and may be read, is found out by those who read it."""
    assert PAINTER.check(ImageOrder(model="x", prompt="x", images=(f" {form}\n",))).images == (form,)


@pytest.mark.parametrize(
    "head", [";" + " " * 99, ";" + "a" * 99, '; "' + " " * 95 + '"   ', "; base64 ;", " ", '";', ';a="b"']
)
def test_a_data_uri_that_goes_on_and_on_is_refused_at_once(head: str):
    order = ImageOrder(model="x", prompt="x", images=(f"data:image/png{head * 40}x",))
    began = time.perf_counter()
    with pytest.raises(OrderError):
        PAINTER.check(order)
    assert time.perf_counter() - began < 1


def test_a_sandbox_file_is_taken_from_the_sandbox_alone():
    order = ImageOrder(model="x", prompt="x", images=("http://127.0.0.1:8765/fox.png",))
    near = OrderValidator(model="painter", takes=PAINTER.takes, plain_host="127.0.0.1:8765")
    assert near.check(order).images == order.images
    with pytest.raises(OrderError):
        PAINTER.check(order)


def said(fitting: OrderValidator, order: Order) -> str:
    with pytest.raises(OrderError) as caught:
        fitting.check(order)
    return f"{caught.value.message} {caught.value.remedy}"


def test_a_refused_picture_says_what_was_wrong_what_is_allowed_and_what_to_do():
    wrong = {
        "long": {"prompt": "x" * 21},
        "empty": {"prompt": " \n"},
        "many": {"images": (FOX,) * 3},
        "ratio": {"aspect_ratio": "7:5"},
        "endless": {"aspect_ratio": "9" * 500},
        "size": {"resolution": "4K"},
        "format": {"output_format": "webp"},
        "endless path": {"images": (FOX, "/canary" * 1000)},
        "data in words": {"images": ("data:image/svg+xml,<svg>canary</svg>",)},
        "data of a text": {"images": ("data:text/plain;base64,canary",)},
        "kie": {"images": ("kie://jobs/job_abc",)},
        "scheme": {"images": ("ftp://me:canary@example.com/fox.png",)},
        "nothing": {"images": (" ",)},
        "plain": {"images": ("http://example.com/fox.png?token=canary",)},
    }
    texts = {
        name: said(PAINTER, ImageOrder.model_validate({"model": "x", "prompt": "x"} | fields))
        for name, fields in wrong.items()
    }
    assert "canary" not in str(texts)
    assert texts == snapshot(
        {
            "long": "prompt: has 21 characters; painter takes at most 20. Shorten it.",
            "empty": "prompt: is empty; painter takes 1 to 20 characters. Say in words what is wanted.",
            "many": "images: 3 given; painter takes at most 2. Leave some out.",
            "ratio": "aspect_ratio: '7:5' is not one that painter takes: 1:1, 9:16, 16:9, auto. Use one of them, or leave it out for 1:1.",
            "endless": "aspect_ratio: '99999999999999999999999999999999999999999999999999999999999999999999999999999999…' is not one that painter takes: 1:1, 9:16, 16:9, auto. Use one of them, or leave it out for 1:1.",
            "size": "resolution: '4K' given, but painter takes none. Leave it out, or use sculptor.",
            "format": "output_format: 'webp' is not one that painter takes: png, jpeg. Use one of them, or leave it out for png.",
            "endless path": "images[1]: has 7,000 characters; no path is that long. Give an https URL, kie://jobs/{job_id}/outputs/{n} of an earlier job, a local path, or a data URI.",
            "data in words": "images[0]: a data URI must hold a picture or a sound in base64. Give an https URL, kie://jobs/{job_id}/outputs/{n} of an earlier job, a local path, or a data URI.",
            "data of a text": "images[0]: a data URI must hold a picture or a sound in base64. Give an https URL, kie://jobs/{job_id}/outputs/{n} of an earlier job, a local path, or a data URI.",
            "kie": "images[0]: 'kie://jobs/job_abc' names no output of a job. Give an https URL, kie://jobs/{job_id}/outputs/{n} of an earlier job, a local path, or a data URI.",
            "scheme": "images[0]: a 'ftp:' URL cannot be handed in. Give an https URL, kie://jobs/{job_id}/outputs/{n} of an earlier job, a local path, or a data URI.",
            "nothing": "images[0]: is empty; a file is needed. Give an https URL, kie://jobs/{job_id}/outputs/{n} of an earlier job, a local path, or a data URI.",
            "plain": "images[0]: 'http://example.com/fox.png…' is plain http; only https is allowed. Give an https URL that anybody on the internet can open.",
        }
    )


def test_a_refused_text_says_what_was_wrong_what_is_allowed_and_what_to_do():
    wrong = {
        "long": {"text": "x" * 21},
        "empty": {"text": ""},
        "voice": {"voice": "Rachael"},
        "nobody": {"voice": "Zebedee the Third"},
        "fast": {"speed": 2.0},
        "not a number": {"speed": float("nan")},
        "stability": {"stability": 1.5},
        "language": {"language": "german"},
    }
    texts = {
        name: said(SPEAKER, SpeechOrder.model_validate({"model": "x", "text": "x"} | fields))
        for name, fields in wrong.items()
    }
    mute = OrderValidator(model="mute", takes=Capabilities(prompt_max=20))
    texts["no language"] = said(mute, SpeechOrder(model="x", text="x", language="de"))
    assert texts == snapshot(
        {
            "long": "text: has 21 characters; speaker takes at most 20. Shorten it.",
            "empty": "text: is empty; speaker takes 1 to 20 characters. Say in words what is wanted.",
            "voice": "voice: 'Rachael' is neither the id nor the name of a voice of speaker. Use Rachel.",
            "nobody": "voice: 'Zebedee the Third' is neither the id nor the name of a voice of speaker. Use one of the 2 names, such as Rachel or Liam, or leave it out.",
            "fast": "speed: 2 is out of range; speaker takes 0.7 to 1.2. Use a number in that range, or leave it out.",
            "not a number": "speed: nan is out of range; speaker takes 0.7 to 1.2. Use a number in that range, or leave it out.",
            "stability": "stability: 1.5 is out of range; speaker takes 0 to 1. Use a number in that range, or leave it out.",
            "language": "language: 'german' is not two letters of ISO 639-1, such as en, de or zh. Use such a code, or leave it out: the language is told from the text.",
            "no language": "language: 'de' given, but mute takes none. Leave it out.",
        }
    )


def test_a_refused_video_says_what_was_wrong_what_is_allowed_and_what_to_do():
    wrong = {
        "no picture": {"image": ""},
        "seed": {"seed": 7},
        "size": {"resolution": "4K"},
        "private": {"audio": "https://192.168.1.1/hello.mp3"},
    }
    texts = {name: said(ACTOR, VIDEO.model_copy(update=fields)) for name, fields in wrong.items()}
    seedless = OrderValidator(model="seedless", takes=Capabilities(prompt_max=20))
    texts["no seed"] = said(seedless, VIDEO)
    assert texts == snapshot(
        {
            "no picture": "image: is empty; a file is needed. Give an https URL, kie://jobs/{job_id}/outputs/{n} of an earlier job, a local path, or a data URI.",
            "seed": "seed: 7 is out of range; actor takes 10,000 to 1,000,000. Use a number in that range, or leave it out.",
            "size": "resolution: '4K' is not one that actor takes: 480p, 720p. Use one of them, or leave it out for 480p.",
            "private": "audio: 'https://192.168.1.1/hello.mp3' names a private, local or translated address; only public hosts are allowed. Give an https URL that anybody on the internet can open.",
            "no seed": "seed: 20000 given, but seedless takes none. Leave it out.",
        }
    )
