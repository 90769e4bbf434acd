"""Write on a picture: its prompt in a band, what is said in a film in a strip, and a stamp that names the sandbox."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from PIL.ImageFont import FreeTypeFont, ImageFont

STAMP = "kie-mcp SANDBOX \N{MIDDLE DOT} not Kie.ai"
LINES = 4
"""The most lines a caption has."""

_INK = (255, 255, 255, 245)
_BAND = (24, 24, 34, 176)
_STRIP = (24, 24, 34, 255)


def add_caption(picture: Picture, words: str) -> float:
    """Write the words in a rounded band at the bottom, wrapped, and cut with an ellipsis if there is no room.

    Return where the band begins, as a fraction of the height from the top; 1 if there are no words.
    """
    from PIL import ImageDraw

    wide, high = picture.size
    letter = _letter_size(picture)
    most = max(1, min(LINES, math.floor((high * 0.26 - 1.6 * letter) / (letter * 1.3))))
    lines = wrap_for(picture, words, most)
    if not lines:
        return 1.0
    top, pad = _top(picture, lines), letter * 0.8
    # In whole pixels: otherwise the corners of a translucent shape overlap its sides.
    band = (round(pad), round(top - pad * 0.4), round(wide - pad), round(high - pad * 0.8))
    ImageDraw.Draw(picture, "RGBA").rounded_rectangle(band, round(letter * 0.7), _BAND)
    _write(picture, lines, (band[1] + band[3]) / 2)
    return band[1] / high


def add_subtitle(picture: Picture, lines: Sequence[str], over: float = 1.0) -> None:
    """Write the lines at the bottom on a dark strip as wide as the picture.

    The strip covers the picture from `over` on, a fraction of the height from the top: there a caption may be.
    """
    from PIL import ImageDraw

    if not lines and over >= 1:
        return
    wide, high = picture.size
    top = min(_top(picture, lines) - _letter_size(picture) * 0.4, over * high - 1)
    ImageDraw.Draw(picture, "RGBA").rectangle((0, round(top), wide, high), _STRIP if over < 1 else _BAND)
    _write(picture, lines, (top + high) / 2)


def wrap_for(picture: Picture, words: str, most: int) -> list[str]:
    """Wrap the words to at most `most` lines that fit the width of the picture."""
    from PIL import ImageDraw

    letter = _letter_size(picture)
    font, draw = _load_font(letter), ImageDraw.Draw(picture)
    return wrap(words, lambda text: draw.textlength(text, font), picture.width - 3.2 * letter, most)


def _letter_size(picture: Picture) -> float:
    return max(11.0, min(picture.size) * 0.034)


def _top(picture: Picture, lines: Sequence[str]) -> float:
    return picture.height - _letter_size(picture) * (1.6 + 1.3 * len(lines))


def _write(picture: Picture, lines: Sequence[str], middle: float) -> None:
    from PIL import ImageDraw

    letter = _letter_size(picture)
    font, draw = _load_font(letter), ImageDraw.Draw(picture, "RGBA")
    for number, text in enumerate(lines):
        at = (picture.width / 2, middle + letter * 1.3 * (number - (len(lines) - 1) / 2))
        draw.text(at, text, _INK, font, anchor="mm")


def add_stamp(picture: Picture) -> None:
    """Write whose picture it is, on a small rounded label in the upper right corner."""
    from PIL import ImageDraw

    wide, high = picture.size
    letter = max(9.0, min(wide, high) * 0.021)
    font, draw = _load_font(letter), ImageDraw.Draw(picture, "RGBA")
    length = draw.textlength(STAMP, font)
    box = (wide - length - 2.4 * letter, letter * 0.8, wide - letter * 0.8, letter * 2.7)
    left, top, right, bottom = (round(edge) for edge in box)
    draw.rounded_rectangle((left, top, right, bottom), round(letter * 0.9), (24, 24, 34, 130))
    draw.text(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), STAMP, _INK, font, anchor="mm")


def wrap(words: str, length: Callable[[str], float], room: float, most: int) -> list[str]:
    """Wrap the words to at most `most` lines no longer than `room`; what does not fit becomes an ellipsis."""
    lines: list[str] = [""]
    # More would not fit into the lines, and a prompt may have 20,000 characters.
    for word in words[: most * 200].split():
        if length(f"{lines[-1]} {word}") <= room:
            lines[-1] = f"{lines[-1]} {word}".strip()
            continue
        # A writing without blanks, or one very long word, is broken where the line is full.
        if lines[-1]:
            lines.append("")
        for letter in word:
            if length(lines[-1] + letter) > room:
                lines.append("")
            lines[-1] += letter
        if len(lines) > most:
            break
    kept = [line for line in lines[:most] if line]
    if len(lines) > most or len(words) > most * 200:
        while kept and length(kept[-1] + "…") > room:
            kept[-1] = kept[-1][:-1]
        kept[-1] += "…"
    return kept


def _load_font(size: float) -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size)
