"""Decode files safely: with a limit of pixels, and one error for every file that cannot be decoded."""

import struct
from collections.abc import Generator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from kie_mcp.media.outputs.download_limits import MB
from kie_mcp.media.probe.picture_integrity import DAMAGED

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 50_000_000
"""The most pixels of a picture: the 48 megapixels of a telephone, which take 200 MB of memory."""
_BROKEN = (SyntaxError, ValueError, RuntimeError, IndexError, EOFError, struct.error)
"""What Pillow raises for a broken picture, besides OSError; it depends on the kind of picture."""
_PARTS = {"PNG": "zlib", "JPEG": "jpg", "WEBP": "webp", "AVIF": "avif"}
"""Parts that a build of Pillow may lack, by the kinds that need them."""


class UndecodableError(Exception):
    """A file cannot be decoded here; the message ends a sentence such as "the picture ..."."""

    def __init__(self, problem: str, remedy: str = "Hand in a file that opens elsewhere.") -> None:
        super().__init__(problem)
        self.remedy = remedy


@contextmanager
def translate_decoder_errors(*broken: type[Exception]) -> Generator[None]:
    """Turn the exceptions *broken*, which a decoder raises for a broken file, into UndecodableError.

    Other exceptions pass, so only calls of the decoder belong inside the block.
    """
    try:
        yield
    except MemoryError as error:
        raise UndecodableError("does not fit into the memory here") from error
    except broken as error:
        raise UndecodableError(DAMAGED) from error


def check_pixels(width: int | None, height: int | None) -> None:
    """Raise UndecodableError for a picture with more pixels than are decoded here."""
    pixels = (width or 0) * (height or 0)
    if pixels > MOST_PIXELS:
        problem = f"has {pixels / 1e6:,.1f} megapixels; at most {MOST_PIXELS / 1e6:g} are decoded here"
        raise UndecodableError(problem, "Hand in a smaller picture.")


@contextmanager
def open_picture(source: IO[bytes], kind: str) -> Generator["Image"]:
    """Open a picture of one of Pillow's kinds without decoding it. Raises UndecodableError."""
    from PIL import Image

    _check_part(kind)
    with translate_picture_errors():
        try:
            opened = Image.open(source, formats=[kind])
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            problem = f"has more than the {MOST_PIXELS / 1e6:g} megapixels that are decoded here"
            raise UndecodableError(problem, "Hand in a smaller picture.") from error
    with opened:
        check_pixels(*opened.size)
        yield opened


@contextmanager
def translate_picture_errors() -> Generator[None]:
    """Turn Pillow's exceptions for a broken picture into UndecodableError; an OSError of the disk passes."""
    with translate_decoder_errors(*_BROKEN):
        try:
            yield
        except OSError as error:
            if error.errno is not None:
                raise
            raise UndecodableError(DAMAGED) from error


def _check_part(kind: str) -> None:
    """Raise UndecodableError if this Pillow cannot decode the kind: it would call every such file broken."""
    from PIL import features

    if (part := _PARTS.get(kind)) and not features.check(part):
        problem = f"is not decoded here: Pillow is installed without {part}"
        raise UndecodableError(problem, "Install Pillow's own wheel where the server runs, or hand in another kind.")


def too_large_error(most: int, kind: str, remedy: str) -> UndecodableError:
    """Return the error for a conversion that would have more than *most* bytes."""
    return UndecodableError(f"would have more than {most / MB:g} MB as {kind}", remedy)
