"""An order is a value: written down, read again, and refused if no one could send it."""

# ruff: noqa: RUF001 - whole sentences, in any script

import pytest
from pydantic import ValidationError

from kie_mcp.errors import OrderError
from kie_mcp.orders.any_order import load_order
from kie_mcp.orders.order import ImageOrder, Order, SpeechOrder, TalkingVideoOrder, add_style, split_style

FOX = "https://example.com/fox.png"
VOICE = "kie://jobs/job_abc/outputs/0"
IMAGE = ImageOrder(model="painter", prompt="a red fox", images=(FOX,))
SPEECH = SpeechOrder(model="speaker", text="Hello.", stability=0.5)
VIDEO = TalkingVideoOrder(model="actor", image=FOX, audio=VOICE, seed=20_000)


@pytest.mark.parametrize("order", [IMAGE, SPEECH, VIDEO])
def test_an_order_that_was_written_down_is_read_as_the_same(order: Order):
    assert load_order(order.model_dump_json()) == order


def test_what_no_order_has_is_refused():
    with pytest.raises(ValidationError):
        load_order('{"kind":"image","model":"painter","prompt":"a fox","mask":"x"}')


def test_the_files_of_an_order_are_listed_as_given():
    assert IMAGE.files() == {"images[0]": FOX}
    assert SPEECH.files() == {}
    assert VIDEO.files() == {"image": FOX, "audio": VOICE}


def test_other_files_take_the_place_of_an_orders_own():
    cat = "https://example.com/cat.png"
    two = IMAGE.model_copy(update={"images": (VOICE, FOX)})
    assert two.with_files({"images[1]": cat, "audio": cat}).files() == {"images[0]": VOICE, "images[1]": cat}
    assert VIDEO.with_files({"image": cat}) == VIDEO.model_copy(update={"image": cat})
    assert SPEECH.with_files({"images[0]": cat}) == SPEECH


def test_a_style_becomes_part_of_the_prompt():
    assert add_style("a red fox", " watercolour ") == "a red fox\n\nStyle: watercolour"
    assert add_style("a red fox", " ") == "a red fox"


def test_a_style_is_told_from_the_prompt_again():
    assert split_style(add_style("a red fox", " watercolour ")) == ("a red fox", "watercolour")
    assert split_style("one\n\nStyle: two\n\nStyle: three") == ("one\n\nStyle: two", "three")
    for prompt in ("a red fox", "Style: oil", "\n\nStyle: oil", ""):
        assert split_style(prompt) == (prompt, "")


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
