"""Read width and height of a picture from its header."""

from collections.abc import Callable, Mapping

from kie_mcp.media.probe.limited_reader import BrokenHeaderError, LimitedReader

Size = tuple[int, int]

_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_STANDALONE = frozenset(range(0xD0, 0xD8)) | {0x01}


def read_dimensions(mime_type: str, header: LimitedReader) -> Size | None:
    """Return width and height in pixels; None for a kind that is not read here. Raises BrokenHeaderError."""
    measure = _MEASURES.get(mime_type)
    if measure is None:
        return None
    width, height = measure(header)
    if width <= 0 or height <= 0:
        raise BrokenHeaderError("a picture of no size")
    return width, height


def _png(header: LimitedReader) -> Size:
    name, width, height = header.fields(">4sII", at=12)
    if name != b"IHDR":
        raise BrokenHeaderError("a PNG that does not begin with its size")
    return width, height


def _gif(header: LimitedReader) -> Size:
    width, height = header.fields("<HH", at=6)
    return width, height


def _jpeg(header: LimitedReader) -> Size:
    at = 2
    while True:
        mark, marker = header.fields("BB", at=at)
        if mark != 0xFF:
            raise BrokenHeaderError("a JPEG without a frame")
        if marker == 0xFF:  # a marker may be preceded by any number of fill bytes
            at += 1
        elif marker in _JPEG_STANDALONE:
            at += 2
        elif marker in _JPEG_FRAMES:
            height, width = header.fields(">HH", at=at + 5)
            return width, height
        else:
            (length,) = header.fields(">H", at=at + 2)
            at += 2 + length


def _webp(header: LimitedReader) -> Size:
    chunk = header.exactly(4, at=12)
    if chunk == b"VP8X":
        low_w, high_w, low_h, high_h = header.fields("<HBHB", at=24)
        return (low_w | high_w << 16) + 1, (low_h | high_h << 16) + 1
    if chunk == b"VP8L":
        (bits,) = header.fields("<I", at=21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        width, height = header.fields("<HH", at=26)
        return width & 0x3FFF, height & 0x3FFF
    raise BrokenHeaderError("a WebP of no known kind")


_MEASURES: Mapping[str, Callable[[LimitedReader], Size]] = {
    "image/png": _png,
    "image/gif": _gif,
    "image/jpeg": _jpeg,
    "image/webp": _webp,
}
