"""Foreign text made safe to show: what is hidden in it goes, it has an end, and it is marked as somebody else's."""

import json
import re
import unicodedata
from typing import Any, AnyStr, cast

from kie_mcp.urls import bare_links

WORDS = 300
"""Characters that are shown of somebody's words."""
CODE = 40
"""Characters that a code, a state or a name of a model has; whatever is longer is none."""
DATA = 4096
"""Characters of JSON that are shown of an answer that is no file."""
LINK = 1000
"""Characters that are shown of a link: what is signed has several hundred."""

SECRET_LENGTH = 16
"""Characters from which on a key is a secret; a shorter one, such as a sandbox's, is an ordinary word."""

_SHAPELESS = frozenset(
    map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x3164, 0xFFA0))
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
_JOINERS = "\u200c\u200d"
"""Hidden, but spelling needs them: in Persian and Hindi, and in emoji of several parts."""
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)|\x1b[@-Z\\-_]", re.DOTALL)
_CODE = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*")
_DEEPEST = 16
"""Levels that are shown of data."""
_DEEPEST_STORED = 64
"""Levels that are stored of data: pydantic, which reads the ledger, gives up at 200."""
_LARGEST = 1 << 63


def hidden(character: str) -> bool:
    """Whether it is a control, a turn of the writing direction, a tag, half of a pair, private or not assigned.

    So are newline, tab, and the joiners that some scripts are spelt with: who needs them asks for them first.
    """
    return unicodedata.category(character)[0] == "C"


def shapeless(character: str) -> bool:
    """Whether it is a filler, or chooses a variant of what is before it: a letter or a mark by its category."""
    return character in _SHAPELESS


def seen(text: str) -> str:
    """Return the text without what no reader sees: control characters, turns of the direction, tags, half pairs."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return "".join(one for one in lines if one in "\n\t" or one in _JOINERS or not hidden(one))


def one_line(text: str, limit: int) -> str:
    """Return the text on one line, without the secrets of links, cut to *limit* characters."""
    return _cut(" ".join(seen(bare_links(text)).split()), limit)


def file_name(name: str) -> str:
    """Return a file's name fit to stand in a line: what is invisible, or can end the line, as a question mark."""
    return "".join("?" if hidden(one) or (one != " " and one.isspace()) else one for one in name)


def quoted(text: str, limit: int | None = None) -> str:
    """Return the text as a JSON string of one line, cut to *limit* characters: nothing in it can end the quotation."""
    words = seen(text).strip()
    return json.dumps(words if limit is None else _cut(words, limit), ensure_ascii=False)


def literal(given: str, limit: int = 80) -> str:
    """Return what a caller gave as Python writes it, cut to *limit* characters: what is invisible shows as an escape.

    For a caller, who is to see what was wrong with it; somebody else's words are `quoted`.
    """
    return repr(given if len(given) <= limit else given[:limit] + "…")


def without_middle(text: str, first: int, last: int) -> str:
    """Return the text, or its first and its last characters: of a path and of a file's name the end says most."""
    return text if len(text) <= first + last else f"{text[:first]}…{text[-last:]}"


def clause(sentence: str) -> str:
    """Return a sentence of ours without its full stop, to stand inside another."""
    return sentence.rstrip(".")


def clean(value: object, limit: int = WORDS) -> str | None:
    """Return foreign words on one line, without escapes, anything invisible or the secrets of links, and with an end.

    None if it is no text, or nothing is left of it.
    """
    if not isinstance(value, str):
        return None
    # Cut generously first: what follows is not to be done to megabytes.
    return _cut(bare_links(_washed(value[: 8 * max(limit, WORDS)]), mark="?…"), limit) or None


def code(text: str, limit: int = CODE) -> str:
    """Return a code, a state or a name fit to stand in a sentence of ours: quoted unless it looks like one."""
    return text if len(text) <= limit and _CODE.fullmatch(text) else quoted(clean(text, limit) or "")


def short_link(url: str, limit: int = LINK) -> str:
    """Return the link as it is shown: one that is too long for that without its end."""
    return _cut(url, limit)


def without_key(said: AnyStr, key: str) -> AnyStr:
    """Return what was said with the key hidden in it, wherever it turns up; one that is no secret stays."""
    if len(key) < SECRET_LENGTH:
        return said
    if isinstance(said, bytes):
        return said.replace(key.encode(), b"[key]")
    return said.replace(key, "[key]")


def dumped(data: Any) -> str:
    """Return JSON in ASCII: what is invisible shows as an escape."""
    return json.dumps(data)


def shown(data: dict[str, Any]) -> dict[str, Any]:
    """Return data fit to be shown: texts and names washed; of what is too large its beginning only."""
    if len(whole := dumped(data)) > DATA:
        return {"beginning": whole[: DATA // 2], "characters": len(whole)}
    return cast("dict[str, Any]", _shown(data, 0))


def storable(value: Any, depth: int = 0) -> Any:
    """Return data that every JSON library writes and reads: no half pairs, no endless numbers.

    Raises ValueError if it is nested too deeply.
    """
    if depth > _DEEPEST_STORED:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [storable(one, depth + 1) for one in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {storable(name): storable(one, depth + 1) for name, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, float | int) and not -_LARGEST < value < _LARGEST:
        return str(value)[:CODE]
    return value


def _shown(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return _washed(value)
    if isinstance(value, list | dict) and depth > _DEEPEST:
        return "…"
    if isinstance(value, list):
        return [_shown(one, depth + 1) for one in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {_washed(name): _shown(one, depth + 1) for name, one in cast("dict[str, Any]", value).items()}
    return value


def _washed(text: str) -> str:
    spaced = "".join(" " if character.isspace() else character for character in _ESCAPES.sub("", text))
    seen_only = "".join(one for one in spaced if not hidden(one) and not shapeless(one))
    return " ".join(seen_only.split())


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
