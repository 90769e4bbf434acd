"""What a file is, is told by its bytes."""

import io
import random
import struct
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from kie_mcp.media.probe.file_type import Probe, probe
from kie_mcp.media.probe.limited_reader import MOST_BYTES, MOST_READS, BrokenHeaderError, LimitedReader
from tests.support.media_files import film, picture, sound, wav


def look_at(data: bytes, folder: Path, name: str = "file.bin") -> Probe:
    path = folder / name
    path.write_bytes(data)
    return probe(path)


@pytest.mark.parametrize(
    ("kind", "mime_type", "extension", "options"),
    [
        ("png", "image/png", ".png", {}),
        ("jpeg", "image/jpeg", ".jpg", {}),
        ("jpeg", "image/jpeg", ".jpg", {"progressive": True, "comment": b"x" * 60_000}),
        ("webp", "image/webp", ".webp", {}),
        ("webp", "image/webp", ".webp", {"lossless": True}),
        ("webp", "image/webp", ".webp", {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"}),
        ("gif", "image/gif", ".gif", {}),
    ],
)
def test_a_picture_tells_its_kind_and_size(
    kind: str, mime_type: str, extension: str, options: dict[str, Any], tmp_path: Path
) -> None:
    data = picture(kind, (1031, 17), **options)

    assert look_at(data, tmp_path) == Probe(
        mime_type=mime_type, extension=extension, family="image", bytes=len(data), width=1031, height=17
    )


@pytest.mark.parametrize(
    ("data", "mime_type", "seconds"),
    [
        (wav(2.0), "audio/wav", 2.0),
        (sound("mp3", "libmp3lame"), "audio/mpeg", 2.0),
        (sound("ogg", "libopus"), "audio/ogg", 2.0),
        (sound("adts", "aac"), "audio/aac", 2.0),
        (sound("flac", "flac"), "audio/flac", 2.0),
        (sound("ipod", "aac"), "audio/mp4", 2.0),
        (sound("mp4", "aac"), "audio/mp4", 2.0),
        (sound("webm", "libopus"), "audio/webm", None),
    ],
    ids=["wav", "mp3", "opus", "aac", "flac", "m4a", "mp4 without pictures", "webm without pictures"],
)
def test_a_sound_tells_its_kind_and_length(data: bytes, mime_type: str, seconds: float | None, tmp_path: Path) -> None:
    found = look_at(data, tmp_path)

    assert (found.mime_type, found.family, found.width) == (mime_type, "audio", None)
    assert found.duration_s == (pytest.approx(seconds, abs=0.15) if seconds else None)


def patched(data: bytes, name: bytes, at: int, new: bytes) -> bytes:
    """The same with other bytes so far behind the name of a box."""
    at += data.index(name) + 4
    return data[:at] + new + data[at + len(new) :]


def patched_samples(data: bytes, samples: int) -> bytes:
    """Eight bytes of a FLAC's header, which end with the number of samples, with another number."""
    return (int.from_bytes(data[18:26]) & ~((1 << 36) - 1) | samples).to_bytes(8)


EXTENSIBLE = wav()[:16] + struct.pack("<IHHIIHHHHIH", 40, 0xFFFE, 1, 16_000, 32_000, 2, 16, 22, 16, 4, 1) + bytes(14)
"""The long form of a WAV's format, in which the codec comes last."""


@pytest.mark.parametrize(
    ("data", "codec"),
    [
        (wav(), "PCM"),
        (EXTENSIBLE + wav()[36:], "PCM"),
        (EXTENSIBLE[:-16] + b"\x06\0" + bytes(14) + wav()[36:], "A-law"),
        (sound("wav", "pcm_f32le"), "float PCM"),
        (sound("wav", "adpcm_ms"), "ADPCM"),
        (sound("mp3", "libmp3lame"), ""),
        (sound("adts", "aac"), "AAC"),
        (b"ID3\4\0\0\0\0\0\0" + sound("adts", "aac"), "AAC"),
        (sound("flac", "flac"), ""),
        (sound("ogg", "libopus"), "Opus"),
        (sound("ogg", "vorbis"), "Vorbis"),
        (sound("ogg", "flac"), "FLAC"),
        (sound("ipod", "aac"), "AAC"),
        (sound("ipod", "alac"), "ALAC"),
        (sound("mp4", "ac3"), "AC-3"),
        (film(), ""),
    ],
)
def test_a_sound_tells_its_codec(data: bytes, codec: str, tmp_path: Path) -> None:
    assert look_at(data, tmp_path).codec == codec


PIECES = sound("mp4", "aac", 3.0, movflags="empty_moov+frag_keyframe+default_base_moof", frag_duration="500000")


@pytest.mark.parametrize(
    ("data", "seconds"),
    [
        (sound("ogg", "libopus", 7.0), 7.0),
        (sound("ogg", "vorbis", 7.0), 7.0),
        (sound("ogg", "flac", 7.0), 7.0),
        (sound("ogg", "libopus") + b"a comment behind the end" * 999, 2.0),
        (sound("ogg", "libopus") + sound("ogg", "vorbis", 1.0).replace(b"OggS\0\4", b"OggS\0\0"), 3.0),
        (patched(sound("ipod", "aac"), b"mvhd", 16, bytes(4)), 2.0),
        (patched(sound("ipod", "aac"), b"mvhd", 16, b"\xff" * 4), 2.0),
        (patched(patched(sound("ipod", "aac"), b"mvhd", 16, bytes(4)), b"mdhd", 16, bytes(4)), 2.0),
        (PIECES, 3.0),
        (PIECES[: PIECES.index(b"moof") - 4], None),
        (sound("ogg", "libopus")[:200], None),
        (sound("wav", "pcm_s24le", 7.0), 7.0),
    ],
    ids=[
        "opus",
        "vorbis",
        "flac in ogg",
        "more behind the end",
        "another sound behind the end",
        "the movie does not say",
        "the movie does not know",
        "only the samples say",
        "in pieces",
        "no piece",
        "no whole page",
        "24 bits",
    ],
)
def test_how_long_a_sound_lasts_is_told_by_whatever_says_it(data: bytes, seconds: float | None, tmp_path: Path) -> None:
    found = look_at(data, tmp_path)

    assert PIECES.count(b"moof") > 3
    assert found.duration_s == (pytest.approx(seconds, abs=0.15) if seconds else None)


def test_a_film_in_pieces_is_measured_even_if_the_pieces_make_no_sense(tmp_path: Path) -> None:
    """A film that was paid for is not to be thrown away because of how it was written."""
    data = film(movflags="empty_moov+frag_keyframe+default_base_moof")

    assert look_at(data, tmp_path).duration_s == pytest.approx(1.0, abs=0.11)
    broken = look_at(data.replace(b"tfdt", b"free"), tmp_path)
    assert (broken.mime_type, broken.width, broken.duration_s) == ("video/mp4", 64, None)


def test_an_mp3_is_known_with_and_without_its_tag(tmp_path: Path) -> None:
    """Speech comes both ways; the tag can also precede FLAC and AAC."""
    tagged = sound("mp3", "libmp3lame")
    size = tagged[6] << 21 | tagged[7] << 14 | tagged[8] << 7 | tagged[9]
    bare = tagged[10 + size :]
    tag = tagged[: 10 + size]

    assert tag.startswith(b"ID3")
    assert look_at(bare, tmp_path).mime_type == "audio/mpeg"
    assert look_at(bare, tmp_path).duration_s == look_at(tagged, tmp_path).duration_s
    assert look_at(tag + sound("flac", "flac"), tmp_path).mime_type == "audio/flac"
    assert look_at(tag + sound("adts", "aac"), tmp_path).duration_s == pytest.approx(2.0, abs=0.15)


def sized(data: bytes, size: int) -> bytes:
    """A WAV that says so of the size of its sound."""
    return data[:40] + struct.pack("<I", size) + data[44:]


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 32_001])
def test_a_streamed_wav_is_as_long_as_its_bytes(size: int, tmp_path: Path) -> None:
    """Its header gives nothing, or the largest number there is, instead of a size."""
    streamed = sized(wav(1.0), size)

    assert look_at(streamed, tmp_path).duration_s == pytest.approx(1.0, abs=0.01)
    assert look_at(streamed[:4] + bytes(4) + streamed[8:], tmp_path).duration_s == pytest.approx(1.0, abs=0.01)


