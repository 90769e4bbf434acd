"""What a model takes: its limits and its choices, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a model takes. In each tuple of choices the first is used when nothing was said; an empty one takes none."""

    prompt_max: int
    """Characters of the prompt, or of the text to speak."""
    prompt_required: bool = True
    prompt_default: str = ""
    """Sent in place of an empty prompt."""
    images_max: int = 0
    image_types: tuple[str, ...] = ()
    """MIME types, like `audio_types`."""
    image_mb: int | None = None
    aspect_ratios: tuple[str, ...] = ()
    resolutions: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    seed_range: tuple[int, int] | None = None
    audio_types: tuple[str, ...] = ()
    audio_codecs: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """MIME type to the codecs that it may hold; a type that is not named here holds whatever it does."""
    audio_mb: int | None = None
    audio_seconds: float | None = None
    """The longest sound; None if Kie.ai does not say."""
    audio_seconds_advised: float | None = None
    """Up to here it is known to go well."""
    voices: Mapping[str, str] = field(default_factory=dict[str, str])
    """Id to name."""
    speed_range: tuple[float, float] | None = None
    stability_range: tuple[float, float] | None = None
    similarity_boost_range: tuple[float, float] | None = None
    language: bool = False
    """Whether the language can be named; two letters of ISO 639-1."""


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
}
"""What people call a MIME type."""
