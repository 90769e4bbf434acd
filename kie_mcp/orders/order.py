"""Orders: what is to be made, as frozen values that can be compared, written down and read again."""

import bisect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import BaseModel, Field, TypeAdapter

from kie_mcp.orders.kind import Family, Kind
from kie_mcp.orders.part_file import File, PartFile
from kie_mcp.orders.sendable_text import Text

TITLE = 100
"""Characters of the words by which a job is known again."""
_SECONDS = (5, 15, 30, 60, 120, 300)
_CHARACTERS = (200, 500, 1000, 2500)


class Order(BaseModel, ABC, frozen=True, extra="forbid"):
    """What is to be made, and what follows from that: its files, its title, its units, its length."""

    kind: Kind
    model: Text
    file_fields: ClassVar[Mapping[str, Family]] = {}
    """The fields that hold files, and the family of files that each takes."""
    titled_by: ClassVar[tuple[str, ...]] = ()
    """The file arguments whose titles can become this order's."""

    @property
    @abstractmethod
    def words(self) -> str:
        """What was asked for, in the words of whoever asked."""

    @property
    def size(self) -> str:
        """The resolution; empty if there is no choice of one."""
        return ""

    def title(self, _titles: Mapping[str, str], /) -> str:
        """Say what it is of, given the titles of the files in `titled_by`, by argument."""
        return _shorten(self.words)

    @abstractmethod
    def units(self, _audio_seconds: float | None, /) -> float | None:
        """Count what is paid for; None if that hangs on a length that nobody knows."""

    @abstractmethod
    def length(self, _audio_seconds: float | None, /) -> str:
        """Name the step up to which it is long: orders of one step take about as long to make. Empty if it has none."""

    def spoken_seconds(self, _characters_a_second: float, /) -> float | None:
        """Estimate how long its words last once they are spoken; None if they are not to be."""
        return None

    def inputs(self) -> dict[str, File]:
        """List all that goes in, files and those of parts, by the argument that names each: `images[0]`."""
        return {argument: given for name in self.file_fields for argument, given in self._named(name)}

    def files(self) -> dict[str, str]:
        """List the files that go in, as they were given, by argument."""
        return {argument: given for argument, given in self.inputs().items() if isinstance(given, str)}

    def parts(self) -> dict[str, str]:
        """List the parts whose files go in, by argument: the edges from this order to others."""
        return {argument: given.part for argument, given in self.inputs().items() if isinstance(given, PartFile)}

    def with_files(self, instead: Mapping[str, str]) -> Self:
        """Return the order with other files: each whose argument is a key of *instead* gives way to its value."""
        changes: dict[str, File | tuple[File, ...]] = {}
        for name in self.file_fields:
            files = tuple(instead.get(argument, given) for argument, given in self._named(name))
            changes[name] = files if isinstance(getattr(self, name), tuple) else files[0]
        return self.model_copy(update=changes)

    def _named(self, name: str) -> list[tuple[str, File]]:
        given: File | tuple[File, ...] = getattr(self, name)
        if isinstance(given, tuple):
            return [(f"{name}[{index}]", one) for index, one in enumerate(given)]
        return [(name, given)]


class ImageOrder(Order, frozen=True):
    """A picture, made from words, or from words and other pictures."""

    file_fields = {"images": "image"}

    kind: Literal[Kind.IMAGE] = Kind.IMAGE
    prompt: Text
    images: tuple[File, ...] = ()
    aspect_ratio: Text = ""
    resolution: Text = ""
    output_format: Text = ""

    @property
    def words(self) -> str:
        """The prompt."""
        return self.prompt

    @property
    def size(self) -> str:
        """The resolution; empty for a model without a choice of one."""
        return self.resolution

    def units(self, _audio_seconds: float | None, /) -> float:
        """Count one picture."""
        return 1.0

    def length(self, _audio_seconds: float | None, /) -> str:
        """Name none: a picture has no length."""
        return ""


class SpeechOrder(Order, frozen=True):
    """A text to be spoken."""

    kind: Literal[Kind.SPEECH] = Kind.SPEECH
    text: Text
    voice: Text = ""
    """A voice's id or name."""
    speed: float = 1.0
    """1 is the voice's own pace."""
    stability: float | None = None
    """0-1, like `similarity_boost`; None leaves it to Kie.ai."""
    similarity_boost: float | None = None
    language: Text = ""
    """Two letters of ISO 639-1."""

    @property
    def words(self) -> str:
        """The text."""
        return self.text

    def units(self, _audio_seconds: float | None, /) -> float:
        """Count the thousands of characters."""
        return len(self.text) / 1000

    def length(self, _audio_seconds: float | None, /) -> str:
        """Name the step of characters."""
        return _step(len(self.text), _CHARACTERS)

    def spoken_seconds(self, characters_a_second: float, /) -> float:
        """Estimate how long the text lasts."""
        return len(self.text) / characters_a_second / self.speed


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
        """How it is to look."""
        return self.prompt

    @property
    def size(self) -> str:
        """The resolution; empty for a model without a choice of one."""
        return self.resolution

    def title(self, titles: Mapping[str, str], /) -> str:
        """Say what is said; else how it looks, else who is seen."""
        return _shorten(titles.get("audio") or self.prompt.strip() or titles.get("image", ""))

    def units(self, audio_seconds: float | None, /) -> float | None:
        """Count the seconds of its audio, which are its own."""
        return audio_seconds

    def length(self, audio_seconds: float | None, /) -> str:
        """Name the step of seconds."""
        return "?" if audio_seconds is None else _step(audio_seconds, _SECONDS)


_AnyOrder: TypeAlias = Annotated[ImageOrder | SpeechOrder | TalkingVideoOrder, Field(discriminator="kind")]
_ORDER: TypeAdapter[ImageOrder | SpeechOrder | TalkingVideoOrder] = TypeAdapter(_AnyOrder)


def load_order(text: str | bytes) -> Order:
    """Read an order that `order.model_dump_json()` wrote. Raises pydantic's ValidationError if it is none."""
    return _ORDER.validate_json(text)


def _shorten(words: str) -> str:
    """Cut words down to what a title holds of them."""
    return " ".join(words.split())[:TITLE]


def _step(length: float, steps: tuple[int, ...]) -> str:
    index = bisect.bisect_left(steps, length)
    return str(steps[index]) if index < len(steps) else f">{steps[-1]}"


def styled(prompt: str, style: str) -> str:
    """Make *style* part of the prompt: no model takes it apart."""
    style = style.strip()
    return f"{prompt.rstrip()}\n\nStyle: {style}" if style else prompt
