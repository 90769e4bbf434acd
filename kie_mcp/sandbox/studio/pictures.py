"""Make pictures for a prompt: a portrait on a soft gradient, with a caption and a stamp, as PNG or JPEG."""

# Pillow's stubs speak of numpy, which is not installed.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import io
import random
from dataclasses import replace
from typing import TYPE_CHECKING

from kie_mcp.sandbox.studio.captions import add_caption, add_stamp
from kie_mcp.sandbox.studio.character_design import WHITE, Character, design_character, mix
from kie_mcp.sandbox.studio.faces import (
    EYE,
    EYES,
    MOUTH,
    MOUTH_WIDTH,
    Face,
    Pencil,
    Point,
    draw_portrait,
    skin_at_mouth,
)

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

NOTE = "kie-mcp-sandbox-face"
"""The metadata key under which a picture of ours says where its face is."""


class NotAPictureError(Exception):
    """The bytes are no picture that can be decoded."""


def draw_picture(
    prompt: str, size: tuple[int, int], seed: str = "", references: tuple[bytes, ...] = ()
) -> tuple[Picture, Face]:
    """Draw the picture of a prompt, `size` pixels wide and high; return it and where its face is."""
    from PIL import Image, ImageDraw

    character = design_character(prompt, seed)
    fine = 2 if max(size) <= 1024 else 1
    wide, high = size[0] * fine, size[1] * fine
    scene = _draw_background(character, (wide, high), seed + prompt)
    radius = 0.215 * min(wide, high)
    middle = (wide / 2, high * (0.40 if high >= wide * 0.8 else 0.42))
    draw_portrait(Pencil(ImageDraw.Draw(scene), *middle, radius), character)
    picture = scene.resize(size, Image.Resampling.LANCZOS) if fine > 1 else scene
    _paste(picture, references)
    caption = add_caption(picture, prompt)
    add_stamp(picture)
    return picture, replace(_place_face(middle, radius, (wide, high), character), caption=caption)


def parse_size(ratio: str, long_edge: int) -> tuple[int, int]:
    """Return width and height, both even, for a ratio such as 16:9; `auto` is square."""
    wide, high = (int(part) for part in ratio.split(":")) if ":" in ratio else (1, 1)
    scale = long_edge / max(wide, high)
    return max(2, round(wide * scale / 2) * 2), max(2, round(high * scale / 2) * 2)


def encode(picture: Picture, face: Face, kind: str) -> bytes:
    """Encode the picture as `png` or `jpeg`, with a note in its metadata that says where its face is."""
    from PIL.PngImagePlugin import PngInfo

    target = io.BytesIO()
    if kind == "png":
        note = PngInfo()
        note.add_text(NOTE, face.dumps())
        picture.save(target, "PNG", pnginfo=note, compress_level=3)
    else:
        picture.save(target, "JPEG", quality=90, comment=face.dumps())
    return target.getvalue()


def decode(data: bytes) -> tuple[Picture, Face | None]:
    """Decode a picture; return it, and its face if the sandbox drew it.

    Raises:
        NotAPictureError: if the bytes are no PNG, JPEG or WebP that can be read.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        picture = Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP"))
        note = picture.info.get(NOTE) or picture.info.get("comment")
        return ImageOps.exif_transpose(picture).convert("RGB"), Face.loads(note)
    except UnidentifiedImageError as error:
        raise NotAPictureError("it is no PNG, JPEG or WebP") from error  # Pillow would name an object in memory
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise NotAPictureError(str(error)) from error


def _place_face(middle: Point, radius: float, size: tuple[int, int], character: Character) -> Face:
    def at(point: Point) -> Point:
        return (middle[0] + point[0] * radius) / size[0], (middle[1] + point[1] * radius) / size[1]

    # A robot does not blink: its eyes are on a visor with another colour than lids would have.
    eyes = tuple(at(eye) for eye in EYES) if character.kind != "robot" else ()
    share = radius / size[0]
    return Face(at(MOUTH), MOUTH_WIDTH * share, eyes, 2 * EYE * share, skin_at_mouth(character), character.skin)


def _draw_background(character: Character, size: tuple[int, int], seed: str) -> Picture:
    """Draw a soft gradient with a few blurred lights, first small and then enlarged."""
    from PIL import Image, ImageDraw, ImageFilter

    small = (max(8, size[0] // 8), max(8, size[1] // 8))
    ramp = Image.linear_gradient("L").resize(small, Image.Resampling.BICUBIC)
    ground = Image.composite(Image.new("RGB", small, character.ground), Image.new("RGB", small, character.sky), ramp)
    draw, chance = ImageDraw.Draw(ground), random.Random(seed)  # noqa: S311  # decoration
    edge = min(small)
    for _ in range(9):
        x, y, radius = chance.random() * small[0], chance.random() * small[1] * 0.9, edge * chance.uniform(0.03, 0.1)
        draw.ellipse(
            (x - radius, y - radius, x + radius, y + radius), mix(character.sky, WHITE, chance.uniform(0.1, 0.5))
        )
    x, y, radius = small[0] / 2, small[1] * 0.4, edge * 0.36
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), mix(character.sky, WHITE, 0.45))
    return ground.filter(ImageFilter.GaussianBlur(edge * 0.02)).resize(size, Image.Resampling.BICUBIC)


def _paste(picture: Picture, references: tuple[bytes, ...]) -> None:
    """Paste the given pictures as framed prints down the left side, at most four of them."""
    from PIL import Image, ImageOps

    side = round(min(picture.size) * 0.2)
    frame = max(2, side // 20)
    for place, data in enumerate(references[:4]):
        print_ = ImageOps.fit(decode(data)[0], (side, side))
        card = ImageOps.expand(print_, frame, (255, 255, 255)).convert("RGBA")
        card = card.rotate((4, -3, 2, -4)[place], Image.Resampling.BICUBIC, expand=True)
        spot = (frame * 3, frame * 3 + place * round(side * 1.12))
        picture.paste(card, spot, card)
