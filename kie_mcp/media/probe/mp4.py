"""Read the tracks of an MP4: their size and how long they last."""

import contextlib
from dataclasses import dataclass

from kie_mcp.media.probe import mp4_samples
from kie_mcp.media.probe.limited_reader import BrokenHeaderError, LimitedReader
from kie_mcp.media.probe.mp4_boxes import Box, find_box, list_boxes, require_box

_PRIMING = 0.5
"""The most seconds of a sound that are for the decoder and not played."""


@dataclass(frozen=True, slots=True)
class Mp4Tracks:
    """The tracks of an MP4: width and height in pixels, duration in seconds."""

    video: bool
    width: int | None
    height: int | None
    duration_s: float | None
    codec: bytes | None
    """The four letters of the sound's format."""


@dataclass(frozen=True, slots=True)
class _Track:
    id: int
    handler: bytes
    size: tuple[int, int]
    scale: int
    """Ticks in a second."""
    length: int | None
    """In ticks."""
    codec: bytes | None


def read_tracks(header: LimitedReader) -> Mp4Tracks:
    """Read the movie box. Raises BrokenHeaderError if there is none: such a file cannot be played."""
    movie = require_box(header, b"moov", 0, header.length)
    tracks = [_read_track(header, box) for box in list_boxes(header, movie.start, movie.end) if box.name == b"trak"]
    pictures = [track for track in tracks if track.handler == b"vide"]
    sounds = [track for track in tracks if track.handler == b"soun"]
    if not pictures and not sounds:
        raise BrokenHeaderError("an MP4 with neither picture nor sound")
    width, height = pictures[0].size if pictures else (None, None)
    seconds = (
        _stated_duration(header, movie, tracks, pictures or sounds)
        if pictures
        else _sound_duration(header, movie, tracks, sounds[0])
    )
    codec = sounds[0].codec if sounds else None
    return Mp4Tracks(video=bool(pictures), width=width, height=height, duration_s=seconds, codec=codec)


def _stated_duration(header: LimitedReader, movie: Box, tracks: list[_Track], main: list[_Track]) -> float | None:
    """Return the seconds by the movie, its tracks or its fragments: the first that states them."""
    seconds = _movie_duration(header, movie) or _longest_track(tracks)
    if seconds is None:
        with contextlib.suppress(BrokenHeaderError):
            seconds = _fragments_duration(header, movie, main[0])
    return seconds


def _sound_duration(header: LimitedReader, movie: Box, tracks: list[_Track], sound: _Track) -> float | None:
    """Return the seconds of a sound by its samples: the price depends on it. None if they do not fit the file."""
    after = list(list_boxes(header, movie.end, header.length))
    if any(box.name == b"moov" for box in after):
        return None  # a second file behind the first
    samples = mp4_samples.read_samples(header, movie, sound.id, sound.scale)
    if any(box.name == b"moof" for box in after):
        return max(_fragments_duration(header, movie, sound) or 0, samples.seconds) or None
    if sound.codec == b"mp4a" and samples.count and not mp4_samples.has_sample_bytes(header, movie, samples):
        return None
    told = _stated_duration(header, movie, tracks, [sound])
    if told and abs(samples.seconds - told) <= _PRIMING:
        return told
    return samples.seconds or told


def _movie_duration(header: LimitedReader, movie: Box) -> float | None:
    scale, length = _read_clock(header, require_box(header, b"mvhd", movie.start, movie.end))
    return length / scale if length and scale else None


def _longest_track(tracks: list[_Track]) -> float | None:
    """Return the seconds of the longest track, for a movie that does not state them."""
    return max((one.length / one.scale for one in tracks if one.length and one.scale), default=None)


def _read_clock(header: LimitedReader, box: Box) -> tuple[int, int | None]:
    """Read the ticks in a second, and the length in ticks; None if it is not stated."""
    version = header.exactly(1, at=box.start)[0]
    scale, length = header.fields(">IQ" if version == 1 else ">II", at=box.start + (20 if version == 1 else 12))
    return scale, None if length in {0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF} else length


def _read_track(header: LimitedReader, track: Box) -> _Track:
    box = require_box(header, b"tkhd", track.start, track.end)
    version = header.exactly(1, at=box.start)[0]
    (number,) = header.fields(">I", at=box.start + (20 if version == 1 else 12))
    # Both are fixed-point numbers, 16 bits before the point and 16 behind it.
    width, height = header.fields(">II", at=box.start + (88 if version == 1 else 76))
    media = require_box(header, b"mdia", track.start, track.end)
    handler = require_box(header, b"hdlr", media.start, media.end)
    clock = find_box(header, b"mdhd", media.start, media.end)
    scale, length = _read_clock(header, clock) if clock else (0, None)
    name = header.exactly(4, at=handler.start + 8)
    return _Track(number, name, (width >> 16, height >> 16), scale, length, _format_name(header, media))


def _format_name(header: LimitedReader, media: Box) -> bytes | None:
    """Read the four letters of the first sample format of a track."""
    box: Box | None = media
    for name in (b"minf", b"stbl", b"stsd"):
        box = find_box(header, name, box.start, box.end) if box else None
    return header.exactly(4, at=box.start + 12) if box and box.start + 16 <= box.end else None


def _fragments_duration(header: LimitedReader, movie: Box, track: _Track) -> float | None:
    """Return the seconds by the fragments of a streamed file: where the last one ends."""
    usual = 0
    if extends := find_box(header, b"mvex", movie.start, movie.end):
        for box in list_boxes(header, extends.start, extends.end):
            if box.name == b"trex" and header.fields(">I", at=box.start + 4)[0] == track.id:
                (usual,) = header.fields(">I", at=box.start + 12)
    ends = [
        _fragment_end(header, part, usual)
        for box in list_boxes(header, movie.end, header.length)
        if box.name == b"moof"
        for part in list_boxes(header, box.start, box.end)
        if part.name == b"traf" and _track_id(header, part) == track.id
    ]
    return max(ends) / track.scale if ends and max(ends) and track.scale else None


def _track_id(header: LimitedReader, part: Box) -> int:
    head = require_box(header, b"tfhd", part.start, part.end)
    (number,) = header.fields(">I", at=head.start + 4)
    return number


def _fragment_end(header: LimitedReader, part: Box, usual: int) -> int:
    """Return where a fragment of a track ends, in ticks; `usual` is the length of samples that state none."""
    head = require_box(header, b"tfhd", part.start, part.end)
    flags = header.fields(">I", at=head.start)[0]
    if flags & 0x8:
        before = 8 * bool(flags & 0x1) + 4 * bool(flags & 0x2)
        (usual,) = header.fields(">I", at=head.start + 8 + before)
    start = require_box(header, b"tfdt", part.start, part.end)
    wide = header.exactly(1, at=start.start)[0] == 1
    (ticks,) = header.fields(">Q" if wide else ">I", at=start.start + 4)
    runs = (box for box in list_boxes(header, part.start, part.end) if box.name == b"trun")
    return ticks + sum(_run_length(header, box, usual) for box in runs)


def _run_length(header: LimitedReader, run: Box, usual: int) -> int:
    flags, count = header.fields(">II", at=run.start)
    if not flags & 0x100:
        return count * usual
    at = run.start + 8 + 4 * bool(flags & 0x1) + 4 * bool(flags & 0x4)
    width = sum(bool(flags & bit) for bit in (0x100, 0x200, 0x400, 0x800))
    table = header.fields(f">{count * width}I", at=at)
    return sum(table[::width])
