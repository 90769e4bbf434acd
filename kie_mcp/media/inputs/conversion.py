"""Accept a file as it is, or convert it to a kind that the model takes, if the caller asked for that."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from kie_mcp.catalog.file_limits import find_file_limits
from kie_mcp.errors import OrderError
from kie_mcp.media.convert import convert
from kie_mcp.media.convert.safe_decoding import UndecodableError
from kie_mcp.media.inputs.hashed_file import HashedFile
from kie_mcp.media.inputs.validation import check_file, check_picture_whole, most_bytes, probe_source
from kie_mcp.media.probe.file_type import Probe
from kie_mcp.optional_packages import install_hint
from kie_mcp.orders.order import Order


@dataclass(frozen=True, slots=True)
class AcceptedFile:
    """A file that the model takes."""

    found: Probe
    instead: bytes | None = None
    """The bytes that it was converted to; None if it stays as it is."""
    note: str = ""
    """A sentence about the conversion, for the answer; empty if there was none."""


def accept_or_convert(
    source: HashedFile | bytes, name: str, order: Order, argument: str, *, converting: bool
) -> AcceptedFile:
    """Check a file, blocking; convert it if the model does not take it and *converting* allows it.

    Raises OrderError if the model does not take the file; the remedy says whether converting it would help.
    """
    found = probe_source(source)
    allowed = _wanted_types(found, order, argument)
    if convert.possible_target(found, allowed) and found.bytes <= most_bytes(order, argument):
        check_picture_whole(source, found, name, argument)  # converting would not help
        if converting and convert.available_target(found, allowed):
            return _convert(source, found, name, order, argument)
    try:
        return AcceptedFile(check_file(source, name, order, argument, found=found))
    except OrderError as error:
        if found.bytes <= most_bytes(order, argument) and (remedy := _conversion_remedy(error.remedy, found, allowed)):
            raise error.with_facts(remedy=remedy) from None
        raise


def _wanted_types(found: Probe, order: Order, argument: str) -> tuple[str, ...]:
    """Return the MIME types that the model takes; empty if it takes this file as it is."""
    limits = find_file_limits(order, argument)
    codecs = limits.codecs.get(found.mime_type, ())
    return () if found.mime_type in limits.types and (not codecs or found.codec in {"", *codecs}) else limits.types


def _convert(source: HashedFile | bytes, found: Probe, name: str, order: Order, argument: str) -> AcceptedFile:
    try:
        file = io.BytesIO(source) if isinstance(source, bytes) else source
        made = convert.convert(file, found, most=most_bytes(order, argument))
    except UndecodableError as error:
        problem = f"{name} is {found.label} that {error}."
        raise OrderError(problem, argument=argument, remedy=error.remedy) from error
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OrderError(f"{name} cannot be read ({reason}).", argument=argument) from error
    kind = convert.NAMES[convert.available_target(found, _wanted_types(found, order, argument))]
    taken = check_file(made, f"{name}, as {kind},", order, argument)
    return AcceptedFile(taken, made, f"{argument}: {name} was handed in as {kind}.")


def _conversion_remedy(otherwise: str, found: Probe, allowed: Sequence[str]) -> str:
    if to := convert.available_target(found, allowed):
        return (
            f"Call again with convert=true to have it handed in as {convert.NAMES[to]}, {convert.describe_loss(found)}."
        )
    if convert.possible_target(found, allowed):
        return (
            f"{otherwise} Or install what does it where the server runs, and call again with convert=true."
            f" {install_hint('convert')}"
        )
    return ""
