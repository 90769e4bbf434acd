"""The kinds of orders and jobs, and what follows from the kind alone: a row each."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

Family: TypeAlias = Literal["image", "audio", "video"]
"""The first half of a file's MIME type."""

_MB = 1024 * 1024


class Kind(StrEnum):
    """What a job makes."""

    IMAGE = "image"
    SPEECH = "speech"
    TALKING_VIDEO = "talking_video"
    OTHER = "other"
    """Made elsewhere, with a model that this version does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindFacts:
    """What is known of every job of a kind."""

    noun: str
    """What it is called as an input of another job."""
    plural: str
    family: Family | None
    """What its files are; None for any."""
    file_types: frozenset[str] = frozenset()
    """Their MIME types; any of the family if there is none."""
    files: str
    """The same in words."""
    tool: str | None = None
    """The tool that orders it."""
    usual_bytes: int
    """What it makes seldom exceeds this, if it is short."""
    usual_bytes_a_second: int = 0
    """What its length adds."""
    most_bytes: int
    """Of a file: more is not saved."""
    most_bytes_in_all: int
    """Of all files of a job."""


KINDS: Mapping[Kind, KindFacts] = {
    Kind.IMAGE: KindFacts(
        noun="picture",
        plural="pictures",
        family="image",
        file_types=frozenset({"image/png", "image/jpeg", "image/webp"}),
        files="a PNG, JPEG or WebP picture",
        tool="generate_image",
        usual_bytes=30 * _MB,
        most_bytes=64 * _MB,
        most_bytes_in_all=512 * _MB,
    ),
    Kind.SPEECH: KindFacts(
        noun="voice",
        plural="speech",
        family="audio",
        files="audio",
        tool="generate_speech",
        usual_bytes=15 * _MB,
        most_bytes=128 * _MB,
        most_bytes_in_all=256 * _MB,
    ),
    Kind.TALKING_VIDEO: KindFacts(
        noun="video",
        plural="talking videos",
        family="video",
        files="a video",
        tool="create_talking_video",
        usual_bytes=50 * _MB,
        usual_bytes_a_second=_MB,  # several times what was seen
        most_bytes=2048 * _MB,
        most_bytes_in_all=4096 * _MB,
    ),
    Kind.OTHER: KindFacts(
        noun="file",
        plural="files",
        family=None,
        files="a picture, audio or a video",
        usual_bytes=50 * _MB,
        most_bytes=2048 * _MB,
        most_bytes_in_all=4096 * _MB,
    ),
}
ORDERED: tuple[Kind, ...] = tuple(kind for kind, facts in KINDS.items() if facts.tool)
"""The kinds that can be ordered here."""
