"""Say which files a model takes for an argument of an order."""

from collections.abc import Mapping
from dataclasses import dataclass

from kie_mcp.catalog import registry
from kie_mcp.catalog.capabilities import FILE_KINDS
from kie_mcp.orders.kind import Family
from kie_mcp.orders.order import Order

LARGEST_MB = 100
"""The most megabytes of a file, where Kie.ai names no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLimits:
    """What a file must be to be taken."""

    family: Family | None
    """None takes pictures, sounds and videos."""
    types: tuple[str, ...]
    """MIME types."""
    codecs: Mapping[str, tuple[str, ...]]
    """The codecs that a file may hold, by its MIME type; of a type that is not named here, any."""
    megabytes: int = LARGEST_MB


def find_file_limits(order: Order, argument: str) -> FileLimits:
    """Return what the order's model takes for the argument; for a model without a row, what is usual at Kie.ai."""
    family, row = order.family_of(argument), registry.find_row(order)
    if row is None:
        types = tuple(kind for kind in FILE_KINDS if family in {None, kind.partition("/")[0]})
        return FileLimits(family=family, types=types, codecs={})
    takes = row.takes
    sound = family == "audio"
    return FileLimits(
        family=family,
        types=takes.audio_types if sound else takes.image_types,
        codecs=takes.audio_codecs,
        megabytes=(takes.audio_mb if sound else takes.image_mb) or LARGEST_MB,
    )
