"""Define the kinds of orders and jobs, and what is true of every job of a kind: a row each."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

Family: TypeAlias = Literal["image", "audio", "video"]
"""The first half of a file's MIME type."""

_MB = 1024 * 1024


class Kind(StrEnum):
    """What an order or a job makes."""

    IMAGE = "image"
    SPEECH = "speech"
    TALKING_VIDEO = "talking_video"
    OTHER = "other"
    """What a model makes that has no row here: such a job was ordered by the model's name, or made elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindFacts:
    """What is true of every job of a kind."""

    label: str
    """What such a job is called; empty if its model says more."""
    noun: str
    """What its file is called as an input of another job."""
    plural: str
    """What its files, or jobs of this kind, are called together."""
    family: Family | None
    """The family of the files that it makes; None for any."""
    file_types: frozenset[str] = frozenset()
    """The MIME types of the files that it makes; empty for all of the family."""
    files: str
    """The files that it makes, in words."""
    tool: str | None = None
    """The tool that orders it; None if it cannot be ordered here."""
    usual_bytes: int
    """A short result is seldom larger than this, in bytes."""
    usual_bytes_a_second: int = 0
    """The bytes that each second of its length adds."""
    most_bytes: int
    """The most bytes of one file; of a larger file nothing is saved."""
    most_bytes_in_all: int
    """The most bytes of all files of a job."""


KINDS: Mapping[Kind, KindFacts] = {
    Kind.IMAGE: KindFacts(
        label="image",
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
        label="speech",
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
        label="talking video",
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
        label="",
        noun="file",
        plural="files",
        family=None,
        files="a picture, audio or a video",
        tool="run_model",
        usual_bytes=50 * _MB,
        most_bytes=2048 * _MB,
        most_bytes_in_all=4096 * _MB,
    ),
}
ORDERED: tuple[Kind, ...] = tuple(kind for kind, facts in KINDS.items() if facts.tool)
"""The kinds that can be ordered here."""


def name_kind(kind: str, model: str) -> str:
    """Return what a job of this kind and model is called in a sentence."""
    return KINDS[Kind(kind)].label or model or kind
