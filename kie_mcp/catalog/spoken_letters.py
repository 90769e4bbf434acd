"""Count the letters of a text as it is spoken: figures, signs and Chinese characters are longer than they look.

A letter is the time that a letter of plain English takes, blanks included. How a voice reads a text is not known, so
every count is a range, with what is usual in it.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Letters:
    """Letters at the least, usually, and at the most."""

    least: float
    usual: float
    most: float

    def plus(self, other: "Letters", count: int = 1) -> "Letters":
        """Return these, and so many times the others."""
        return Letters(
            self.least + count * other.least, self.usual + count * other.usual, self.most + count * other.most
        )


_PLAIN = Letters(1, 1, 1)
_SIGN = Letters(1, 5, 11)
_EACH: Mapping[str, Letters] = {
    "unit": Letters(1, 3, 6),
    "spelt": Letters(1, 2, 4),
    "number": Letters(1, 5, 6),
    "digits": Letters(1, 5, 8),
    "plain": _PLAIN,
}
"""What every character of such a piece counts.

"1,250" is read as "one thousand two hundred and fifty", a very long number figure by figure.
"""
_ONCE: Mapping[str, Letters] = {
    "paragraph": Letters(1, 5, 9),
    "blank": _PLAIN,
    "pause": Letters(1, 4, 6),
    "short_pause": Letters(1, 2, 3),
}
"""What such a piece counts as a whole."""
_HAN, _KANA, _SYLLABLE = Letters(2.4, 3.2, 3.7), Letters(2, 2.3, 2.8), Letters(2.2, 2.7, 3.3)
_VOWELLESS = Letters(1, 1.2, 1.5)
"""Short vowels are spoken and not written."""
_SCRIPTS: Mapping[str, Letters] = {
    "CJK": _HAN,
    "IDEOGRAPHIC": _HAN,
    "HIRAGANA": _KANA,
    "KATAKANA": _KANA,
    "HALFWIDTH": _KANA,
    "HANGUL": _SYLLABLE,
    "ETHIOPIC": _SYLLABLE,
    "HEBREW": _VOWELLESS,
    "ARABIC": _VOWELLESS,
}
"""What a letter of a script counts, by the first word of its name in Unicode; of every other script it is one.

A voice speaks four to seven Chinese characters a second, five to eight Korean syllables, six to nine Japanese kana.
"""
_SIGNS = frozenset("%&#@*/\\")
_PIECES = re.compile(
    r"(?P<paragraph>\s*\n\s*)|(?P<blank>\s+)|(?P<number>\d{10,})|(?P<digits>\d+)"
    r"|(?P<unit>(?:(?<=\d)|(?<=\d\s))[^\W\d_]{1,2}(?!\w))"
    r"|(?P<spelt>(?<!\w)[A-Z]{2,5}(?!\w))"
    r"|(?P<pause>[.!?\u2026\u3002\uff0e\uff01\uff1f\u061f\u0964\u2013\u2014]+)"
    r"|(?P<short_pause>[,;:\uff0c\u3001\uff1b\uff1a\u060c\u061b]+)"
    r"|(?P<plain>[A-Za-z'\"()-]+)|(?P<letter>.)"
)


def count_letters(text: str, *, is_known: bool = False) -> Letters:
    """Count the letters of a text as it is spoken.

    *is_known*: the voice was measured, so that its pauses and syllables are in its pace. It is still not known how it
    reads figures and signs.
    """
    letters, is_loud = Letters(0, 0, 0), text.isupper()
    for match in _PIECES.finditer(text.strip()):
        kind, piece = str(match.lastgroup), match[0]
        if kind == "letter" or (kind == "spelt" and is_loud):
            for letter in piece:
                letters = letters.plus(_weigh(letter, is_known=is_known))
        elif kind in _EACH:
            letters = letters.plus(_EACH[kind], len(piece))
        else:
            repeated = len(piece) - 1 if kind.endswith("pause") else 0
            letters = letters.plus(_narrow(_ONCE[kind], is_known)).plus(_PLAIN, repeated)
    return letters


def _narrow(letters: Letters, is_known: bool) -> Letters:
    return Letters(letters.usual, letters.usual, letters.usual) if is_known else letters


def _weigh(letter: str, *, is_known: bool) -> Letters:
    """Return what one character counts."""
    if letter.isascii():
        return _SIGN if letter in _SIGNS or unicodedata.category(letter) in {"Sc", "Sm"} else _PLAIN
    category = unicodedata.category(letter)
    if category[0] == "S":
        return _SIGN
    script = unicodedata.name(letter, "").replace("-", " ").partition(" ")[0]
    return _narrow(_SCRIPTS.get(script, _PLAIN), is_known) if category[0] == "L" else _PLAIN
