"""Retouch pictures: enlarge them, cut their subject out, and map their parts."""

# Pillow's stubs speak of numpy, which is not installed.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from kie_mcp.sandbox.studio.pictures import decode

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

ALIKE = 42
"""How far a colour may be from the edge's to be background, all three channels together."""

_SMALL = 256
_SEEDS = 24
_BACKGROUND = 255


def enlarge(picture: bytes, size: tuple[int, int]) -> bytes:
    """Return the picture in `size`, sharpened, as JPEG."""
    from PIL import Image, ImageFilter

    grown = decode(picture)[0].resize(size, Image.Resampling.LANCZOS)
    target = io.BytesIO()
    grown.filter(ImageFilter.UnsharpMask(2, 60)).save(target, "JPEG", quality=90)
    return target.getvalue()


def cut_out(picture: bytes) -> bytes:
    """Return the picture with a transparent background, as PNG."""
    from PIL import ImageChops

    whole = decode(picture)[0]
    mask = ImageChops.invert(find_background(whole))
    whole.putalpha(mask)
    return save_png(whole)


def make_mask(picture: bytes) -> bytes:
    """Return a picture that is white where the subject is and black elsewhere, as PNG."""
    from PIL import ImageChops

    return save_png(ImageChops.invert(find_background(decode(picture)[0])))


def map_segments(picture: bytes) -> bytes:
    """Return the picture with one flat colour for each of its parts, as PNG."""
    from PIL import Image, ImageFilter

    whole = decode(picture)[0]
    smooth = whole.filter(ImageFilter.MedianFilter(9)) if max(whole.size) <= 2048 else whole
    return save_png(smooth.quantize(8, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB"))


def find_background(picture: Picture) -> Picture:
    """Return a mask of the picture's size: white where colours like those of its edges reach in from there."""
    from PIL import Image, ImageDraw, ImageFilter

    small = picture.convert("RGB")
    small.thumbnail((_SMALL, _SMALL))
    mask = Image.new("L", small.size)
    # The lower edge is left out: there stand the subject and the caption.
    wide, high = small.width - 1, round(small.height * 0.75)
    edge = [(x * wide // _SEEDS, 0) for x in range(_SEEDS + 1)]
    edge += [(x, y * high // _SEEDS) for y in range(_SEEDS + 1) for x in (0, wide)]
    for spot in edge:
        if mask.getpixel(spot):
            continue
        filled = small.copy()
        ImageDraw.floodfill(filled, spot, (255, 0, 255), thresh=ALIKE)
        mask.paste(_BACKGROUND, mask=_changes(small, filled))
    return mask.filter(ImageFilter.GaussianBlur(1)).resize(picture.size, Image.Resampling.BICUBIC)


def _changes(before: Picture, after: Picture) -> Picture:
    from PIL import ImageChops

    return ImageChops.difference(before, after).convert("L").point(lambda value: 255 if value else 0)


def save_png(picture: Picture) -> bytes:
    """Encode a picture of any mode as PNG."""
    target = io.BytesIO()
    picture.save(target, "PNG", compress_level=3)
    return target.getvalue()
