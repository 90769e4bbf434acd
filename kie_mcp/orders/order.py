"""Define the orders, a class for each kind: frozen values that can be compared, written down and read again."""

import bisect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar, Literal, Self

from pydantic import BaseModel

from kie_mcp.orders.kind import Family, Kind
from kie_mcp.orders.part_file import File, PartFile
from kie_mcp.orders.sendable_text import Text
from kie_mcp.orders.speech import Speech

TITLE = 100
"""The most characters of a job's title."""
_SECONDS = (5, 15, 30, 60, 120, 300)
"""The steps of lengths in seconds."""
_STYLE = "\n\nStyle: "
"""What stands between a prompt and its style."""
_CHARACTERS = (200, 500, 1000, 2500)
"""The steps of lengths in characters."""


class Order(BaseModel, ABC, frozen=True, extra="forbid"):
    """What a caller wants made, and what follows from it: its files, its title, its units, its length."""

    kind: Kind
    model: Text
    file_fields: ClassVar[Mapping[str, Family]] = {}
    """The fields that hold files, and the family of files that each takes."""
    worded_by: ClassVar[tuple[str, ...]] = ("prompt", "text")
    """The fields that hold the caller's words, in which two spellings may mean the same."""
    derived: ClassVar[frozenset[str]] = frozenset()
    """The fields that follow from the others, by what is known of the model: equal orders may differ in them."""
    added: ClassVar[frozenset[str]] = frozenset()
    """The fields that earlier versions did not have: left out of a comparison while they say nothing."""
    titled_by: ClassVar[tuple[str, ...]] = ()
    """The file arguments whose titles can become part of this order's title."""

    @property
    @abstractmethod
    def words(self) -> str:
        """What the caller asked for, in the caller's words."""

    @property
    def size(self) -> str:
        """The resolution; empty if there is no choice of one."""
        return ""

    def title(self, _titles: Mapping[str, str], /) -> str:
        """Return the title of its job; the argument has the titles of the files in `titled_by`, by argument."""
        return shorten_title(self.words)

    @abstractmethod
    def units(self, _audio_seconds: float | None, /) -> float | None:
        """Return how many units are paid for; None if that depends on a length that is not known."""

    @abstractmethod
    def length(self, _audio_seconds: float | None, /) -> str:
        """Return its step of length, empty if it has no length. Jobs of one step take about equally long."""

    def speech(self) -> Speech | None:
        """Return what is spoken; None if it is no order to speak."""
        return None

    def with_words(self, change: Callable[[str], str]) -> Self:
        """Return the order with the caller's words changed, for comparison."""
        words = {name: change(getattr(self, name)) for name in self.worded_by if hasattr(self, name)}
        return self.model_copy(update=words)

    def as_compared(self) -> dict[str, object]:
        """Return the fields by which two orders are compared, as JSON."""
        defaults = type(self).model_fields
        silent = {name for name in self.added if getattr(self, name) == defaults[name].default}
        return self.model_dump(mode="json", exclude={*self.derived, *silent})

    def inputs(self) -> dict[str, File]:
        """Return all files that go in, also those that parts will make, by argument, such as `images[0]`."""
        return {argument: given for name in self.file_fields for argument, given in self._list_files(name)}

    def family_of(self, argument: str) -> Family | None:
        """Return the family of files that an argument, such as `images[0]`, takes; None for any."""
        return self.file_fields[argument.partition("[")[0]]

    def files(self) -> dict[str, str]:
        """Return the references of the files that go in, as they were given, by argument; without those of parts."""
        return {argument: given for argument, given in self.inputs().items() if isinstance(given, str)}

    def parts(self) -> dict[str, str]:
        """Return the names of the parts whose files go in, by argument: the edges from this order to others."""
        return {argument: given.part for argument, given in self.inputs().items() if isinstance(given, PartFile)}

    def with_files(self, instead: Mapping[str, str]) -> Self:
        """Return the order with other files: *instead* holds the new ones, by argument."""
        changes: dict[str, File | tuple[File, ...]] = {}
        for name in self.file_fields:
            files = tuple(instead.get(argument, given) for argument, given in self._list_files(name))
            changes[name] = files if isinstance(getattr(self, name), tuple) else files[0]
        return self.model_copy(update=changes)

    def _list_files(self, name: str) -> list[tuple[str, File]]:
        """Return the files of a field, each with its argument."""
        given: File | tuple[File, ...] = getattr(self, name)
        if isinstance(given, tuple):
            return [(f"{name}[{index}]", one) for index, one in enumerate(given)]
        return [(name, given)]


