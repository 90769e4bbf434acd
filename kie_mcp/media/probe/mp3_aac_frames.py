"""Frames of MP3 and AAC, counted one by one: what the header says of their number may be wrong by any factor."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from kie_mcp.media.probe.reader import Header


@dataclass(frozen=True, slots=True)
class Frame:
    """One piece of sound: its bytes with its header, and the seconds that it lasts."""

    size: int
    seconds: float


ParseFrame = Callable[[bytes], Frame | None]
"""Reads the first 7 bytes of a frame; None if they are not those of one."""

HEAD = 7
_STEP = 4096
_SYNC = re.compile(rb"\xff[\xe0-\xff]")
_MP3_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""Samples a second by the number of MPEG's version."""
_MP3_KBITS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MP3_KBITS_LOW = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_INDEX = (b"Xing", b"Info", b"VBRI")
"""What a first frame holds that is an index and no sound."""
_ADTS_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
_ADTS_SAMPLES = 1024


def mp3_duration(header: Header, start: int) -> float | None:
    """Count the seconds of an MP3 whose frames begin at the byte *start*; None if there is no frame.

    Raises BrokenHeaderError if there is more than can be counted.
    """
    frame = parse_mp3_frame(header.exactly(HEAD, at=start)) if start + HEAD <= header.length else None
    if frame and start + frame.size <= header.length:
        head = header.exactly(min(frame.size, 64), at=start)
        if any(name in head for name in _INDEX):
            start += frame.size
    return sum_frames(header, start, parse_mp3_frame)


def aac_duration(header: Header, start: int) -> float | None:
    """The same of AAC."""
    return sum_frames(header, start, parse_aac_frame)


def sum_frames(header: Header, at: int, parse: ParseFrame) -> float | None:
    """Add up all frames from the byte *at* on, whatever lies between them; None if there are none."""
    seconds = 0.0
    while (frame := _read_frame(header, at, parse)) or (at := _find_next(header, at, parse)) < header.length:
        if frame:
            seconds += frame.seconds
            at += frame.size
    return round(seconds, 3) or None


def _read_frame(header: Header, at: int, parse: ParseFrame) -> Frame | None:
    """The frame that lies there as a whole."""
    frame = parse(header.exactly(HEAD, at=at)) if at + HEAD <= header.length else None
    return frame if frame and at + frame.size <= header.length else None


def _find_next(header: Header, at: int, parse: ParseFrame) -> int:
    """Where it may go on, if at that place there is no frame: behind a tag, or at the next frame; else the end."""
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


def _is_frame(header: Header, at: int, parse: ParseFrame) -> bool:
    """Whether a frame begins there: what is behind it must be another one, a tag, or the end."""
    frame = _read_frame(header, at, parse)
    if frame is None:
        return False
    end = at + frame.size
    return end == header.length or _read_frame(header, end, parse) is not None or _tag_size(header, end) > 0


def _tag_size(header: Header, at: int) -> int:
    """Bytes of the tag that lies there; 0 if none does."""
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
