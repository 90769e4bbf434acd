"""Data URIs, taken apart: base64 as RFC 2397 has it, and as it comes out of other hands where that is certain."""

import base64
import binascii
import re
from typing import NoReturn
from urllib.parse import unquote

from kie_mcp.catalog.validate import DATA
from kie_mcp.errors import OrderError

LARGEST = 10 * 1024 * 1024
"""Bytes after decoding."""
_LONGEST = LARGEST // 3 * 4 + 4
"""Characters that so many bytes become."""
_ROOM = 4
"""How many times as long they may be written: each as %2B, with line breaks between."""
_NEVER = re.compile("\\\\[rn]|[\u200b-\u200d\u2060\ufeff\"'`]")
"""Ends of lines that were written out, invisible signs and quotation marks: base64 has none of them."""
_WITHIN_LINES = re.compile(r"[ \t]+")
_URL_SAFE = str.maketrans("-_", "+/")


def decoded(uri: str, *, argument: str) -> tuple[str, bytes]:
    """Take a data URI apart: its head without parameters, such as data:image/png, and the bytes.

    Raises OrderError, which never repeats any of it.
    """
    head = DATA.match(uri)
    text = uri[head.end() :] if head else uri.partition(",")[2]
    if len(text) > _ROOM * _LONGEST:
        _too_large(argument)
    text = _plain(text)
    if len(text.rstrip("=")) // 4 * 3 - 2 > LARGEST:
        _too_large(argument)
    try:
        data = base64.b64decode(_padded(text).encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        remedy = "Encode the bytes anew, with A-Z a-z 0-9 + / =, without blanks."
        raise OrderError("what the data URI holds is not base64.", argument=argument, remedy=remedy) from None
    return f"data:{(head and head[1]) or ''}".casefold(), data


def _plain(text: str) -> str:
    """Base64 in its usual alphabet and in one line; blanks stay where they may have been plus signs."""
    text = unquote(text, errors="replace") if "%" in text else text
    text = _NEVER.sub("\n", text).strip().translate(_URL_SAFE)
    lines = [line.strip() for line in text.splitlines()]
    if len(lines) == 1 and _folded(pieces := _WITHIN_LINES.split(text)):
        lines = pieces
    return "".join(lines)


def _folded(pieces: list[str]) -> bool:
    """Whether blanks are the ends of lines: all equally long, the last one at most so, and whole together.

    A plus sign that some form turned into a blank leaves a text that lacks a character.
    """
    first, last = len(pieces[0]), len(pieces[-1])
    return all(len(piece) == first for piece in pieces[:-1]) and last <= first and sum(map(len, pieces)) % 4 == 0


def _padded(text: str) -> str:
    """The same with the = that some leave out."""
    return text if "=" in text else text + "=" * (-len(text) % 4)


def _too_large(argument: str) -> NoReturn:
    problem = f"the data URI holds more than {LARGEST // 1024 // 1024} MB."
    raise OrderError(problem, argument=argument, remedy="Hand the file in as a path or an https URL.")
