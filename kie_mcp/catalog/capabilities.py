"""Describe as data what a model takes: its limits and its choices."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a model takes. The first of a tuple of choices is the default; an empty tuple means no such input."""

    prompt_max: int
    """The most characters of the prompt, or of the text to speak; 0 if it takes no words."""
    prompt_required: bool = True
    prompt_default: str = ""
    """Sent in place of an empty prompt."""
    images_min: int = 0
    images_max: int = 0
    image_types: tuple[str, ...] = ()
    """MIME types."""
    image_mb: int | None = None
    """The most megabytes of a picture; None if Kie.ai does not say. `audio_mb` likewise."""
    image_sides: tuple[int, int] | None = None
    """The fewest and the most pixels of a side; None if Kie.ai does not say."""
    image_megapixels: int | None = None
    upscale_factors: tuple[str, ...] = ()
    """By how much it can enlarge each side of a picture."""
    upscaled_side: int | None = None
    """The most pixels of the longer side of what comes out."""
    aspect_ratios: tuple[str, ...] = ()
    resolutions: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    seed_range: tuple[int, int] | None = None
    audio_types: tuple[str, ...] = ()
    """MIME types."""
    audio_codecs: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """The codecs that a file may hold, by its MIME type; of a type that is not named here, any."""
    audio_mb: int | None = None
    audio_seconds: float | None = None
    """The seconds of the longest sound that is accepted; None if Kie.ai does not say."""
    audio_seconds_advised: float | None = None
    """The seconds of sound up to which results are known to be good."""
    voices: Mapping[str, str] = field(default_factory=dict[str, str])
    """The voices: name by id."""
    speed_range: tuple[float, float] | None = None
    stability_range: tuple[float, float] | None = None
    similarity_boost_range: tuple[float, float] | None = None
    doubts: Mapping[str, str] = field(default_factory=dict[str, str])
    """Where Kie.ai contradicts itself, by the name of the field: what it says. The field has the safer of the two."""
    language: bool = False
    """Whether the language can be named, by two letters of ISO 639-1."""


FILE_KINDS: Mapping[str, str] = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WebP",
    "audio/mpeg": "MP3",
    "audio/wav": "WAV",
    "audio/x-wav": "WAV",
    "audio/aac": "AAC",
    "audio/mp4": "M4A",
    "audio/ogg": "Ogg",
    "video/mp4": "MP4",
    "video/webm": "WebM",
}
"""The usual name of a kind of file, by its MIME type."""
