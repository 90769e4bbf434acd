"""How lines are written for a terminal: broken between words, and the word that says how something stands in colour."""

import io
import re
from typing import Any, cast

import pytest

from kie_mcp.cli.terminal import STYLES, print_lines

LINES = [
    "1. failed: image, Kie.ai's moderation refused what was asked for, or what came out (code 400).",
    "today (UTC): 10 jobs, 40.648 credits ($0.20)",
    "  google/nano-banana: 8 jobs, 28 credits",
    "/home/me/Pictures/kie/2026-11-27-a-red-fox-in-a-raincoat-looking-straight-at-me-5yr4pvkl-1.png",
]
SHOWN = """\
1. failed: image, Kie.ai's moderation refused what was asked
  for, or what came out (code 400).
today (UTC): 10 jobs, 40.648 credits ($0.20)
  google/nano-banana: 8 jobs, 28 credits
/home/me/Pictures/kie/2026-11-27-a-red-fox-in-a-raincoat-looking-straight-at-me-5yr4pvkl-1.png
"""


class Stream(io.StringIO):
    """What is written to a terminal, or to a pipe."""

    def __init__(self, *, is_terminal: bool = True) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


def write(stream: Stream) -> str:
    print_lines(LINES, cast("Any", stream))
    return stream.getvalue()


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"COLUMNS": "60", "TERM": "xterm-256color"}.items():
        monkeypatch.setenv(name, value)
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


def test_words_are_whole_and_what_a_line_begins_with_stands_out() -> None:
    written = write(Stream())

    assert re.sub(r"\x1b\[[\d;]*m", "", written) == SHOWN
    assert re.findall(r"\x1b\[(1[\d;]*)m([^\x1b]+)", written) == [("1;38;5;160", "failed"), ("1", "today (UTC)")]


def test_nothing_is_coloured_against_a_persons_wish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "38;5" not in write(Stream())


def test_a_pipe_gets_the_lines_as_they_are() -> None:
    assert write(Stream(is_terminal=False)).splitlines() == LINES


@pytest.mark.parametrize("background", [0.0, 1.0])
def test_each_colour_can_be_read_on_white_and_on_black(background: float) -> None:
    for style in STYLES.values():
        brightness = _measure_brightness(int(style.rpartition("(")[2].rstrip(")")))
        darker, lighter = sorted((brightness, background))
        assert (lighter + 0.05) / (darker + 0.05) >= 3.8, style


def _measure_brightness(number: int) -> float:
    """The relative luminance of one of a terminal's 256 colours."""
    levels = (0, 95, 135, 175, 215, 255)
    parts = [levels[(number - 16) // step % 6] / 255 for step in (36, 6, 1)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
