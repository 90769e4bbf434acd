"""An order names its parts: files that other orders make, before any of them is a job with an address."""

import hashlib
import json

import pytest
from pydantic import ValidationError

from kie_mcp.catalog import job_durations, requests
from kie_mcp.orders.any_order import load_order
from kie_mcp.orders.fingerprint import fingerprint, former_fingerprint
from kie_mcp.orders.order import ImageOrder, TalkingVideoOrder
from kie_mcp.orders.part_file import PartFile

FACE, VOICE = PartFile(part="face"), PartFile(part="voice")
FOX = "https://example.com/fox.png"
VIDEO = TalkingVideoOrder(model="actor", image=FACE, audio=VOICE)
PICTURE = ImageOrder(model="google/nano-banana", prompt="both of them", images=(FACE, FOX, FACE))


def test_its_parts_are_listed_by_argument_and_are_no_files() -> None:
    assert VIDEO.parts() == {"image": "face", "audio": "voice"}
    assert VIDEO.files() == {}
    assert PICTURE.parts() == {"images[0]": "face", "images[2]": "face"}
    assert PICTURE.files() == {"images[1]": FOX}


def test_other_files_take_the_place_of_those_of_parts() -> None:
    assert PICTURE.with_files({"images[0]": FOX, "images[2]": FOX}).files() == dict.fromkeys(PICTURE.inputs(), FOX)
    assert VIDEO.with_files({"image": FOX}).parts() == {"audio": "voice"}


def test_one_that_was_written_down_is_read_as_the_same() -> None:
    assert load_order(PICTURE.model_dump_json()) == PICTURE
    with pytest.raises(ValidationError):
        load_order(VIDEO.model_dump_json().replace('{"part":"face"}', '{"part":"face","of":"job_1"}'))


def test_no_text_is_a_part() -> None:
    """A caller gives nothing but text."""
    order = PICTURE.model_copy(update={"images": (FACE.model_dump_json(), "face")})
    assert order.parts() == {}


def test_orders_are_equal_if_their_parts_are_whatever_those_are_called() -> None:
    other = VIDEO.model_copy(update={"image": PartFile(part="somebody")})
    one = fingerprint("me", VIDEO, {"face": "f", "voice": "v"})
    assert one == fingerprint("me", other, {"somebody": "f", "voice": "v"})
    assert one != fingerprint("me", VIDEO, {"face": "v", "voice": "f"})


def test_a_part_stands_in_a_fingerprint_as_it_does_in_the_ledgers_that_are_there() -> None:
    stored = ["me", VIDEO.model_dump(mode="json") | {"image": "made:f", "audio": "made:v"}]
    expected = hashlib.sha256(json.dumps(stored, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    parts = {"face": "f", "voice": "v"}
    assert fingerprint("me", VIDEO, parts) == former_fingerprint("me", VIDEO, parts) == expected


def test_no_order_has_a_fingerprint_before_its_parts_have() -> None:
    with pytest.raises(KeyError):
        fingerprint("me", VIDEO, {"face": "f"})


def test_a_picture_that_a_part_makes_is_changed_like_one_that_is_given() -> None:
    made, given = (requests.check(PICTURE.model_copy(update={"images": (one,)})) for one in (FACE, FOX))
    assert made.with_files({"images[0]": FOX}) == given
    assert requests.model_id(made) == requests.model_id(given) == "google/nano-banana-edit"
    assert job_durations.bucket(made) == job_durations.bucket(given)
