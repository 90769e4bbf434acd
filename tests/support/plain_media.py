"""Files for a sandbox at whose pictures nobody looks: the right kind, size and length, and nothing in them."""
# pyright: reportUnknownMemberType=false
# PyAV's packets have no type of their own.

from __future__ import annotations

import hashlib
import io
import threading
from array import array
from fractions import Fraction
from functools import lru_cache
from typing import cast

import av
from av.container import OutputContainer
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from kie_mcp.sandbox.studio import audio_files
from kie_mcp.sandbox.studio.result_files import MediaMakers
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

    def make_video(
        self, picture: bytes, samples: array[int], words: str, short_edge: int, stop: threading.Event
    ) -> bytes:
        """One colour in the picture's shape, as long as the samples."""
        wide, high = Image.open(io.BytesIO(picture)).size
        scale = short_edge / min(wide, high)
        size = round(wide * scale / 2) * 2, round(high * scale / 2) * 2
        target = io.BytesIO()
        with av.open(target, "w", format="mp4") as container:
            _film(container, size, samples)
        return target.getvalue()


@lru_cache(maxsize=8)
def _blank(size: tuple[int, int]) -> Image.Image:
    return Image.new("RGB", size, (90, 120, 160))


def _film(container: OutputContainer, size: tuple[int, int], samples: array[int]) -> None:
    video = container.add_stream("libx264", rate=FRAMES, options={"preset": "ultrafast"})
    video.width, video.height, video.pix_fmt = *size, "yuv420p"
    video.thread_count = 1
    audio = container.add_stream("aac", rate=RATE, layout="mono")
    frame = cast("av.VideoFrame", av.VideoFrame.from_image(_blank(size))).reformat(format="yuv420p")
    for number in range(max(1, round(audio_files.seconds(samples) * FRAMES))):
        frame.pts, frame.time_base = number, Fraction(1, FRAMES)
        container.mux(video.encode(frame))
    container.mux(video.encode(None))
    audio_files.encode_into(container, audio, samples)
