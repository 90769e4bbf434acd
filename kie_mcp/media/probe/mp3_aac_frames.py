"""Measure MP3 and AAC by counting their frames: the number in the header can be completely wrong."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from kie_mcp.media.probe.limited_reader import LimitedReader


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: its bytes with its header, and its seconds."""

    size: int
    seconds: float


ParseFrame = Callable[[bytes], Frame | None]
"""Parses the first 7 bytes of a frame; None if no frame begins so."""

HEAD = 7
_STEP = 4096
_SYNC = re.compile(rb"\xff[\xe0-\xff]")
_MP3_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""Samples a second by the version number of MPEG."""
_MP3_KBITS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MP3_KBITS_LOW = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_INDEX = (b"Xing", b"Info", b"VBRI")
"""Marks of a first frame that holds an index and no sound."""
_ADTS_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
_ADTS_SAMPLES = 1024


def mp3_duration(header: LimitedReader, start: int) -> float | None:
    """Return the seconds of an MP3 whose frames begin at the byte *start*; None if there is no frame.

    Raises BrokenHeaderError if there are more frames than may be read.
    """
    frame = parse_mp3_frame(header.exactly(HEAD, at=start)) if start + HEAD <= header.length else None
    if frame and start + frame.size <= header.length:
        head = header.exactly(min(frame.size, 64), at=start)
        if any(name in head for name in _INDEX):
            start += frame.size
    return sum_frames(header, start, parse_mp3_frame)


def aac_duration(header: LimitedReader, start: int) -> float | None:
    """Return the seconds of an AAC file; otherwise the same."""
    return sum_frames(header, start, parse_aac_frame)


def sum_frames(header: LimitedReader, at: int, parse: ParseFrame) -> float | None:
    """Add up the seconds of all frames from the byte *at* on, skipping what lies between them; None if none."""
    seconds = 0.0
    while (frame := _read_frame(header, at, parse)) or (at := _find_next(header, at, parse)) < header.length:
        if frame:
            seconds += frame.seconds
            at += frame.size
    return round(seconds, 3) or None


def _read_frame(header: LimitedReader, at: int, parse: ParseFrame) -> Frame | None:
    """Read the frame at *at*; None if there is none, or if it is cut off."""
    frame = parse(header.exactly(HEAD, at=at)) if at + HEAD <= header.length else None
    return frame if frame and at + frame.size <= header.length else None


def _find_next(header: LimitedReader, at: int, parse: ParseFrame) -> int:
    """Find where to go on from a place without a frame: behind a tag, at the next frame, or at the end."""
    if size := _tag_size(header, at):
        return min(at + size, header.length)
    at += 1
    while at + HEAD <= header.length:
        header.seek(at)
        data = header.read(_STEP)
        for found in _SYNC.finditer(data):
            if _is_frame(header, at + found.start(), parse):
                return at + found.start()
        at += max(len(data) - 1, 1)
    return header.length


def _is_frame(header: LimitedReader, at: int, parse: ParseFrame) -> bool:
    """Return whether a frame begins there: another frame, a tag or the end must follow it."""
    frame = _read_frame(header, at, parse)
    if frame is None:
        return False
    end = at + frame.size
    return end == header.length or _read_frame(header, end, parse) is not None or _tag_size(header, end) > 0


def _tag_size(header: LimitedReader, at: int) -> int:
    """Return the bytes of the tag at *at*; 0 if there is none."""
    if at + 32 > header.length:
        return 0
    head = header.exactly(32, at=at)
    if head.startswith(b"ID3"):
        a, b, c, d = (byte & 0x7F for byte in head[6:10])
        return 10 + (a << 21 | b << 14 | c << 7 | d) + 10 * bool(head[5] & 0x10)
    if head.startswith(b"TAG"):
        return 128
    return 32 + int.from_bytes(head[12:16], "little") if head.startswith(b"APETAGEX") else 0


def parse_mp3_frame(head: bytes) -> Frame | None:
    """Read the header of a frame of MPEG's layer III."""
    version, rate = head[1] >> 3 & 3, head[2] >> 2 & 3
    kbits, padding = head[2] >> 4, head[2] >> 1 & 1
    if head[0] != 0xFF or head[1] & 0xE6 != 0xE2 or version == 1 or rate == 3 or kbits in {0, 15}:
        return None
    hertz, samples = _MP3_RATES[version][rate], 1152 if version == 3 else 576
    bits = (_MP3_KBITS if version == 3 else _MP3_KBITS_LOW)[kbits - 1] * 1000
    return Frame(samples // 8 * bits // hertz + padding, samples / hertz)


def parse_aac_frame(head: bytes) -> Frame | None:
    """Read the header of a frame of AAC; it may hold up to four blocks of samples."""
    size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    rate = head[2] >> 2 & 15
    if head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or size < HEAD or rate >= len(_ADTS_RATES):
        return None
    return Frame(size, ((head[6] & 3) + 1) * _ADTS_SAMPLES / _ADTS_RATES[rate])
