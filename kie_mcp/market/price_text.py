"""Reads the prose in which Kie.ai says what a model costs, where its meaning is certain.

Every number of credits in the text becomes a price with its unit and with the conditions that stand near it. A
condition that may belong to either of two prices is given to both, so that what is read is rather too wide than wrong.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

PriceUnit = Literal["job", "image", "second", "1000 characters"]

_PLAIN = str.maketrans("\uff1a\uff0f\uff0c\uff1b\uff08\uff09\u3002\u2026", ":/,;(). ")
"""Signs of Chinese print, each with its plain form."""
_BONUS = re.compile(r"high-tier top-ups?.*", re.IGNORECASE | re.DOTALL)
"""What larger payments save; the price in credits stays the same."""
_NOTES = re.compile(r"^.*(?:total cost|billing rule|calculation method|note\W).*$", re.IGNORECASE | re.MULTILINE)
"""Lines about input films, which are charged too."""
_UNREADABLE = re.compile(
    r"token|megapixel|depend|number of|billed based|additional|\d\s*/\s*[\d.]+\s*credits|\d,\d{1,2}\s*credits",
    re.IGNORECASE,
)
_MORE = re.compile(
    "|".join(
        (
            r"\bminutes?\b|/\s*min\b|\bevery\b",
            r"\b(?:each|per)\s*(?!1,?000\s*char)\d+\s*(?:s|sec|seconds|characters|images)\b(?! video)",
            r"\bminimum|\bat least (?!\d+\s?%)|\bor more\b|\bstart(?:s|ing) (?:at|from)\b",
            r"\bfrom [\d.,]+\s*(?:kie )?credit|(?:\bplus\b|\+)\s*[\d.]+\s*(?:kie )?credit",
            r"\badds\b|\bdoubl|\btwice\b|\btripl|surcharge|%\s*(?:more|extra|higher)",
            r"\bcosts? (?:more|extra)|(?<!no )\bextra (?:cost|charge|fee|credit)|\bexclud",
            r"(?<!\w)[x\u00d7]\s?\d|\d\.\d+\s?[x\u00d7](?!\w)|\d\s?[x\u00d7] (?:the|as|price|cost|rate)\b",
            r"\bcredits? (?:off|discount|back)\b|\bsaves?\b[^.\n]{0,20}credit",
            r"\d[ \u00a0\u202f'\u2019.]\d{3}\s*(?:kie )?credit",
        )
    ),
    re.IGNORECASE,
)
"""Words, in brackets too, by which a job may cost more than the price says, or the price means something else."""
_EXTRA = re.compile(
    r"input images (?:cost|are charged at) ([\d.]+) credits (?:each|per image)[^.\n]*?(with the first[^.\n]*free)?"
    r"\s*(?=[.\n—]|$)",
    re.IGNORECASE,
)
_FREE = re.compile(
    r"\W*(?:pricing:\s*)?(?!.*\b(?:first|trial|tier|plan|preview|only|nothing|no|none|not|never)\b)"
    r"[\w\s-]{1,60} is free\W*",
    re.IGNORECASE,
)
_MONEY = re.compile(r"\([^()]*(?:\$|USD)[^()]*\)|\([^()]*\)", re.IGNORECASE)
_SIDES = re.compile(r"(?:no|without|with)(?:\s+native)?[ -](?:audio|video)", re.IGNORECASE)
_CREDITS = re.compile(r"(?<![\d.,])(\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)\s*(?:kie\s+)?credits?\b", re.IGNORECASE)
_SEPARATOR = re.compile(r",|\||\s/\s|\s(?:and|or|while)\s")
_GROUP = re.compile(r"[;•]|\.\s|\.$")
_UNIT = re.compile(
    r"\s*(?:/|per)\s*(?:[^\s,]+\s+){0,2}?"
    r"(?P<unit>s\b|sec\b|video[ -]seconds?|seconds?|1,?000 characters|(?:output )?images?\b|upscale|request|generation"
    r"|extension|video\b)",
    re.IGNORECASE,
)
_PER = re.compile(r"\s*(?:/|per\b)", re.IGNORECASE)
_UNIT_BEFORE = re.compile(
    r"\b(?:1|one|each|an?) (?:output )?(second of video|second|image|request|upscale) costs?\b", re.IGNORECASE
)
_SIZE = re.compile(
    r"(?<![\w.])(\d{3,4})\s?p\b|(?<![\w.])(\d(?:\.\d)?)\s?k\b|(?<![\w.])([1248])\s?[\u00d7x](?!\w)", re.IGNORECASE
)
_DURATION = re.compile(r"(?<![\w.])(\d{1,3})[\s-]?(?:s|seconds?)\b", re.IGNORECASE)
_UP_TO = re.compile(r"up to \d+\s?(?:s|seconds|k)\b", re.IGNORECASE)
TIERS = ("lite", "fast", "quality", "turbo", "balanced", "standard", "pro", "max", "medium", "high")
"""Words for how good or how fast a model works, each of which may have a price of its own."""
_TIER = re.compile(rf"\b({'|'.join(TIERS)})\b", re.IGNORECASE)
_UNIT_WORDS: Mapping[PriceUnit, tuple[str, ...]] = {
    "second": (
        "s",
        "sec",
        "second",
        "seconds",
        "second of video",
        "video second",
        "video-second",
        "video seconds",
        "video-seconds",
    ),
    "1000 characters": ("1,000 characters", "1000 characters"),
    "image": ("image", "images", "output image", "output images"),
}
_UNITS: Mapping[str, PriceUnit] = {word: unit for unit, words in _UNIT_WORDS.items() for word in words}


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceItem:
    """One price of a text, with the conditions under which it may be the one that counts; empty: under any."""

    credits: float
    unit: PriceUnit
    sizes: frozenset[str] = frozenset()
    """Such as "720p", "2k", or "4x" for a factor."""
    durations: frozenset[int] = frozenset()
    """Seconds."""
    tiers: frozenset[str] = frozenset()
    audio: bool | None = None
    """Whether it is the price with sound; None for both."""
    video: bool | None = None
    """Whether it is the price with a film as input; None for both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceText:
    """What a text says; no items if its meaning is not certain."""

    items: tuple[PriceItem, ...] = ()
    each_input_image: float = 0.0
    """Credits for each picture that goes in."""
    first_is_free: bool = False
    counts_input_video: bool = False
    """Whether the seconds of a film that goes in are charged too."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of the text with at most one price, and the conditions in it."""

    words: str
    price: re.Match[str] | None
    item: PriceItem
    unit: PriceUnit | None


