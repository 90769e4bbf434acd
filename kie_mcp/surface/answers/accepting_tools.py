"""What a file that a job made can go into: the tools of which a model takes such files."""

import functools

from kie_mcp.catalog import registry
from kie_mcp.orders.kind import KINDS, Kind


def tools_accepting(kind: Kind, mime_type: str | None = None) -> list[str]:
    """List the tools that take a file that such a job made; none if no model takes its kind of file."""
    family = mime_type.partition("/")[0] if mime_type else KINDS[kind].family
    return [facts.tool for made, facts in KINDS.items() if facts.tool and family in _accepted_families(made)]


@functools.cache
def _accepted_families(kind: Kind) -> frozenset[str]:
    """The first halves of the MIME types that the models of this kind take."""
    takes = [model.takes for model in registry.models(kind)]
    return frozenset(one.partition("/")[0] for row in takes for one in (*row.image_types, *row.audio_types))
