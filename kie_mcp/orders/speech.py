"""What is spoken in a sound, by whom and how fast: all that its length depends on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """A text to be spoken."""

    text: str
    voice: str = ""
    """The voice's id."""
    speed: float = 1.0
    """How fast the voice speaks; 1 is its own pace."""
