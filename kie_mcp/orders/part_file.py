"""Name a file in an order that a part will make: another order that is placed along with it and has no job yet."""

from typing import TypeAlias

from pydantic import BaseModel

from kie_mcp.orders.sendable_text import Text


class PartFile(BaseModel, frozen=True, extra="forbid"):
    """The file that a part will make. It has no address until the jobs of all parts are written down."""

    part: str
    """The name of the part; it means something only within the order, and only until the jobs are written down."""


File: TypeAlias = Text | PartFile
"""An https URL, `kie://jobs/{job_id}/outputs/{n}`, a file that was handed in (see `input_uris`), or that of a part."""
