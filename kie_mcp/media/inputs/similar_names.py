"""File names that a system or a model has changed on the way here: found again where only one can be meant."""
# ruff: noqa: RUF001 - signs that look alike are what this is about

import difflib
import html
import os
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from kie_mcp.text import shapeless

MOST_ENTRIES = 50_000
"""Names of a folder that are compared, at most."""
_SHOWN = 3
_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "„": "“", "”": "”", "‘": "’", "‚": "‘", "«": "»", "<": ">"}
_APOSTROPHES = dict.fromkeys(map(ord, "‘’‚‛′ʻʼʽ`´"), "'")
_QUOTATION = dict.fromkeys(map(ord, "“”„‟″«»"), '"')
_DASHES = dict.fromkeys(map(ord, "\u2212\u02d7\ufe63\uff0d"), "-")
_TILDES = dict.fromkeys(map(ord, "˜∼～"), "~")
_OTHERS = _APOSTROPHES | _QUOTATION | _DASHES | _TILDES | {ord("…"): "..."}
_OTHER_FORMS = ("<wide>", "<narrow>", "<compat>")
"""How Unicode calls a sign that is another one, wider, narrower or joined; a raised or circled one is another sign."""
_HOME = re.compile(r"(?:\$HOME|\$\{HOME\}|%USERPROFILE%)(?=[\\/])")
_SEPARATOR = re.compile(r"\\(?=[\w.])")
_ESCAPED = re.compile(r"\\(?=[^\w/])")
_BLANKS = re.compile(r"\s+")


def spelling(name: str) -> str:
    """What a name has in common with itself after it was copied, shown, typed again or percent-encoded.

    Letters and digits stay as they are, also their case.
    """
    text = html.unescape(unquote(unquote(_ESCAPED.sub("", name)))).replace("+", " ")
    usual = "".join(map(_usual, text.translate(_OTHERS)))
    parts = ("-" if unicodedata.category(one) == "Pd" else one for one in usual)
    seen = "".join(one for one in parts if not (unicodedata.category(one) == "Cf" or shapeless(one)))
    return unicodedata.normalize("NFC", _BLANKS.sub(" ", seen).strip())


def _usual(sign: str) -> str:
    """The sign that it is when it is neither wide nor narrow, and not joined with the next."""
    joined = unicodedata.decomposition(sign).startswith(_OTHER_FORMS)
    return unicodedata.normalize("NFKC", sign) if joined else sign


def readings(given: str) -> list[str]:
    """What was given, without quotation marks around it, and as it is meant where it was written for another system."""
    text = given.strip()
    bare = text[1:-1].strip() if len(text) > 2 and _QUOTES.get(text[0]) == text[-1] else text
    return list(dict.fromkeys([given, bare, _SEPARATOR.sub("/", _HOME.sub("~", bare))]))


@dataclass(frozen=True, slots=True)
class Found:
    """Where the walk has led: the path, or the first name that is not there, in the folder where it is not."""

    path: str = ""
    missing: str = ""
    near: tuple[str, ...] = ()
    """Names in that folder which may be meant: several that are spelled alike, or those that are close."""


def walk(root: str, parts: Sequence[str], *, realpath: Callable[[str], str], may_list: Callable[[str], bool]) -> Found:
    """Go from a folder to a file below it, name by name: the exact one, else the only one that is spelled so.

    Only folders that *may_list* allows are listed, blocking.
    """
    here = realpath(root)
    for part in parts:
        if not may_list(here):
            return Found()
        if os.path.lexists(exact := os.path.join(here, part)):  # noqa: PTH118 - as the system writes it
            here = realpath(exact)
            continue
        names = _names(here)
        alike = [name for name in names if spelling(name) == spelling(part)]
        if len(alike) != 1:
            return Found(missing=part, near=tuple(sorted(alike)[:_SHOWN] or _close(part, names)))
        here = realpath(os.path.join(here, alike[0]))  # noqa: PTH118
    return Found(path=here)


def _names(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry, _ in zip(entries, range(MOST_ENTRIES), strict=False)]
    except OSError:  # it has gone, or may not be read
        return []


def _close(part: str, names: Sequence[str]) -> list[str]:
    folded = {spelling(name).casefold(): name for name in names}
    wanted = spelling(part).casefold()
    return [folded[name] for name in difflib.get_close_matches(wanted, list(folded)[:2000], n=_SHOWN, cutoff=0.75)]
