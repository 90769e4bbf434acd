"""What others say is cleaned, cut and quoted by `text` alone, and their links lose their secrets by `urls` alone."""

import ast
import re
from pathlib import Path

import pytest

from kie_mcp.text import clause, file_name, literal, one_line, without_key, without_middle
from kie_mcp.urls import bare_values, is_web_link

PACKAGE = Path(__file__).parents[2] / "kie_mcp"
SOURCES = {
    path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8")
    for path in sorted(PACKAGE.rglob("*.py"))
    if "sandbox" not in path.relative_to(PACKAGE).parts
}


def holding(pattern: str) -> set[str]:
    """The files whose code holds that."""
    return {name for name, source in SOURCES.items() if re.search(pattern, source)}


def test_one_file_alone_knows_what_no_reader_sees() -> None:
    """Elsewhere it is asked for, or a spelling is compared, which is another question."""
    comparing = {"orders/equality.py", "media/inputs/similar_names.py", "surface/arguments/absent.py"}
    naming = {"media/outputs/file_names.py"}
    counting = {"catalog/spoken_letters.py"}
    assert holding(r"unicodedata\.category") == {"text.py"} | comparing | naming | counting


def test_one_file_alone_knows_where_the_secrets_of_a_link_begin() -> None:
    assert holding(r"\[\?#\]|\[#\?\]") == {"urls.py"}


def test_one_file_alone_knows_how_a_web_link_begins() -> None:
    assert holding(r'startswith\(\(?"https?://') - {"cli/doctor.py"} == {"urls.py"}


def test_one_file_alone_hides_the_key() -> None:
    assert holding(r'"\[key\]"') == {"text.py"}


def test_what_a_caller_gave_is_cut_before_it_is_quoted_by_one_file_alone() -> None:
    cut = {
        name
        for name, source in SOURCES.items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FormattedValue)
        and node.conversion == ord("r")
        and isinstance(node.value, ast.Subscript)
    }
    assert cut == set()


LINK = "https://user:password@h.example/a.png?sig=secret#part"


def test_an_order_loses_the_secrets_of_its_links_and_nothing_else() -> None:
    given = [LINK, "HTTPS://h.example/b?sig=1", "kie://jobs/job_a/outputs/0", "data:image/png#sha256=0", 7, None]
    bare = ["https://h.example/a.png", "HTTPS://h.example/b", *given[2:]]
    assert bare_values(given) == bare_values(tuple(given)) == bare
    assert bare_values("https://h.example/b?sig=1 as a poster? Yes, by me@h.example") == (
        "https://h.example/b as a poster? Yes, by me@h.example"
    )
    assert bare_values("a poster, like https://h.example/b?sig=1") == "a poster, like https://h.example/b?sig=1"


@pytest.mark.parametrize("text", ["https://h", "HTTP://h", "http://"])
def test_a_web_link_is_known_in_any_spelling(text: str) -> None:
    assert is_web_link(text)
    assert not is_web_link(f"see {text}")
    assert not is_web_link("kie://jobs/https://h")


def test_a_line_of_foreign_words_shows_no_secret_of_a_link() -> None:
    assert one_line(f"a\n{LINK}", 90) == "a https://h.example/a.png"


def test_what_was_given_is_shown_with_an_end_and_with_what_is_invisible() -> None:
    assert literal("a\u200b'") == '"a\\u200b\'"'
    assert literal("x" * 81) == f"'{'x' * 80}…'"
    assert without_middle("abcdefgh", 2, 3) == "ab…fgh"
    assert without_middle("abcde", 2, 3) == "abcde"


def test_a_files_name_cannot_end_the_line_that_it_stands_in() -> None:
    assert file_name("a b\u2028c\u202e.png") == "a b?c?.png"


def test_a_sentence_stands_inside_another_without_its_full_stop() -> None:
    assert (clause("It is gone."), clause("It is gone")) == ("It is gone", "It is gone")


def test_a_key_is_hidden_and_an_ordinary_word_is_not() -> None:
    key = "0123456789abcdef"
    assert without_key(f"no {key}!", key) == "no [key]!"
    assert without_key(f"no {key}!".encode(), key) == b"no [key]!"
    assert without_key("no sandbox", "sandbox") == "no sandbox"
    assert not without_key("", "")
