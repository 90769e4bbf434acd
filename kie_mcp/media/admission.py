"""Whether a file is what a model takes, told by its bytes before anybody is asked to pay for them."""

from collections.abc import Mapping
from typing import Literal

from kie_mcp.errors import OrderError
from kie_mcp.jobs.orders import Order
from kie_mcp.kie import catalog
from kie_mcp.media.headers import Header
from kie_mcp.media.locals import megabytes
from kie_mcp.media.opened import Opened
from kie_mcp.media.probe import Probe, probe
from kie_mcp.media.wholeness import ANIMATED, DAMAGED, fault

MB = 1024 * 1024
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
_LASTING = frozenset({"audio/mpeg", "audio/wav", "audio/aac"})
"""How long these last is always told; a file of this kind that does not say is none."""


def most(order: Order, argument: str) -> int:
    """How many bytes the model takes."""
    takes = catalog.find(order.model, order.kind).takes
    limit = takes.audio_mb if _family(argument) == "audio" else takes.image_mb
    return LARGEST if limit is None else limit * MB


def admit(source: Opened | bytes, name: str, order: Order, argument: str) -> Probe:
    """Look at a file, blocking, and return what it is. Raises OrderError if the model does not take it."""
    handle = source if isinstance(source, bytes) else source.fileno()
    found = probe(handle)
    _check_size(found.bytes, name, order, argument)
    _check_kind(found, name, order, argument)
    with Header(handle) as header:
        _check_wholeness(found, fault(found.mime_type, header), name, argument)
    if _family(argument) == "audio":
        catalog.check_audio(order, found.duration_s)
    return found


def _check_size(size: int, name: str, order: Order, argument: str) -> None:
    limit = most(order, argument)
    if size > limit:
        message = f"{argument}: {name} has {megabytes(size)} MB; {order.model} takes at most {limit / MB:g} MB."
        raise OrderError(message, remedy="Hand in a smaller file.")


def _check_kind(found: Probe, name: str, order: Order, argument: str) -> None:
    takes = catalog.find(order.model, order.kind).takes
    allowed = takes.audio_types if _family(argument) == "audio" else takes.image_types
    if found.mime_type not in allowed or not found.bytes:
        kinds = list(dict.fromkeys(_KINDS[one] for one in allowed))
        named = " or ".join([", ".join(kinds[:-1]), kinds[-1]] if len(kinds) > 1 else kinds)
        remedy = (
            f"Convert it to {kinds[0]} and hand that in."
            if found.family == _family(argument)
            else "Hand in another file."
        )
        raise OrderError(f"{argument}: {name} is {found.label}; {order.model} takes {named}.", remedy=remedy)


def _check_wholeness(found: Probe, problem: str, name: str, argument: str) -> None:
    unmeasured = found.width is None if found.family == "image" else found.duration_s is None
    if unmeasured and (found.family == "image" or found.mime_type in _LASTING):
        problem = DAMAGED
    if problem:
        remedy = "Hand in a single picture of it." if problem == ANIMATED else "Hand in a file that opens elsewhere."
        raise OrderError(f"{argument}: {name} is {found.label} that {problem}.", remedy=remedy)


def _family(argument: str) -> Literal["image", "audio"]:
    return "audio" if argument == "audio" else "image"
