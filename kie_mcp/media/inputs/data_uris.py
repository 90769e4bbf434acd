"""Decode data URIs, as RFC 2397 defines them, and with the common mistakes that leave no doubt about the bytes."""

import base64
import binascii
import re
from typing import NoReturn
from urllib.parse import unquote

from kie_mcp.catalog.reference_form import DATA
from kie_mcp.errors import OrderError

LARGEST = 10 * 1024 * 1024
"""The most bytes after decoding."""
_LONGEST = LARGEST // 3 * 4 + 4
"""The length of that many bytes in base64."""
_LONGER = 4
"""The text may be this many times longer than its base64: each character may be percent-encoded, with line breaks."""
_NEVER = re.compile("\\\\[rn]|[\u200b-\u200d\u2060\ufeff\"'`]")
"""Escaped line ends, invisible characters and quotation marks: base64 contains none of them."""
_WITHIN_LINES = re.compile(r"[ \t]+")
_URL_SAFE = str.maketrans("-_", "+/")


def decode_data_uri(uri: str, *, argument: str) -> tuple[str, bytes]:
    """Return the head of a data URI without parameters, such as data:image/png, and its bytes.

    Raises OrderError, whose message never quotes the URI.
    """
    head = DATA.match(uri)
    text = uri[head.end() :] if head else uri.partition(",")[2]
    if len(text) > _LONGER * _LONGEST:
        _refuse_too_large(argument)
    text = _normalize(text)
    if len(text.rstrip("=")) // 4 * 3 - 2 > LARGEST:
        _refuse_too_large(argument)
    try:
        data = base64.b64decode(_pad(text).encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        remedy = "Encode the bytes anew, with A-Z a-z 0-9 + / =, without blanks."
        raise OrderError("what the data URI holds is not base64.", argument=argument, remedy=remedy) from None
    return f"data:{(head and head[1]) or ''}".casefold(), data


def _normalize(text: str) -> str:
    """Return the base64 in its usual alphabet and on one line; blanks that may have been plus signs stay."""
    text = unquote(text, errors="replace") if "%" in text else text
    text = _NEVER.sub("\n", text).strip().translate(_URL_SAFE)
    lines = [line.strip() for line in text.splitlines()]
    if len(lines) == 1 and _is_folded(pieces := _WITHIN_LINES.split(text)):
        lines = pieces
    return "".join(lines)


def _is_folded(pieces: list[str]) -> bool:
    """Return whether the blanks are line ends: all pieces but a shorter last one are equally long, and valid base64.

    If a form had turned plus signs into blanks, the text without blanks would lack characters.
    """
    first, last = len(pieces[0]), len(pieces[-1])
    return all(len(piece) == first for piece in pieces[:-1]) and last <= first and sum(map(len, pieces)) % 4 == 0


def _pad(text: str) -> str:
    """Add the = at the end, which some programs leave out."""
    return text if "=" in text else text + "=" * (-len(text) % 4)


def _refuse_too_large(argument: str) -> NoReturn:
    problem = f"the data URI holds more than {LARGEST // 1024 // 1024} MB."
    raise OrderError(problem, argument=argument, remedy="Hand the file in as a path or an https URL.")
