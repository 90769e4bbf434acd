"""Define the fields that many models of the market have, with Kie.ai's words about files."""

from __future__ import annotations

from kie_mcp.sandbox.account.input_fields import Field, choice, text

PICTURE_FILE = (
    "File URL after upload, not file content; Accepted types: image/jpeg, image/png, image/webp; Max size: 10.0MB"
)
SOUND_FILE = (
    "File URL after upload, not file content; Accepted types: audio/mpeg, audio/wav, audio/x-wav, audio/aac, "
    "audio/mp4, audio/ogg; Max size: 10.0MB"
)


def prompt_field(longest: int) -> Field:
    """Make the field for the prompt."""
    return text(longest, required=True, about=f"The text prompt. (Max length: {longest} characters)")


def ratio_field(*ratios: str, required: bool = False, default: str = "1:1") -> Field:
    """Make the field for the ratio of width and height."""
    return choice(*ratios, required=required, default=default)
