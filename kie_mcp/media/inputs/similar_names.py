"""Find a file whose name a system or a model has changed on the way here, if only one can be meant."""
# ruff: noqa: RUF001 - characters that look alike are the subject here

import difflib
import html
import os
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from kie_mcp.text import is_shapeless

MOST_ENTRIES = 50_000
"""The most names of a folder that are compared."""
_SHOWN = 3
_QUOTES = {'"': '"', "'": "'", "`": "`", "“": "”", "„": "“", "”": "”", "‘": "’", "‚": "‘", "«": "»", "<": ">"}
_APOSTROPHES = dict.fromkeys(map(ord, "‘’‚‛′ʻʼʽ`´"), "'")
_QUOTATION = dict.fromkeys(map(ord, "“”„‟″«»"), '"')
_DASHES = dict.fromkeys(map(ord, "\u2212\u02d7\ufe63\uff0d"), "-")
_TILDES = dict.fromkeys(map(ord, "˜∼～"), "~")
_OTHERS = _APOSTROPHES | _QUOTATION | _DASHES | _TILDES | {ord("…"): "..."}
_OTHER_FORMS = ("<wide>", "<narrow>", "<compat>")
"""Unicode's tags of characters that are another one, wider, narrower or joined; raised and circled ones stay."""
_HOME = re.compile(r"(?:\$HOME|\$\{HOME\}|%USERPROFILE%)(?=[\\/])")
_SEPARATOR = re.compile(r"\\(?=[\w.])")
_ESCAPED = re.compile(r"\\(?=[^\w/])")
_BLANKS = re.compile(r"\s+")


def normalize_name(name: str) -> str:
    """Return a form that is equal for all spellings of a name: copied, retyped, percent-encoded or with other quotes.

    Letters and digits stay as they are, also their case.
    """
    text = html.unescape(unquote(unquote(_ESCAPED.sub("", name)))).replace("+", " ")
    usual = "".join(map(_usual_form, text.translate(_OTHERS)))
    parts = ("-" if unicodedata.category(one) == "Pd" else one for one in usual)
    seen = "".join(one for one in parts if not (unicodedata.category(one) == "Cf" or is_shapeless(one)))
    return unicodedata.normalize("NFC", _BLANKS.sub(" ", seen).strip())


def _usual_form(sign: str) -> str:
    """Return the usual form of a wide, narrow or joined character."""
    joined = unicodedata.decomposition(sign).startswith(_OTHER_FORMS)
    return unicodedata.normalize("NFKC", sign) if joined else sign


def possible_spellings(given: str) -> list[str]:
    """List what was given, then without quotation marks around it, then with the separators of this system."""
    text = given.strip()
    bare = text[1:-1].strip() if len(text) > 2 and _QUOTES.get(text[0]) == text[-1] else text
    return list(dict.fromkeys([given, bare, _SEPARATOR.sub("/", _HOME.sub("~", bare))]))


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The path that was found, or the first name that is missing and similar names in its folder."""

    path: str = ""
    missing: str = ""
    near: tuple[str, ...] = ()
    """Names in that folder that may be meant: several with the same spelling, or those that are close."""


def find_file(
    root: str, parts: Sequence[str], *, realpath: Callable[[str], str], may_list: Callable[[str], bool]
) -> SearchResult:
    """Find a file below a folder, name by name: the exact name, else the only one with the same normalized spelling.

    Only folders that *may_list* allows are listed, blocking.
    """
    here = realpath(root)
    for part in parts:
        if not may_list(here):
            return SearchResult()
        if os.path.lexists(exact := os.path.join(here, part)):  # noqa: PTH118 - as the system writes it
            here = realpath(exact)
            continue
        names = _list_names(here)
        alike = [name for name in names if normalize_name(name) == normalize_name(part)]
        if len(alike) != 1:
            return SearchResult(missing=part, near=tuple(sorted(alike)[:_SHOWN] or _close_names(part, names)))
        here = realpath(os.path.join(here, alike[0]))  # noqa: PTH118
    return SearchResult(path=here)


def _list_names(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry, _ in zip(entries, range(MOST_ENTRIES), strict=False)]
    except OSError:  # it is gone, or may not be read
        return []


def _close_names(part: str, names: Sequence[str]) -> list[str]:
    folded = {normalize_name(name).casefold(): name for name in names}
    wanted = normalize_name(part).casefold()
    return [folded[name] for name in difflib.get_close_matches(wanted, list(folded)[:2000], n=_SHOWN, cutoff=0.75)]
