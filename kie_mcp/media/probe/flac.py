"""Measure a FLAC by its last frame, which knows where the sound ends; the header does not always know."""

import functools
import re
from dataclasses import dataclass

from kie_mcp.media.probe.limited_reader import LimitedReader

_BEGIN = b"fLaC\0\0\0\x22"
_STEP = 1024 * 1024
_TAIL = 256 * 1024
"""Bytes in which the last frame begins."""
_HEAD = 17
"""Bytes of the longest frame header, plus one."""
_TRIES = 16
"""The most candidates that are checked: one in 256 false headers looks right, and a file may be full of them."""
_SYNC = re.compile(rb"\xff[\xf8\xf9]")
_SIZES = {1: 192, **{code: 576 << code - 2 for code in range(2, 6)}, **{code: 256 << code - 8 for code in range(8, 16)}}
"""Samples of a frame by the code of its header; 6 and 7 stand for a number that follows."""


@dataclass(frozen=True, slots=True)
class _Info:
    rate: int
    block: int
    """Samples of each frame but the last, where all are alike."""


def duration(header: LimitedReader, start: int) -> float | None:
    """Return the seconds of a FLAC that begins at the byte *start*.

    None if a second FLAC follows it, or if it does not end with a frame. Raises BrokenHeaderError if it is too large.
    """
    info = _Info(header.fields(">I", at=start + 18)[0] >> 12, header.fields(">H", at=start + 10)[0])
    if not info.rate or _has_another(header, start + len(_BEGIN)):
        return None
    end = _last_sample(header, info)
    return end / info.rate if end else None


def _has_another(header: LimitedReader, at: int) -> bool:
    """Return whether a second FLAC follows: its frames count from 0 again."""
    before = b""
    header.seek(at)
    while data := header.read(_STEP):
        if _BEGIN in before + data:
            return True
        before = data[-len(_BEGIN) :]
    return False


def _last_sample(header: LimitedReader, info: _Info) -> int:
    """Return the number of samples up to the end of the last frame; 0 if the file does not end with one."""
    at = max(header.length - _TAIL, 0)
    tail = header.exactly(header.length - at, at=at)
    if tail[-128:].startswith(b"TAG"):
        tail = tail[:-128]
    tries = 0
    for found in reversed(list(_SYNC.finditer(tail))):
        if end := _frame_last_sample(tail[found.start() : found.start() + _HEAD], info):
            tries += 1
            if _checksum(tail[found.start() :], 16, 0x8005) == 0:
                return end
        if tries == _TRIES:
            break
    return 0


def _frame_last_sample(frame: bytes, info: _Info) -> int:
    """Return the number of samples up to the end of this frame; 0 if it is no frame."""
    code = frame[2] >> 4 if len(frame) > 16 else 0
    number, at = _read_number(frame) if code else (None, 0)
    if number is None:
        return 0
    samples = _SIZES.get(code, 0)
    if code in {6, 7}:
        samples = int.from_bytes(frame[at : at + code - 5]) + 1
        at += code - 5
    at += {12: 1, 13: 2, 14: 2}.get(frame[2] & 15, 0)
    if _checksum(frame[: at + 1], 8, 0x07):
        return 0
    variable = frame[1] & 1
    return (number if variable else number * info.block) + samples


def _read_number(frame: bytes) -> tuple[int | None, int]:
    """Read the number of the frame or of its first sample, coded like UTF-8, and the byte behind it."""
    first = frame[4]
    if first < 0x80:
        return first, 5
    length = 8 - (first ^ 0xFF).bit_length()
    if not 2 <= length <= 7:
        return None, 0
    number = first & (0x7F >> length)
    for byte in frame[5 : 4 + length]:
        number = number << 6 | byte & 0x3F
    return number, 4 + length


def _checksum(data: bytes, bits: int, polynomial: int) -> int:
    """Return the CRC that FLAC puts behind headers and frames; 0 for data that ends with its right CRC."""
    value, mask, table = 0, (1 << bits) - 1, _table(bits, polynomial)
    for byte in data:
        value = (value << 8 & mask) ^ table[value >> bits - 8 ^ byte]
    return value


@functools.cache
def _table(bits: int, polynomial: int) -> list[int]:
    top, mask = 1 << bits - 1, (1 << bits) - 1
    table: list[int] = []
    for byte in range(256):
        value = byte << bits - 8
        for _ in range(8):
            value = (value << 1 ^ polynomial if value & top else value << 1) & mask
        table.append(value)
    return table
