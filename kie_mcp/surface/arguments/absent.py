"""Which values say that an argument is not given: some clients fill every place, each with its own word for nothing.

Blanks, quotation marks and brackets around a word for nothing change nothing, nor do its case and invisible signs.

| type of the argument | besides the spellings below, not given is |
|---|---|
| text that can be left out | the number 0 |
| text that is required | nothing more: 0 may be what is to be said |
| number | 0 unless that is the lowest that is allowed (so `speed`, `seed`, `limit`) |
| boolean | nothing more: 0 is false |
| list | the number 0; so is each entry that says nothing or is 0 |

0 is a value where it is the lowest: `wait_seconds=0` does not wait, `stability=0` is the liveliest voice.
"""

import math
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

JSON = dict[str, Any]

WORDS = frozenset({
    *("null", "none", "nil", "undefined", "undef", "unset", "nan", "n/a", "n / a", "na", "n.a.", "n.a", "#n/a"),
    *("-", "--", "---", "\u2013", "\u2014", "no value", "not applicable", "unspecified"),
    *(f"{word} {end}" for word in ("not", "none") for end in ("given", "provided", "specified", "set")),
})  # fmt: skip
"""Words for nothing, in small letters."""
_LONGEST = 60
"""Characters of what could be one, with all that may be around it."""
_AROUND = " \t\r\n\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb[](){}<>"


def is_absent(value: object, schema: JSON, *, required: bool = False) -> bool:
    """Say whether this value, for an argument with this schema, means that the argument is not given."""
    if says_nothing(value):
        return True
    if isinstance(value, str) and not value.strip():
        return schema.get("type") != "string"  # blanks are text, for whoever reads it to judge
    match schema.get("type"):
        case "string":
            return not required and _is_zero(value)
        case "array":
            return _is_zero(value)
        case "number" | "integer":
            return _read_number(value) == 0 and not _allows_zero(schema)
        case _:
            return False


def says_nothing(value: object) -> bool:
    """Say whether a value is nothing in any spelling, whatever it is for: null, "", "null", [], [""], {}."""
    match value:
        case None:
            return True
        case str():
            return value == "" or _is_word_for_nothing(value)
        case float():
            return math.isnan(value)
        case list():
            return all(_entry_says_nothing(entry) for entry in cast("list[object]", value))
        case dict():
            return not cast("dict[str, object]", value)
        case _:
            return False


def _is_word_for_nothing(text: str) -> bool:
    """Whether it is such a word, several of them with commas between, or nothing in quotation marks or brackets."""
    if len(text) > _LONGEST:
        return False
    seen = "".join(one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) not in {"Cf", "Cc"})
    pieces = [piece.strip(_AROUND) for piece in seen.casefold().strip(_AROUND).split(",")]
    if not seen.strip():
        return bool(text.strip())  # invisible signs say nothing; of blanks says whoever reads them
    return pieces == [""] or all(piece in WORDS for piece in pieces)


def given_entries(entries: list[Any]) -> list[Any]:
    """Return the entries of a list of texts without those that say nothing."""
    return [entry for entry in entries if not (_entry_says_nothing(entry) or _is_zero(entry))]


def _entry_says_nothing(entry: object) -> bool:
    """A list in a list counts only if it is empty: whatever is deeper is no spelling of nothing, but a mistake."""
    if isinstance(entry, str) and not entry.strip():
        return True
    return says_nothing(entry) if not isinstance(entry, list) else not entry


def _is_zero(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == 0


def _read_number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str | int | float):
        with suppress(ValueError, OverflowError):
            return float(value)
    return None


def _allows_zero(schema: Mapping[str, Any]) -> bool:
    return schema.get("minimum") == 0
