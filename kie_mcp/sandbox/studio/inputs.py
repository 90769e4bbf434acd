"""Read the media that a request names, and decode them; links that lead out of the sandbox are never opened."""

from __future__ import annotations

import hashlib
import io
from array import array
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from kie_mcp.sandbox.account.file_store import FileStore
from kie_mcp.sandbox.account.model import Model
from kie_mcp.sandbox.studio import audio_files, pictures, speech
from kie_mcp.sandbox.studio.retouching import save_png

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

DEFAULT_PERSON = "A friendly presenter"
DEFAULT_SPEECH = "This voice stands in for an audio file outside of the sandbox, which is not fetched from here."
UNKNOWN_WORDS = "(a sound that was not made in this sandbox)"
PICTURE_FIELDS = ("image_input", "image_urls", "input_urls", "image_url", "image")


@dataclass(frozen=True, slots=True)
class InputMedia:
    """The media of a request, decoded, or why they cannot be used."""

    pictures: tuple[bytes, ...] = ()
    samples: array[int] = field(default_factory=lambda: array("h"))
    words: str = ""
    """What is said in the samples."""
    fault: tuple[str, str] | None = None
    """failCode and failMsg, if the media cannot be used."""

    @property
    def seconds(self) -> float:
        """How long the audio lasts, in seconds."""
        return audio_files.seconds(self.samples)


class SpokenWords:
    """Remembers the text of each speech that was made here, by the SHA-256 of its file."""

    def __init__(self) -> None:
        self._words: dict[bytes, str] = {}

    def note(self, data: bytes, words: str) -> bytes:
        """Remember what is said in a file, and return the file."""
        self._words[hashlib.sha256(data).digest()] = words
        return data

    def find(self, data: bytes) -> str:
        """Return what is said in a file, as far as it is known."""
        return self._words.get(hashlib.sha256(data).digest(), UNKNOWN_WORDS)


@dataclass(frozen=True, slots=True)
class RawInputs:
    """The bytes of the files that a request names; None for one outside of the sandbox."""

    pictures: tuple[bytes | None, ...]
    films: tuple[bytes | None, ...]
    sounds: tuple[tuple[str, bytes | None], ...]
    """With their URLs: a voice that stands in for a file depends on it."""


async def fetch_own(
    model: Model, given: Mapping[str, Any], files: FileStore, executor: Executor, now: float
) -> RawInputs:
    """Return the bytes of the files that the request names.

    Raises:
        LookupError: if a URL is the sandbox's but opens no file any more.
    """

    async def read(url: str) -> bytes | None:
        path = files.path_of_own(url)
        if path is None:
            return None
        file = files.find(path)
        if file is None or not files.is_open(path, urlsplit(url).query, now):
            raise LookupError("the link is dead")
        return await file.read(executor)

    seen = [await read(url) for url in _find_urls(given, PICTURE_FIELDS)]
    if model.makes == "image":
        # A reference only decorates a picture, so nothing stands in for one that is elsewhere.
        seen = [data for data in seen if data is not None]
    films = [await read(url) for url in _find_urls(given, ("video_url",))]
    sounds = [(url, await read(url)) for url in _find_urls(given, ("audio_url",))]
    return RawInputs(tuple(seen), tuple(films), tuple(sounds))


def _find_urls(given: Mapping[str, Any], fields: tuple[str, ...]) -> Iterator[str]:
    for key in fields:
        value = given.get(key) or ()
        yield from [value] if isinstance(value, str) else value


def decode_inputs(model: Model, raw: RawInputs, spoken: SpokenWords) -> InputMedia:
    """Decode the files of a request. It takes long: call it in a thread.

    Raises:
        NotAPictureError, NotSoundError: if a file is something else.
    """
    seen = tuple(_check_picture(data) if data else draw_png(DEFAULT_PERSON) for data in raw.pictures)
    seen += tuple(_take_first_frame(data) if data else draw_png(DEFAULT_PERSON) for data in raw.films)
    if not raw.sounds:
        return InputMedia(seen)
    url, voice = raw.sounds[0]
    heard = audio_files.decode(voice) if voice else speech.synthesize(DEFAULT_SPEECH, url)
    words = spoken.find(voice) if voice else DEFAULT_SPEECH
    too_long = 0 < model.longest_audio < audio_files.seconds(heard)
    fault = ("400", f"The audio duration exceeds {model.longest_audio:.0f} seconds") if too_long else None
    return InputMedia(seen, heard, words, fault)


def draw_png(words: str) -> bytes:
    """Draw a square picture of the words, as PNG."""
    return pictures.encode(*pictures.draw_picture(words, (1024, 1024)), "png")


def _check_picture(data: bytes) -> bytes:
    pictures.decode(data)
    return data


def _take_first_frame(film: bytes) -> bytes:
    import av
    from av.error import FFmpegError

    try:
        with av.open(io.BytesIO(film), "r") as container:
            picture = cast("Picture", next(container.decode(video=0)).to_image())  # pyright: ignore[reportUnknownMemberType]
    except (FFmpegError, IndexError, ValueError, StopIteration) as error:
        raise pictures.NotAPictureError(str(error)) from error
    return save_png(picture)
