"""Make the result file of a request: read the media that it names, and plan what will be drawn, spoken or filmed."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from array import array
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from kie_mcp.sandbox.account.file_store import File, FileStore
from kie_mcp.sandbox.account.models import Model
from kie_mcp.sandbox.account.scenarios import remove_words
from kie_mcp.sandbox.studio import audio_files, pictures, speech, videos

T = TypeVar("T")
DEFAULT_PERSON = "A friendly presenter"
DEFAULT_SPEECH = "This voice stands in for an audio file outside of the sandbox, which is not fetched from here."
UNKNOWN_WORDS = "(a sound that was not made in this sandbox)"
_REFERENCES = ("image_input", "image_urls")


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


class MediaMakers:
    """What draws, speaks and films. Whoever needs files and does not look at them may pass simpler ones."""

    def make_picture(
        self, words: str, size: tuple[int, int], seed: str, references: tuple[bytes, ...], kind: str
    ) -> bytes:
        """Draw the picture of the words as `png` or `jpeg`, in pixels of `size`."""
        return pictures.encode(*pictures.draw_picture(words, size, seed, references), kind)

    def make_speech(self, words: str, voice_id: str, pace: float) -> bytes:
        """Speak the words in the voice of an id, in the format of `audio_files.output_format`."""
        return audio_files.encode(speech.synthesize(words, voice_id, pace))

    def make_video(
        self, picture: bytes, samples: array[int], words: str, short_edge: int, stop: threading.Event
    ) -> bytes:
        """Film the picture as it speaks the samples, as MP4."""
        return videos.make_video(picture, samples, words, short_edge, stop)


class Studio:
    """Makes files in worker threads, so that the event loop is never blocked."""

    def __init__(self, files: FileStore, makers: MediaMakers) -> None:
        self._files = files
        self._makers = makers
        self.executor = ThreadPoolExecutor(max_workers=4, thread_name_prefix="kie-sandbox")
        self._stop = threading.Event()
        self._spoken: dict[bytes, str] = {}
        """The text of each speech that was made here, by the SHA-256 of its file."""

    def close(self) -> None:
        """Stop making files, so that the process can end at once."""
        self._stop.set()
        self.executor.shutdown(wait=False, cancel_futures=True)

    async def run_in_thread(self, make: Callable[[], T]) -> T:
        """Call `make` in a worker thread and return its result."""
        return await asyncio.get_running_loop().run_in_executor(self.executor, make)

    async def read_inputs(self, model: Model, given: Mapping[str, Any], now: float) -> InputMedia:
        """Read the media of a request; links that lead out of the sandbox are never opened."""
        if model.makes == "speech":
            return InputMedia()
        try:
            if model.makes == "image":
                urls = [url for key in _REFERENCES for url in given.get(key) or ()]
                found = [await self._read_own(url, now) for url in urls]
                return InputMedia(await self.run_in_thread(lambda: _check_pictures([data for data in found if data])))
            return await self._read_film_inputs(model, given, now)
        except (pictures.NotAPictureError, audio_files.NotSoundError, LookupError) as error:
            return InputMedia(fault=("400", f"The input file could not be read: {error}"))

    async def _read_film_inputs(self, model: Model, given: Mapping[str, Any], now: float) -> InputMedia:
        picture = await self._read_own(given["image_url"], now)
        voice = await self._read_own(given["audio_url"], now)

        def decode_inputs() -> InputMedia:
            seen = _check_pictures([picture]) if picture else (draw_png(DEFAULT_PERSON),)
            heard = audio_files.decode(voice) if voice else speech.synthesize(DEFAULT_SPEECH, given["audio_url"])
            words = self._spoken.get(_digest(voice), UNKNOWN_WORDS) if voice else DEFAULT_SPEECH
            too_long = audio_files.seconds(heard) > model.longest_audio
            fault = ("400", f"The audio duration exceeds {model.longest_audio:.0f} seconds") if too_long else None
            return InputMedia(seen, heard, words, fault)

        return await self.run_in_thread(decode_inputs)

    async def _read_own(self, url: str, now: float) -> bytes | None:
        """Return the bytes of a file of the sandbox by its URL; None for any other URL.

        Raises:
            LookupError: if the URL is the sandbox's but opens no file any more.
        """
        path = self._files.path_of_own(url)
        if path is None:
            return None
        file = self._files.find(path)
        if file is None or not self._files.is_open(path, urlsplit(url).query, now):
            raise LookupError("the link is dead")
        return await file.read(self.executor)

    def plan_result(self, model: Model, given: Mapping[str, Any], media: InputMedia, seed: str) -> tuple[str, File]:
        """Return the name and the file of a result; its bytes are made when it is first read."""
        if model.makes == "speech":
            suffix, mime_type = audio_files.output_format()
            return f"1.{suffix}", File(mime_type, lambda: self._speak(given))
        if model.makes == "film":
            side = _short_edge(model, given)
            picture, samples, words = media.pictures[0], media.samples, media.words
            return "1.mp4", File(
                "video/mp4", lambda: self._makers.make_video(picture, samples, words, side, self._stop)
            )
        kind = "png" if str(given.get("output_format") or model.form).lower() == "png" else "jpeg"
        make = self._plan_picture(model, given, media.pictures, seed, kind)
        return ("1.png" if kind == "png" else "1.jpg"), File(f"image/{kind}", make)

    def _plan_picture(
        self, model: Model, given: Mapping[str, Any], references: tuple[bytes, ...], seed: str, kind: str
    ) -> Callable[[], bytes]:
        words = _clean(given["prompt"])
        ratio = str(given.get("aspect_ratio") or given.get("image_size") or "auto")
        edge = model.side * int(str(given.get("resolution") or "1K")[0])

        def make() -> bytes:
            shown = ratio
            if ratio == "auto" and references:
                wide, high = pictures.decode(references[0])[0].size
                shown = f"{wide}:{high}"
            return self._makers.make_picture(words, pictures.parse_size(shown, edge), seed, references, kind)

        return make

    def _speak(self, given: Mapping[str, Any]) -> bytes:
        words = _clean(given["text"])
        data = self._makers.make_speech(words, given["voice"], float(given.get("speed") or 1))
        self._spoken[_digest(data)] = words
        return data


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def draw_png(words: str) -> bytes:
    """Draw a square picture of the words, as PNG."""
    return pictures.encode(*pictures.draw_picture(words, (1024, 1024)), "png")


def _check_pictures(found: list[bytes]) -> tuple[bytes, ...]:
    for data in found:
        pictures.decode(data)
    return tuple(found)


def _short_edge(model: Model, given: Mapping[str, Any]) -> int:
    asked = str(given.get("resolution") or given.get("output_resolution") or "").rstrip("p")
    return int(asked) if asked.isdigit() else model.side


def _clean(words: str) -> str:
    """Return the words as they are drawn or spoken: without scenario words and halves of surrogate pairs."""
    return remove_words(words.encode("utf-8", "replace").decode())
