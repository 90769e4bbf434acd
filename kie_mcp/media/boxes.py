"""What an MP4 says of itself: its tracks, their size and how long they last."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from kie_mcp.media.headers import BrokenHeaderError, Header


@dataclass(frozen=True, slots=True)
class Film:
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


@dataclass(frozen=True, slots=True)
class _Box:
    name: bytes
    start: int
    """Of the content: the first byte after the box's own header."""
    end: int


def film(header: Header) -> Film:
    """Read the movie box. Raises BrokenHeaderError if there is none: such a file cannot be played."""
    movie = _only(header, b"moov", 0, header.length)
    tracks = [_track(header, box) for box in _boxes(header, movie.start, movie.end) if box.name == b"trak"]
    pictures = [track for track in tracks if track.handler == b"vide"]
    sounds = [track for track in tracks if track.handler == b"soun"]
    if not pictures and not sounds:
        raise BrokenHeaderError("an MP4 with neither picture nor sound")
    width, height = pictures[0].size if pictures else (None, None)
    seconds = _duration(header, movie) or _longest(tracks)
    if seconds is None:
        with contextlib.suppress(BrokenHeaderError):
            seconds = _of_fragments(header, movie, (pictures or sounds)[0])
    codec = sounds[0].codec if sounds else None
    return Film(video=bool(pictures), width=width, height=height, duration_s=seconds, codec=codec)


def _duration(header: Header, movie: _Box) -> float | None:
    scale, length = _clock(header, _only(header, b"mvhd", movie.start, movie.end))
    return length / scale if length and scale else None


def _longest(tracks: list[_Track]) -> float | None:
    """The movie may leave it to its tracks to say how long they are."""
    return max((one.length / one.scale for one in tracks if one.length and one.scale), default=None)


def _clock(header: Header, box: _Box) -> tuple[int, int | None]:
    """Ticks in a second, and how many ticks it lasts; None if it does not say."""
    version = header.exactly(1, at=box.start)[0]
    scale, length = header.fields(">IQ" if version == 1 else ">II", at=box.start + (20 if version == 1 else 12))
    return scale, None if length in {0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF} else length


def _track(header: Header, track: _Box) -> _Track:
    box = _only(header, b"tkhd", track.start, track.end)
    version = header.exactly(1, at=box.start)[0]
    (number,) = header.fields(">I", at=box.start + (20 if version == 1 else 12))
    # Both are fixed-point numbers, 16 bits before the point and 16 behind it.
    width, height = header.fields(">II", at=box.start + (88 if version == 1 else 76))
    media = _only(header, b"mdia", track.start, track.end)
    handler = _only(header, b"hdlr", media.start, media.end)
    clock = _first(header, b"mdhd", media.start, media.end)
    scale, length = _clock(header, clock) if clock else (0, None)
    name = header.exactly(4, at=handler.start + 8)
    return _Track(number, name, (width >> 16, height >> 16), scale, length, _entry(header, media))


def _entry(header: Header, media: _Box) -> bytes | None:
    """The four letters of the first format that the track's samples have."""
    box: _Box | None = media
    for name in (b"minf", b"stbl", b"stsd"):
        box = _first(header, name, box.start, box.end) if box else None
    return header.exactly(4, at=box.start + 12) if box and box.start + 16 <= box.end else None


def _of_fragments(header: Header, movie: _Box, track: _Track) -> float | None:
    """A file that was written as it came says it piece by piece: where the last one begins, and how long it is."""
    usual = 0
    if extends := _first(header, b"mvex", movie.start, movie.end):
        for box in _boxes(header, extends.start, extends.end):
            if box.name == b"trex" and header.fields(">I", at=box.start + 4)[0] == track.id:
                (usual,) = header.fields(">I", at=box.start + 12)
    ends = [
        _end(header, part, usual)
        for box in _boxes(header, movie.end, header.length)
        if box.name == b"moof"
        for part in _boxes(header, box.start, box.end)
        if part.name == b"traf" and _number(header, part) == track.id
    ]
    return max(ends) / track.scale if ends and max(ends) and track.scale else None


def _number(header: Header, part: _Box) -> int:
    head = _only(header, b"tfhd", part.start, part.end)
    (number,) = header.fields(">I", at=head.start + 4)
    return number


def _end(header: Header, part: _Box, usual: int) -> int:
    """Where a piece of a track ends, in ticks; `usual` is what a sample lasts that does not say."""
    head = _only(header, b"tfhd", part.start, part.end)
    flags = header.fields(">I", at=head.start)[0]
    if flags & 0x8:
        before = 8 * bool(flags & 0x1) + 4 * bool(flags & 0x2)
        (usual,) = header.fields(">I", at=head.start + 8 + before)
    start = _only(header, b"tfdt", part.start, part.end)
    wide = header.exactly(1, at=start.start)[0] == 1
    (ticks,) = header.fields(">Q" if wide else ">I", at=start.start + 4)
    return ticks + sum(_run(header, box, usual) for box in _boxes(header, part.start, part.end) if box.name == b"trun")


def _run(header: Header, run: _Box, usual: int) -> int:
    flags, count = header.fields(">II", at=run.start)
    if not flags & 0x100:
        return count * usual
    at = run.start + 8 + 4 * bool(flags & 0x1) + 4 * bool(flags & 0x4)
    width = sum(bool(flags & bit) for bit in (0x100, 0x200, 0x400, 0x800))
    table = header.fields(f">{count * width}I", at=at)
    return sum(table[::width])


def _first(header: Header, name: bytes, start: int, end: int) -> _Box | None:
    return next((box for box in _boxes(header, start, end) if box.name == name), None)


def _only(header: Header, name: bytes, start: int, end: int) -> _Box:
    if (box := _first(header, name, start, end)) is None:
        raise BrokenHeaderError(f"an MP4 without {name.decode('ascii')}")
    return box


def _boxes(header: Header, start: int, end: int) -> Iterator[_Box]:
    end = min(end, header.length)
    while start + 8 <= end:
        size, name = header.fields(">I4s", at=start)
        content = start + 8
        if size == 1:  # the size did not fit: it follows in 64 bits
            (size,) = header.fields(">Q", at=content)
            content += 8
        elif size == 0:  # up to the end
            size = end - start
        stop = start + size
        if stop < content:
            raise BrokenHeaderError("an MP4 whose boxes do not fit")
        yield _Box(name, content, stop)
        start = stop
