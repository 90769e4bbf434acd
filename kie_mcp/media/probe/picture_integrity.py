"""Check from its structure that a picture is whole and not animated; nothing is decoded."""

import zlib
from collections.abc import Callable, Mapping

from kie_mcp.media.probe.limited_reader import BrokenHeaderError, LimitedReader

ANIMATED = "is animated"
DAMAGED = "is damaged or cut off"
_STEP = 64 * 1024
_END = b"IEND"
_JPEG_STANDALONE = frozenset(range(0xD0, 0xD8)) | {0x01}
_MOVING = frozenset({b"avis", b"hevc", b"msf1"})
"""Brands of AVIF and HEIC files that hold a sequence."""


def find_fault(mime_type: str, header: LimitedReader) -> str:
    """Say what is wrong with the picture, as the end of a sentence; empty if nothing is, or if it is unknown."""
    look = _LOOKS.get(mime_type)
    try:
        return look(header) if look else ""
    except BrokenHeaderError:
        return DAMAGED


def _png(header: LimitedReader) -> str:
    at, animated = 8, False
    while True:
        length, name = header.fields(">I4s", at=at)
        at += 12 + length
        # Nothing behind the end of the picture can animate it.
        animated |= name == b"acTL"
        if at > header.length:
            return DAMAGED
        if name == _END:
            return ANIMATED if animated else ""


def _webp(header: LimitedReader) -> str:
    (size,) = header.fields("<I", at=4)
    if size + 8 > header.length:
        return DAMAGED
    name, flags = header.fields("<4s4xB", at=12)
    return ANIMATED if name == b"VP8X" and flags & 2 else ""


def _jpeg(header: LimitedReader) -> str:
    at = _jpeg_scan(header)
    before = b""
    # In the scans every 0xFF is followed by something else, so the first such pair is the end.
    while at < header.length:
        header.seek(at)
        data = header.read(_STEP)
        if b"\xff\xd9" in before + data:
            return ""
        before, at = data[-1:], at + len(data)
    return DAMAGED


def _jpeg_scan(header: LimitedReader) -> int:
    """Return the byte where the first scan begins: previews in the header have end marks of their own."""
    at = 2
    while True:
        mark, marker = header.fields("BB", at=at)
        if mark != 0xFF:
            raise BrokenHeaderError("a JPEG without a scan")
        if marker == 0xFF:
            at += 1
        elif marker in _JPEG_STANDALONE:
            at += 2
        else:
            (length,) = header.fields(">H", at=at + 2)
            at += 2 + length
            if marker == 0xDA:
                return at


def _gif(header: LimitedReader) -> str:
    flags, pictures = header.fields("<B", at=10)[0], 0
    at = 13 + _gif_colours(flags)
    while at < header.length:  # many have no end mark
        (block,) = header.fields("B", at=at)
        if block == 0x3B:
            break
        if block == 0x2C:
            pictures += 1
            flags = header.fields("<B", at=at + 9)[0]
            at = _gif_data(header, at + 11 + _gif_colours(flags))
        elif block == 0x21:
            at = _gif_data(header, at + 2)
        elif block:
            return DAMAGED
        else:  # some are padded
            at += 1
        if pictures > 1:
            return ANIMATED
    return "" if pictures else DAMAGED


def _gif_colours(flags: int) -> int:
    """Return the bytes of the colour table by the flags."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _gif_data(header: LimitedReader, at: int) -> int:
    """Return the byte behind the data blocks that begin there."""
    while True:
        (size,) = header.fields("B", at=at)
        at += 1 + size
        if not size:
            return at


def _heif(header: LimitedReader) -> str:
    return ANIMATED if header.exactly(4, at=8) in _MOVING else ""


_LOOKS: Mapping[str, Callable[[LimitedReader], str]] = {
    "image/png": _png,
    "image/webp": _webp,
    "image/jpeg": _jpeg,
    "image/gif": _gif,
    "image/avif": _heif,
    "image/heic": _heif,
}


def has_valid_checksums(mime_type: str, header: LimitedReader) -> bool:
    """Return whether no checksum is wrong; True for all kinds but PNG, and where it cannot be checked."""
    try:
        return mime_type != "image/png" or _png_checksums_are_valid(header)
    except BrokenHeaderError:
        return True


def is_cut_off(mime_type: str, header: LimitedReader) -> bool:
    """Return whether the end of a picture is missing; False for a kind whose end is not known here."""
    end = _ENDS.get(mime_type)
    header.seek(max(header.length - _STEP, 0))
    if mime_type == "image/webp":
        return header.fields("<I", at=4)[0] + 8 > header.length
    return end is not None and end not in header.read(_STEP)


_ENDS = {"image/png": _END, "image/jpeg": b"\xff\xd9"}


def _png_checksums_are_valid(header: LimitedReader) -> bool:
    at = 8
    while True:
        length, name = header.fields(">I4s", at=at)
        if _crc(header, at + 4, length + 4) != header.fields(">I", at=at + 8 + length)[0]:
            return False
        if name == _END:
            return True
        at += 12 + length


def _crc(header: LimitedReader, at: int, size: int) -> int:
    found = 0
    for start in range(at, at + size, _STEP):
        found = zlib.crc32(header.exactly(min(_STEP, at + size - start), at=start), found)
    return found
