"""Read the sample tables of an MP4, and compare them with the bytes that the file holds."""

from dataclasses import dataclass

from kie_mcp.media.probe.limited_reader import LimitedReader
from kie_mcp.media.probe.mp4_boxes import Box, find_box, list_boxes, require_box

_SAMPLES = 1024
"""Sound samples in one AAC sample of an MP4."""
_SLACK = 4096
"""Bytes that may lie between samples."""


@dataclass(frozen=True, slots=True)
class Samples:
    """The samples of one track."""

    count: int
    seconds: float
    """Their length by the table of times."""
    least: float
    """Their shortest possible length in seconds if they are AAC."""


def read_samples(header: LimitedReader, movie: Box, track_id: int, scale: int) -> Samples:
    """Add up the tables of a track, in which *scale* ticks are a second; all 0 if it has no tables."""
    for track in _tracks(header, movie):
        if _number(header, track) != track_id or (table := _table(header, track)) is None:
            continue
        count, ticks = _times(header, table)
        rate = _rate(header, table)
        return Samples(count, ticks / scale if scale else 0.0, count * _SAMPLES / rate if rate else 0.0)
    return Samples(0, 0.0, 0.0)


def has_sample_bytes(header: LimitedReader, movie: Box, found: Samples) -> bool:
    """Return whether the file holds about as many bytes as its tables say, and the times are possible."""
    sizes = [_sizes(header, table) for track in _tracks(header, movie) if (table := _table(header, track))]
    told = sum(size for _, size in sizes)
    data = sum(
        min(box.end, header.length) - box.start for box in list_boxes(header, 0, header.length) if box.name == b"mdat"
    )
    same = any(count == found.count for count, _ in sizes)
    return same and told <= data <= told * 1.25 + _SLACK and found.seconds >= 0.9 * found.least


def _tracks(header: LimitedReader, movie: Box) -> list[Box]:
    return [box for box in list_boxes(header, movie.start, movie.end) if box.name == b"trak"]


def _number(header: LimitedReader, track: Box) -> int:
    box = require_box(header, b"tkhd", track.start, track.end)
    version = header.exactly(1, at=box.start)[0]
    (number,) = header.fields(">I", at=box.start + (20 if version == 1 else 12))
    return number


def _table(header: LimitedReader, track: Box) -> Box | None:
    box: Box | None = track
    for name in (b"mdia", b"minf", b"stbl"):
        box = find_box(header, name, box.start, box.end) if box else None
    return box


def _times(header: LimitedReader, table: Box) -> tuple[int, int]:
    """Return the number of samples and their ticks."""
    if (box := find_box(header, b"stts", table.start, table.end)) is None:
        return 0, 0
    (entries,) = header.fields(">I", at=box.start + 4)
    fields = header.fields(f">{2 * entries}I", at=box.start + 8)
    counts, lengths = fields[::2], fields[1::2]
    return sum(counts), sum(count * length for count, length in zip(counts, lengths, strict=True))


def _sizes(header: LimitedReader, table: Box) -> tuple[int, int]:
    """Return the number of samples with a size, and their bytes."""
    if (box := find_box(header, b"stsz", table.start, table.end)) is None:
        return 0, 0
    each, count = header.fields(">II", at=box.start + 4)
    return count, each * count if each else sum(header.fields(f">{count}I", at=box.start + 12))


def _rate(header: LimitedReader, table: Box) -> int:
    """Return the sound samples a second by the format; 0 if it states none."""
    box = find_box(header, b"stsd", table.start, table.end)
    # A fixed-point number, 16 bits before the point and 16 behind it.
    return header.fields(">I", at=box.start + 40)[0] >> 16 if box and box.start + 44 <= box.end else 0
