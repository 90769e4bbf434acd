"""How long a sound lasts, in seconds, without decoding it."""

from kie_mcp.media.headers import Header

_ADTS_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_ADTS_SAMPLES = 1024
_OGG_TAIL = 4 * 65_307
"""Bytes that are searched for the last page: four of the longest there are."""


def duration(mime_type: str, header: Header, *, start: int = 0) -> float | None:
    """Measure a sound whose frames begin at the byte *start*; None if that cannot be told."""
    if mime_type == "audio/aac":
        return _adts(header, start)
    if mime_type == "audio/ogg":
        return _ogg(header)
    return _tagged(mime_type, header)


def _tagged(mime_type: str, header: Header) -> float | None:
    from tinytag import TinyTag, TinyTagException

    header.seek(0)
    try:
        tag = TinyTag.get(file_obj=header, tags=False)
    except TinyTagException:
        return None
    seconds = tag.duration
    if seconds and tag.bitrate and mime_type == "audio/wav":
        # A WAV that was streamed while it was made gives the largest number there is as its size.
        seconds = min(seconds, header.length * 8 / (tag.bitrate * 1000))
    return seconds or None


def _adts(header: Header, at: int) -> float | None:
    frames = 0
    rate = 0
    while at + 7 <= header.length:
        head = header.exactly(6, at=at)
        size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        if head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or size < 7:
            break
        rate = rate or dict(enumerate(_ADTS_RATES)).get(head[2] >> 2 & 15, 0)
        frames += 1
        at += size
    return frames * _ADTS_SAMPLES / rate if rate and frames else None


def _ogg(header: Header) -> float | None:
    """The last page of the sound says how many samples there are up to its end."""
    serial = header.exactly(4, at=14)
    (segments,) = header.fields("B", at=26)
    at = 27 + segments
    packet = header.exactly(8, at=at)
    rate, before = 0, 0
    if packet == b"OpusHead":  # counts 48,000 a second, whatever was recorded, and a start that is not played
        rate, (before,) = 48_000, header.fields("<H", at=at + 10)
    elif packet.startswith(b"\x01vorbis"):
        (rate,) = header.fields("<I", at=at + 12)
    elif packet == b"Speex   ":
        (rate,) = header.fields("<I", at=at + 36)
    elif packet.startswith(b"\x7fFLAC"):  # behind the name, the version, the header count and "fLaC" with its length
        rate = header.fields(">I", at=at + 27)[0] >> 12
    end = _last_granule(header, serial)
    return (end - before) / rate if rate and end > before else None


def _last_granule(header: Header, serial: bytes) -> int:
    """The count of the last page of that stream in which a packet ends; 0 if there is none near the end."""
    start = max(header.length - _OGG_TAIL, 0)
    tail = header.exactly(header.length - start, at=start)
    at = len(tail)
    while (at := tail.rfind(b"OggS\0", 0, at)) >= 0:
        page = tail[at:]
        granule = int.from_bytes(page[6:14], "little", signed=True)
        if _whole(page) and page[14:18] == serial and granule >= 0:
            return granule
    return 0


def _whole(page: bytes) -> bool:
    """Whether what a page says it holds is there."""
    lengths = page[27 : 27 + page[26]] if len(page) > 26 else b""
    return len(page) > 26 and len(lengths) == page[26] and 27 + len(lengths) + sum(lengths) <= len(page)
