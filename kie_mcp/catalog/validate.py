"""Check whether an order fits a model, before anything is spent; errors say what does not fit and what would."""

import difflib
import re
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from kie_mcp.catalog.capabilities import Capabilities
from kie_mcp.catalog.reference_form import check_reference
from kie_mcp.errors import OrderError
from kie_mcp.orders.order import Order
from kie_mcp.orders.part_file import File, PartFile
from kie_mcp.text import literal

_ORIENTATIONS = {
    "vertical": "9:16",
    "portrait": "9:16",
    "horizontal": "16:9",
    "landscape": "16:9",
    "square": "1:1",
}
AnOrder = TypeVar("AnOrder", bound=Order)
_CHOICES = {
    "aspect_ratio": "aspect_ratios",
    "resolution": "resolutions",
    "output_format": "formats",
    "upscale": "upscale_factors",
}


def _no_models(_: str) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderValidator:
    """Checks orders against what one model takes."""

    model: str
    takes: Capabilities
    plain_host: str | None = None
    takers: Callable[[str], Sequence[str]] = _no_models
    """Lists the models that have a field of Capabilities: a refusal recommends them."""

    def check(self, order: AnOrder) -> AnOrder:
        """Return the order as it will be sent and stored; raise OrderError for the first argument that does not fit."""
        given: dict[str, Any] = dict(order) | self._keep_shape(order)
        changes = {name: check(name, given[name]) for name, check in self._checks() if name in given}
        return order.model_copy(update={"model": self.model, **changes})

    def _checks(self) -> Iterable[tuple[str, Callable[[str, Any], Any]]]:
        """List the check of each argument, in the order in which they run; the first failure is the one reported."""
        yield "seed", self._check_optional_range
        yield "speed", self._check_speed
        yield "stability", self._check_optional_range
        yield "similarity_boost", self._check_optional_range
        yield "upscale", self._check_choice  # before the words, which a model that enlarges does not need
        yield "prompt", self._check_words
        yield "text", self._check_words
        yield "images", self._check_images
        yield "image", self._check_reference
        yield "audio", self._check_reference
        yield "aspect_ratio", self._check_aspect_ratio
        yield "voice", self._check_voice
        yield "resolution", self._check_choice
        yield "output_format", self._check_choice
        yield "language", self._check_language

    def _keep_shape(self, order: Order) -> dict[str, str]:
        """Keep the shape of a picture that is edited, unless another shape is asked for."""
        asked = getattr(order, "aspect_ratio", "").strip()
        return {} if asked or not order.inputs() or "auto" not in self.takes.aspect_ratios else {"aspect_ratio": "auto"}

    def _check_aspect_ratio(self, argument: str, given: str) -> str:
        ratio = given.strip()
        return self._check_choice(argument, _ORIENTATIONS.get(ratio.casefold(), ratio))

    def _check_speed(self, argument: str, given: float) -> float:
        self._check_range(argument, given, self.takes.speed_range or (1.0, 1.0))
        return given

    def _check_words(self, argument: str, given: str) -> str:
        longest = self.takes.prompt_max
        if given.strip() and not longest:
            self._refuse(argument, f"{len(given):,} characters", "prompt_max")
        if not given.strip():
            if self.takes.prompt_required and not self.takes.prompt_default:
                problem = f"is empty; {self.model} takes 1 to {longest:,} characters."
                raise OrderError(problem, argument=argument, remedy="Say in words what is wanted.")
            return self.takes.prompt_default
        if len(given) > longest:
            problem = (
                f"has {len(given):,} characters; {self.model} takes at most {longest:,}{self._doubt('prompt_max')}."
            )
            raise OrderError(problem, argument=argument, remedy="Shorten it.")
        return given

    def _check_images(self, argument: str, given: tuple[File, ...]) -> tuple[File, ...]:
        most = self.takes.images_max
        if given and not most:
            self._refuse(argument, str(len(given)), "images_max")
        if len(given) < self.takes.images_min:
            problem = f"{len(given)} given; {self.model} needs a picture to work on."
            raise OrderError(problem, argument=argument, remedy="Give the picture.")
        if len(given) > most:
            problem = f"{len(given)} given; {self.model} takes at most {most}{self._doubt('images_max')}."
            raise OrderError(problem, argument=argument, remedy="Leave some out.")
        return tuple(self._check_reference(f"{argument}[{index}]", one) for index, one in enumerate(given))

    def _check_reference(self, argument: str, given: File) -> File:
        if isinstance(given, PartFile):
            return given
        return check_reference(given, argument=argument, plain_host=self.plain_host)

    def _check_choice(self, argument: str, given: str) -> str:
        row = _CHOICES[argument]
        allowed: tuple[str, ...] = getattr(self.takes, row)
        wanted = given.strip()
        if not wanted:
            return allowed[0] if allowed else ""
        if not allowed:
            self._refuse(argument, literal(wanted), row)
        for value in allowed:
            if _normalize_spelling(value) == _normalize_spelling(wanted):
                return value
        problem = f"{literal(wanted)} is not one that {self.model} takes: {', '.join(allowed)}."
        remedy = f"Use one of them, or leave it out for {allowed[0]}."
        raise OrderError(problem, argument=argument, remedy=remedy)

    def _check_optional_range(self, argument: str, given: float | None) -> float | None:
        """Check a number that can be left out against the model's range, the field `{argument}_range`."""
        row = f"{argument}_range"
        limits: tuple[float, float] | None = getattr(self.takes, row)
        if given is not None:
            if limits is None:
                self._refuse(argument, str(given), row)
            self._check_range(argument, given, limits)
        return given

    def _check_range(self, argument: str, given: float, limits: tuple[float, float]) -> None:
        least, most = limits
        # Written so that NaN is refused: each comparison with it is false.
        if not least <= given <= most:
            problem = f"{_figure(given)} is out of range; {self.model} takes {_figure(least)} to {_figure(most)}."
            raise OrderError(problem, argument=argument, remedy="Use a number in that range, or leave it out.")

    def _check_language(self, argument: str, given: str) -> str:
        code = given.strip().casefold()
        if code and not self.takes.language:
            self._refuse(argument, literal(given), "language")
        if code and not re.fullmatch(r"[a-z]{2}", code):
            problem = f"{literal(given)} is not two letters of ISO 639-1, such as en, de or zh."
            remedy = "Use such a code, or leave it out: the language is told from the text."
            raise OrderError(problem, argument=argument, remedy=remedy)
        return code

    def _check_voice(self, argument: str, given: str) -> str:
        voices = self.takes.voices
        wanted = given.strip()
        if not wanted:
            return next(iter(voices), "")
        if wanted in voices:
            return wanted
        for voice, name in voices.items():
            if name.casefold() == wanted.casefold():
                return voice
        problem = f"{literal(wanted)} is neither the id nor the name of a voice of {self.model}."
        raise OrderError(problem, argument=argument, remedy=self._recommend_voices(wanted))

    def _recommend_voices(self, wanted: str) -> str:
        names = dict.fromkeys(self.takes.voices.values())
        if near := find_similar(wanted, names):
            return f"Use {join_with_or(near)}."
        return f"Use one of the {len(names)} names, such as {join_with_or(list(names)[:5])}, or leave it out."

    def _doubt(self, row: str) -> str:
        """Say in brackets where Kie.ai contradicts itself about a limit; empty if it does not."""
        doubt = self.takes.doubts.get(row)
        return f" ({doubt})" if doubt else ""

    def _refuse(self, argument: str, given: str, row: str) -> NoReturn:
        problem = f"{given} given, but {self.model} takes none."
        raise OrderError(problem, argument=argument, remedy=self._recommend_others(row))

    def _recommend_others(self, row: str) -> str:
        others = [other for other in self.takers(row) if other != self.model]
        return f"Leave it out, or use {join_with_or(others)}." if others else "Leave it out."


@contextmanager
def rename_arguments(**names: str) -> Generator[None]:
    """Rename arguments in the OrderErrors of a block: keyword is the name here, its value the caller's name."""
    try:
        yield
    except OrderError as error:
        if error.argument not in names:
            raise
        raise error.with_facts(argument=names[error.argument]) from None


def _normalize_spelling(value: str) -> str:
    """Return the common form of a choice's spellings: 1K and 1k, 480p and 480, jpg and JPEG, 2x and 2."""
    return value.casefold().strip("x").removesuffix("p").replace("jpeg", "jpg")


def find_similar(wanted: str, names: Iterable[str]) -> list[str]:
    """Return up to three names that are similar to *wanted*, the closest first."""
    folded = {name.casefold(): name for name in names}
    return [folded[name] for name in difflib.get_close_matches(wanted.casefold(), folded, n=3, cutoff=0.6)]


def join_with_or(names: Sequence[str]) -> str:
    """Join names with "or", each once: "a", "a or b", "a, b or c"."""
    names = list(dict.fromkeys(names))
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _figure(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"
