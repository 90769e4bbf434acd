"""Small real files: pictures by Pillow, sounds and films by PyAV, each made once and kept in build/."""
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# PyAV's packets have no type of their own.

import hashlib
import io
import os
import wave
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from functools import wraps
from pathlib import Path
from typing import Any, Literal, ParamSpec

import av
import PIL
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from PIL import Image

RATE = 16_000
Sound = Literal[
    "libmp3lame",
    "libopus",
    "vorbis",
    "aac",
    "ac3",
    "alac",
    "flac",
    "adpcm_ms",
    "pcm_u8",
    "pcm_s24le",
    "pcm_s32le",
    "pcm_f32le",
    "pcm_s16le",
    "pcm_s16be",
    "pcm_s24be",
    "pcm_f32be",
    "pcm_f64be",
    "pcm_alaw",
    "pcm_mulaw",
]
Mp4Tracks = Literal["h264", "libvpx"]
P = ParamSpec("P")
KEPT = Path(__file__).parents[2] / "build" / "media"
MAKERS = f"{Path(__file__).read_text()} {av.__version__} {PIL.__version__}"
"""What a file depends on, beside the arguments."""


def kept(make: Callable[P, bytes]) -> Callable[P, bytes]:
    """Make each file once for all processes and runs: many are asked for by each process that collects the tests."""

    @wraps(make)
    def find(*args: P.args, **options: P.kwargs) -> bytes:
        key = repr((make.__name__, args, sorted(options.items()), MAKERS))
        path = KEPT / hashlib.sha256(key.encode()).hexdigest()
        with suppress(FileNotFoundError):
            return path.read_bytes()
        data = make(*args, **options)
        _keep(path, data)
        return data

    return find


def _keep(path: Path, data: bytes) -> None:
    with suppress(OSError):  # where nothing can be kept, it is made anew
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_bytes(data)
        part.replace(path)


@kept
def picture(kind: str = "png", size: tuple[int, int] = (31, 17), **options: Any) -> bytes:
    """A picture of one colour."""
    target = io.BytesIO()
    Image.new("RGB", size, (200, 80, 20)).save(target, kind, **options)
    return target.getvalue()


@kept
def wav(seconds: float = 0.5) -> bytes:
    """Silence as WAV."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(bytes(2 * int(RATE * seconds)))
    return target.getvalue()


@kept
def sound(
    container: str, codec: Sound, seconds: float = 2.0, *, rate: int = 0, title: str = "", **options: str
) -> bytes:
    """Silence in any other dress."""
    target = io.BytesIO()
    with av.open(target, "w", format=container, options=options) as out:
        out.metadata.update({"title": title} if title else {})
        rate = rate or (48_000 if codec in {"libopus", "ac3"} else RATE)
        stream = out.add_stream(codec, rate=rate, layout="stereo" if codec == "vorbis" else "mono")
        stream.codec_context.options = {"strict": "experimental"} if codec == "vorbis" else {}
        _sing(out, stream, seconds)
    return target.getvalue()


@kept
def film(
    container: str = "mp4",
    codec: Mp4Tracks = "h264",
    *,
    audio: bool = True,
    size: tuple[int, int] = (64, 48),
    **options: str,
) -> bytes:
    """One second of a grey picture, at ten pictures a second."""
    target = io.BytesIO()
    with av.open(target, "w", format=container, options=options) as out:
        video = out.add_stream(codec, rate=10)
        video.thread_count = 1  # the others of libvpx spin while they wait
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        voice = out.add_stream("aac", rate=RATE, layout="mono") if audio else None
        _show(out, video, size)
        if voice:
            _sing(out, voice, 1.0)
    return target.getvalue()


def _show(out: OutputContainer, stream: VideoStream, size: tuple[int, int]) -> None:
    for number in range(10):
        frame = av.VideoFrame(*size, "yuv420p")
        for plane in frame.planes:
            plane.update(bytes([128]) * plane.buffer_size)
        frame.pts, frame.time_base = number, Fraction(1, 10)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def _sing(out: OutputContainer, stream: AudioStream, seconds: float) -> None:
    rate = stream.rate
    resampler = av.AudioResampler(
        format=stream.format, layout=stream.layout, rate=rate, frame_size=stream.codec_context.frame_size or 0
    )
    frame = av.AudioFrame(format="s16", layout="mono", samples=int(rate * seconds))
    frame.planes[0].update(bytes(frame.planes[0].buffer_size))
    frame.sample_rate, frame.pts = rate, 0
    for part in (frame, None):
        for converted in resampler.resample(part):
            out.mux(stream.encode(converted))
    out.mux(stream.encode(None))
