"""Files for a sandbox at whose pictures nobody looks: the right kind, size and length, and nothing in them."""
# pyright: reportUnknownMemberType=false
# PyAV's packets have no type of their own.

from __future__ import annotations

import hashlib
import io
import threading
from array import array
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import cast

import av
from av.container import OutputContainer
from av.video.stream import VideoStream
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from kie_mcp.sandbox.studio import audio_files
from kie_mcp.sandbox.studio.media_makers import MediaMakers
from kie_mcp.sandbox.studio.speech import CHARACTERS_PER_SECOND, CHIME_SECONDS, RATE, REST_SECONDS

FRAMES = 5
"""Frames a second."""


def seconds_of_speech(words: str, pace: float = 1.0) -> float:
    """How long the sandbox speaks these words."""
    characters = sum(len(word) + 1 for word in words.split())
    return CHIME_SECONDS + REST_SECONDS + characters / CHARACTERS_PER_SECOND / pace


class PlainMedia(MediaMakers):
    """Pictures of one colour, silence, and films of both."""

    def make_picture(
        self, words: str, size: tuple[int, int], seed: str, references: tuple[bytes, ...], kind: str
    ) -> bytes:
        """One colour, with the words and the seed in its metadata, so that each picture has bytes of its own."""
        target, note = io.BytesIO(), f"{seed} {words}"[:200]
        if kind == "png":
            info = PngInfo()
            info.add_itxt("Comment", note)
            _blank(size).save(target, "PNG", pnginfo=info, compress_level=1)
        else:
            _blank(size).save(target, "JPEG", comment=note.encode())
        return target.getvalue()

    def make_speech(self, words: str, voice_id: str, pace: float) -> bytes:
        """Silence as long as the words, after a click that is theirs, so that each speech has bytes of its own."""
        seconds = seconds_of_speech(words, pace)
        click = array("h", hashlib.sha512(f"{voice_id} {words}".encode()).digest())
        return audio_files.encode(click + array("h", bytes(2 * int(seconds * RATE) - 2 * len(click))))

    def enlarge_picture(self, picture: bytes, size: tuple[int, int]) -> bytes:
        """One colour in the new size."""
        target = io.BytesIO()
        _blank(size).save(target, "JPEG")
        return target.getvalue()

    def cut_out_subject(self, picture: bytes) -> bytes:
        """One colour with a transparent upper half."""
        whole = _blank(Image.open(io.BytesIO(picture)).size).convert("RGBA")
        whole.paste((0, 0, 0, 0), (0, 0, whole.width, whole.height // 2))
        target = io.BytesIO()
        whole.save(target, "PNG", compress_level=1)
        return target.getvalue()

    def make_dialogue(self, lines: Sequence[tuple[str, str]]) -> bytes:
        """Silence as long as all lines."""
        return self.make_speech(" ".join(words for words, _ in lines), lines[0][1], 1.0)

    def make_song(self, words: str, seconds: float, seed: str) -> bytes:
        """Silence of that length, after a click."""
        click = array("h", hashlib.sha512(f"{seed} {words}".encode()).digest())
        return audio_files.encode(click + array("h", bytes(2 * int(seconds * RATE) - 2 * len(click))))

    def make_clip(self, frames: Sequence[bytes], size: tuple[int, int], seconds: float, stop: threading.Event) -> bytes:
        """One colour, without a sound."""
        target = io.BytesIO()
        with av.open(target, "w", format="mp4") as container:
            _film(container, _add_video(container, size), seconds)
        return target.getvalue()

    def make_video(
        self, picture: bytes, samples: array[int], words: str, short_edge: int, stop: threading.Event
    ) -> bytes:
        """One colour in the picture's shape, as long as the samples."""
        wide, high = Image.open(io.BytesIO(picture)).size
        scale = short_edge / min(wide, high)
        size = round(wide * scale / 2) * 2, round(high * scale / 2) * 2
        target = io.BytesIO()
        with av.open(target, "w", format="mp4") as container:
            video = _add_video(container, size)
            audio = container.add_stream("aac", rate=RATE, layout="mono")
            _film(container, video, audio_files.seconds(samples))
            audio_files.encode_into(container, audio, samples)
        return target.getvalue()


@lru_cache(maxsize=8)
def _blank(size: tuple[int, int]) -> Image.Image:
    return Image.new("RGB", size, (90, 120, 160))


def _add_video(container: OutputContainer, size: tuple[int, int]) -> VideoStream:
    video = container.add_stream("libx264", rate=FRAMES, options={"preset": "ultrafast"})
    video.width, video.height, video.pix_fmt = *size, "yuv420p"
    video.thread_count = 1
    return video


def _film(container: OutputContainer, video: VideoStream, seconds: float) -> None:
    blank = _blank((video.width, video.height))
    frame = cast("av.VideoFrame", av.VideoFrame.from_image(blank)).reformat(format="yuv420p")
    for number in range(max(1, round(seconds * FRAMES))):
        frame.pts, frame.time_base = number, Fraction(1, FRAMES)
        container.mux(video.encode(frame))
    container.mux(video.encode(None))
