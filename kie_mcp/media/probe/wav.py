"""Measure a WAV by the bytes of its sound: the header does not always know their number."""

import re
from collections.abc import Iterator

from kie_mcp.media.probe.limited_reader import BrokenHeaderError, LimitedReader

MOST_CHUNKS = 1000
"""The most chunks of a real file."""
EXTENSIBLE = 0xFFFE
"""The format number that means: the real one comes later."""
_NAME = re.compile(rb"[A-Za-z0-9_][ -~]{3}")
_ANOTHER = frozenset({b"RIFF", b"RF64", b"BW64", b"data", b"fmt "})
"""Chunks that, behind the sound, begin another sound."""
_PLAIN = frozenset({0x0001, 0x0003})
"""Formats with uncompressed samples."""
_SLACK = 4096
"""Unknown bytes that are allowed behind the sound."""


def list_chunks(header: LimitedReader, at: int = 12) -> Iterator[tuple[bytes, int, int]]:
    """List name, first byte and stated size of each chunk. Raises BrokenHeaderError if there are too many."""
    for _ in range(MOST_CHUNKS):
        if at + 8 > header.length:
            return
        name, size = header.fields("<4sI", at=at)
        yield name, at + 8, size
        at += 8 + size + size % 2
    raise BrokenHeaderError("a WAV of too many pieces")


def duration(header: LimitedReader) -> float | None:
    """Return the seconds of a WAV; None if unknown, as when the file has much more data than its header says."""
    per_second = 0.0
    for name, at, size in list_chunks(header):
        if name == b"fmt ":
            per_second = _bytes_per_second(header, at)
        if name == b"data":
            length = _sound_bytes(header, at, size)
            return length / per_second if length and per_second else None
    return None


def read_format(header: LimitedReader, at: int) -> int:
    """Return the format number of the description at the byte *at*."""
    (tag,) = header.fields("<H", at=at)
    return header.fields("<H", at=at + 24)[0] if tag == EXTENSIBLE else tag


def _bytes_per_second(header: LimitedReader, at: int) -> float:
    """Return the bytes a second; of uncompressed samples by their number and size, as players do."""
    channels, rate, told, _, bits = header.fields("<HIIHH", at=at + 2)
    if read_format(header, at) in _PLAIN:
        return rate * channels * ((bits + 7) // 8)
    return told


def _sound_bytes(header: LimitedReader, at: int, size: int) -> int | None:
    """Return the bytes of the sound at *at*; None if too many unknown bytes follow it."""
    rest = header.length - at
    if size >= rest:  # written as a stream, or cut off
        return rest
    # Some do not pad what has an odd size, as they should.
    behind = min(_unexplained_bytes(header, at + size), _unexplained_bytes(header, at + size + size % 2))
    if size == 0:
        return rest if behind else 0
    return size if behind <= max(_SLACK, size // 50) else None


def _unexplained_bytes(header: LimitedReader, at: int) -> int:
    """Return the bytes from there to the end of the file that are no chunks."""
    for name, start, size in list_chunks(header, at):
        if not _NAME.fullmatch(name) or name in _ANOTHER or start + size > header.length:
            break
        at = start + size + size % 2
    return max(header.length - at, 0)
