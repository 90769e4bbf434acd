"""An order is a value: compared, written down, read again, and refused with a reason if it cannot be sent."""

# ruff: noqa: E501, RUF001 - whole sentences, in any script

import time
from typing import Any

import pytest
from inline_snapshot import snapshot
from pydantic import ValidationError

from kie_mcp.catalog import requests
from kie_mcp.catalog.capabilities import Capabilities
from kie_mcp.catalog.validate import OrderValidator
from kie_mcp.errors import OrderError
from kie_mcp.orders.fingerprint import fingerprint, former_fingerprint
from kie_mcp.orders.handed_in_files import handed_in, parse_handed_in
from kie_mcp.orders.job_uris import output_uri, parse_job_uri, parse_output_uri
from kie_mcp.orders.order import ImageOrder, Order, SpeechOrder, TalkingVideoOrder, load_order, styled

FOX = "https://example.com/fox.png"
VOICE = "kie://jobs/job_abc/outputs/0"
IMAGE = ImageOrder(model="painter", prompt="a red fox", images=(FOX,))
SPEECH = SpeechOrder(model="speaker", text="Hello.", stability=0.5)
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


@pytest.mark.parametrize("order", [IMAGE, SPEECH, VIDEO])
def test_an_order_that_was_written_down_is_read_as_the_same(order: Order):
    assert load_order(order.model_dump_json()) == order


def test_what_no_order_has_is_refused():
    with pytest.raises(ValidationError):
        load_order('{"kind":"image","model":"painter","prompt":"a fox","mask":"x"}')


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"prompt": "a red fox"}, {"prompt": " a red fox\n\n"}),
        ({"prompt": "ein Fuchs, müde"}, {"prompt": "ein Fuchs, mu\u0308de"}),
        ({"prompt": "a\nb"}, {"prompt": "a\r\nb"}),
        ({"prompt": "a\nb"}, {"prompt": "a\u2028b"}),
        ({"images": ("https://example.com/A.png",)}, {"images": ("HTTPS://EXAMPLE.com:443/A.png",)}),
        ({"images": ("https://example.com",)}, {"images": ("https://example.com/",)}),
        ({"images": ("https://example.com/a.png",)}, {"images": ("https://example.com./a.png#top",)}),
        ({"images": ("https://example.com/a.png",)}, {"images": ("https://example.com:/%61.png?",)}),
        ({"images": ("https://bücher.example/ü.png",)}, {"images": ("https://xn--bcher-kva.example/%c3%bc.png",)}),
        ({"images": ("https://bücher.example/ü.png",)}, {"images": ("https://Bu\u0308cher.example/u\u0308.png",)}),
        ({"images": ("https://faß.example/~a",)}, {"images": ("https://xn--fa-hia.example/%7Ea",)}),
        ({"prompt": "a red fox"}, {"prompt": "\ufeffa red fox \u200b\n"}),
        ({"prompt": "a\nb"}, {"prompt": "a\u2029b"}),
        ({"images": ("kie://jobs/job_a/outputs/0",)}, {"images": ("kie://jobs/job_a/outputs/00",)}),
    ],
)
def test_orders_that_differ_in_form_alone_are_equal_and_sent_as_they_were_written(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    """A retry that comes out of other hands is not paid for again."""
    base = ImageOrder(model="google/nano-banana", prompt="x")
    orders = [
        requests.check(ImageOrder.model_validate(base.model_dump(exclude_defaults=True) | form))
        for form in (one, other)
    ]
    assert fingerprint("me", orders[0]) == fingerprint("me", orders[1])
    assert orders[1].prompt == other.get("prompt", "x").replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"prompt": "a red fox"}, {"prompt": "A red fox"}),
        ({"prompt": "a red fox"}, {"prompt": "a red fox."}),
        ({"prompt": "a\nb"}, {"prompt": "a b"}),
        ({"prompt": "x²"}, {"prompt": "x2"}),
        ({"images": ("https://example.com/a.png",)}, {"images": ("https://example.com/A.png",)}),
        ({"images": ("https://example.com/a.png?b=1",)}, {"images": ("https://example.com/a.png?b=2",)}),
        ({"images": ("https://example.com/a.png",)}, {"images": ("https://example.com:8443/a.png",)}),
        ({"images": ("https://example.com/a/b",)}, {"images": ("https://example.com/a%2Fb",)}),
        ({"images": ("https://example.com/a?b=1+2",)}, {"images": ("https://example.com/a?b=1%2B2",)}),
        ({"images": ("https://fass.example/",)}, {"images": ("https://faß.example/",)}),
    ],
)
def test_what_may_mean_something_else_is_another_order(one: dict[str, Any], other: dict[str, Any]) -> None:
    base = ImageOrder(model="google/nano-banana", prompt="x")
    assert fingerprint("me", base.model_copy(update=one)) != fingerprint("me", base.model_copy(update=other))


