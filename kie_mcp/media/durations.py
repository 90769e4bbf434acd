"""How long a sound lasts, in seconds, without decoding it."""

from kie_mcp.media.headers import Header

_ADTS_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_ADTS_SAMPLES = 1024


def duration(mime_type: str, header: Header, *, start: int = 0) -> float | None:
    """Measure a sound whose frames begin at the byte *start*; None if that cannot be told."""
    if mime_type == "audio/aac":
        return _adts(header, start)
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
