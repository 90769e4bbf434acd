"""A file as the model gets it: as it is, or turned into something that it takes, if the caller said so."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from kie_mcp.catalog import registry
from kie_mcp.errors import OrderError
from kie_mcp.extras import installing
from kie_mcp.media.convert import convert
from kie_mcp.media.convert.decode import UndecodableError
from kie_mcp.media.inputs.checks import admit, check_outline, look, most
from kie_mcp.media.inputs.open_file import OpenFile
from kie_mcp.media.probe.file_type import Probe
from kie_mcp.orders.order import Order


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the model gets, and what it is."""

    found: Probe
    instead: bytes | None = None
    """What the file was turned into; None if it stays as it is."""
    note: str = ""
    """What was done to it, as a sentence; empty if nothing was."""


def accept(source: OpenFile | bytes, name: str, order: Order, argument: str, *, converting: bool) -> Accepted:
    """Look at a file, blocking, and convert it if it must be and may be.

    Raises OrderError if the model does not take it; the remedy then says whether converting it would help.
    """
    found = look(source)
    allowed = _would_do(found, order, argument)
    if convert.convertible(found, allowed) and found.bytes <= most(order, argument):
        check_outline(source, found, name, argument)  # converting would not help
        if converting and convert.offers(found, allowed):
            return _converted(source, found, name, order, argument)
    try:
        return Accepted(admit(source, name, order, argument, found=found))
    except OrderError as error:
        if found.bytes <= most(order, argument) and (remedy := _remedy(error.remedy, found, allowed)):
            raise error.with_facts(remedy=remedy) from None
        raise


def _would_do(found: Probe, order: Order, argument: str) -> tuple[str, ...]:
    """The kinds that the model takes, if it does not take this one, or not with what is in it."""
    takes = registry.find(order.model, order.kind).takes
    allowed = takes.audio_types if argument == "audio" else takes.image_types
    codecs = takes.audio_codecs.get(found.mime_type, ())
    return () if found.mime_type in allowed and (not codecs or found.codec in {"", *codecs}) else allowed


def _converted(source: OpenFile | bytes, found: Probe, name: str, order: Order, argument: str) -> Accepted:
    try:
        file = io.BytesIO(source) if isinstance(source, bytes) else source
        made = convert.convert(file, found, most=most(order, argument))
    except UndecodableError as error:
        problem = f"{name} is {found.label} that {error}."
        raise OrderError(problem, argument=argument, remedy=error.remedy) from error
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OrderError(f"{name} cannot be read ({reason}).", argument=argument) from error
    kind = convert.NAMES[convert.offers(found, _would_do(found, order, argument))]
    taken = admit(made, f"{name}, as {kind},", order, argument)
    return Accepted(taken, made, f"{argument}: {name} was handed in as {kind}.")


def _remedy(otherwise: str, found: Probe, allowed: Sequence[str]) -> str:
    if to := convert.offers(found, allowed):
        return f"Call again with convert=true to have it handed in as {convert.NAMES[to]}, {convert.loss(found)}."
    if convert.convertible(found, allowed):
        return (
            f"{otherwise} Or install what does it where the server runs, and call again with convert=true."
            f" {installing('convert')}"
        )
    return ""
