"""Show pictures in the terminal, where it can: by kitty's protocol or by sixel, which iTerm2 reads too."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from kie_mcp.cli.terminal import is_terminal, make_console
from kie_mcp.console import CheckedOutput
from kie_mcp.optional_packages import TERMINAL, missing_packages
from kie_mcp.settings import read_variables

WIDTH = 40
"""How many columns a picture takes at the most."""
_WHICH = ("TERM", "TERM_PROGRAM")
_PRINT_THE_QUESTION = {"linux", "Apple_Terminal"}
"""Terminals that print the question whether they can, instead of passing over it."""
MOST = 4
"""How many pictures of one command are shown."""


def show_pictures(files: Sequence[Mapping[str, Any]]) -> None:
    """Show the pictures among these files; nothing if standard output is no terminal, or one that cannot.

    The terminal is asked what it can only here, and never in a pipe.
    """
    if not is_terminal(sys.stdout) or not is_terminal(sys.stdin) or missing_packages(TERMINAL):
        return
    if make_console(CheckedOutput()).is_dumb_terminal or _PRINT_THE_QUESTION & {*read_variables(_WHICH).values()}:
        return
    pictures = [str(one["path"]) for one in files if str(one.get("mime_type", "")).startswith("image/")]
    for path in pictures[:MOST]:
        _show(path)


def _show(path: str) -> None:
    from textual_image.renderable import Image, SixelImage, TGPImage

    if Image not in (SixelImage, TGPImage):  # what is left are blocks of colour, which nobody would call a picture
        return
    output = CheckedOutput()
    console = make_console(output)
    try:
        console.print(Image(path, width=min(WIDTH, console.width), height="auto"))
    except (OSError, ValueError):  # it is there to be looked at in another way
        return
    output.check()
