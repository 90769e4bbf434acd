"""Estimates what a job of any model costs, from what Kie.ai says of its price; unknown where that is not certain."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from kie_mcp.jobs.estimate import Estimate
from kie_mcp.market.price_text import TIERS, PriceItem, PriceText, read_price_text

_SOUND = re.compile(r"(?:generate_|enable_|with_|native_)?(?:audio|sound)")
_LENGTH = re.compile(r"(?:video_)?(?:duration|seconds|length)(?:_seconds)?")
_THINGS = r"(?:image|output|variant|sample|picture|result|video|generation|song)s?"
_COUNT = re.compile(
    rf"n|count|quantity|samples|variants|(?:n|num|max|(?:number|no)_?of)_?{_THINGS}|{_THINGS}_?(?:count|num|number)"
    r"|batch_?(?:size|count)",
    re.IGNORECASE,
)
"""Names of fields that say how many are made."""
_CHOICE = re.compile(r"mode|model|tier|quality|speed|version|variant|engine|level", re.IGNORECASE)
"""Parts of the names of fields that choose a tier; what other fields say excludes no price."""
_ADDRESS = re.compile(r"(?:https?|kie|file|data):", re.IGNORECASE)
_SIZE_NAME = re.compile(r"resolution|size|quality|definition")
_SIZE = re.compile(r"\d{3,4}p|\d(?:\.\d)?k|\d{1,2}x")
_FACTOR_NAME = re.compile(r"factor|scale")
_SPOKEN = frozenset({"text", "dialogue"})


def estimate(
    pricing: str, given: Mapping[str, Any], *, defaults: Mapping[str, Any] | None = None, seconds: float | None = None
) -> Estimate | None:
    """Estimate the credits of a job; None if that is not certain.

    Args:
        pricing: What Kie.ai says of the price.
        given: The job's input.
        defaults: What Kie.ai takes for fields that the input leaves out.
        seconds: How long the result will be, if that is known from a file.
    """
    price, whole = read_price_text(pricing), {**(defaults or {}), **given}
    has_video = any(_is_file(name, value, "video") for name, value in _walk(whole))
    if has_video and price.counts_input_video:
        return None
    fitting = [item for item in price.items if _fits(item, whole, price, has_video=has_video)]
    amounts = [amount for item in fitting if (amount := _multiply(item, whole, seconds)) is not None]
    if not amounts or len(amounts) < len(fitting):
        return None
    least, most = _count_input_images(price, whole)
    return Estimate(
        round(min(low for low, _ in amounts) + least, 3),
        round(max(high for _, high in amounts) + most, 3),
    )


def _fits(item: PriceItem, given: Mapping[str, Any], price: PriceText, *, has_video: bool) -> bool:
    """Return whether the price may be the one that counts; what the input does not say excludes none."""
    if item.video is not None and item.video is not has_video:
        return False
    sound = next((value for name, value in given.items() if _SOUND.fullmatch(name) and isinstance(value, bool)), None)
    if item.audio is not None and sound is not None and item.audio is not sound:
        return False
    endings = frozenset(size[-1] for one in price.items for size in one.sizes)
    size = _find_size(given, endings)
    if item.sizes and size and size not in item.sizes:
        return False
    length = _find_length(given)
    if item.durations and length is not None and length not in item.durations:
        return False
    tiers = _find_tiers(given) & frozenset(tier for one in price.items for tier in one.tiers)
    return not (item.tiers and tiers) or bool(item.tiers & tiers)


def _multiply(item: PriceItem, given: Mapping[str, Any], seconds: float | None) -> tuple[float, float] | None:
    """Return the credits of a job at this price, at least and at most; None if its size is not known."""
    match item.unit:
        case "job" | "image":
            least, most = _count_made(given)
            return item.credits * (least if item.unit == "image" else 1), item.credits * most
        case "second":
            lengths = [length for length in (seconds, _find_length(given)) if length is not None]
            return (item.credits * min(lengths), item.credits * max(lengths)) if lengths else None
        case _:
            letters = sum(len(text) for name, text in _walk(given) if name in _SPOKEN and isinstance(text, str))
            return (item.credits * letters / 1000, item.credits * letters / 1000) if letters else None


def _count_made(given: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many an input asks for, at least and at most."""
    counts = [(name, int(str(value))) for name, value in _walk(given) if _COUNT.fullmatch(name) and _is_count(value)]
    name, most = max(counts, key=lambda one: one[1], default=("", 1))
    return (1 if len(counts) > 1 or "max" in name.casefold() else most), most


def _count_input_images(price: PriceText, given: Mapping[str, Any]) -> tuple[float, float]:
    """Return what the pictures that go in cost, at least and at most."""
    pictures = sum(_is_file(name, value, "image") for name, value in _walk(given))
    charged = max(pictures - 1, 0) if price.first_is_free else pictures
    return price.each_input_image * charged, price.each_input_image * pictures


def _find_size(given: Mapping[str, Any], endings: frozenset[str]) -> str | None:
    """Return the size that an input asks for, as prices name it; None if it names none of a kind that has prices."""
    for name, value in given.items():
        if not isinstance(value, str | int) or isinstance(value, bool):
            continue
        text = str(value).strip().casefold()
        if _FACTOR_NAME.search(name):
            text = f"{text.removesuffix('x')}x"
        elif not _SIZE_NAME.search(name):
            continue
        elif text.isdecimal() and len(text) >= 3:
            text = f"{text}p"
        if _SIZE.fullmatch(text) and text[-1] in endings:
            return text
    return None


def _find_length(given: Mapping[str, Any]) -> float | None:
    """Return the seconds that an input asks for."""
    for name, value in given.items():
        if _LENGTH.fullmatch(name) and not isinstance(value, bool):
            text = str(value).strip().casefold().removesuffix("s")
            if re.fullmatch(r"\d{1,4}(?:\.\d+)?", text) and float(text) > 0:
                return float(text)
    return None


def _find_tiers(given: Mapping[str, Any]) -> frozenset[str]:
    """Return the words for a tier in the fields of an input that choose one; a prompt may speak of a fast car."""
    words = {
        word
        for name, value in given.items()
        if isinstance(value, str) and len(value) <= 40 and _CHOICE.search(name)
        for word in re.split(r"[^a-z]+", value.casefold())
    }
    return frozenset({"standard" if word == "std" else word for word in words} & {*TIERS})


def _walk(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Yield every value inside an input with the name of the field that it is in."""
    if isinstance(value, Mapping):
        for key, one in cast("Mapping[str, object]", value).items():
            yield from _walk(one, key)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for one in cast("Sequence[object]", value):
            yield from _walk(one, name)
    else:
        yield name, value


def _is_file(name: str, value: object, family: str) -> bool:
    return isinstance(value, str) and family in name.casefold() and bool(_ADDRESS.match(value.strip()))


def _is_count(value: object) -> bool:
    """Return whether a value is a number of things, also in a text, as choices are written."""
    is_number = isinstance(value, int | str) and not isinstance(value, bool)
    return is_number and bool(re.fullmatch(r"[1-9]\d?|100", str(value)))
