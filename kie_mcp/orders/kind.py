"""The kinds of orders and jobs."""

from enum import StrEnum
from typing import Literal, TypeAlias

Family: TypeAlias = Literal["image", "audio", "video"]
"""The first half of a file's MIME type."""


class Kind(StrEnum):
    """What a job makes."""

    IMAGE = "image"
    SPEECH = "speech"
    TALKING_VIDEO = "talking_video"
    OTHER = "other"
    """Made elsewhere, with a model that this version does not know."""
