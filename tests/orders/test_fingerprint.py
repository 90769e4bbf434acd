"""Equal orders of an account have one fingerprint, in whatever form they are written, and others have others."""

import hashlib
import json
from typing import Any

import pytest

from kie_mcp.catalog import requests
from kie_mcp.orders.fingerprint import fingerprint, former_fingerprint
from kie_mcp.orders.order import ImageOrder, SpeechOrder
from kie_mcp.orders.own_file_uris import input_uri, parse_input_uri

FOX = "https://example.com/fox.png"
IMAGE = ImageOrder(model="painter", prompt="a red fox", images=(FOX,))
SPEECH = SpeechOrder(model="speaker", text="Hello.", stability=0.5)


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


def test_a_file_that_was_handed_in_is_told_by_its_bytes():
    """The same bytes under another name are the same order, other bytes under the same name are not."""
    one, other = "a" * 64, "b" * 64
    orders = [
        IMAGE.model_copy(update={"images": (input_uri(place, digest),)})
        for place, digest in (("file:///a.png", one), ("data:image/png", one), ("file:///a.png", other))
    ]
    prints = [fingerprint("me", order) for order in orders]
    assert prints[0] == prints[1] != prints[2]
    assert parse_input_uri(orders[0].files()["images[0]"]) == ("file:///a.png", one)
    for wrong in (FOX, "file:///a.png", f"file:///a.png#sha256={one[1:]}", f"https://example.com/a#sha256={one}"):
        assert parse_input_uri(wrong) is None


def test_a_field_that_earlier_versions_did_not_have_changes_nothing_while_it_says_nothing():
    """Else an order that is repeated after an update would be paid again."""
    plain = ImageOrder(model="google/nano-banana", prompt="a red fox")
    before = ["me", plain.model_dump(mode="json", exclude={"upscale", "copy_number"})]
    canonical = json.dumps(before, sort_keys=True, separators=(",", ":"))

    assert fingerprint("me", plain) == hashlib.sha256(canonical.encode()).hexdigest()
    assert fingerprint("me", plain.model_copy(update={"upscale": "2"})) != fingerprint("me", plain)


def test_copies_of_one_order_are_told_apart():
    """Each of four equal pictures is its own wish, for whoever repeats the call as well."""
    copies = [IMAGE.model_copy(update={"copy_number": number}) for number in (1, 2, 3)]
    for hashed in (fingerprint, former_fingerprint):
        assert len({hashed("me", order) for order in copies}) == 3
        assert hashed("me", copies[0]) == hashed("me", IMAGE)
