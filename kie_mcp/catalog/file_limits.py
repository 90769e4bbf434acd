"""Say which files a model takes for an argument of an order."""

from collections.abc import Mapping
from dataclasses import dataclass

from kie_mcp.catalog import registry
from kie_mcp.catalog.capabilities import FILE_KINDS, Capabilities
from kie_mcp.orders.kind import Family
from kie_mcp.orders.order import Order

LARGEST_MB = 100
"""The most megabytes of a file, where Kie.ai names no limit."""
MOST_MEGAPIXELS = 100
"""The most pixels of a picture, where Kie.ai names no limit: no camera makes more, and a tiny file can claim billions.
"""
LEAST_SIDE, MOST_SIDE = 2, MOST_MEGAPIXELS * 500_000
"""The fewest and the most pixels of a side of a picture, where Kie.ai names no limit."""


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
    sides: tuple[int, int] = (LEAST_SIDE, MOST_SIDE)
    """The fewest and the most pixels of a side of a picture."""
    megapixels: int = MOST_MEGAPIXELS


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
        sides=_find_sides(order, takes),
        megapixels=takes.image_megapixels or MOST_MEGAPIXELS,
    )


def _find_sides(order: Order, takes: Capabilities) -> tuple[int, int]:
    least, most = takes.image_sides or (LEAST_SIDE, MOST_SIDE)
    return least, most if takes.upscaled_side is None else takes.upscaled_side // int(order.size or 1)
