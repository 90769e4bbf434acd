"""Words that somebody else wrote, made fit to stand among our own: what is hidden in them goes, their end is marked."""

import json

from kie_mcp.unseen import hidden

_JOINERS = "\u200c\u200d"
"""Hidden, but spelling needs them: in Persian and Hindi, and in emoji of several parts."""


def seen(text: str) -> str:
    """The text without what no reader sees: control characters, turns of the writing direction, tags, half pairs."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return "".join(one for one in lines if one in "\n\t" or one in _JOINERS or not hidden(one))


def one_line(text: str, limit: int) -> str:
    """The text on one line, cut to *limit* characters."""
    line = " ".join(seen(text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def quoted(text: str) -> str:
    """The text as a JSON string: one line, and nothing in it can end the quotation."""
    return json.dumps(seen(text).strip(), ensure_ascii=False)
