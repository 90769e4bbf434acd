"""Find the boxes of an MP4 by name; their content is not read."""

from collections.abc import Iterator
from dataclasses import dataclass

from kie_mcp.media.probe.limited_reader import BrokenHeaderError, LimitedReader


@dataclass(frozen=True, slots=True)
class Box:
    """One box."""

    name: bytes
    start: int
    """The first byte of the content, behind the box's header."""
    end: int


def find_box(header: LimitedReader, name: bytes, start: int, end: int) -> Box | None:
    """Return the first box of that name between the bytes *start* and *end*; None if there is none."""
    return next((box for box in list_boxes(header, start, end) if box.name == name), None)


def require_box(header: LimitedReader, name: bytes, start: int, end: int) -> Box:
    """Return the same box; raises BrokenHeaderError if there is none."""
    if (box := find_box(header, name, start, end)) is None:
        raise BrokenHeaderError(f"an MP4 without {name.decode('ascii')}")
    return box


def list_boxes(header: LimitedReader, start: int, end: int) -> Iterator[Box]:
    """List the boxes between the bytes *start* and *end*. Raises BrokenHeaderError if they overlap."""
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
        yield Box(name, content, stop)
        start = stop
