"""Words on a picture: the prompt in a band at the bottom, and a stamp that says where the picture is from."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from PIL.ImageFont import FreeTypeFont, ImageFont

STAMP = "kie-mcp SANDBOX \N{MIDDLE DOT} not Kie.ai"
LINES = 4
"""The most lines a caption has."""

_INK = (255, 255, 255, 245)
_BAND = (24, 24, 34, 176)


def add_caption(picture: Picture, words: str) -> None:
    """The words in a rounded band at the bottom, wrapped, and cut with an ellipsis where there is no room."""
    from PIL import ImageDraw

    wide, high = picture.size
    letter = max(11.0, min(wide, high) * 0.034)
    font, pad, line = _font(letter), letter * 0.8, letter * 1.3
    draw = ImageDraw.Draw(picture, "RGBA")
    most = max(1, min(LINES, math.floor((high * 0.26 - 2 * pad) / line)))
    lines = wrapped(words, lambda text: draw.textlength(text, font), wide - 4 * pad, most)
    if not lines:
        return
    top = high - 2 * pad - len(lines) * line
    # Whole pixels, or the corners of a translucent shape overlap its sides.
    band = (round(pad), round(top - pad * 0.4), round(wide - pad), round(high - pad * 0.8))
    draw.rounded_rectangle(band, round(letter * 0.7), _BAND)
    for number, text in enumerate(lines):
        draw.text((wide / 2, top + pad * 0.4 + (number + 0.5) * line), text, _INK, font, anchor="mm")


def add_stamp(picture: Picture) -> None:
    """A small pill in the upper right corner."""
    from PIL import ImageDraw

    wide, high = picture.size
    letter = max(9.0, min(wide, high) * 0.021)
    font, draw = _font(letter), ImageDraw.Draw(picture, "RGBA")
    length = draw.textlength(STAMP, font)
    box = (wide - length - 2.4 * letter, letter * 0.8, wide - letter * 0.8, letter * 2.7)
    left, top, right, bottom = (round(edge) for edge in box)
    draw.rounded_rectangle((left, top, right, bottom), round(letter * 0.9), (24, 24, 34, 130))
    draw.text(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), STAMP, _INK, font, anchor="mm")


def wrapped(words: str, length: Callable[[str], float], room: float, most: int) -> list[str]:
    """The words in at most `most` lines no longer than `room`; what does not fit ends in an ellipsis."""
    lines: list[str] = [""]
    # Beyond this no line could hold it, and a prompt may have 20,000 characters.
    for word in words[: most * 200].split():
        if length(f"{lines[-1]} {word}") <= room:
            lines[-1] = f"{lines[-1]} {word}".strip()
            continue
        # A script without blanks, or one very long word: broken wherever the line is full.
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


def _font(size: float) -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size)
