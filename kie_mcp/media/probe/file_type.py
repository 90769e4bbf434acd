"""Find out what a file is by its bytes, never by its name."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kie_mcp.media.probe.audio_codec import name_mp4_codec, read_codec
from kie_mcp.media.probe.limited_reader import BrokenHeaderError, LimitedReader
from kie_mcp.media.probe.mp4 import read_tracks
from kie_mcp.media.probe.picture_dimensions import read_dimensions
from kie_mcp.media.probe.sound_duration import measure_duration

Family = Literal["image", "audio", "video", "unknown"]

_FORMATS: dict[str, tuple[str, Family, str]] = {
    "image/png": (".png", "image", "a PNG picture"),
    "image/jpeg": (".jpg", "image", "a JPEG picture"),
    "image/webp": (".webp", "image", "a WebP picture"),
    "image/gif": (".gif", "image", "a GIF picture"),
    "image/heic": (".heic", "image", "a HEIC picture"),
    "image/avif": (".avif", "image", "an AVIF picture"),
    "image/bmp": (".bmp", "image", "a BMP picture"),
    "image/svg+xml": (".svg", "image", "an SVG picture"),
    "image/tiff": (".tiff", "image", "a TIFF picture"),
    "audio/mpeg": (".mp3", "audio", "MP3 audio"),
    "audio/wav": (".wav", "audio", "WAV audio"),
    "audio/ogg": (".ogg", "audio", "Ogg audio"),
    "audio/aac": (".aac", "audio", "AAC audio"),
    "audio/flac": (".flac", "audio", "FLAC audio"),
    "audio/mp4": (".m4a", "audio", "M4A audio"),
    "audio/x-rf64": (".wav", "audio", "RF64 audio"),
    "audio/x-w64": (".w64", "audio", "Wave64 audio"),
    "audio/aiff": (".aiff", "audio", "AIFF audio"),
    "audio/x-caf": (".caf", "audio", "CAF audio"),
    "audio/basic": (".au", "audio", "AU audio"),
    "audio/webm": (".weba", "audio", "WebM audio"),
    "video/mp4": (".mp4", "video", "an MP4 video"),
    "video/webm": (".webm", "video", "a WebM video"),
    "text/html": (".html", "unknown", "an HTML page"),
    "application/json": (".json", "unknown", "JSON"),
    "application/xml": (".xml", "unknown", "XML"),
    "text/plain": (".txt", "unknown", "text"),
    "application/octet-stream": (".bin", "unknown", "something unknown"),
}
_HEAD = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What the bytes say; `family` is "unknown" for what is neither picture, sound nor video."""

    mime_type: str
    extension: str
    """With its dot."""
    family: Family
    bytes: int
    width: int | None = None
    """Pixels, like `height`; None if unknown or impossible."""
    height: int | None = None
    duration_s: float | None = None
    codec: str = ""
    """The codec of a sound, such as "Opus", if its kind can hold several; empty if unknown."""

    @property
    def label(self) -> str:
        """What the file is, as the end of a sentence: "a PNG picture"."""
        return _FORMATS[self.mime_type][2] if self.bytes else "an empty file"


def probe(source: Path | int | bytes) -> Probe:
    """Probe a file, given as a path, an open descriptor or bytes, blocking.

    Raises OSError if it cannot be read; broken content raises nothing.
    """
    with LimitedReader(source) as header:
        head = header.read(_HEAD)
        start = _after_id3(head)
        try:
            mime_type = _mime_type(header.exactly(4, at=start) if start else head)
        except BrokenHeaderError:
            mime_type = ""
        if start and mime_type not in {"audio/flac", "audio/aac"}:
            mime_type = "audio/mpeg"
        return _build_probe(mime_type, header, start)


