"""Whether an order fits a model: found out before anything is spent, with an answer to what does not."""

import difflib
import re
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from kie_mcp.catalog.capabilities import Capabilities
from kie_mcp.errors import OrderError
from kie_mcp.orders.job_uris import output_uri, parse_output_uri
from kie_mcp.orders.order import Order
from kie_mcp.orders.part_file import File, PartFile
from kie_mcp.text import literal
from kie_mcp.urls import check_url, is_web_link, shown_url

_ORIENTATIONS = {
    "vertical": "9:16",
    "portrait": "9:16",
    "horizontal": "16:9",
    "landscape": "16:9",
    "square": "1:1",
}
AnOrder = TypeVar("AnOrder", bound=Order)
_CHOICES = {"aspect_ratio": "aspect_ratios", "resolution": "resolutions", "output_format": "formats"}
_FORMS = "Give an https URL, kie://jobs/{job_id}/outputs/{n} of an earlier job, a local path, or a data URI."
# What the type says counts for nothing, so the ones that programs give when they do not know are taken too.
DATA = re.compile(
    r"data:\s{0,9}(?://)?((?:(?:image|img|audio|video)/|(?:application|binary)/(?:octet-stream|ogg|mp4|x-))[\w.+-]{0,60})?"
    r"\s{0,9}(?:;(?!\s{0,9}base64\s{0,9},)[^;,\"]{0,99}(?:\"[^\"]{0,99}\"\s{0,9})?){0,8}"
    r";?\s{0,9}base64\s{0,9},",
    re.IGNORECASE,
)
"""What stands before the base64 of a data URI."""
_QUOTED = re.compile(
    r"""["'`<\u2018\u201c\u201e]\s*((?:https?|kie|data):.+?)\s*["'`>\u2018\u2019\u201c\u201d]""",
    re.DOTALL | re.IGNORECASE,
)
_LINK = re.compile(r"\s*(?:https?|kie|data|file):", re.IGNORECASE)
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\u2066\u2068\u2069\ufeff"
_LONGEST_PATH = 4096


_JOB = re.compile(r"(?:kie://jobs/)?(job_[a-z2-7]{26})/?")


