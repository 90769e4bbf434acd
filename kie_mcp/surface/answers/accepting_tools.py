"""Which tools accept a file that a job made as their input."""

import functools

from kie_mcp.catalog import registry
from kie_mcp.orders.kind import KINDS, Kind


def tools_accepting(kind: Kind, mime_type: str | None = None) -> list[str]:
    """List the tools that accept a file from a job of this kind; empty if no model takes such a file.

    *mime_type*: the type of the file; None takes the type that such jobs usually make.
    """
    return list_tools_accepting(mime_type.partition("/")[0] if mime_type else KINDS[kind].family)


def list_tools_accepting(family: str | None) -> list[str]:
    """List the tools that accept files of a family: the first half of a MIME type."""
    return [facts.tool for made, facts in KINDS.items() if facts.tool and family in _accepted_families(made)]


@functools.cache
def _accepted_families(kind: Kind) -> frozenset[str]:
    """Return the main types ("image", "audio") of the files that models of this kind take."""
    takes = [model.takes for model in registry.models(kind)]
    return frozenset(one.partition("/")[0] for row in takes for one in (*row.image_types, *row.audio_types))
