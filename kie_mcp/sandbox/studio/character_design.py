"""Design the character for a prompt: who it is, and its colours; the same prompt always gets the same character."""

from __future__ import annotations

import colorsys
import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass

from kie_mcp.sandbox.studio.gender_words import Gender, find_gender, is_old, split_words

Colour = tuple[int, int, int]

_SKINS: tuple[Colour, ...] = ((255, 219, 190), (241, 194, 155), (224, 172, 125), (186, 126, 84), (141, 85, 56))
_HAIRS: tuple[Colour, ...] = ((52, 40, 38), (94, 58, 38), (150, 92, 48), (214, 168, 92), (168, 74, 44), (120, 122, 132))
_NAMED: Mapping[str, Colour] = {
    "red": (206, 72, 66),
    "orange": (232, 138, 62),
    "yellow": (243, 200, 78),
    "green": (92, 158, 104),
    "blue": (76, 122, 196),
    "purple": (134, 98, 184),
    "pink": (232, 132, 164),
    "white": (236, 236, 238),
    "black": (62, 64, 74),
    "brown": (134, 92, 62),
    "grey": (140, 146, 158),
    "gray": (140, 146, 158),
    "golden": (226, 176, 74),
}
_FURS: Mapping[str, Colour] = {
    "fox": (226, 122, 62),
    "cat": (158, 150, 150),
    "dog": (190, 140, 92),
    "bear": (148, 102, 70),
    "rabbit": (214, 204, 200),
    "robot": (176, 190, 204),
}
_STYLES: Mapping[Gender, tuple[int, ...]] = {"woman": (0, 1), "man": (2, 3), "": (4,)}
"""The styles of hair: long or tied up for a woman, short for a man, curls if the words do not say."""
_GREY: Colour = (188, 190, 196)
_KINDS = {"vixen": "fox", "kitten": "cat", "puppy": "dog", "panda": "bear", "bunny": "rabbit", "android": "robot"}


@dataclass(frozen=True, slots=True)
class Character:
    """The character that is drawn for a prompt: its kind and its colours."""

    kind: str
    """`person`, or one of the animals and the robot."""
    skin: Colour
    hair: Colour
    style: int
    """How the hair is worn: long (0), tied up (1), parted (2), with a fringe (3), in curls (4)."""
    clothes: Colour
    eyes: Colour
    sky: Colour
    ground: Colour


def design_character(prompt: str, seed: str) -> Character:
    """Choose the character for a prompt; `seed` varies what the prompt leaves open."""
    digest = hashlib.sha256(f"{seed}:{prompt}".encode()).digest()
    chance = random.Random(digest)  # noqa: S311  # a choice of colours, not a secret
    words = split_words(prompt)
    kinds = [_KINDS.get(word, word) for word in words]
    kind = next((one for one in kinds if one in _FURS), "person")
    hue = chance.random()
    named = [_NAMED[word] for word in words if word in _NAMED]
    # In "a red fox in a raincoat" the fur stays that of a fox, and the coat is red.
    clothes = named[0] if named else tone(hue + 0.5 + chance.uniform(-0.1, 0.1), 0.45, 0.72)
    return Character(
        kind=kind,
        skin=_FURS.get(kind) or chance.choice(_SKINS),
        hair=_GREY if is_old(words) else chance.choice(_HAIRS),
        style=chance.choice(_STYLES[find_gender(words)]),
        clothes=clothes,
        eyes=chance.choice(((78, 118, 86), (72, 112, 158), (104, 70, 44), (88, 84, 96))),
        sky=tone(hue, 0.24, 0.99),
        ground=tone(hue + 0.12, 0.46, 0.86),
    )


def tone(hue: float, saturation: float, value: float) -> Colour:
    """Return the colour with this hue, saturation and value, each from 0 to 1; the hue wraps around."""
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """Mix two colours; `share`, from 0 to 1, is the part of the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


WHITE: Colour = (255, 255, 255)
DARK: Colour = (46, 38, 44)
ROSE: Colour = (226, 96, 102)
