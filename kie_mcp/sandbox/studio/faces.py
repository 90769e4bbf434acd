"""Draw a friendly portrait with Pillow, with the mouth and the eyes at known places."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from kie_mcp.sandbox.studio.character_design import DARK, ROSE, WHITE, Character, Colour, mix

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Face:
    """Where a face is, in fractions of the picture's width and height; widths are fractions of its width."""

    mouth: Point
    mouth_width: float
    eyes: tuple[Point, ...] = ()
    eye_width: float = 0.0
    skin: Colour | None = None
    """The colour around the mouth, if it is the same everywhere; None for a photograph."""
    lid: Colour | None = None
    """The colour around the eyes, like `skin`."""
    caption: float = 1.0
    """Where the band with the picture's words begins, a fraction of its height from the top; 1 if there is none."""

    def dumps(self) -> str:
        """Return the face as JSON, for the metadata of its picture."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def loads(cls, note: object) -> Face | None:
        """Read a face that `dumps` wrote; return None for anything else."""
        try:
            facts: dict[str, Any] = json.loads(note if isinstance(note, str | bytes) else "")
            eyes = tuple((float(x), float(y)) for x, y in facts["eyes"])
            x, y = (float(part) for part in facts["mouth"])
            sizes = float(facts["mouth_width"]), float(facts["eye_width"])
            colours = _parse_colour(facts["skin"]), _parse_colour(facts["lid"])
            return cls((x, y), sizes[0], eyes, sizes[1], *colours, float(facts["caption"]))
        except (ValueError, KeyError, TypeError):
            return None

    def crop(self, window: tuple[float, float, float, float]) -> Face:
        """Return the face in a part of the picture: left, top, width and height of it as fractions of the whole."""
        left, top, wide, high = window
        mouth, *eyes = (((x - left) / wide, (y - top) / high) for x, y in (self.mouth, *self.eyes))
        sizes = self.mouth_width / wide, self.eye_width / wide
        return Face(mouth, sizes[0], tuple(eyes), sizes[1], self.skin, self.lid, (self.caption - top) / high)


def _parse_colour(value: Any) -> Colour:
    red, green, blue = (int(part) for part in value)
    return red, green, blue


@dataclass(frozen=True, slots=True)
class Pencil:
    """Draws shapes; lengths are in radii of the head, and positions are seen from its middle."""

    draw: ImageDraw
    x: float
    y: float
    radius: float

    def move(self, x: float, y: float) -> Pencil:
        """Return a pencil whose positions are seen from another point."""
        return Pencil(self.draw, self.x + x * self.radius, self.y + y * self.radius, self.radius)

    def box(self, x: float, y: float, wide: float, high: float) -> tuple[float, float, float, float]:
        """Return the box around a point in pixels; `wide` and `high` are half of its sides."""
        left, top = self.x + (x - wide) * self.radius, self.y + (y - high) * self.radius
        return left, top, left + 2 * wide * self.radius, top + 2 * high * self.radius

    def oval(self, x: float, y: float, wide: float, high: float, fill: Colour) -> None:
        """Draw a filled ellipse."""
        self.draw.ellipse(self.box(x, y, wide, high), fill=fill)

    def shape(self, points: list[Point], fill: Colour) -> None:
        """Draw a filled polygon."""
        self.draw.polygon([(self.x + x * self.radius, self.y + y * self.radius) for x, y in points], fill=fill)

    def arc(self, box: tuple[float, float, float, float], start: float, end: float, fill: Colour) -> None:
        """Draw a line along an ellipse, between two angles in degrees clockwise from three o'clock."""
        self.draw.arc(self.box(*box), start, end, fill=fill, width=max(2, round(self.radius * 0.05)))


MOUTH = (0.0, 0.56)
MOUTH_WIDTH = 0.62
EYES = ((-0.38, -0.02), (0.38, -0.02))
EYE = 0.17
_CURL = (0.29, 0.27)
"""Positions and sizes on the head, in its radii."""


def draw_portrait(pencil: Pencil, character: Character) -> None:
    """Draw the whole character: body, head, hair or fur, eyes, nose and a smile."""
    (_draw_ears if character.kind != "person" else _draw_back_hair)(pencil, character)
    _draw_body(pencil, character)
    pencil.oval(0, 0.02, 1.0, 1.08, character.skin)
    if character.kind == "person":
        _draw_fringe(pencil, character)
    else:
        _draw_muzzle(pencil, character)
    cheek = mix(skin_at_mouth(character), ROSE, 0.28)
    for side in (-1, 1):
        pencil.oval(side * 0.62, 0.36, 0.17, 0.11, cheek)
    _draw_eyes(pencil, character)
    draw_mouth(pencil, 0.0)


def skin_at_mouth(character: Character) -> Colour:
    """Return the colour around the mouth: animals have a lighter muzzle."""
    return character.skin if character.kind in ("person", "robot") else mix(character.skin, WHITE, 0.62)


def _draw_body(pencil: Pencil, character: Character) -> None:
    shade = mix(character.clothes, DARK, 0.22)
    pencil.oval(0, 2.95, 1.78, 1.62, character.clothes)
    pencil.draw.rectangle(pencil.box(0, 8.95, 1.78, 6), character.clothes)
    pencil.draw.rounded_rectangle(pencil.box(0, 1.15, 0.34, 0.42), pencil.radius * 0.2, mix(character.skin, DARK, 0.14))
    pencil.shape([(-0.62, 1.4), (0, 1.98), (-0.3, 2.1), (-0.86, 1.52)], shade)
    pencil.shape([(0.62, 1.4), (0, 1.98), (0.3, 2.1), (0.86, 1.52)], shade)
    for step in range(3):
        pencil.oval(0, 2.3 + 0.42 * step, 0.07, 0.07, mix(character.clothes, WHITE, 0.6))


