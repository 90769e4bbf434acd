"""What an MP4 says of itself: its tracks, their size and how long they last."""

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
    sizes = [size for handler, size in tracks if handler == b"vide"]
    if not any(handler in {b"vide", b"soun"} for handler, _ in tracks):
        raise BrokenHeaderError("an MP4 with neither picture nor sound")
    width, height = sizes[0] if sizes else (None, None)
    return Film(video=bool(sizes), width=width, height=height, duration_s=_duration(header, movie))


def _duration(header: Header, movie: _Box) -> float | None:
    box = _only(header, b"mvhd", movie.start, movie.end)
    version = header.exactly(1, at=box.start)[0]
    scale, length = header.fields(">IQ" if version == 1 else ">II", at=box.start + (20 if version == 1 else 12))
    unknown = length in {0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF}
    return None if unknown or not scale else length / scale


def _track(header: Header, track: _Box) -> tuple[bytes, tuple[int, int]]:
    box = _only(header, b"tkhd", track.start, track.end)
    version = header.exactly(1, at=box.start)[0]
    # Both are fixed-point numbers, 16 bits before the point and 16 behind it.
    width, height = header.fields(">II", at=box.start + (88 if version == 1 else 76))
    media = _only(header, b"mdia", track.start, track.end)
    handler = _only(header, b"hdlr", media.start, media.end)
    return header.exactly(4, at=handler.start + 8), (width >> 16, height >> 16)


def _only(header: Header, name: bytes, start: int, end: int) -> _Box:
    for box in _boxes(header, start, end):
        if box.name == name:
            return box
    raise BrokenHeaderError(f"an MP4 without {name.decode('ascii')}")


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