CHUNK = b"LIST\x06\0\0\0INFOab"
NOISE = random.Random(5).randbytes(48_000)
MP3 = sound("mp3", "libmp3lame", 3.0)
MP3_AT = MP3.index(b"\xff\xf3")
BARE = MP3[MP3_AT:]
ADTS = sound("adts", "aac", 3.0)
ID3, ID3_OLD = b"ID3\4\0\0\0\0\1\0" + bytes(128), b"TAG" + b"x" * 125
APE = b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 0xA0000000) + bytes(8 + 32)
OPUS = sound("ogg", "libopus", 3.0)
FLAC = sound("flac", "flac", 3.0)
M4A = sound("ipod", "aac", 3.0)


def index_of(frames: int) -> bytes:
    """A first frame that holds no sound, and says how many follow."""
    assert b"Info" in BARE[:64]
    at = BARE.index(b"Info")
    return BARE[: at + 8] + struct.pack(">I", frames) + BARE[at + 12 :]


@pytest.mark.parametrize(
    ("data", "seconds"),
    [
        (index_of(10), 3.0),
        (index_of(100_000), 3.0),
        (MP3 + MP3 + MP3, 9.0),
        (MP3 + ID3_OLD + MP3 + APE + BARE, 9.0),
        (MP3 + b"between two pieces" * 999 + BARE, 6.0),
        (ADTS + ADTS, 6.0),
        (ADTS + ID3 + ADTS + ID3_OLD, 6.0),
        (ADTS + b"between two pieces" * 999 + ADTS, 6.0),
        (OPUS + OPUS, 6.0),
        (OPUS + sound("ogg", "vorbis", 2.0), 5.0),
        (FLAC[:18] + patched_samples(FLAC, 0) + FLAC[26:], 3.0),
        (FLAC[:18] + patched_samples(FLAC, 16_000) + FLAC[26:], 3.0),
        (FLAC + FLAC, None),
        (FLAC[:-9], None),
        (patched(M4A, b"mvhd", 16, struct.pack(">I", 1000)), 3.0),
        (patched(patched(M4A, b"mvhd", 16, struct.pack(">I", 1000)), b"mdhd", 16, struct.pack(">I", 16_000)), 3.0),
        (patched(M4A, b"mdhd", 12, struct.pack(">I", 160_000)), None),
        (patched(M4A, b"stts", 12, struct.pack(">I", 100)), None),
        (patched(M4A, b"stsz", 8, struct.pack(">I", 9)), None),
        (M4A + M4A, None),
        (sized(wav(3.0) + wav(3.0), 96_000), None),
        (sized(wav(3.0), 48_000), None),
        (sized(wav(1.5) + NOISE, 48_000), None),
        (wav(3.0) + CHUNK, 3.0),
        (wav(3.0) + CHUNK * 9 + ID3_OLD, 3.0),
        (sized(wav(3.0)[:-1], 95_999) + CHUNK * 999, 3.0),
        (sized(wav(3.0)[:-1], 95_999) + b"\0" + CHUNK * 999, 3.0),
        (sized(wav(0) + CHUNK, 0), None),
        (patched(wav(3.0), b"fmt ", 12, struct.pack("<I", 320_000)), 3.0),
        (patched(wav(3.0), b"fmt ", 16, struct.pack("<H", 20)), 3.0),
        (sound("wav", "pcm_alaw", 3.0), 3.0),
    ],
)
def test_a_header_that_explains_less_than_the_bytes_is_not_believed(
    data: bytes, seconds: float | None, tmp_path: Path
) -> None:
    """How long a sound is decides what it costs: it is counted, or it is not known."""
    assert look_at(data, tmp_path).duration_s == (pytest.approx(seconds, abs=0.4) if seconds else None)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000])
