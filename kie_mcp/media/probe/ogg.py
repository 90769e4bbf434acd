"""Measure an Ogg page by page: it may hold several sounds one behind the other."""

from dataclasses import dataclass

from kie_mcp.media.probe.limited_reader import LimitedReader

_STEP = 64 * 1024
_FIRST = 0x02
"""The flag of a stream's first page."""


@dataclass(slots=True)
class _Stream:
    rate: int
    """Samples a second; 0 for a stream that is no sound."""
    skipped: int
    """Samples at the beginning that are not played."""
    end: int = 0

    @property
    def seconds(self) -> float:
        return (self.end - self.skipped) / self.rate if self.rate and self.end > self.skipped else 0.0


def duration(header: LimitedReader) -> float | None:
    """Return the seconds of all its sounds together; None if no page counts samples."""
    at, seconds = 0, 0.0
    streams: dict[bytes, _Stream] = {}
    while (at := _find_page(header, at)) < header.length:
        flags, granule, serial = header.fields("<Bq4s", at=at + 5)
        if flags & _FIRST:
            # The streams of one sound begin together, so one that begins later is the next sound.
            if any(stream.end for stream in streams.values()):
                seconds += _longest(streams)
                streams = {}
            streams[serial] = _read_stream(header, at)
        elif serial in streams:
            streams[serial].end = max(streams[serial].end, granule)
        at += _page_size(header, at)
    return seconds + _longest(streams) or None


def _longest(streams: dict[bytes, _Stream]) -> float:
    return max((stream.seconds for stream in streams.values()), default=0.0)


def _find_page(header: LimitedReader, at: int) -> int:
    """Return the byte where the next whole page begins; the end of the file if there is none."""
    while at + 27 <= header.length:
        if header.exactly(5, at=at) == b"OggS\0" and at + _page_size(header, at) <= header.length:
            return at
        header.seek(at + 1)
        data = header.read(_STEP)
        found = data.find(b"OggS\0")
        at += 1 + found if found >= 0 else max(len(data) - 4, 1)
    return header.length


def _page_size(header: LimitedReader, at: int) -> int:
    """Return the bytes of a page; more than the file has if the page is cut off."""
    (segments,) = header.fields("B", at=at + 26)
    if at + 27 + segments > header.length:
        return header.length
    return 27 + segments + sum(header.exactly(segments, at=at + 27))


def _read_stream(header: LimitedReader, at: int) -> _Stream:
    """Read the rate of a stream from its first packet."""
    (segments,) = header.fields("B", at=at + 26)
    at += 27 + segments
    packet = header.exactly(8, at=at)
    if packet == b"OpusHead":  # counts 48,000 a second, whatever was recorded
        return _Stream(48_000, header.fields("<H", at=at + 10)[0])
    if packet.startswith(b"\x01vorbis"):
        return _Stream(header.fields("<I", at=at + 12)[0], 0)
    if packet == b"Speex   ":
        return _Stream(header.fields("<I", at=at + 36)[0], 0)
    if packet.startswith(b"\x7fFLAC"):  # behind the name, the version, the header count and "fLaC" with its length
        return _Stream(header.fields(">I", at=at + 27)[0] >> 12, 0)
    return _Stream(0, 0)
