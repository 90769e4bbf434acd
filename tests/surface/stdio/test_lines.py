"""Bytes are cut into the same lines in whatever pieces they come, and no more are kept than a line may have."""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as some
from mcp.types import JSONRPCError

from kie_mcp.surface.stdio.lines import ENDS, LineReader

LONG = 4 * ENDS


def cut(data: bytes, size: int = 7, longest: int = LONG) -> list[str | int | None]:
    """Cut bytes into lines; of a refusal return the id of the request that it answers."""
    lines = LineReader(longest)
    found = [one for start in range(0, len(data), size) for one in lines.feed(data[start : start + size])]
    return [one.id if isinstance(one, JSONRPCError) else one for one in (*found, *lines.end())]


@given(some.lists(some.text(some.characters(codec="utf-8"), max_size=30), max_size=8), some.integers(1, 90))
def test_lines_are_the_same_in_whatever_pieces_they_come(texts: list[str], size: int) -> None:
    texts = [json.dumps(text, ensure_ascii=False) for text in texts]
    assert cut("".join(f"{text}\n" for text in texts).encode(), size) == texts


@pytest.mark.parametrize("blank", ["", "\r", " \t", "\f", "\v", "\x1a", "\ufeff", " \ufeff \r", "\0"])
def test_a_line_that_says_nothing_is_no_line(blank: str) -> None:
    assert cut(f"{blank}\n{{}}\n{blank}\n{blank}".encode()) == ["{}"]


@pytest.mark.parametrize("mark", ["\ufeff", "\ufeff\ufeff", " \ufeff", "\t\ufeff "])
def test_a_byte_order_mark_before_a_line_is_dropped(mark: str) -> None:
    assert [str(line).strip() for line in cut(f"{mark}{{}}\n{mark}[]\n".encode())] == ["{}", "[]"]


@given(some.binary(max_size=300), some.integers(1, 90))
def test_no_bytes_stop_it(data: bytes, size: int) -> None:
    cut(data, size, longest=100)


@pytest.mark.parametrize(
    ("begin", "end", "number"),
    [
        ('{"jsonrpc":"2.0","id":7,"method":"x","params":"', '"}', 7),
        ('{"jsonrpc": "2.0", "method": "x", "id": "a", "params": "', '"}', "a"),
        ('{"method":"x","params":{"id":3,"y":"', '"},"jsonrpc":"2.0","id":7}', 7),
        ('{"params":{"id":3,"y":"', '"},"id":"b","jsonrpc":"2.0"}\r', "b"),
        ('{"params":{"id":3,"y":"', '","id":4}}', None),
        ('{"params":"', "", None),
        ('["id":7,"', '"]', None),
    ],
)
def test_a_line_that_is_too_long_is_refused_to_the_request_that_it_held(
    begin: str, end: str, number: int | str | None
) -> None:
    for filler in (LONG, 3 * LONG):
        line = begin + "x" * filler + end
        assert cut(f"{line}\n{{}}\n".encode(), 1000) == [number, "{}"]


def test_a_line_without_an_end_takes_no_more_memory_than_the_longest() -> None:
    lines, chunk = LineReader(2**20), b"x" * 2**16
    tracemalloc.start()
    for _ in range(400):
        assert not list(lines.feed(chunk))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 3 * 2**20


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ("Content-Length: 8\r\n\r\n", [None, 5, "{}"]),
        (" \tContent-Length: 8\r\n\r\n", [None, 5, "{}"]),
        ("content-length:8\nContent-Type: application/json\n\n", [None, 5, "{}"]),
        ("Content-Length: 8\r\n", [None, '{"id":5}', "{}"]),
        ("Content-Length: many\r\n\r\n", [None, '{"id":5}', "{}"]),
        ("Content-Length: 99999999999\r\n\r\n", [None, '{"id":5}', "{}"]),
        ("Content-Length: 0\r\n\r\n", [None, '{"id":5}', "{}"]),
    ],
)
def test_what_stands_under_content_length_headers_is_refused(headers: str, expected: list[str | int | None]) -> None:
    for size in (1, 5, 1000):
        assert cut(f'{headers}{{"id":5}}\n{{}}\n'.encode(), size) == expected
