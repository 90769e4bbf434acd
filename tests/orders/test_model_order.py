"""An order for any model: its files stand anywhere in its input, and are named by their places."""

import json
from typing import Any

import pytest
from inline_snapshot import snapshot

from kie_mcp.errors import OrderError
from kie_mcp.orders.any_order import load_order
from kie_mcp.orders.fingerprint import fingerprint
from kie_mcp.orders.model_order import ModelOrder

FOX, OWL = "https://example.com/fox.png", "kie://jobs/job_abc/outputs/0"
ORDER = ModelOrder(
    model="maker/video",
    input={"prompt": "a fox", "image_urls": [FOX, OWL], "shots": [{"audio_url": FOX, "seconds": 5}], "sharp": True},
    media={"image_urls[0]": "image", "image_urls[1]": "image", "shots[0].audio_url": "audio"},
    makes="video",
)


def test_an_order_that_was_written_down_is_read_as_the_same():
    assert load_order(ORDER.model_dump_json()) == ORDER
    assert load_order(json.dumps(ORDER.model_dump(mode="json"))) == ORDER


def test_files_are_named_by_their_places():
    assert ORDER.files() == snapshot(
        {
            "input.image_urls[0]": "https://example.com/fox.png",
            "input.image_urls[1]": "kie://jobs/job_abc/outputs/0",
            "input.shots[0].audio_url": "https://example.com/fox.png",
        }
    )
    assert [ORDER.family_of(argument) for argument in ORDER.files()] == ["image", "image", "audio"]
    assert ORDER.parts() == {}


def test_a_file_is_replaced_in_its_place_alone():
    changed = ORDER.with_files({"input.image_urls[1]": "https://example.com/owl.png"})

    assert changed.input == ORDER.input | {"image_urls": [FOX, "https://example.com/owl.png"]}
    assert ORDER.input["image_urls"] == [FOX, OWL]


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ({"prompt": " a  fox "}, "a fox"),
        ({"prompt": "", "lyrics": "La la"}, "La la"),
        ({"dialogue": [{"voice": "x", "text": "Hello."}]}, "Hello."),
        ({"image": FOX}, "maker/video"),
        ({"prompt": 3}, "maker/video"),
    ],
)
def test_its_title_is_what_it_says_in_words(given: dict[str, Any], title: str):
    assert ModelOrder(model="maker/video", input=given).title({}) == title


def test_equal_orders_are_equal_whatever_is_known_of_the_model():
    """Else a new description of the model would make a repeated call pay again."""
    less = ORDER.model_copy(update={"makes": None, "media": dict(list(ORDER.media.items()))})
    spelled = ORDER.model_copy(update={"input": ORDER.input | {"prompt": "a fox\n"}})

    assert fingerprint("me", less) == fingerprint("me", ORDER) == fingerprint("me", spelled)
    assert fingerprint("me", ORDER.model_copy(update={"input": {"prompt": "an owl"}})) != fingerprint("me", ORDER)


def test_what_cannot_be_sent_is_refused_with_its_place():
    with pytest.raises(OrderError) as caught:
        ModelOrder(model="m", input={"shots": [{"text": "a\x00b"}]})
    assert caught.value.argument == "input.shots[0].text"


@pytest.mark.parametrize("depth", [17, 5_000])
def test_nesting_without_end_is_refused(depth: int):
    nested: Any = "x"
    for _ in range(depth):
        nested = [nested]
    with pytest.raises(OrderError, match="16 levels"):
        ModelOrder(model="m", input={"a": nested})


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), 10**400, -(10**400), 1e300])
def test_a_number_that_cannot_be_sent_is_refused_by_its_place(number: float):
    with pytest.raises(OrderError, match="holds no number that can be sent") as caught:
        ModelOrder(model="maker/video", input={"shots": [{"seconds": 5}, {"seconds": number}]})
    assert caught.value.argument == "input.shots[1].seconds"


def test_a_whole_number_is_the_same_with_a_point_and_without():
    one, other = (ModelOrder(model="maker/video", input={"n": 2, "shots": [{"s": n}], "x": 0.5}) for n in (5, 5.0))
    assert fingerprint("a", one) == fingerprint("a", other)
    assert json.dumps(other.input) == '{"n": 2, "shots": [{"s": 5}], "x": 0.5}'
    assert fingerprint("a", one) != fingerprint("a", ModelOrder(model="maker/video", input=one.input | {"n": True}))
