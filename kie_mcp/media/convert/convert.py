"""Convert a file that a model does not take to PNG or WAV, with every pixel and every sample kept."""
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pi-heif does not say what all of its calls return.

import io
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from kie_mcp.media.convert.safe_decoding import (
    UndecodableError,
    check_pixels,
    open_picture,
    too_large_error,
    translate_decoder_errors,
    translate_picture_errors,
)
from kie_mcp.media.convert.sound_to_wav import convert_to_wav
from kie_mcp.media.convert.tiff_loss_check import check_tiff_loss
from kie_mcp.media.probe.file_type import Probe
from kie_mcp.media.probe.picture_integrity import ANIMATED, DAMAGED
from kie_mcp.optional_packages import CONVERT, missing_packages

if TYPE_CHECKING:
    from PIL.Image import Image

PNG, WAV = "image/png", "audio/wav"
NAMES = {PNG: "PNG", WAV: "WAV"}
_PICTURES = {
    "image/heic": "",
    "image/avif": "AVIF",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
}
"""What can become a PNG, with Pillow's name of it."""
_SOUNDS = {
    "audio/flac": "flac",
    "audio/webm": "matroska",
    "audio/mp4": "mov",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "audio/x-rf64": "wav",
    "audio/x-w64": "w64",
    "audio/aiff": "aiff",
    "audio/x-caf": "caf",
    "audio/basic": "au",
}
"""What can become a WAV, with FFmpeg's demuxer for it."""
_EXACT = frozenset({"ALAC", "FLAC", "PCM", "float PCM"})
_CODECS = frozenset({"", "A-law", "AAC", "AC-3", "ADPCM", "E-AC-3", "MP3", "Opus", "Speex", "Vorbis", "µ-law"}) | _EXACT
"""Codecs that can be decoded; "" for a kind with only one. Protected and unknown ones are not tried."""
_BROKEN_HEIC = (SyntaxError, ValueError, RuntimeError, IndexError, EOFError)
"""What pi-heif raises for a broken picture: it has no errors of its own."""
# Behind the name of the box: version, profile and level, then a flag for more than 8 bits.
_DEEP_AVIF = re.compile(rb"av1C\x81.[\x40-\x7f\xc0-\xff]", re.DOTALL)


def possible_target(found: Probe, allowed: Sequence[str]) -> str:
    """Return the MIME type to which the file could be converted, out of *allowed*; "" if none."""
    to = PNG if found.mime_type in _PICTURES else WAV if found.mime_type in _SOUNDS else ""
    return to if to in allowed and found.codec in _CODECS else ""


def available_target(found: Probe, allowed: Sequence[str]) -> str:
    """Return the same, but "" if the extra `convert` is not installed."""
    to = possible_target(found, allowed)
    return to if to and not missing_packages(CONVERT) else ""


def describe_loss(found: Probe) -> str:
    """Say what is lost by converting, as the end of a sentence: many sounds lost something when they were made."""
    kept = found.family == "image" or found.mime_type == "audio/flac" or found.codec in _EXACT
    return "without loss" if kept else "in which nothing more is lost"


def convert(source: IO[bytes], found: Probe, *, most: int) -> bytes:
    """Convert a file to a PNG or WAV of at most *most* bytes, blocking; it may take 400 MB of memory.

    The orientation of a picture is applied and its colour profile kept; other metadata, such as where it was taken, is
    left out. Raises UndecodableError, also for a file that cannot be converted without loss.
    """
    source.seek(0)
    if found.mime_type in _SOUNDS:
        return convert_to_wav(source, _SOUNDS[found.mime_type], most, fractions=found.codec == "float PCM")
    with _open_heic(source) if found.mime_type == "image/heic" else _open_upright(source, found) as image:
        made = io.BytesIO()
        with translate_decoder_errors():
            image.save(made, "PNG")
    if made.tell() > most:
        raise too_large_error(most, "PNG", "Hand in a smaller picture, or a JPEG of it.")
    return made.getvalue()


@contextmanager
def _open_upright(source: IO[bytes], found: Probe) -> Generator["Image"]:
    from PIL import ImageOps

    check_pixels(found.width, found.height)
    if found.mime_type == "image/avif" and _DEEP_AVIF.search(source.read()):
        raise _too_deep_error("more than 8")
    source.seek(0)
    with open_picture(source, _PICTURES[found.mime_type]) as image:
        with translate_picture_errors():
            if found.mime_type == "image/tiff":
                check_tiff_loss(image)
            count = getattr(image, "n_frames", 1)
        if count > 1:
            raise UndecodableError(ANIMATED, "Hand in a single picture of it.")
        with translate_picture_errors():
            image.load()
            upright = ImageOps.exif_transpose(image)
        yield upright


@contextmanager
def _open_heic(source: IO[bytes]) -> Generator["Image"]:
    import pi_heif

    with translate_decoder_errors(*_BROKEN_HEIC):
        opened = pi_heif.open_heif(source, convert_hdr_to_8bit=False)
        size = opened.size
    if not all(size):
        raise UndecodableError(DAMAGED)
    check_pixels(*size)
    if opened.info["bit_depth"] != 8:
        raise _too_deep_error(str(opened.info["bit_depth"]))
    with translate_decoder_errors(*_BROKEN_HEIC):
        image = opened.to_pillow()  # the decoder has turned it already
    yield image


def _too_deep_error(bits: str) -> UndecodableError:
    problem = f"has {bits} bits a colour, of which a PNG made here keeps 8"
    return UndecodableError(problem, "Hand in a PNG or a JPEG of it.")