def test_an_mp3_of_any_rate_is_counted(rate: int, tmp_path: Path) -> None:
    data = sound("mp3", "libmp3lame", 5.0, rate=rate)

    assert look_at(data, tmp_path).duration_s == pytest.approx(5.0, abs=0.3)


def test_what_looks_like_a_frame_in_every_byte_is_given_up_soon(tmp_path: Path) -> None:
    """A file may be made so that counting it would take hours."""
    crowded = BARE[:400] + (BARE[:4] + b"x" * 9) * 200_000
    frames = FLAC[: FLAC.index(b"\xff\xf8")] + FLAC[FLAC.index(b"\xff\xf8") :][:7] * 40_000

    began = time.process_time()
    look_at(crowded, tmp_path)
    assert look_at(frames, tmp_path).duration_s is None
    assert time.process_time() - began < 20


@pytest.mark.parametrize("audio", [True, False])
def test_a_film_tells_size_and_length(audio: bool, tmp_path: Path) -> None:
    data = film(audio=audio)

    found = look_at(data, tmp_path)

    assert found.duration_s == pytest.approx(1.0, abs=0.1)
    assert replace(found, duration_s=None) == Probe(
        mime_type="video/mp4", extension=".mp4", family="video", bytes=len(data), width=64, height=48
    )


def test_a_movie_box_may_reach_to_the_end_without_saying_so(tmp_path: Path) -> None:
    data = film()
    at = data.index(b"moov") - 4
    assert at + int.from_bytes(data[at : at + 4]) == len(data)

    assert look_at(data[:at] + bytes(4) + data[at + 4 :], tmp_path).width == 64


def test_a_webm_film_is_known(tmp_path: Path) -> None:
    assert look_at(film("webm", "libvpx", audio=False), tmp_path).mime_type == "video/webm"