def _build_probe(mime_type: str, header: LimitedReader, start: int) -> Probe:
    size: tuple[int | None, int | None] = (None, None)
    seconds: float | None = None
    encoded = ""
    try:
        if mime_type == "video/mp4":
            movie = read_tracks(header)
            mime_type = "video/mp4" if movie.video else "audio/mp4"
            size, seconds = (movie.width, movie.height), movie.duration_s
            encoded = "" if movie.video else name_mp4_codec(movie.codec)
        elif mime_type.startswith("audio/"):
            encoded = read_codec(mime_type, header, start=start)
            seconds = measure_duration(mime_type, header, start=start)
        else:
            size = read_dimensions(mime_type, header) or size
    except BrokenHeaderError:
        size, seconds = (None, None), None
    extension, family, _ = _FORMATS[mime_type]
    width, height = size
    return Probe(
        mime_type=mime_type,
        extension=extension,
        family=family,
        bytes=header.length,
        width=width,
        height=height,
        duration_s=seconds,
        codec=encoded,
    )


def _after_id3(head: bytes) -> int:
    """Return the byte where the sound begins behind an ID3 tag; 0 if there is no tag."""
    if not head.startswith(b"ID3") or len(head) < 10:
        return 0
    a, b, c, d = (byte & 0x7F for byte in head[6:10])
    return 10 + (a << 21 | b << 14 | c << 7 | d)


def _mime_type(head: bytes) -> str:
    for magic, mime_type in _MAGIC:
        if magic.match(head):
            return mime_type
    if head[4:8] == b"ftyp":
        if _AVIF.search(head[8:40]):
            return "image/avif"
        return "image/heic" if head[8:12] in _HEIC else "video/mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "audio/webm" if b"A_" in head and b"V_" not in head else "video/webm"
    return _text_mime_type(head)


_MAGIC = tuple(
    (re.compile(pattern, re.DOTALL), mime_type)
    for pattern, mime_type in (
        (rb"\x89PNG\r\n\x1a\n", "image/png"),
        (rb"\xff\xd8\xff", "image/jpeg"),
        (rb"RIFF....WEBP", "image/webp"),
        (rb"GIF8[79]a", "image/gif"),
        (rb"RIFF....WAVE", "audio/wav"),
        (rb"(RF64|BW64)....WAVE", "audio/x-rf64"),
        (rb"riff\x2e\x91\xcf\x11", "audio/x-w64"),
        (rb"FORM....AIF[FC]", "audio/aiff"),
        (rb"caff\0\x01", "audio/x-caf"),
        (rb"\.snd\0\0", "audio/basic"),
        # Any text may begin with BM, so the size of the second header must be a real one.
        (rb"BM.{12}[\x0c(48@l|]\0\0\0", "image/bmp"),
        (rb"II[*+]\0|MM\0[*+]", "image/tiff"),
        (rb"OggS\x00", "audio/ogg"),
        (rb"fLaC", "audio/flac"),
        (rb"\xff[\xf0\xf1\xf8\xf9]", "audio/aac"),
        # A byte order mark begins like a frame of MP3, so layer and bit rate must be real ones.
        (rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xef]", "audio/mpeg"),
    )
)
_AVIF = re.compile(rb"avi[fs]")
_HEIC = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})


_SVG = re.compile(r"(?:<(?:\?xml|!--|!doctype svg)[^>]*>\s*)*<svg[\s>]", re.IGNORECASE)


def _text_mime_type(head: bytes) -> str:
    words = head.decode("utf-8", "ignore").lstrip("\ufeff \t\r\n")
    start = words[:64].lower()
    if _SVG.match(words):
        return "image/svg+xml"
    if re.match(r"<!doctype html|<(html|head|body|title|script|!--)", start):
        return "text/html"
    if start.startswith("<?xml"):
        return "application/xml"
    if not _is_text(head):
        return "application/octet-stream"
    return "application/json" if start.startswith(("{", "[")) else "text/plain"


def _is_text(head: bytes) -> bool:
    if not head or re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return len(head) == _HEAD and error.end == _HEAD  # the last letter may have been cut
    return True
