"""Make the subtitles of a film: a few words at a time, while they are said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kie_mcp.sandbox.studio.captions import wrap_for
from kie_mcp.sandbox.studio.speech import CHIME_SECONDS, REST_SECONDS

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

AT_ONCE = 2
"""How many lines are shown together."""
_ALL = 1000
"""More lines than the longest text has."""


@dataclass(frozen=True, slots=True)
class Subtitle:
    """Lines, and the second until which they are shown."""

    lines: tuple[str, ...]
    until: float


def make_subtitles(picture: Picture, words: str, seconds: float) -> list[Subtitle]:
    """Return the subtitles of a speech of so many seconds; each letter takes the same time, as in the speech."""
    lines = wrap_for(picture, words, _ALL)
    pages = [tuple(lines[at : at + AT_ONCE]) for at in range(0, len(lines), AT_ONCE)] or [()]
    letters = [sum(len(line) + 1 for line in page) for page in pages]
    each = (seconds - CHIME_SECONDS - REST_SECONDS) / max(sum(letters), 1)
    ends = [CHIME_SECONDS + each * sum(letters[: at + 1]) for at in range(len(pages))]
    return [Subtitle(page, end) for page, end in zip(pages, ends, strict=True)]


def find_subtitle(subtitles: Sequence[Subtitle], second: float) -> Subtitle:
    """Return the subtitle that is shown at a second of the film; the last one stays until the end."""
    return next((one for one in subtitles if second < one.until), subtitles[-1])
