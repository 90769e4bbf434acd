"""What no reader sees: characters without a shape, which can hide words in a text or turn it round."""

import unicodedata

_SHAPELESS = frozenset(
    map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x3164, 0xFFA0))
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))


def hidden(character: str) -> bool:
    """Whether it is a control, a turn of the writing direction, a tag, half of a pair, private or not assigned.

    So are newline, tab, and the joiners that some scripts are spelt with: who needs them asks for them first.
    """
    return unicodedata.category(character)[0] == "C"


def shapeless(character: str) -> bool:
    """Whether it is a filler, or chooses a variant of what is before it: a letter or a mark by its category."""
    return character in _SHAPELESS