def _draw_ears(pencil: Pencil, character: Character) -> None:
    inner = mix(character.skin, ROSE, 0.4)
    for side in (-1, 1):
        if character.kind in ("fox", "cat"):
            pencil.shape([(side * 0.985, -0.2), (side * 0.92, -1.44), (side * 0.1, -0.96)], character.skin)
            pencil.shape([(side * 0.86, -0.5), (side * 0.83, -1.18), (side * 0.38, -0.92)], inner)
        elif character.kind == "rabbit":
            pencil.oval(side * 0.45, -1.16, 0.24, 0.66, character.skin)
            pencil.oval(side * 0.45, -1.16, 0.12, 0.5, inner)
        elif character.kind == "robot":
            pencil.oval(side * 1.04, 0.05, 0.16, 0.3, mix(character.skin, DARK, 0.3))
            pencil.oval(side * 0.5, -1.34, 0.1, 0.1, character.clothes)
            pencil.shape([(side * 0.47, -1.3), (side * 0.53, -1.3), (side * 0.4, -0.7), (side * 0.34, -0.7)], DARK)
        else:
            low = -0.75 if character.kind == "bear" else -0.35
            pencil.oval(
                side * 0.82, low, 0.36, 0.36 if character.kind == "bear" else 0.62, mix(character.skin, DARK, 0.2)
            )


def _draw_muzzle(pencil: Pencil, character: Character) -> None:
    if character.kind == "robot":
        pencil.oval(0, -0.02, 0.84, 0.42, mix(character.skin, DARK, 0.45))
        return
    # It ends below the eyes, because the lids are drawn in the colour of the head.
    pencil.oval(0, 0.65, 0.72, 0.42, skin_at_mouth(character))
    pencil.oval(0, 0.3, 0.16, 0.11, DARK)


def _draw_back_hair(pencil: Pencil, character: Character) -> None:
    if character.style == 0:
        pencil.oval(0, 0.42, 1.2, 1.3, character.hair)
    pencil.oval(0, -0.12, 1.1, 1.1, character.hair)
    if character.style == 1:
        pencil.oval(0, -1.32, 0.42, 0.4, character.hair)
    if character.style == 4:
        for turn in range(-110, 111, 22):
            pencil.oval(
                1.0 * math.sin(math.radians(turn)), -0.12 - 0.98 * math.cos(math.radians(turn)), *_CURL, character.hair
            )
    for side in (-1, 1):
        pencil.oval(side * 1.0, 0.12, 0.17, 0.24, mix(character.skin, DARK, 0.08))


def _draw_fringe(pencil: Pencil, character: Character) -> None:
    """Draw the hair over the forehead: first a cap of hair, then skin below the hairline. The eyes stay free."""
    pencil.draw.chord(pencil.box(0, -0.06, 1.05, 1.08), 200, 340, character.hair)
    if character.style == 3:
        for x in (-0.7, -0.24, 0.24, 0.7):
            pencil.oval(x, -0.52 + 0.1 * abs(x), 0.3, 0.17, character.hair)
    else:
        lean = 0.1 if character.style == 2 else 0.0
        pencil.oval(lean, 0.22, 0.97 - 1.2 * lean, 0.86 - lean, character.skin)
    pencil.oval(0, 0.26, 0.1, 0.07, mix(character.skin, DARK, 0.16))


def _draw_eyes(pencil: Pencil, character: Character) -> None:
    glow = mix(character.eyes, WHITE, 0.75) if character.kind == "robot" else character.eyes
    for x, y in EYES:
        pencil.oval(x, y, EYE, EYE * 1.15, WHITE)
        pencil.oval(x, y + 0.02, EYE * 0.68, EYE * 0.78, glow)
        pencil.oval(x, y + 0.02, EYE * 0.38, EYE * 0.46, DARK)
        pencil.oval(x + 0.05, y - 0.05, EYE * 0.2, EYE * 0.2, WHITE)
        if character.kind == "person":
            pencil.arc((x, y - 0.1, EYE * 1.35, EYE * 1.5), 215, 325, mix(character.hair, DARK, 0.4))


def draw_mouth(pencil: Pencil, openness: float) -> None:
    """Draw the mouth alone, from a smile (0) to wide open (1); what is under it must have a single colour."""
    x, y = MOUTH
    half = MOUTH_WIDTH / 2
    if openness < 0.05:
        pencil.arc((x, y - 0.12, half, 0.24), 25, 155, mix(DARK, ROSE, 0.3))
        return
    high = 0.05 + 0.17 * openness
    wide = half * (0.94 - 0.16 * openness)
    # The upper lip stays in its place, and the jaw moves down.
    middle = y + high
    pencil.oval(x, middle, wide + 0.05, high + 0.05, mix(ROSE, DARK, 0.12))
    pencil.oval(x, middle, wide, high, (92, 28, 40))
    if openness > 0.35:
        pencil.oval(x, middle + high * 0.52, wide * 0.62, high * 0.4, (216, 98, 104))
        pencil.draw.chord(pencil.box(x, middle, wide * 0.86, high * 0.9), 205, 335, WHITE)