def _nobody(_: str) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderValidator:
    """An order held against what one model takes. Raises OrderError at the first thing that does not fit."""

    model: str
    takes: Capabilities
    plain_host: str | None = None
    takers: Callable[[str], Sequence[str]] = _nobody
    """The models for which that field of Takes is filled: what a refusal recommends."""

    def check(self, order: AnOrder) -> AnOrder:
        """Return the order as it will be sent and remembered."""
        given: dict[str, Any] = dict(order) | self._kept_shape(order)
        changes = {name: check(name, given[name]) for name, check in self._checks() if name in given}
        return order.model_copy(update={"model": self.model, **changes})

    def _checks(self) -> Iterable[tuple[str, Callable[[str, Any], Any]]]:
        """What each argument of any order is held against; the first that does not fit is told of."""
        yield "seed", self._within
        yield "speed", self._speed
        yield "stability", self._within
        yield "similarity_boost", self._within
        yield "prompt", self._words
        yield "text", self._words
        yield "images", self._images
        yield "image", self._reference
        yield "audio", self._reference
        yield "aspect_ratio", self._aspect_ratio
        yield "voice", self._voice
        yield "resolution", self._choice
        yield "output_format", self._choice
        yield "language", self._language

    def _kept_shape(self, order: Order) -> dict[str, str]:
        """Let a picture that is changed keep its shape, if no other is asked for."""
        asked = getattr(order, "aspect_ratio", "").strip()
        return {} if asked or not order.inputs() or "auto" not in self.takes.aspect_ratios else {"aspect_ratio": "auto"}

    def _aspect_ratio(self, argument: str, given: str) -> str:
        ratio = given.strip()
        return self._choice(argument, _ORIENTATIONS.get(ratio.casefold(), ratio))

    def _speed(self, argument: str, given: float) -> float:
        self._between(argument, given, self.takes.speed_range or (1.0, 1.0))
        return given

    def _words(self, argument: str, given: str) -> str:
        longest = self.takes.prompt_max
        if not given.strip():
            if self.takes.prompt_required and not self.takes.prompt_default:
                problem = f"is empty; {self.model} takes 1 to {longest:,} characters."
                raise OrderError(problem, argument=argument, remedy="Say in words what is wanted.")
            return self.takes.prompt_default
        if len(given) > longest:
            problem = f"has {len(given):,} characters; {self.model} takes at most {longest:,}."
            raise OrderError(problem, argument=argument, remedy="Shorten it.")
        return given

    def _images(self, argument: str, given: tuple[File, ...]) -> tuple[File, ...]:
        most = self.takes.images_max
        if given and not most:
            self._not_taken(argument, str(len(given)), "images_max")
        if len(given) > most:
            problem = f"{len(given)} given; {self.model} takes at most {most}."
            raise OrderError(problem, argument=argument, remedy="Leave some out.")
        return tuple(self._reference(f"{argument}[{index}]", one) for index, one in enumerate(given))

    def _reference(self, argument: str, given: File) -> File:
        if isinstance(given, PartFile):
            return given
        text = _bare(given)
        if is_web_link(text):
            return check_url(text, argument=argument, plain_host=self.plain_host)
        if job_id := _JOB.fullmatch(text):  # what a model hands on when it forgets the rest
            return output_uri(job_id[1], 0)
        if problem := _form(text):
            raise OrderError(problem, argument=argument, remedy=_FORMS)
        return text

    def _choice(self, argument: str, given: str) -> str:
        row = _CHOICES[argument]
        allowed: tuple[str, ...] = getattr(self.takes, row)
        wanted = given.strip()
        if not wanted:
            return allowed[0] if allowed else ""
        if not allowed:
            self._not_taken(argument, literal(wanted), row)
        for value in allowed:
            if _spelling(value) == _spelling(wanted):
                return value
        problem = f"{literal(wanted)} is not one that {self.model} takes: {', '.join(allowed)}."
        remedy = f"Use one of them, or leave it out for {allowed[0]}."
        raise OrderError(problem, argument=argument, remedy=remedy)

    def _within(self, argument: str, given: float | None) -> float | None:
        """Hold a number that can be left out against the row's range, which is called after the argument."""
        row = f"{argument}_range"
        limits: tuple[float, float] | None = getattr(self.takes, row)
        if given is not None:
            if limits is None:
                self._not_taken(argument, str(given), row)
            self._between(argument, given, limits)
        return given

    def _between(self, argument: str, given: float, limits: tuple[float, float]) -> None:
        least, most = limits
        # Written so that NaN, which compares with nothing, is refused.
        if not least <= given <= most:
            problem = f"{_figure(given)} is out of range; {self.model} takes {_figure(least)} to {_figure(most)}."
            raise OrderError(problem, argument=argument, remedy="Use a number in that range, or leave it out.")

    def _language(self, argument: str, given: str) -> str:
        code = given.strip().casefold()
        if code and not self.takes.language:
            self._not_taken(argument, literal(given), "language")
        if code and not re.fullmatch(r"[a-z]{2}", code):
            problem = f"{literal(given)} is not two letters of ISO 639-1, such as en, de or zh."
            remedy = "Use such a code, or leave it out: the language is told from the text."
            raise OrderError(problem, argument=argument, remedy=remedy)
        return code

    def _voice(self, argument: str, given: str) -> str:
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
        raise OrderError(problem, argument=argument, remedy=self._voices_like(wanted))

    def _voices_like(self, wanted: str) -> str:
        names = dict.fromkeys(self.takes.voices.values())
        if near := close(wanted, names):
            return f"Use {either(near)}."
        return f"Use one of the {len(names)} names, such as {either(list(names)[:5])}, or leave it out."

    def _not_taken(self, argument: str, given: str, row: str) -> NoReturn:
        problem = f"{given} given, but {self.model} takes none."
        raise OrderError(problem, argument=argument, remedy=self._elsewhere(row))

    def _elsewhere(self, row: str) -> str:
        others = [other for other in self.takers(row) if other != self.model]
        return f"Leave it out, or use {either(others)}." if others else "Leave it out."


@contextmanager
def speaking_of(**names: str) -> Generator[None]:
    """Let a refusal name an argument as the caller knows it: the name it has here, to the caller's."""
    try:
        yield
    except OrderError as error:
        if error.argument not in names:
            raise
        raise error.with_facts(argument=names[error.argument]) from None


def _bare(given: str) -> str:
    """What was given without blanks around it; a URL also without quotation marks, which no URL begins with."""
    text = given.strip()
    if _LINK.match(seen := text.strip(_INVISIBLE)):
        text = seen.strip()
    quoted = _QUOTED.fullmatch(text)
    return quoted[1] if quoted else text


def _form(text: str) -> str:
    """What is wrong with a file that is no web URL, told from its form alone; empty if nothing is."""
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):", text)
    kind = scheme[1].casefold() if scheme else "path"
    if not text:
        return "is empty; a file is needed."
    if kind == "kie":
        return "" if parse_output_uri(text) else f"{shown_url(text)} names no output of a job."
    if kind == "data":
        return "" if DATA.match(text) else "a data URI must hold a picture or a sound in base64."
    if kind not in {"path", "file"}:
        return f"a {literal(kind + ':')} URL cannot be handed in."
    return "" if len(text) <= _LONGEST_PATH else f"has {len(text):,} characters; no path is that long."


def _spelling(value: str) -> str:
    """What two spellings of one choice share: 1K and 1k, 480p and 480, jpg and JPEG."""
    return value.casefold().removesuffix("p").replace("jpeg", "jpg")


def close(wanted: str, names: Iterable[str]) -> list[str]:
    """Return the names that *wanted* may have meant, the closest first."""
    folded = {name.casefold(): name for name in names}
    return [folded[name] for name in difflib.get_close_matches(wanted.casefold(), folded, n=3, cutoff=0.6)]


def either(names: Sequence[str]) -> str:
    """Join names as a sentence does, each once: "a", "a or b", "a, b or c"."""
    names = list(dict.fromkeys(names))
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _figure(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"
