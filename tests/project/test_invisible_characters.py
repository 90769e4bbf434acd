"""What no reader sees goes, or is marked, wherever words of others are shown; what spelling needs stays."""

import pytest

from kie_mcp.media.outputs.file_names import hyphenated_words
from kie_mcp.text import clean, is_hidden, is_shapeless, one_line, quote, without_hidden

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
    assert is_hidden(one)
    assert clean(f"a{one}b") == without_hidden(f"a{one}b") == "ab"
    assert quote(f"a{one}b") == '"ab"'
    assert one_line(f"a{one}b", 9) == "ab"
    assert hyphenated_words(f"a{one}b") == "a-b"


@pytest.mark.parametrize("one", ["\u034f", "\u3164", "\u180b", "\ufe0f", "\U000e0100"])
def test_a_filler_or_a_variant_makes_no_difference_to_a_name_or_a_message(one: str):
    assert is_shapeless(one)
    assert clean(f"a{one}b") == "ab"
    assert hyphenated_words(f"a{one}b") == "a-b"
    assert without_hidden(f"a{one}b") == f"a{one}b", "emoji are spelt with them"


@pytest.mark.parametrize("one", ["a", "é", "字", "́", "🦊", " ", "7"])
def test_what_has_a_shape_is_seen(one: str):
    assert (is_hidden(one), is_shapeless(one)) == (False, False)
