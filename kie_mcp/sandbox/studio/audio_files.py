"""Write samples to audio files and read them back, with PyAV: MP3 if PyAV can encode it, else WAV."""

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
    """The bytes are no audio that can be decoded."""


def output_format() -> tuple[str, str]:
    """Return the suffix and the MIME type of the files that `encode` makes."""
    import av

    return ("mp3", "audio/mpeg") if "libmp3lame" in av.codecs_available else ("wav", "audio/wav")


def encode(samples: array[int]) -> bytes:
    """Encode the samples as a file in the format that `output_format` names."""
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
    """Decode the audio of a file to mono samples at `RATE`.

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
        # A plane has padding after its samples.
        samples.frombytes(bytes(frame.planes[0])[: 2 * frame.samples])


def seconds(samples: array[int]) -> float:
    """Return how long the samples last, in seconds."""
    return len(samples) / RATE


def measure_loudness(samples: array[int], per_second: int) -> list[float]:
    """Return the loudness of the samples during each frame of a film, from 0 to 1 for the loudest frame."""
    step = RATE / per_second
    # Every eighth sample is enough for the movements of a mouth, and saves time with minutes of audio.
    slices = (samples[int(at * step) : int((at + 1) * step) : 8] for at in range(round(len(samples) / step)))
    levels = [sum(map(abs, part)) / max(len(part), 1) for part in slices]
    top = max(max(levels, default=0.0), 1.0)
    return [level / top for level in levels]


def encode_wav(samples: array[int]) -> bytes:
    """Encode the samples as a WAV file."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return target.getvalue()
