"""How long a WAV lasts: told by the bytes of its sound, which its header does not always know."""

import re
from collections.abc import Iterator

from kie_mcp.media.probe.reader import BrokenHeaderError, Header

MOST_CHUNKS = 1000
"""A file with more of them is none."""
EXTENSIBLE = 0xFFFE
"""The number of a format that is named further on."""
_NAME = re.compile(rb"[A-Za-z0-9_][ -~]{3}")
_ANOTHER = frozenset({b"RIFF", b"RF64", b"BW64", b"data", b"fmt "})
"""Behind the sound these begin another sound."""
_PLAIN = frozenset({0x0001, 0x0003})
"""Formats in which each sample has its bits and no more."""
_SLACK = 4096
"""Bytes behind the end that may be anything."""


def list_chunks(header: Header, at: int = 12) -> Iterator[tuple[bytes, int, int]]:
    """Name, first byte and size of each chunk as it is told. Raises BrokenHeaderError if they do not end."""
    for _ in range(MOST_CHUNKS):
        if at + 8 > header.length:
            return
        name, size = header.fields("<4sI", at=at)
        yield name, at + 8, size
        at += 8 + size + size % 2
    raise BrokenHeaderError("a WAV of too many pieces")


def duration(header: Header) -> float | None:
    """Return the seconds of a WAV; None if they cannot be told, as when its header explains less than is there."""
    per_second = 0.0
    for name, at, size in list_chunks(header):
        if name == b"fmt ":
            per_second = _bytes_per_second(header, at)
        if name == b"data":
            length = _sound_bytes(header, at, size)
            return length / per_second if length and per_second else None
    return None


def read_format(header: Header, at: int) -> int:
    """Return the number of the format that is described at the byte *at*."""
    (tag,) = header.fields("<H", at=at)
    return header.fields("<H", at=at + 24)[0] if tag == EXTENSIBLE else tag


def _bytes_per_second(header: Header, at: int) -> float:
    """Bytes a second; of plain samples by what a player goes by, their number and size."""
    channels, rate, told, _, bits = header.fields("<HIIHH", at=at + 2)
    if read_format(header, at) in _PLAIN:
        return rate * channels * ((bits + 7) // 8)
    return told


def _sound_bytes(header: Header, at: int, size: int) -> int | None:
    """Bytes of the sound that begins there; None if what lies behind its end is more of it, or nobody knows what."""
    rest = header.length - at
    if size >= rest:  # written as a stream, or cut off
        return rest
    # Some do not pad what has an odd size, as they should.
    behind = min(_unexplained_bytes(header, at + size), _unexplained_bytes(header, at + size + size % 2))
    if size == 0:
        return rest if behind else 0
    return size if behind <= max(_SLACK, size // 50) else None


def _unexplained_bytes(header: Header, at: int) -> int:
    """Bytes from there to the end that are no chunks."""
    for name, start, size in list_chunks(header, at):
        if not _NAME.fullmatch(name) or name in _ANOTHER or start + size > header.length:
            break
        at = start + size + size % 2
    return max(header.length - at, 0)
