"""Files whose pixels are needed: so many at most, of kinds that are named, and one error for whatever goes wrong."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from kie_mcp.media.allowance import MB
from kie_mcp.media.wholeness import DAMAGED

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 50_000_000
"""The 48 megapixels of a telephone fit; they take 200 MB of memory."""


class UndecodableError(Exception):
    """A file cannot be decoded here; the message ends a sentence such as "the picture ..."."""

    def __init__(self, problem: str, remedy: str = "Hand in a file that opens elsewhere.") -> None:
        super().__init__(problem)
        self.remedy = remedy


@contextmanager
def decoding() -> Generator[None]:
    """Turn whatever a decoder raises into UndecodableError: what a broken file makes it raise is not written down."""
    try:
        yield
    except UndecodableError:
        raise
    except MemoryError as error:
        raise UndecodableError("does not fit into the memory here") from error
    except Exception as error:
        raise UndecodableError(DAMAGED) from error


def check_pixels(width: int | None, height: int | None) -> None:
    """Raises UndecodableError for a picture with more pixels than are decoded here."""
    pixels = (width or 0) * (height or 0)
    if pixels > MOST_PIXELS:
        problem = f"has {pixels / 1e6:,.1f} megapixels; at most {MOST_PIXELS / 1e6:g} are decoded here"
        raise UndecodableError(problem, "Hand in a smaller picture.")


@contextmanager
def picture(source: IO[bytes], kinds: Sequence[str]) -> Generator["Image"]:
    """Open a picture of one of Pillow's kinds, not decoded yet.

    Raises UndecodableError, also for what its decoder raises while it is open.
    """
    from PIL import Image

    bombs = (Image.DecompressionBombError, Image.DecompressionBombWarning)
    with decoding():
        try:
            opened = Image.open(source, formats=list(kinds))
        except bombs as error:
            problem = f"has more than the {MOST_PIXELS / 1e6:g} megapixels that are decoded here"
            raise UndecodableError(problem, "Hand in a smaller picture.") from error
        with opened:
            check_pixels(*opened.size)
            yield opened


def too_large(most: int, kind: str, remedy: str) -> UndecodableError:
    """What is made of a file would have more than so many bytes."""
    return UndecodableError(f"would have more than {most / MB:g} MB as {kind}", remedy)