@lru_cache(maxsize=512)
def read_price_text(text: str) -> PriceText:
    """Read what a model costs; no items if the meaning is not certain."""
    counts_video = bool(_NOTES.search(text)) and "input" in text.casefold()
    plain = _NOTES.sub("", _BONUS.sub("", text))
    if _FREE.fullmatch(plain):
        return PriceText(items=(PriceItem(credits=0, unit="job"),))
    whole, plain = plain, _normalize(plain)
    extra = _EXTRA.search(plain)
    plain = _EXTRA.sub("", plain)
    items = () if _MORE.search(whole) or _UNREADABLE.search(plain) else _read_items(plain)
    return PriceText(
        items=items,
        each_input_image=float(extra[1].rstrip(".")) if extra else 0.0,
        first_is_free=bool(extra and extra[2]),
        counts_input_video=counts_video,
    )


def shorten_price(text: str, limit: int = 90) -> str:
    """Shorten a price text to its credits, for a line in a list."""
    plain = " ".join(re.sub(r"\s*\([^()]*(?:\$|USD)[^()]*\)", "", _BONUS.sub("", text)).split()).rstrip(" .")
    return plain if len(plain) <= limit else plain[: limit - 1].rstrip(" ,;") + "…"


def _normalize(text: str) -> str:
    """Return the text with plain signs, and without what stands in brackets, but for sound and film."""
    plain = text.translate(_PLAIN)
    plain = _MONEY.sub(lambda found: " " + " ".join(_SIDES.findall(found[0])), plain)
    return _UP_TO.sub("", re.sub(r"(credits?)\s*/\s*(?=s|im|vi)", r"\1/", plain, flags=re.IGNORECASE))


def _read_items(plain: str) -> tuple[PriceItem, ...]:
    pieces = [piece for line in plain.splitlines() for piece in _read_line(line)]
    priced = [piece for piece in pieces if piece.price]
    if len(priced) != len(re.findall(r"credits?\b", plain, re.IGNORECASE)):
        return ()  # a number of credits was not understood
    units: set[PriceUnit] = {piece.unit for piece in priced if piece.unit}
    if not priced or len({_find_rate(unit) for unit in units}) > 1:
        return ()
    usual: PriceUnit | None = next(iter(units), None) if len(units) == 1 else None
    items = [_set_unit(piece, piece.unit or usual) for piece in priced]
    return tuple(item for item in items if item) if all(items) else ()


