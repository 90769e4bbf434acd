"""How the sound in a file is encoded, from its header: the same kind of file can hold what few can play."""

from collections.abc import Callable, Mapping

from kie_mcp.media.headers import BrokenHeaderError, Header

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
"""The format comes early; a file with so much before it is none."""
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
_ADTS = ("AAC Main", "AAC", "AAC SSR", "AAC LTP")


def in_mp4(name: bytes | None) -> str:
    """Name the codec by the four letters of an MP4; empty if there were none."""
    return _MP4.get(name, f"format {name.decode('latin-1')!r}") if name else ""


def codec(mime_type: str, header: Header, *, start: int = 0) -> str:
    """Name the codec of a sound whose frames begin at the byte *start*; empty for a kind that has only one.

    Raises BrokenHeaderError if the file does not say.
    """
    look = _LOOKS.get(mime_type)
    return look(header, start) if look else ""


def _wav(header: Header, _: int) -> str:
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


def _ogg(header: Header, _: int) -> str:
    """The first packet says it, right behind the first page's table of its segments."""
    (segments,) = header.fields("B", at=26)
    packet = header.exactly(8, at=27 + segments)
    for magic, name in _OGG.items():
        if packet.startswith(magic):
            return name
    return "something unknown"


def _adts(header: Header, start: int) -> str:
    return _ADTS[header.exactly(1, at=start + 2)[0] >> 6]


_LOOKS: Mapping[str, Callable[[Header, int], str]] = {
    "audio/wav": _wav,
    "audio/ogg": _ogg,
    "audio/aac": _adts,
}
