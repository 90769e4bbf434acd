"""Make the orders for what a talking video needs first, and is made along with it: a face and a voice."""

from kie_mcp.catalog.validate import rename_arguments
from kie_mcp.errors import OrderError
from kie_mcp.orders.order import ImageOrder, Order, SpeechOrder
from kie_mcp.orders.part_file import PartFile
from kie_mcp.planner.planner import PART_WORDS
from kie_mcp.surface.arguments.types import IMAGE, SPEECH

FACE, VOICE = PartFile(part="face"), PartFile(part="voice")
"""The inputs of a talking video that are made with it, from a description or a script."""


def make_parts(
    image: str, image_prompt: str, aspect_ratio: str, audio: str, script: str, voice: str
) -> dict[str, Order]:
    """Make the orders for what the video needs first, by part: a face from a description, a voice from a script.

    Raises OrderError if a file and the words to make it from are both given, or neither.
    """
    _check_one_of("image", image, "image_prompt", image_prompt)
    _check_one_of("audio", audio, "script", script)
    parts: dict[str, Order] = {}
    with rename_arguments(**PART_WORDS):
        if image_prompt.strip():
            parts[FACE.part] = ImageOrder(model=IMAGE[0].id, prompt=image_prompt, aspect_ratio=aspect_ratio)
        elif aspect_ratio.strip():
            problem = "not used with image: the video has the shape of that picture."
            remedy = "Leave it out, or give image_prompt in place of image."
            raise OrderError(problem, argument="aspect_ratio", remedy=remedy)
        if script.strip():
            parts[VOICE.part] = SpeechOrder(model=SPEECH[0].id, text=script, voice=voice)
        elif voice.strip():
            problem = "given, but there is no script to speak."
            raise OrderError(problem, argument="voice", remedy="Give script, or leave it out.")
    return parts


def _check_one_of(file: str, given: str, words: str, said: str) -> None:
    if bool(given.strip()) is bool(said.strip()):
        problem = "both given." if given.strip() else "one of the two is needed."
        remedy = f"Give {file}, or {words} to have it made first."
        raise OrderError(problem, argument=f"{file}, {words}", remedy=remedy)
