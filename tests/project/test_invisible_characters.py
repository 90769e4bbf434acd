"""What no reader sees goes, or is marked, wherever words of others are shown; what spelling needs stays."""

import pytest

from kie_mcp.media.outputs.file_names import words
from kie_mcp.text import clean, hidden, one_line, quoted, seen, shapeless

UNSEEN = {
    "control": "\x07",
    "bidi": "\u202e",
    "zero width": "\u200b",
    "tag": "\U000e0041",
    "not assigned": "\U000e0002",
    "not a character": "\uffff",
    "private": "\ue000",
    "half of a pair": "\ud800",
}


@pytest.mark.parametrize("one", UNSEEN.values(), ids=UNSEEN)
def test_it_is_hidden_from_every_answer(one: str):
    assert hidden(one)
    assert clean(f"a{one}b") == seen(f"a{one}b") == "ab"
    assert quoted(f"a{one}b") == '"ab"'
    assert one_line(f"a{one}b", 9) == "ab"
    assert words(f"a{one}b") == "a-b"


@pytest.mark.parametrize("one", ["\u034f", "\u3164", "\u180b", "\ufe0f", "\U000e0100"])
def test_a_filler_or_a_variant_makes_no_difference_to_a_name_or_a_message(one: str):
    assert shapeless(one)
    assert clean(f"a{one}b") == "ab"
    assert words(f"a{one}b") == "a-b"
    assert seen(f"a{one}b") == f"a{one}b", "emoji are spelt with them"


@pytest.mark.parametrize("one", ["a", "é", "字", "́", "🦊", " ", "7"])
def test_what_has_a_shape_is_seen(one: str):
    assert (hidden(one), shapeless(one)) == (False, False)