def test_what_is_written_plainly_is_called_as_the_first_version_called_it() -> None:
    """Its jobs are in ledgers."""
    assert former_fingerprint("me", IMAGE) == fingerprint("me", IMAGE)


def test_equal_orders_of_an_account_share_a_fingerprint_and_others_do_not():
    same = ImageOrder(images=(FOX,), prompt="a red fox", model="painter")
    others = [
        fingerprint("me", IMAGE.model_copy(update={"prompt": "a red  fox"})),
        fingerprint("you", IMAGE),
        fingerprint("me", IMAGE.model_copy(update={"images": ()})),
        fingerprint("me", SPEECH),
    ]
    assert fingerprint("me", IMAGE) == fingerprint("me", same)
    assert len({fingerprint("me", IMAGE), *others}) == 5


def test_orders_that_say_the_same_in_other_words_are_equal_once_checked():
    short = PAINTER.check(ImageOrder(model="p", prompt="fox", aspect_ratio="vertical", output_format="JPG"))
    long = PAINTER.check(ImageOrder(model="P", prompt="fox", aspect_ratio="9:16 ", output_format="jpeg"))
    assert fingerprint("me", short) == fingerprint("me", long)


def test_the_files_of_an_order_are_listed_as_given():
    assert IMAGE.files() == {"images[0]": FOX}
    assert SPEECH.files() == {}
    assert VIDEO.files() == {"image": FOX, "audio": VOICE}


def test_an_output_is_named_and_found_by_its_uri():
    assert parse_output_uri(output_uri("job_abc", 2)) == ("job_abc", 2)
    for wrong in ("kie://jobs/job_abc", "kie://jobs/a/b/outputs/0", "kie://jobs/job_abc/outputs/-1", FOX):
        assert parse_output_uri(wrong) is None


def test_a_file_that_was_handed_in_is_told_by_its_bytes():
    """The same bytes under another name are the same order, other bytes under the same name are not."""
    one, other = "a" * 64, "b" * 64
    orders = [
        IMAGE.model_copy(update={"images": (handed_in(place, digest),)})
        for place, digest in (("file:///a.png", one), ("data:image/png", one), ("file:///a.png", other))
    ]
    prints = [fingerprint("me", order) for order in orders]
    assert prints[0] == prints[1] != prints[2]
    assert parse_handed_in(orders[0].files()["images[0]"]) == ("file:///a.png", one)
    for wrong in (FOX, "file:///a.png", f"file:///a.png#sha256={one[1:]}", f"https://example.com/a#sha256={one}"):
        assert parse_handed_in(wrong) is None


def test_other_files_take_the_place_of_an_orders_own():
    cat = "https://example.com/cat.png"
    two = IMAGE.model_copy(update={"images": (VOICE, FOX)})
    assert two.with_files({"images[1]": cat, "audio": cat}).files() == {"images[0]": VOICE, "images[1]": cat}
    assert VIDEO.with_files({"image": cat}) == VIDEO.model_copy(update={"image": cat})
    assert SPEECH.with_files({"images[0]": cat}) == SPEECH


def test_a_style_becomes_part_of_the_prompt():
    assert styled("a red fox", " watercolour ") == "a red fox\n\nStyle: watercolour"
    assert styled("a red fox", " ") == "a red fox"


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x7f", "\x85", "\ud83d"])
def test_a_character_that_cannot_be_sent_is_refused_by_name_and_place(character: str):
    with pytest.raises(OrderError, match=rf"^prompt: holds the character U\+{ord(character):04X} at position 4;"):
        ImageOrder(model="painter", prompt=f"fox{character}")
    with pytest.raises(OrderError, match=r"^images: "):
        ImageOrder(model="painter", prompt="fox", images=(f"https://example.com/{character}",))


def test_words_in_any_script_with_newlines_and_tabs_are_kept():
    text = "Füchse 狐\tमेरा 🦊👩‍👩‍👧\n\u200eעברית"
    assert SpeechOrder(model="speaker", text=text).text == text
    assert SpeechOrder(model="speaker", text="one\r\ntwo\rthree").text == "one\ntwo\nthree"


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


@pytest.mark.parametrize(
    ("uri", "about"),
    [
        ("kie://jobs/job_abc", ("job_abc", None)),
        ("kie://jobs/job_abc/outputs/2", ("job_abc", 2)),
        ("kie://jobs/job_abc/outputs/x", ("job_abc/outputs/x", None)),
        ("kie://jobs/", ("", None)),
        ("kie://jobs", None),
        (" kie://jobs/job_abc", None),
        ("kie://models", None),
    ],
)
def test_an_address_tells_which_job_it_is_about(uri: str, about: tuple[str, int | None] | None):
    """No job is called as the third and the fourth say: whoever looks for it finds none."""
    assert parse_job_uri(uri) == about
