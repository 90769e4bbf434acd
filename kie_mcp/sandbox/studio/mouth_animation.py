"""Open the mouth in a still picture, and close the eyes if their place is known."""

# Pillow's stubs speak of numpy, which is not installed.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kie_mcp.sandbox.studio.character_design import DARK, Colour, mix
from kie_mcp.sandbox.studio.faces import EYE, MOUTH, MOUTH_WIDTH, Face, Pencil, Point, draw_mouth

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

FINE = 3
"""How many times larger mouths and lids are drawn than they are shown, for smooth edges."""


class Mouth:
    """The mouth of one picture. A drawn mouth is drawn again; in a photograph the lips are pulled apart."""

    def __init__(self, still: Picture, face: Face) -> None:
        self._still = still
        self._face = face

    def draw(self, openness: float, *, eyes_shut: bool = False) -> Picture:
        """Return the picture with the mouth open, from 0 (closed) to 1."""
        picture = self._still.copy()
        if self._face.skin is None:
            _open_photo(picture, self._face, openness)
            return picture
        if eyes_shut:
            _close_eyes(picture, self._face)
        if openness > 0:
            _redraw(picture, self._face, self._face.skin, openness)
        return picture


def _redraw(picture: Picture, face: Face, skin: Colour, openness: float) -> None:
    """Cover the smile with skin and draw the open mouth in its place."""
    radius = face.mouth_width / MOUTH_WIDTH * picture.width
    x, y = face.mouth[0] * picture.width, face.mouth[1] * picture.height

    def draw(pencil: Pencil) -> None:
        pencil.oval(0, 0.05, MOUTH_WIDTH * 0.57, 0.17, skin)
        draw_mouth(pencil.move(-MOUTH[0], -MOUTH[1]), openness)

    _draw_finely(picture, (x, y), radius, draw)


def _close_eyes(picture: Picture, face: Face) -> None:
    """Draw lids over the eyes, with a line where they meet."""
    radius = face.eye_width / (2 * EYE) * picture.width
    lid = face.lid or (0, 0, 0)

    def draw(pencil: Pencil) -> None:
        pencil.oval(0, 0, EYE * 1.06, EYE * 1.22, lid)
        pencil.arc((0, -EYE * 0.3, EYE, EYE * 0.7), 20, 160, mix(lid, DARK, 0.7))

    for x, y in face.eyes:
        _draw_finely(picture, (x * picture.width, y * picture.height), radius, draw)


def _draw_finely(picture: Picture, at: Point, radius: float, draw: Callable[[Pencil], None]) -> None:
    """Draw around a point with smooth edges; lengths are in radii of the head."""
    from PIL import Image, ImageDraw

    half = round(radius * 0.6)
    left, top = round(at[0]) - half, round(at[1]) - half
    box = (left, top, left + 2 * half, top + 2 * half)
    patch = picture.crop(box).resize((2 * half * FINE, 2 * half * FINE), Image.Resampling.BICUBIC)
    draw(Pencil(ImageDraw.Draw(patch), (at[0] - left) * FINE, (at[1] - top) * FINE, radius * FINE))
    picture.paste(patch.resize((2 * half, 2 * half), Image.Resampling.LANCZOS), box)


def _open_photo(picture: Picture, face: Face, openness: float) -> None:
    """Move the lower lip and the chin down, and draw a dark opening between the lips."""
    from PIL import Image, ImageDraw, ImageFilter

    if openness <= 0:
        return
    half = max(4, round(face.mouth_width * picture.width / 2))
    x, y = round(face.mouth[0] * picture.width), round(face.mouth[1] * picture.height)
    drop = max(1, round(half * 0.5 * openness))
    box = (x - 2 * half, y - half, x + 2 * half, y + 2 * half)
    patch = picture.crop(box)
    lower = patch.crop((0, half, 4 * half, 3 * half)).resize((4 * half, 2 * half - drop), Image.Resampling.BICUBIC)
    moved = patch.copy()
    moved.paste(lower, (0, half + drop))
    gap = (half, half - drop // 2, 3 * half, half + drop + drop // 2)
    ImageDraw.Draw(moved).ellipse(gap, (74, 24, 30))
    mask = Image.new("L", patch.size, 0)
    ImageDraw.Draw(mask).ellipse((half * 0.5, half * 0.4, half * 3.5, half * 2.7), 255)
    mask = mask.filter(ImageFilter.GaussianBlur(half * 0.22))
    inner = Image.new("L", patch.size, 0)
    ImageDraw.Draw(inner).ellipse(gap, 255)
    mask.paste(255, mask=inner.filter(ImageFilter.GaussianBlur(max(1, half * 0.06))))
    picture.paste(moved.filter(ImageFilter.GaussianBlur(0.6)), box[:2], mask)
