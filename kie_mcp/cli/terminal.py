"""Write to a terminal by rich, and plain lines anywhere else; a word is never broken inside."""

import re
import shutil
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, cast

from kie_mcp.console import CheckedOutput, UncheckedErrors

if TYPE_CHECKING:  # loaded on use: most commands of a pipe do without
    from rich.console import Console

NARROWEST = 40
"""Where a terminal is narrower, or says nothing, lines are made for this width."""
_GOOD, _BAD, _DOUBTFUL, _UNDER_WAY = "bold color(28)", "bold color(160)", "bold color(130)", "bold color(32)"
"""Each can be read on white and on black; the plain yellow, green and cyan of most terminals cannot."""
STYLES = {
    "succeeded": _GOOD,
    "ok": _GOOD,
    "failed": _BAD,
    "error": _BAD,
    "problem": _BAD,
    "unconfirmed": _DOUBTFUL,
    "attention": _DOUBTFUL,
    "running": _UNDER_WAY,
    "queued": _UNDER_WAY,
}
"""How words that say how something stands are written on a terminal."""
LABEL = re.compile(r"(?:\d+\. )?(\w(?:[\w'/() -]|\.(?=\w)){0,60}?)(?=: )")
"""What most lines begin with: what the rest of them is about."""


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


def print_lines(lines: Iterable[str], output: CheckedOutput | UncheckedErrors, label: re.Pattern[str] = LABEL) -> None:
    """Print lines: on a terminal broken between words, with the first group of *label* in bold or in its colour.

    Raises ConsoleError if a `CheckedOutput` cannot be written.
    """
    if not is_terminal(cast("IO[str]", output)):
        output.write("".join(f"{line}\n" for line in lines))
    else:
        from rich.text import Text

        console = make_console(output)
        for line in lines:
            text, found = Text("\n".join(wrap(line, find_width(), indent="  "))), label.match(line)
            if found:
                text.stylize(STYLES.get(found[1], "bold"), found.start(1), found.end(1))
            console.print(text, soft_wrap=True)
    if isinstance(output, CheckedOutput):
        output.check()


def find_width() -> int:
    """Return how many columns the terminal has."""
    return max(shutil.get_terminal_size().columns, NARROWEST)


def wrap(text: str, width: int, *, indent: str = "") -> list[str]:
    """Break a text into lines between its words; a longer word has a line of its own, whole."""
    import textwrap

    wrapper = textwrap.TextWrapper(width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return wrapper.wrap(text) or [""]
