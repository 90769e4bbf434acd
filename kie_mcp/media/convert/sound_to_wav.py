"""Convert sounds to WAV, each sample with as many bits as it had."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# PyAV says nothing of what some of its calls return.

import io
import itertools
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from kie_mcp.media.convert.pyav_container import open_container, require_decoder
from kie_mcp.media.convert.safe_decoding import UndecodableError, too_large_error
from kie_mcp.media.probe.picture_integrity import DAMAGED

if TYPE_CHECKING:
    from av import AudioFrame

_LATE = 1.0
"""Seconds by which a sound may be shorter than its file says before it counts as damaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    width: int
    """Bytes of a sample."""
    channels: int
    rate: int
    form: str
    """FFmpeg's name of a sample."""


def convert_to_wav(source: IO[bytes], demuxer: str, most: int, *, fractions: bool = False) -> bytes:
    """Convert the first sound of a file to a WAV of at most *most* bytes, blocking.

    With *fractions*, floating-point samples stay floating-point. Raises UndecodableError.
    """
    with open_container(source, demuxer) as opened:
        if not opened.streams.audio:
            raise UndecodableError("has no sound")
        frames = opened.decode(require_decoder(opened.streams.audio[0]))
        if (first := next(frames, None)) is None:
            raise UndecodableError(DAMAGED)
        width = 4 if fractions or first.format.name.startswith("s32") else 2
        if fractions and first.format.name.startswith("dbl"):
            raise UndecodableError("has samples of 64 bits, of which a WAV made here keeps 32", "Hand in a WAV of it.")
        shape = _Shape(
            width=width,
            channels=first.layout.nb_channels,
            rate=first.sample_rate,
            form="flt" if fractions else f"s{8 * width}",
        )
        samples = _decode_samples(first, frames, shape, most)
        seconds = len(samples) / (width * shape.channels * shape.rate)
        if seconds + _LATE < (opened.duration or 0) / 1e6:
            raise UndecodableError(DAMAGED)
        return _write_wav(samples, shape, most)


def _decode_samples(first: "AudioFrame", others: Iterator["AudioFrame"], shape: _Shape, most: int) -> bytearray:
    """Decode all samples, the channels interleaved."""
    import av

    resampler = av.AudioResampler(format=shape.form, layout=first.layout, rate=shape.rate)
    size = shape.width * shape.channels
    samples = bytearray()
    for frame in itertools.chain((first,), others):
        for part in resampler.resample(frame):
            samples += memoryview(part.planes[0])[: part.samples * size]
        _check_size(samples, 3 if shape.form == "s32" else shape.width, shape, most)
    return samples


def _write_wav(samples: bytearray, shape: _Shape, most: int) -> bytes:
    width = shape.width
    # Sound of 24 bits has a fourth, lowest byte that is always 0.
    if shape.form == "s32" and not any(memoryview(samples)[::4]):
        width = 3
        narrow = bytearray(len(samples) // 4 * 3)
        for byte in range(3):
            narrow[byte::3] = samples[byte + 1 :: 4]
        samples = narrow
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(shape.channels)
        file.setsampwidth(width)
        file.setframerate(shape.rate)
        file.writeframes(samples)
    if made.tell() > most:
        raise _too_long_error(most)
    data = made.getvalue()
    # The standard library always writes format number 1, whole numbers; 3 means floating-point.
    return data[:20] + b"\x03\0" + data[22:] if shape.form == "flt" else data


def _check_size(samples: bytearray, width: int, shape: _Shape, most: int) -> None:
    if len(samples) // shape.width * width > most:
        raise _too_long_error(most)


def _too_long_error(most: int) -> UndecodableError:
    return too_large_error(most, "WAV", "Hand in something shorter, or an MP3 of it.")
