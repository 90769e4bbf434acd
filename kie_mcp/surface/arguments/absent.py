"""Which values mean that an argument is not given: some clients fill in every argument, with a word for "nothing".

Blanks, quotation marks and brackets around such a word make no difference, nor do its case and invisible characters.

| type of the argument | what else means "not given", besides the spellings below |
|---|---|
| text that can be left out | the number 0 |
| text that is required | nothing: 0 may be the text that is meant |
| number | 0, unless 0 is the lowest value that is allowed |
| boolean | nothing: 0 is false |
| list | the number 0; entries that are 0 or mean "nothing" are left out |
| object | nothing; and `{}` is an object without fields, whose refusal names those that are needed |

So 0 means "not given" for `speed`, `seed` and `limit`, but not for `wait_seconds` (do not wait) and `stability` (the
liveliest voice), where 0 is the lowest value.
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
"""Words for "nothing", in lower case."""
_LONGEST = 60
"""The most characters that such a word can have, with everything around it."""
_AROUND = " \t\r\n\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb[](){}<>"


def is_absent(value: object, schema: JSON, *, required: bool = False) -> bool:
    """Say whether this value, for an argument with this schema, means that the argument is not given."""
    if value == {} and schema.get("type") == "object":
        return False
    if says_nothing(value):
        return True
    if isinstance(value, str) and not value.strip():
        return schema.get("type") != "string"  # for a text argument, blanks are a text
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
    """Say whether a value means "nothing" for an argument of any type: null, "", "null", [], [""], {}."""
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
    """Say whether a text is such a word, several of them with commas between, or empty quotation marks or brackets."""
    if len(text) > _LONGEST:
        return False
    seen = "".join(one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) not in {"Cf", "Cc"})
    pieces = [piece.strip(_AROUND) for piece in seen.casefold().strip(_AROUND).split(",")]
    if not seen.strip():
        return bool(text.strip())  # invisible characters mean nothing; blanks are judged by the caller
    return pieces == [""] or all(piece in WORDS for piece in pieces)


def given_entries(entries: list[Any]) -> list[Any]:
    """Return a list of texts without the entries that mean "nothing"."""
    return [entry for entry in entries if not (_entry_says_nothing(entry) or _is_zero(entry))]


def _entry_says_nothing(entry: object) -> bool:
    """Say whether an entry of a list means "nothing". A list in a list does so only if empty; others are a mistake."""
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
