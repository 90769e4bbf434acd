"""Check by its bytes that a model takes a file, before the job is paid for."""

from collections.abc import Sequence
from typing import NoReturn

from kie_mcp.catalog import audio_length_check
from kie_mcp.catalog.capabilities import FILE_KINDS
from kie_mcp.catalog.file_limits import LARGEST_MB, find_file_limits
from kie_mcp.catalog.validate import join_with_or
from kie_mcp.errors import OrderError
from kie_mcp.media.inputs.hashed_file import HashedFile
from kie_mcp.media.inputs.local_files import format_megabytes
from kie_mcp.media.outputs.download_limits import MB
from kie_mcp.media.probe.file_type import Probe, probe
from kie_mcp.media.probe.limited_reader import LimitedReader
from kie_mcp.media.probe.picture_integrity import DAMAGED, find_fault
from kie_mcp.orders.order import Order

LARGEST = LARGEST_MB * MB
"""The most bytes of a file, where Kie.ai names no limit."""


def most_bytes(order: Order, argument: str) -> int:
    """Return the most bytes that the order's model takes for the argument."""
    return find_file_limits(order, argument).megabytes * MB


def check_file(
    source: HashedFile | bytes, name: str, order: Order, argument: str, *, found: Probe | None = None
) -> Probe:
    """Check a file, blocking, and return its probe; pass the probe as `found` if there is one already.

    Raises OrderError if the order's model does not take the file.
    """
    found = found or probe_source(source)
    _check_size(found.bytes, name, order, argument)
    _check_kind(found, name, order, argument)
    _check_codec(found, name, order, argument)
    if (found.width if found.family == "image" else found.duration_s) is None:
        # The length of a sound decides the price, and every kind of sound that models take has a length.
        _refuse_damaged(found, name, argument)
    check_picture_whole(source, found, name, argument)
    if found.family == "audio":
        audio_length_check.check_audio(order, found.duration_s)
    elif found.family == "image":
        _check_pixels(found, name, order, argument)
    return found


def probe_source(source: HashedFile | bytes) -> Probe:
    """Probe an open file or bytes, blocking."""
    return probe(_file_number(source))


def check_picture_whole(source: HashedFile | bytes, found: Probe, name: str, argument: str) -> None:
    """Raise OrderError for a picture that is cut off or animated, blocking."""
    with LimitedReader(_file_number(source)) as header:
        problem = find_fault(found.mime_type, header)
    if problem == DAMAGED:
        _refuse_damaged(found, name, argument)
    if problem:
        moves = f"{name} is {found.label} that {problem}."
        raise OrderError(moves, argument=argument, remedy="Hand in a single picture of it.")


def _file_number(source: HashedFile | bytes) -> int | bytes:
    return source if isinstance(source, bytes) else source.fileno()


def _check_size(size: int, name: str, order: Order, argument: str) -> None:
    limit = most_bytes(order, argument)
    if size > limit:
        problem = f"{name} has {format_megabytes(size)} MB; {order.model} takes at most {limit / MB:g} MB."
        raise OrderError(problem, argument=argument, remedy="Hand in a smaller file.")


def _check_kind(found: Probe, name: str, order: Order, argument: str) -> None:
    limits = find_file_limits(order, argument)
    if found.mime_type not in limits.types or not found.bytes:
        kinds = list(dict.fromkeys(FILE_KINDS[one] for one in limits.types))
        remedy = (
            f"Convert it to {kinds[0]} and hand that in." if found.family == limits.family else "Hand in another file."
        )
        raise OrderError(
            f"{name} is {found.label}; {order.model} takes {join_with_or(kinds)}.",
            argument=argument,
            remedy=remedy,
        )


def _check_codec(found: Probe, name: str, order: Order, argument: str) -> None:
    limits = find_file_limits(order, argument)
    allowed = limits.codecs.get(found.mime_type)
    if allowed is None or found.codec in allowed:
        return
    if not found.codec:
        _refuse_damaged(found, name, argument)
    kinds = [FILE_KINDS[one] + _codec_words(limits.codecs.get(one, ()), FILE_KINDS[one]) for one in limits.types]
    problem = f"{name} is {found.label} with {found.codec}; {order.model} takes {join_with_or(kinds)}."
    raise OrderError(problem, argument=argument, remedy="Convert it to MP3 and hand that in.")


def _codec_words(codecs: Sequence[str], kind: str) -> str:
    return f" ({' or '.join(codecs)})" if codecs and tuple(codecs) != (kind,) else ""


def _refuse_damaged(found: Probe, name: str, argument: str) -> NoReturn:
    problem = f"{name} is {found.label} that {DAMAGED}."
    raise OrderError(problem, argument=argument, remedy="Hand in a file that opens elsewhere.")


def _check_pixels(found: Probe, name: str, order: Order, argument: str) -> None:
    limits = find_file_limits(order, argument)
    least, most = limits.sides
    width, height = found.width or 0, found.height or 0
    is_small = min(width, height) < least
    if not is_small and max(width, height) <= most and width * height <= limits.megapixels * 1_000_000:
        return
    longest = f", at most {most:,}" if most < limits.megapixels * 500_000 else ""
    needs = f"at least {least:,} pixels a side{longest} and at most {limits.megapixels} million in all"
    problem = (
        f"{name} has {width:,} x {height:,} pixels; {order.model} takes {_picture_kinds(order, argument)}"
        f" of {limits.megabytes} MB at most, and a picture needs {needs}."
    )
    raise OrderError(problem, argument=argument, remedy="Resize it and hand that in.")


def _picture_kinds(order: Order, argument: str) -> str:
    types = find_file_limits(order, argument).types
    return join_with_or([FILE_KINDS[one] for one in types if one.startswith("image/")])
