"""Write to a terminal by rich, and plain lines anywhere else; a word is never broken inside."""

import shutil
import sys
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, cast

from kie_mcp.console import CheckedOutput, UncheckedErrors

if TYPE_CHECKING:  # loaded on use: most commands of a pipe do without
    from rich.console import Console

NARROWEST = 40
"""Where a terminal is narrower, or says nothing, lines are made for this width."""


def is_terminal(stream: IO[str]) -> bool:
    """Say whether a person reads, or types at, this stream."""
    try:
        return stream.isatty()
    except ValueError:  # it is closed
        return False


def make_console(output: CheckedOutput | UncheckedErrors) -> "Console":
    """Return a console that prints to this output; whoever makes it asks a `CheckedOutput` whether that worked."""
    from rich.console import Console

    return Console(file=cast("IO[str]", output), markup=False, highlight=False, emoji=False, soft_wrap=False)


def find_width() -> int:
    """Return how many columns the terminal has."""
    return max(shutil.get_terminal_size().columns, NARROWEST)


def wrap(text: str, width: int, *, indent: str = "") -> list[str]:
    """Break a text into lines between its words; a longer word has a line of its own, whole."""
    import textwrap

    wrapper = textwrap.TextWrapper(width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return wrapper.wrap(text) or [""]


def fit(lines: Iterable[str], stream: IO[str] | None = None) -> list[str]:
    """Return lines as they suit a stream, by default standard output: wrapped for a terminal, else as they are.

    What a line begins with up to ": " stays alone at its left.
    """
    if not is_terminal(stream or sys.stdout):
        return list(lines)
    width = find_width()
    return [part for line in lines for part in wrap(line, width, indent="  ")]
