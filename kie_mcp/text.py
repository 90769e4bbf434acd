"""Make foreign text safe to show: remove hidden characters, cut it to a length, quote it as somebody else's words."""

import json
import re
import unicodedata

from kie_mcp.urls import bare_links

TYPE_CHECKING = False  # the start loads this, and importing it from typing takes longer than all of this
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, AnyStr, TypeGuard

WORDS = 300
"""The most characters that are shown of somebody's words."""
CODE = 40
"""The most characters of a code, a state or the name of a model; anything longer is quoted."""
DATA = 4096
"""The most characters of JSON that are shown of an answer that is no file."""
LINK = 1000
"""The most characters that are shown of a link; a signed one has several hundred."""

SECRET_LENGTH = 16
"""A key with at least so many characters is a secret; a shorter one, such as a sandbox's, is an ordinary word."""

_SHAPELESS = frozenset(
    map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x3164, 0xFFA0))
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
_JOINERS = "\u200c\u200d"
"""Hidden characters that spelling needs: in Persian and Hindi, and in emoji of several parts."""
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)|\x1b[@-Z\\-_]", re.DOTALL)
_CODE = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*")
_DEEPEST = 16
"""The most levels of nested data that are shown."""
_DEEPEST_STORED = 64
"""The most levels of nested data that are stored: pydantic, which reads the ledger, fails at 200."""
_LARGEST = 1 << 63
"""Numbers from here on are stored as text: not every JSON library reads them."""

_LIVE_TOKEN = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}")
"""What stands after these words in a header."""


def is_hidden(character: str) -> bool:
    """Return whether no reader sees it: Unicode's category C, as controls, marks of direction and half pairs.

    Newline, tab, and the joiners of some scripts are hidden too; a caller that keeps them has to check for them first.
    """
    return unicodedata.category(character)[0] == "C"


def is_shapeless(character: str) -> bool:
    """Return whether it is a filler or a variation selector, which show nothing although Unicode calls them letters."""
    return character in _SHAPELESS


def without_hidden(text: str) -> str:
    """Return the text without hidden characters, but with newlines, tabs and joiners; every line ends in a newline."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return "".join(one for one in lines if one in "\n\t" or one in _JOINERS or not is_hidden(one))


def clean_lines(text: str) -> str:
    """Return the text without escape sequences, hidden characters and its links' secrets; its lines stay lines."""
    return without_hidden(bare_links(_ESCAPES.sub("", text), mark="?…"))


def one_line(text: str, limit: int) -> str:
    """Return the text on one line, with its links' secrets removed, cut to *limit* characters."""
    return _cut(" ".join(without_hidden(bare_links(text)).split()), limit)


def file_name(name: str) -> str:
    """Return a file's name with a question mark for each character that is hidden or could end the line."""
    return "".join("?" if is_hidden(one) or (one != " " and one.isspace()) else one for one in name)


def quote(text: str, limit: int | None = None) -> str:
    """Quote the text as a JSON string on one line, cut to *limit* characters; nothing in it can end the quotation."""
    words = without_hidden(text).strip()
    return json.dumps(words if limit is None else _cut(words, limit), ensure_ascii=False)


def literal(given: str, limit: int = 80) -> str:
    """Return what a caller gave as a Python literal, cut to *limit* characters; hidden characters show as escapes.

    It shows callers what is wrong in their own input. The words of others go through `quote`.
    """
    return repr(given if len(given) <= limit else given[:limit] + "…")


def without_middle(text: str, first: int, last: int) -> str:
    """Return the text; if it is too long, its first and last characters: the end of a path says most."""
    return text if len(text) <= first + last else f"{text[:first]}…{text[-last:]}"


def clause(sentence: str) -> str:
    """Return a sentence without its full stop, so that it can stand inside another sentence."""
    return sentence.rstrip(".")


def clean(value: object, limit: int = WORDS) -> str | None:
    """Return foreign words on one line, cut to *limit*, without escape sequences, hidden characters and links' secrets.

    None if the value is no text, or if nothing is left of it.
    """
    if not isinstance(value, str):
        return None
    # Cut generously first, so that the rest does not work on megabytes.
    return _cut(bare_links(_wash(value[: 8 * max(limit, WORDS)]), mark="?…"), limit) or None


def code(text: str, limit: int = CODE) -> str:
    """Return a code, a state or a name for a sentence of ours: as it is if it looks like one, else quoted."""
    return text if len(text) <= limit and _CODE.fullmatch(text) else quote(clean(text, limit) or "")


def short_link(url: str, limit: int = LINK) -> str:
    """Return the link, cut to *limit* characters."""
    return _cut(url, limit)


def without_key(said: "AnyStr", key: str) -> "AnyStr":
    """Return the text or bytes with "[key]" in place of the key, unless the key is too short to be a secret."""
    if len(key) < SECRET_LENGTH:
        return said
    if isinstance(said, bytes):
        return said.replace(key.encode(), b"[key]")
    return said.replace(key, "[key]")


def dump_json(data: "Any") -> str:
    """Return the data as JSON in ASCII: hidden characters show as escapes."""
    return json.dumps(data)


def make_showable(data: "dict[str, Any]") -> "dict[str, Any]":
    """Return the data with clean texts and names; if it is too large, only the beginning of its JSON."""
    if len(whole := dump_json(data)) > DATA:
        return {"beginning": whole[: DATA // 2], "characters": len(whole)}
    return _clean_value(data, 0)


def make_storable(value: "Any", depth: int = 0) -> "Any":
    """Return the data so that every JSON library can write and read it: without half pairs and huge numbers.

    Raises ValueError if it is nested too deeply.
    """
    if depth > _DEEPEST_STORED:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if _is_list(value):
        return [make_storable(one, depth + 1) for one in value]
    if _is_object(value):
        return {make_storable(name): make_storable(one, depth + 1) for name, one in value.items()}
    if isinstance(value, float | int) and not -_LARGEST < value < _LARGEST:
        return str(value)[:CODE]
    return value


def _clean_value(value: "Any", depth: int) -> "Any":
    if isinstance(value, str):
        return _wash(value)
    if depth > _DEEPEST and (_is_list(value) or _is_object(value)):
        return "…"
    if _is_list(value):
        return [_clean_value(one, depth + 1) for one in value]
    if _is_object(value):
        return {_wash(name): _clean_value(one, depth + 1) for name, one in value.items()}
    return value


def _is_list(value: object) -> "TypeGuard[list[Any]]":
    return isinstance(value, list)


def _is_object(value: object) -> "TypeGuard[dict[str, Any]]":
    return isinstance(value, dict)


def _wash(text: str) -> str:
    """Return the text on one line, without escape sequences and anything that no reader sees."""
    spaced = "".join(" " if character.isspace() else character for character in _ESCAPES.sub("", text))
    seen_only = "".join(one for one in spaced if not is_hidden(one) and not is_shapeless(one))
    return " ".join(seen_only.split())


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def redact(text: str, secrets: "Iterable[str]") -> str:
    """Return lines without these secrets, tokens of headers, what is secret in links, and hidden characters."""
    for secret in secrets:
        text = without_key(text, secret)
    return clean_lines(_LIVE_TOKEN.sub(r"\1 [token]", text))
