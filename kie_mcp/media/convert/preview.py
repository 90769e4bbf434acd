"""Draw a small JPEG of a picture or a video, for an answer that shows what was made."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# Pillow says nothing of what some of its calls take.

import io
from pathlib import Path
from typing import IO, TYPE_CHECKING

from kie_mcp.errors import KieError
from kie_mcp.jobs.job import Output
from kie_mcp.media.convert.safe_decoding import (
    UndecodableError,
    check_pixels,
    open_picture,
    translate_decoder_errors,
    translate_picture_errors,
)
from kie_mcp.media.convert.video_frame import DEMUXERS, pick_frame
from kie_mcp.media.inputs.hashed_file import HashedFile, open_own
from kie_mcp.media.outputs.open_saved_file import open_saved
from kie_mcp.optional_packages import require_preview

if TYPE_CHECKING:
    from PIL.Image import Image

EDGE = 768
"""The most pixels of the long edge."""
LARGEST = 100_000
"""The most bytes of a preview."""
_KINDS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}
_QUALITIES = (85, 75, 62, 50)
_THUMBNAIL_QUALITY = 72
_EDGES = (EDGE, 576, 432, 288)


class PreviewError(KieError):
    """There is no preview of a file; the file itself is not affected."""

    category = "preview"


def draw_output_preview(output: Output) -> bytes:
    """Return a small JPEG of a saved file, blocking. Raises PreviewError, also if the file is missing or changed."""
    try:
        with open_saved(output) as file:
            return draw_preview(file, output.mime_type or "")
    except OSError as error:
        raise _unreadable_error(error) from None


def draw_output_thumbnail(output: Output, edge: int) -> bytes:
    """Return a JPEG of a saved file, its long edge at most *edge* pixels, blocking. Raises as draw_preview does."""
    require_preview()
    try:
        with open_saved(output) as file:
            image = _draw_small(file)
        with translate_decoder_errors():
            image.thumbnail((edge, edge))
            target = io.BytesIO()
            image.save(target, "JPEG", quality=_THUMBNAIL_QUALITY, optimize=True, icc_profile=None, exif=b"")
            return target.getvalue()
    except OSError as error:
        raise _unreadable_error(error) from None
    except UndecodableError as error:
        raise PreviewError(f"No preview: the file {error}.") from error


def draw_preview(source: Path | HashedFile, mime_type: str) -> bytes:
    """Return a small JPEG of a file, blocking; of a video, one of its pictures.

    Call it in a worker thread, one at a time: it may take 400 MB of memory. *mime_type* only avoids opening a sound;
    the bytes decide what the file is. Raises PreviewError, or MissingExtraError without the extra `preview`.
    """
    if mime_type.startswith("audio/"):
        raise PreviewError("No preview: sound has none.")
    require_preview()
    try:
        if isinstance(source, HashedFile):
            return _encode_jpeg(_draw_small(source))
        with open_own(source) as file:
            return _encode_jpeg(_draw_small(file))
    except OSError as error:
        raise _unreadable_error(error) from None
    except UndecodableError as error:
        raise PreviewError(f"No preview: the file {error}.") from error


def _unreadable_error(error: OSError) -> PreviewError:
    return PreviewError(f"No preview: the file cannot be read ({(error.strerror or 'unknown').lower()}).")


def _draw_small(file: HashedFile) -> "Image":
    found = file.probe()
    check_pixels(found.width, found.height)
    file.seek(0)
    # The descriptor stays the one that was checked.
    with open(file.fileno(), "rb", closefd=False) as source:
        if found.mime_type in DEMUXERS:
            return pick_frame(source, found.mime_type, EDGE)
        if found.mime_type in _KINDS:
            return _draw_picture(source, _KINDS[found.mime_type])
    raise UndecodableError(f"is {found.label}, which is not drawn")


def _draw_picture(source: IO[bytes], kind: str) -> "Image":
    from PIL import ImageOps

    with open_picture(source, kind) as image:
        with translate_picture_errors():
            # A JPEG is decoded at a half, a quarter or an eighth of its size, whatever is still enough.
            image.draft(None, (2 * EDGE, 2 * EDGE))
            image.load()
        with translate_decoder_errors():
            scaled = _make_scalable(image)
            scaled.thumbnail((EDGE, EDGE))
        with translate_picture_errors():  # the orientation in its metadata may be broken too
            upright = ImageOps.exif_transpose(scaled)
        with translate_decoder_errors():
            return _convert_to_srgb(upright)


def _make_scalable(image: "Image") -> "Image":
    """Convert a picture to 8 bits a colour, without a palette."""
    if image.mode.startswith("I"):
        # Pillow alone would turn everything above 255 of 65535 into white.
        return image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.mode != "RGBA" and image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode in {"L", "RGB", "RGBA", "CMYK"} else image.convert("RGB")


def _convert_to_srgb(image: "Image") -> "Image":
    """Put a picture on white, and convert its colour profile to sRGB."""
    from PIL import Image, ImageCms

    profile = image.info.get("icc_profile")
    if image.mode == "RGBA":
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        image = white
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            return turned or image.convert("RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # the profile is broken, or meant for other colours: the picture is still one
    return image.convert("RGB")


def _encode_jpeg(image: "Image") -> bytes:
    with translate_decoder_errors():
        for edge in _EDGES:
            image.thumbnail((edge, edge))
            for quality in _QUALITIES:
                target = io.BytesIO()
                image.save(target, "JPEG", quality=quality, optimize=True, icc_profile=None, exif=b"")
                if target.tell() <= LARGEST:
                    return target.getvalue()
    raise UndecodableError("cannot be drawn small enough")
