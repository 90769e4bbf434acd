"""How bad it is with a picture's file: cut off, and perhaps whole the next time, or only odd inside."""

import zlib

from kie_mcp.media.probe.reader import BrokenHeaderError, Header

_STEP = 64 * 1024
_END = b"IEND"


def checksums_fit(mime_type: str, header: Header) -> bool:
    """Return False for a PNG with a wrong checksum; True for all others, and where it cannot be told."""
    try:
        return mime_type != "image/png" or _png(header)
    except BrokenHeaderError:
        return True


def cut_off(mime_type: str, header: Header) -> bool:
    """Return whether a picture's end is missing; False for a kind whose end is not known here."""
    end = _ENDS.get(mime_type)
    header.seek(max(header.length - _STEP, 0))
    if mime_type == "image/webp":
        return header.fields("<I", at=4)[0] + 8 > header.length
    return end is not None and end not in header.read(_STEP)


_ENDS = {"image/png": _END, "image/jpeg": b"\xff\xd9"}


def _png(header: Header) -> bool:
    at = 8
    while True:
        length, name = header.fields(">I4s", at=at)
        if _crc(header, at + 4, length + 4) != header.fields(">I", at=at + 8 + length)[0]:
            return False
        if name == _END:
            return True
        at += 12 + length


def _crc(header: Header, at: int, size: int) -> int:
    found = 0
    for start in range(at, at + size, _STEP):
        found = zlib.crc32(header.exactly(min(_STEP, at + size - start), at=start), found)
    return found
