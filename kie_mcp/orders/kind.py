"""The kinds of orders and jobs."""

from enum import StrEnum


class Kind(StrEnum):
    """What a job makes."""

    IMAGE = "image"
    SPEECH = "speech"
    TALKING_VIDEO = "talking_video"
    OTHER = "other"
    """Made elsewhere, with a model that this version does not know."""
