"""Measure how long a sound lasts without decoding it: by all its bytes, because headers can be wrong."""

from collections.abc import Callable, Mapping

from kie_mcp.media.probe import flac, mp3_aac_frames, ogg, wav
from kie_mcp.media.probe.limited_reader import LimitedReader


def measure_duration(mime_type: str, header: LimitedReader, *, start: int = 0) -> float | None:
    """Return the seconds of a sound whose frames begin at the byte *start*; None if they are unknown.

    The price depends on it, so it is never shorter than what is heard. Raises BrokenHeaderError.
    """
    measure = _MEASURES.get(mime_type)
    return measure(header, start) if measure else None


_MEASURES: Mapping[str, Callable[[LimitedReader, int], float | None]] = {
    "audio/mpeg": mp3_aac_frames.mp3_duration,
    "audio/aac": mp3_aac_frames.aac_duration,
    "audio/wav": lambda header, _: wav.duration(header),
    "audio/ogg": lambda header, _: ogg.duration(header),
    "audio/flac": flac.duration,
}
