"""Samples to audio files and back, by PyAV: MP3 where its encoder is built in, else WAV."""

# PyAV's stubs leave the packets between encoder and container open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import io
import wave
from array import array
from typing import TYPE_CHECKING

from kie_mcp.sandbox.studio.speech import RATE

if TYPE_CHECKING:
    import av
    from av.audio.stream import AudioStream
    from av.container import OutputContainer


class NotSoundError(Exception):
    """The bytes hold no audio that can be decoded."""


def output_format() -> tuple[str, str]:
    """The suffix and the MIME type of what `encoded` makes."""
    import av

    return ("mp3", "audio/mpeg") if "libmp3lame" in av.codecs_available else ("wav", "audio/wav")


def encode(samples: array[int]) -> bytes:
    """The samples as a file of the kind that `kind` says."""
    import av

    if output_format()[0] == "wav":
        return encode_wav(samples)
    target = io.BytesIO()
    with av.open(target, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=RATE, layout="mono")
        stream.bit_rate = 64_000
        encode_into(container, stream, samples)
    return target.getvalue()


def encode_into(container: OutputContainer, stream: AudioStream, samples: array[int]) -> None:
    """Encode the samples into a stream of an open container, and flush it."""
    import av

    resampler = av.AudioResampler(format=stream.format, layout="mono", rate=RATE)
    for begin in range(0, len(samples), RATE):
        for converted in resampler.resample(_frame(samples[begin : begin + RATE], begin)):
            container.mux(stream.encode(converted))
    for converted in resampler.resample(None):
        container.mux(stream.encode(converted))
    container.mux(stream.encode(None))


def _frame(samples: array[int], position: int) -> av.AudioFrame:
    import av

    frame = av.AudioFrame(format="s16", layout="mono", samples=len(samples))
    frame.planes[0].update(samples.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
    frame.sample_rate = RATE
    frame.pts = position
    return frame


def decode(data: bytes) -> array[int]:
    """The audio of a file as mono samples at `RATE`.

    Raises:
        NotSoundError: if the bytes are no audio that can be read.
    """
    import av
    from av.error import FFmpegError

    samples = array("h")
    try:
        with av.open(io.BytesIO(data), "r") as container:
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
            for frame in container.decode(audio=0):
                _collect(samples, resampler.resample(frame))
            _collect(samples, resampler.resample(None))
    except (FFmpegError, IndexError, ValueError, StopIteration) as error:
        raise NotSoundError(str(error)) from error
    if not samples:
        raise NotSoundError("no samples")
    return samples


def _collect(samples: array[int], frames: list[av.AudioFrame]) -> None:
    for frame in frames:
        # A plane is padded beyond its samples.
        samples.frombytes(bytes(frame.planes[0])[: 2 * frame.samples])


def seconds(samples: array[int]) -> float:
    """How long the samples last."""
    return len(samples) / RATE


def measure_loudness(samples: array[int], per_second: int) -> list[float]:
    """How loud each film frame's share of the samples is, 0 to 1, relative to the loudest."""
    step = RATE / per_second
    # Every eighth sample is enough to see the mouth's rhythm and keeps minutes of audio cheap.
    slices = (samples[int(at * step) : int((at + 1) * step) : 8] for at in range(round(len(samples) / step)))
    levels = [sum(map(abs, part)) / max(len(part), 1) for part in slices]
    top = max(max(levels, default=0.0), 1.0)
    return [level / top for level in levels]


def encode_wav(samples: array[int]) -> bytes:
    """The samples as an uncompressed file."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return target.getvalue()