@pytest.mark.parametrize(
    ("data", "label"),
    [
        (b"", "an empty file"),
        (b"\n<!DOCTYPE html><html>", "an HTML page"),
        ("\ufeff<html>".encode(), "an HTML page"),
        (b'{"code": 404}', "JSON"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "XML"),
        ("Zugriff verweigert: ä".encode(), "text"),
        (b"x" * 4095 + "ä".encode(), "text"),
        ("<html>".encode("utf-16"), "something unknown"),
        (bytes(range(1, 200)), "something unknown"),
        (b"\xff", "something unknown"),
        (b"x" * 2000 + b"\xff" + b"x" * 3000, "something unknown"),
    ],
)
def test_what_is_no_medium_is_named(data: bytes, label: str, tmp_path: Path) -> None:
    found = look_at(data, tmp_path, "picture.png")

    assert (found.family, found.label) == ("unknown", label)


def test_pictures_that_kie_does_not_make_are_named(tmp_path: Path) -> None:
    """So that a refusal can say what was given."""
    target = io.BytesIO()
    Image.new("RGB", (8, 8)).save(target, "avif")

    assert look_at(target.getvalue(), tmp_path).label == "an AVIF picture"
    assert look_at(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", tmp_path).label == "a HEIC picture"


@pytest.mark.parametrize(
    "data",
    [
        picture()[:20],
        b"\x89PNG\r\n\x1a\n" + b"\0" * 40,
        picture("jpeg")[:30],
        b"\xff\xd8" + b"\xff" * 9000,
        b"\xff\xd8\xff\xe0\0\0" * 9000,
        picture("webp")[:18],
        b"RIFF\0\0\0\0WEBPVP9 " + b"\0" * 40,
        film()[:300],
        b"\0\0\0\x08ftyp" + b"\0\0\0\x08free" * 20_000,
        b"\0\0\0\x14ftypisom\0\0\0\0isom" + struct.pack(">I4sQ", 1, b"moov", 2**63),
        b"\0\0\0\x14ftypisom\0\0\0\0isom\0\0\0\x08moov",
        b"\0\0\0\x10ftypisom\0\0\0\0" + struct.pack(">I4sQI4sQ", 1, b"moov", 2**64 - 1, 1, b"free", 2**63),
        b"\0\0\0\x10ftypisom\0\0\0\0" + struct.pack(">I4sQ", 1, b"free", 0) + bytes(200),
        picture().replace(struct.pack(">II", 31, 17), bytes(8)),
    ],
)
def test_a_damaged_header_has_no_size(data: bytes, tmp_path: Path) -> None:
    found = look_at(data, tmp_path)

    assert (found.width, found.height, found.duration_s) == (None, None, None)


@pytest.mark.parametrize(
    "make", [picture, wav, film, lambda: sound("mp3", "libmp3lame"), lambda: sound("ogg", "libopus")]
)
def test_a_file_may_break_off_anywhere(make: Any, tmp_path: Path) -> None:
    data = make()

    for length in range(0, min(len(data), 900), 7):
        assert look_at(data[:length], tmp_path).bytes == length


@pytest.mark.parametrize("start", [b"OggS\0\2" + b"\0" * 20 + b"\xff" + b"\xff" * 255, b"ID3\4\0\0\0\0\0\0", b"fLaC\4"])
def test_a_header_without_end_is_given_up(start: bytes, tmp_path: Path) -> None:
    """A hole of 4 GB costs no disk, and reading it would cost minutes."""
    path = tmp_path / "hole"
    with path.open("wb") as file:
        file.write(start)
        file.truncate(64 * MOST_BYTES)

    assert probe(path).duration_s is None


def test_a_header_may_read_so_much_and_so_often(tmp_path: Path) -> None:
    path = tmp_path / "hole"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)

    with LimitedReader(path) as header, pytest.raises(BrokenHeaderError):
        header.read()
    with LimitedReader(path) as header:
        for _ in range(MOST_READS):
            header.read(1)
        with pytest.raises(BrokenHeaderError):
            header.read(1)


def test_a_movie_box_at_the_end_of_a_big_file_is_found(tmp_path: Path) -> None:
    """Encoders write it last; what lies before it is skipped, not read."""
    data = film()
    at = data.index(b"mdat") - 4
    path = tmp_path / "big.mp4"
    with path.open("wb") as file:
        file.write(data[:at] + struct.pack(">I4sQ", 1, b"free", 3 * MOST_BYTES))
        file.seek(at + 3 * MOST_BYTES)
        file.write(data[at:])

    assert probe(path).width == 64


def test_a_file_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        probe(tmp_path / "nothing")
