"""Define the order for any model of Kie.ai: its input as Kie.ai describes it, with the places of the files in it."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BeforeValidator

from kie_mcp.errors import OrderError
from kie_mcp.orders.json_texts import (
    DEEPEST,
    change_texts,
    list_numbers,
    list_texts,
    measure_depth,
    write_numbers_alike,
)
from kie_mcp.orders.kind import Family, Kind
from kie_mcp.orders.order import Order, shorten_title
from kie_mcp.orders.part_file import File
from kie_mcp.orders.sendable_text import Text, check_sendable

INPUT = "input"
"""The caller's name of the argument that holds all others."""
_LARGEST_NUMBER = 2.0**64
"""No model takes a larger number; JSON has none that is infinite, or not a number at all."""
_WORDS = ("prompt", "text", "script", "lyrics", "description", "title")
"""Inputs that say what is wanted; the first that is given counts."""


def _check_input(value: Any) -> Any:
    """Return the input with all texts as they can be sent. Raises OrderError if it holds what cannot be."""
    if measure_depth(value) > DEEPEST:
        problem = f"has more than {DEEPEST} levels of objects and lists in each other."
        raise OrderError(problem, argument=INPUT, remedy="No model takes that: see kie://models/{id}.")
    if place := next((place for place, number in list_numbers(value) if not abs(number) <= _LARGEST_NUMBER), ""):
        problem = (
            f"holds no number that can be sent: at most {_LARGEST_NUMBER:.2g} is allowed, and neither NaN nor Infinity."
        )
        raise OrderError(problem, argument=f"{INPUT}.{place}", remedy="Give another number, or leave it out.")
    return change_texts(write_numbers_alike(value), lambda place, text: check_sendable(text, f"{INPUT}.{place}"))


Input: TypeAlias = Annotated[dict[str, Any], BeforeValidator(_check_input)]


class ModelOrder(Order, frozen=True):
    """A job of any model, with the input that Kie.ai's own description of the model asks for."""

    worded_by = ()
    derived = frozenset({"media", "makes"})

    kind: Literal[Kind.OTHER] = Kind.OTHER
    model: Text
    input: Input
    media: Mapping[str, Family | None] = {}
    """The family of files that each place of the input takes that holds one; places are such as `image_urls[0]`."""
    makes: Family | None = None
    """The family of the files that the model makes; None if that is not known."""

    @property
    def words(self) -> str:
        """The first input that says in words what is wanted; else the model's name."""
        given = (self.input.get(name) for name in _WORDS)
        spoken = (text for place, text in list_texts(self.input) if place.endswith(".text"))
        return next((one for one in (*given, *spoken) if isinstance(one, str) and one.strip()), self.model)

    def title(self, _titles: Mapping[str, str], /) -> str:
        """Return its words."""
        return shorten_title(self.words)

    def units(self, _audio_seconds: float | None, /) -> float | None:
        """Return None: what is paid for depends on the model."""
        return None

    def length(self, _audio_seconds: float | None, /) -> str:
        """Return "": what its length is depends on the model."""
        return ""

    def with_words(self, change: Callable[[str], str]) -> Self:
        """Return the order with every text of the input changed that names no file."""
        return self._change(lambda place, text: text if place in self.media else change(text))

    def inputs(self) -> dict[str, File]:
        """Return the files that go in, by argument, such as `input.image_urls[0]`."""
        return {f"{INPUT}.{place}": text for place, text in list_texts(self.input) if place in self.media}

    def family_of(self, argument: str) -> Family | None:
        """Return the family of files that an argument, such as `input.image_urls[0]`, takes; None for any."""
        return self.media[argument.removeprefix(f"{INPUT}.")]

    def with_files(self, instead: Mapping[str, str]) -> Self:
        """Return the order with other files: *instead* holds the new ones, by argument."""
        return self._change(lambda place, text: instead.get(f"{INPUT}.{place}", text))

    def _change(self, change: Callable[[str, str], str]) -> Self:
        return self.model_copy(update={"input": change_texts(self.input, change)})