class ImageOrder(Order, frozen=True):
    """A picture, made from words, or from words and other pictures."""

    file_fields = {"images": "image"}
    added = frozenset({"upscale", "copy_number"})

    kind: Literal[Kind.IMAGE] = Kind.IMAGE
    prompt: Text
    images: tuple[File, ...] = ()
    aspect_ratio: Text = ""
    resolution: Text = ""
    output_format: Text = ""
    upscale: Text = ""
    """By how much each side is to grow; empty for a model that does not enlarge pictures."""
    copy_number: int = 1
    """Which one of several equal pictures that one call orders: it keeps them apart here, and is never sent."""

    @property
    def words(self) -> str:
        """The prompt."""
        return self.prompt

    @property
    def size(self) -> str:
        """The resolution, or the factor by which it grows; empty for a model without a choice of one."""
        return self.resolution or self.upscale

    def units(self, _audio_seconds: float | None, /) -> float:
        """Return 1: one picture."""
        return 1.0

    def length(self, _audio_seconds: float | None, /) -> str:
        """Return "": a picture has no length."""
        return ""


class SpeechOrder(Order, frozen=True):
    """A text to be spoken."""

    kind: Literal[Kind.SPEECH] = Kind.SPEECH
    text: Text
    voice: Text = ""
    """A voice's id or name."""
    speed: float = 1.0
    """How fast the voice speaks; 1 is its own pace."""
    stability: float | None = None
    """From 0 to 1; None leaves it to Kie.ai."""
    similarity_boost: float | None = None
    """From 0 to 1; None leaves it to Kie.ai."""
    language: Text = ""
    """Two letters of ISO 639-1."""

    @property
    def words(self) -> str:
        """The text."""
        return self.text

    def units(self, _audio_seconds: float | None, /) -> float:
        """Return the thousands of characters."""
        return len(self.text) / 1000

    def length(self, _audio_seconds: float | None, /) -> str:
        """Return the name of the step of its characters."""
        return _find_step(len(self.text), _CHARACTERS)

    def speech(self) -> Speech:
        """Return the text, with who speaks it, and how fast."""
        return Speech(text=self.text, voice=self.voice, speed=self.speed)


class TalkingVideoOrder(Order, frozen=True):
    """A face in a picture that speaks what is heard in a sound file."""

    file_fields = {"image": "image", "audio": "audio"}
    titled_by = ("audio", "image")

    kind: Literal[Kind.TALKING_VIDEO] = Kind.TALKING_VIDEO
    image: File
    audio: File
    prompt: Text = ""
    resolution: Text = ""
    seed: int | None = None

    @property
    def words(self) -> str:
        """The prompt: how it should look."""
        return self.prompt

    @property
    def size(self) -> str:
        """The resolution; empty for a model without a choice of one."""
        return self.resolution

    def title(self, titles: Mapping[str, str], /) -> str:
        """Return what is said in it; if that is not known, how it looks, else who is seen."""
        return shorten_title(titles.get("audio") or self.prompt.strip() or titles.get("image", ""))

    def units(self, audio_seconds: float | None, /) -> float | None:
        """Return the seconds of its audio, because the video is as long."""
        return audio_seconds

    def length(self, audio_seconds: float | None, /) -> str:
        """Return the name of the step of its seconds; "?" if the length is not known."""
        return "?" if audio_seconds is None else _find_step(audio_seconds, _SECONDS)


def shorten_title(words: str) -> str:
    """Cut words to the length of a title."""
    return " ".join(words.split())[:TITLE]


def _find_step(length: float, steps: tuple[int, ...]) -> str:
    """Return the smallest step that is not less than the length, as text; ">300" beyond the last."""
    index = bisect.bisect_left(steps, length)
    return str(steps[index]) if index < len(steps) else f">{steps[-1]}"


def add_style(prompt: str, style: str) -> str:
    """Append a style to a prompt: no model has an input of its own for it."""
    style = style.strip()
    return f"{prompt.rstrip()}{_STYLE}{style}" if style else prompt


def split_style(prompt: str) -> tuple[str, str]:
    """Return a prompt and the style that `add_style` appended to it, or an empty one: for calls that have the input."""
    words, mark, style = prompt.rpartition(_STYLE)
    return (words, style) if mark and words.strip() else (prompt, "")