def _find_rate(unit: PriceUnit) -> str:
    """Return what the price counts by; prices that count by different things cannot be told apart."""
    return unit if unit in {"second", "1000 characters"} else "flat"


def _set_unit(piece: _Piece, unit: PriceUnit | None) -> PriceItem | None:
    """Return the item with its unit. Without one it is the price of a whole job if a size or a duration is named."""
    if unit is None:
        return piece.item if piece.item.sizes or piece.item.durations else None
    # The length that is charged by the second is the job's own.
    return replace(piece.item, unit=unit, durations=frozenset() if unit == "second" else piece.item.durations)


def _read_line(line: str) -> Iterator[_Piece]:
    """Read a line; what is said of the tier before its first price holds for the whole line."""
    first = _CREDITS.search(line)
    tiers = _find_tiers(line[: first.start()].partition(":")[0]) if first and ":" in line[: first.start()] else None
    for group in _GROUP.split(line):
        for piece in _read_group(group):
            item = piece.item
            yield replace(piece, item=replace(item, tiers=tiers)) if tiers and not item.tiers else piece


def _read_group(group: str) -> Iterator[_Piece]:
    pieces = [_read_piece(words) for words in _SEPARATOR.split(re.sub(r"(\d),(\d{3})\b", r"\1\2", group))]
    lead: PriceItem | None = None
    for place, piece in enumerate(pieces):
        if not piece.price:
            continue
        item = piece.item
        for other in _find_priceless(pieces, place):
            item = _merge(item, other.item)
        if lead is None and piece.price and _read_piece(piece.words[: piece.price.start()]).item.sizes:
            lead = item
        elif lead is not None:
            item = _inherit(item, lead)
        yield replace(piece, item=item)


def _find_priceless(pieces: list[_Piece], place: int) -> Iterator[_Piece]:
    """Find the parts without a price on both sides, up to the next price."""
    for step in (-1, 1):
        other = place + step
        while 0 <= other < len(pieces) and not pieces[other].price:
            yield pieces[other]
            other += step


def _merge(item: PriceItem, other: PriceItem) -> PriceItem:
    return replace(
        item,
        sizes=item.sizes | other.sizes if item.sizes else other.sizes,
        durations=item.durations | other.durations,
        tiers=item.tiers | other.tiers,
        audio=item.audio if item.audio is not None else other.audio,
        video=item.video if item.video is not None else other.video,
    )


def _inherit(item: PriceItem, lead: PriceItem) -> PriceItem:
    """Return the item with the size that the first of its group has, if it names none."""
    return replace(item, sizes=item.sizes or lead.sizes)


def _read_piece(words: str) -> _Piece:
    price = _CREDITS.search(words)
    unit_words = _UNIT.match(words, price.end()) if price else None
    unit: PriceUnit | None = None
    if unit_words:
        unit = _UNITS.get(unit_words["unit"].casefold(), "job")
    elif price and _PER.match(words, price.end()):
        price = None  # a unit that is not known
    elif price and (before := _UNIT_BEFORE.search(words[: price.start()])):
        unit = _UNITS.get(before[1].casefold(), "job")
    item = PriceItem(
        credits=float(price[1].replace(",", "")) if price else 0.0,
        unit="job",
        sizes=frozenset(_find_sizes(words)),
        durations=frozenset(int(found) for found in _DURATION.findall(_UNIT_BEFORE.sub("", words))),
        tiers=_find_tiers(words),
        audio=_find_side(words, "audio"),
        video=_find_side(words, "video"),
    )
    return _Piece(words, price, item, unit)


def _find_sizes(words: str) -> Iterator[str]:
    for lines, thousands, factor in _SIZE.findall(words):
        yield f"{lines}p" if lines else f"{thousands}k".casefold() if thousands else f"{factor}x"


def _find_tiers(words: str) -> frozenset[str]:
    return frozenset(found.casefold() for found in _TIER.findall(words))


def _find_side(words: str, what: str) -> bool | None:
    """Return whether the words say "with", or "no" or "without", of a thing; None if neither, or both."""
    found = re.findall(rf"\b(no|without|with)(?:\s+native)?[ -]{what}", words, re.IGNORECASE)
    sides = {side.casefold() == "with" for side in found}
    return None if len(sides) != 1 or re.search(r"no/with", words, re.IGNORECASE) else sides.pop()
