"""Whether a file is what a model takes, told by its bytes before anybody is asked to pay for them."""

from collections.abc import Mapping, Sequence
from typing import Literal, NoReturn

from kie_mcp.catalog import durations, registry
from kie_mcp.catalog.validate import either
from kie_mcp.errors import OrderError
from kie_mcp.media.inputs.local_files import megabytes
from kie_mcp.media.inputs.open_file import OpenFile
from kie_mcp.media.outputs.download_limits import MB
from kie_mcp.media.probe.file_type import Probe, probe
from kie_mcp.media.probe.integrity import DAMAGED, fault
from kie_mcp.media.probe.reader import Header
from kie_mcp.orders.order import Order

LARGEST = 100 * MB
"""Bytes of a file for which Kie.ai names no limit."""

_KINDS: Mapping[str, str] = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WebP",
    "audio/mpeg": "MP3",
    "audio/wav": "WAV",
    "audio/x-wav": "WAV",
    "audio/aac": "AAC",
    "audio/mp4": "M4A",
    "audio/ogg": "Ogg",
}
MOST_PIXELS = 100_000_000
"""Kie.ai names no limit; no camera and no model of its makes more, and a few bytes can claim billions."""
LEAST_SIDE = 2
"""Pixels: what is thinner shows nothing."""


def most(order: Order, argument: str) -> int:
    """How many bytes the model takes."""
    takes = registry.find(order.model, order.kind).takes
    limit = takes.audio_mb if _family(argument) == "audio" else takes.image_mb
    return LARGEST if limit is None else limit * MB


def admit(source: OpenFile | bytes, name: str, order: Order, argument: str, *, found: Probe | None = None) -> Probe:
    """Look at a file, blocking, unless it was `found` out what it is; return that.

    Raises OrderError if the model does not take it.
    """
    found = found or look(source)
    _check_size(found.bytes, name, order, argument)
    _check_kind(found, name, order, argument)
    _check_codec(found, name, order, argument)
    if (found.width if found.family == "image" else found.duration_s) is None:
        # How long a sound is decides what it costs, and every kind of it that is taken says so.
        _damaged(found, name, argument)
    check_outline(source, found, name, argument)
    if _family(argument) == "audio":
        durations.check_audio(order, found.duration_s)
    else:
        _check_pixels(found, name, order, argument)
    return found


def look(source: OpenFile | bytes) -> Probe:
    """What a file is, told by its bytes; blocking."""
    return probe(_handle(source))


def check_outline(source: OpenFile | bytes, found: Probe, name: str, argument: str) -> None:
    """Raises OrderError for a picture that is cut off or moves, blocking, of whatever kind it is."""
    with Header(_handle(source)) as header:
        problem = fault(found.mime_type, header)
    if problem == DAMAGED:
        _damaged(found, name, argument)
    if problem:
        moves = f"{name} is {found.label} that {problem}."
        raise OrderError(moves, argument=argument, remedy="Hand in a single picture of it.")


def _handle(source: OpenFile | bytes) -> int | bytes:
    return source if isinstance(source, bytes) else source.fileno()


def _check_size(size: int, name: str, order: Order, argument: str) -> None:
    limit = most(order, argument)
    if size > limit:
        problem = f"{name} has {megabytes(size)} MB; {order.model} takes at most {limit / MB:g} MB."
        raise OrderError(problem, argument=argument, remedy="Hand in a smaller file.")


def _check_kind(found: Probe, name: str, order: Order, argument: str) -> None:
    takes = registry.find(order.model, order.kind).takes
    allowed = takes.audio_types if _family(argument) == "audio" else takes.image_types
    if found.mime_type not in allowed or not found.bytes:
        kinds = list(dict.fromkeys(_KINDS[one] for one in allowed))
        remedy = (
            f"Convert it to {kinds[0]} and hand that in."
            if found.family == _family(argument)
            else "Hand in another file."
        )
        raise OrderError(
            f"{name} is {found.label}; {order.model} takes {either(kinds)}.",
            argument=argument,
            remedy=remedy,
        )


def _check_codec(found: Probe, name: str, order: Order, argument: str) -> None:
    takes = registry.find(order.model, order.kind).takes
    allowed = takes.audio_codecs.get(found.mime_type)
    if _family(argument) == "image" or allowed is None or found.codec in allowed:
        return
    if not found.codec:
        _damaged(found, name, argument)
    kinds = [_KINDS[one] + _inside(takes.audio_codecs.get(one, ()), _KINDS[one]) for one in takes.audio_types]
    problem = f"{name} is {found.label} with {found.codec}; {order.model} takes {either(kinds)}."
    raise OrderError(problem, argument=argument, remedy="Convert it to MP3 and hand that in.")


def _inside(codecs: Sequence[str], kind: str) -> str:
    return f" ({' or '.join(codecs)})" if codecs and tuple(codecs) != (kind,) else ""


def _damaged(found: Probe, name: str, argument: str) -> NoReturn:
    problem = f"{name} is {found.label} that {DAMAGED}."
    raise OrderError(problem, argument=argument, remedy="Hand in a file that opens elsewhere.")


def _check_pixels(found: Probe, name: str, order: Order, argument: str) -> None:
    width, height = found.width or 0, found.height or 0
    if min(width, height) >= LEAST_SIDE and width * height <= MOST_PIXELS:
        return
    limits = f"at least {LEAST_SIDE} pixels a side and at most {MOST_PIXELS // 1_000_000} million in all"
    problem = (
        f"{name} has {width:,} x {height:,} pixels; {order.model} takes {_pictures(order)}"
        f" of {most(order, argument) / MB:g} MB at most, and a picture needs {limits}."
    )
    raise OrderError(problem, argument=argument, remedy="Resize it and hand that in.")


def _pictures(order: Order) -> str:
    return either([_KINDS[one] for one in registry.find(order.model, order.kind).takes.image_types])


def _family(argument: str) -> Literal["image", "audio"]:
    return "audio" if argument == "audio" else "image"
