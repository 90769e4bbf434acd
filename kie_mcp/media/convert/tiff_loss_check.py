"""Check that a TIFF loses nothing as a PNG: pages, deep colours, printing inks or raw camera data."""

from typing import TYPE_CHECKING, cast

from kie_mcp.media.convert.safe_decoding import UndecodableError

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.TiffImagePlugin import TiffImageFile

_BITS, _PHOTOMETRIC, _SUB_PICTURES, _SENSOR, _DNG = 258, 262, 330, 32803, 50706
_KEPT = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I;16B"})
"""Pillow's names of the pixel formats that a PNG has too."""
_INKS = {"CMYK": "the four inks of printing (CMYK)", "LAB": "L*a*b* colours", "F": "fractions as its brightness"}


def check_tiff_loss(image: "Image") -> None:
    """Raise UndecodableError for a picture that would lose something; the message says what."""
    tags = cast("TiffImageFile", image).tag_v2
    bits = max(tags.get(_BITS, (1,)))
    if _DNG in tags or _SUB_PICTURES in tags or tags.get(_PHOTOMETRIC) == _SENSOR:
        raise _loss_error("is a camera's raw picture, of which a PNG made here keeps a preview")
    if (pages := getattr(image, "n_frames", 1)) > 1:
        raise _loss_error(f"has {pages} pages, of which a PNG keeps one")
    if image.mode not in _KEPT or (bits > 8 and not image.mode.startswith("I;16")):
        has = _INKS.get(image.mode, f"{bits} bits a colour, of which a PNG made here keeps 8")
        raise _loss_error(f"has {has}" + ("" if image.mode not in _INKS else ", which a PNG does not hold"))


def _loss_error(problem: str) -> UndecodableError:
    return UndecodableError(problem, "Hand in a PNG or a JPEG of it.")
