"""Read from a file's header how its sound is encoded: the same kind of file can hold many codecs."""

from collections.abc import Callable, Mapping

from kie_mcp.media.probe.limited_reader import BrokenHeaderError, LimitedReader
from kie_mcp.media.probe.wav import read_format

_WAV = {
    0x0001: "PCM",
    0x0002: "ADPCM",
    0x0003: "float PCM",
    0x0006: "A-law",
    0x0007: "µ-law",
    0x0011: "ADPCM",
    0x0031: "GSM",
    0x0050: "MPEG",
    0x0055: "MP3",
    0x0161: "WMA",
}
_EXTENSIBLE = 0xFFFE
_CHUNKS = 100
"""The most chunks before the format: in a real file it comes early."""
_MP4 = {
    b"mp4a": "AAC",
    b"alac": "ALAC",
    b"Opus": "Opus",
    b"fLaC": "FLAC",
    b"ac-3": "AC-3",
    b"ec-3": "E-AC-3",
    b".mp3": "MP3",
    b"enca": "copy protection",
    b"drms": "copy protection",
}
_OGG = {
    b"\x01vorbis": "Vorbis",
    b"OpusHead": "Opus",
    b"\x7fFLAC": "FLAC",
    b"Speex   ": "Speex",
    b"\x80theora": "Theora video",
}
_AIFC = {
    **dict.fromkeys((b"NONE", b"sowt", b"twos", b"raw ", b"in24", b"in32", b"42ni", b"23ni"), "PCM"),
    **dict.fromkeys((b"fl32", b"FL32", b"fl64", b"FL64"), "float PCM"),
    **dict.fromkeys((b"alaw", b"ALAW"), "A-law"),
    **dict.fromkeys((b"ulaw", b"ULAW"), "µ-law"),
    b"ima4": "ADPCM",
}
_CAF = {b"alac": "ALAC", b"aac ": "AAC", b"alaw": "A-law", b"ulaw": "µ-law", b"ima4": "ADPCM", b"opus": "Opus"}
_AU = {1: "µ-law", 2: "PCM", 3: "PCM", 4: "PCM", 5: "PCM", 6: "float PCM", 7: "float PCM", 27: "A-law"}
_ADTS = ("AAC Main", "AAC", "AAC SSR", "AAC LTP")


def name_mp4_codec(name: bytes | None) -> str:
    """Name the codec that the four letters in an MP4 stand for; empty for None."""
    return _MP4.get(name, f"format {name.decode('latin-1')!r}") if name else ""


def read_codec(mime_type: str, header: LimitedReader, *, start: int = 0) -> str:
    """Name the codec of a sound whose frames begin at the byte *start*; empty for a kind that has only one.

    Raises BrokenHeaderError if the file does not say.
    """
    look = _LOOKS.get(mime_type)
    return look(header, start) if look else ""


def _wav(header: LimitedReader, _: int) -> str:
    at = 12
    for _ in range(_CHUNKS):
        name, size = header.fields("<4sI", at=at)
        if name == b"fmt ":
            (tag,) = header.fields("<H", at=at + 8)
            if tag == _EXTENSIBLE:  # the format follows as the beginning of a longer name
                (tag,) = header.fields("<H", at=at + 8 + 24)
            return _WAV.get(tag, f"format 0x{tag:04x}")
        at += 8 + size + size % 2
    raise BrokenHeaderError("a WAV without a format")


def _ogg(header: LimitedReader, _: int) -> str:
    """Read it from the first packet, right behind the segment table of the first page."""
    (segments,) = header.fields("B", at=26)
    packet = header.exactly(8, at=27 + segments)
    for magic, name in _OGG.items():
        if packet.startswith(magic):
            return name
    return "something unknown"


def _adts(header: LimitedReader, start: int) -> str:
    return _ADTS[header.exactly(1, at=start + 2)[0] >> 6]


def _w64(header: LimitedReader, _: int) -> str:
    at = 40
    for _ in range(_CHUNKS):
        name, size = header.fields("<4s12xQ", at=at)
        if name == b"fmt ":
            return _WAV.get(read_format(header, at + 24), "something unknown")
        at += max(size + -size % 8, 24)
    raise BrokenHeaderError("a Wave64 without a format")


def _aiff(header: LimitedReader, _: int) -> str:
    if header.exactly(4, at=8) == b"AIFF":
        return "PCM"
    at = 12
    for _ in range(_CHUNKS):
        name, size = header.fields(">4sI", at=at)
        if name == b"COMM":
            return _AIFC.get(header.exactly(4, at=at + 26), "something unknown")
        at += 8 + size + size % 2
    raise BrokenHeaderError("an AIFF-C without a format")


def _caf(header: LimitedReader, _: int) -> str:
    """Read it from the description, which comes first."""
    name, flags = header.fields(">4sI", at=28)
    if name == b"lpcm":
        return "float PCM" if flags & 1 else "PCM"
    return _CAF.get(name, "something unknown")


def _au(header: LimitedReader, _: int) -> str:
    return _AU.get(header.fields(">I", at=12)[0], "something unknown")


_LOOKS: Mapping[str, Callable[[LimitedReader, int], str]] = {
    "audio/wav": _wav,
    "audio/x-rf64": _wav,
    "audio/x-w64": _w64,
    "audio/aiff": _aiff,
    "audio/x-caf": _caf,
    "audio/basic": _au,
    "audio/ogg": _ogg,
    "audio/aac": _adts,
}
