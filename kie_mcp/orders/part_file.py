"""Name, in an order, the file of a part: of another order that is placed along with it and has no job yet."""

from typing import TypeAlias

from pydantic import BaseModel

from kie_mcp.orders.sendable_text import Text


class PartFile(BaseModel, frozen=True, extra="forbid"):
    """The file that a part is going to make: it has no address before the jobs of all are written down."""

    part: str
    """What the part is called among those of the order: only there, and no longer than till then."""


File: TypeAlias = Text | PartFile
"""An https URL, `kie://jobs/{job_id}/outputs/{n}`, a file that was handed in (see `handed_in`), or that of a part."""
