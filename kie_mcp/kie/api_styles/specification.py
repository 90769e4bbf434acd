"""Say what the specification's two models take, and refuse what they do not; both of its styles use this."""

from collections.abc import Collection

from kie_mcp.errors import OrderError
from kie_mcp.jobs.job import Request
from kie_mcp.text import literal

PICTURES = frozenset({"google/nano-banana", "google/nano-banana-edit"})
"""The live ids of the specification's model for pictures."""
FILMS = frozenset({"infinitalk/from-audio"})
"""The live id of the specification's model for talking videos."""
PICTURE_INPUTS = ("prompt", "aspect_ratio", "output_format", "image_urls")
"""Live names of what can be written for a picture."""
FILM_INPUTS = ("image_url", "audio_url", "prompt", "resolution", "seed")
"""Names of what can be written for a talking video: here the live ones are the specification's."""


def check_inputs(request: Request, style: str) -> None:
    """Raise OrderError for the first input that the specification's model does not have."""
    inputs = PICTURE_INPUTS if request.model in PICTURES else FILM_INPUTS if request.model in FILMS else None
    if inputs is None:
        return
    for name in request.input:
        if name not in inputs:
            problem = f"the specification's model has no such input; it has {', '.join(inputs)}."
            raise OrderError(problem, argument=name, remedy=f"Leave it out, or {leave_style(style)}")


def check_choice(value: object, allowed: Collection[str], *, argument: str, style: str) -> None:
    """Raise OrderError, naming the input, if its value is not one of those that are allowed."""
    if not isinstance(value, str) or value not in allowed:
        problem = f"{literal(str(value))} cannot be asked for by the specification; {', '.join(allowed)} can."
        raise OrderError(problem, argument=argument, remedy=f"Use one of them, or {leave_style(style)}")


def leave_style(style: str) -> str:
    """Say how to order in the live style in place of this one."""
    return f"have the user unset KIE_API_STYLE, which is {style}, and restart the client."
