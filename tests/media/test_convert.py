"""What a model does not take is turned into what it takes when the caller says so: nothing is lost, and it is told."""

# ruff: noqa: E501 (whole sentences)
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

import base64
import io
import random
import struct
import subprocess
import sys
import wave
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import anyio
import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot
from PIL import Image, ImageChops, ImageCms, ImageDraw

from kie_mcp.errors import OrderError, OutputError
from kie_mcp.jobs.store.sqlite import SqliteLedger
from kie_mcp.media.convert.convert import available_target, convert, possible_target
from kie_mcp.media.convert.safe_decoding import UndecodableError
from kie_mcp.media.inputs.conversion import accept_or_convert
from kie_mcp.media.inputs.hashed_file import HashedFile
from kie_mcp.media.inputs.inline_file_store import InlineFiles
from kie_mcp.media.inputs.local_files import LocalFiles
from kie_mcp.media.inputs.own_files import InputFiles
from kie_mcp.media.inputs.uploads import Uploads
from kie_mcp.media.probe.file_type import probe
from kie_mcp.orders.fingerprint import fingerprint
from kie_mcp.orders.order import ImageOrder, Order, TalkingVideoOrder
from kie_mcp.orders.own_file_uris import parse_input_uri
from tests.support.download_links import Hand
from tests.support.heic import heic
from tests.support.media_files import picture, sound, wav

MB = 1024 * 1024
PAINT = ImageOrder(model="google/nano-banana", prompt="a fox", images=("x",))
SING = TalkingVideoOrder(model="infinitalk/from-audio", image="x", audio="x")
KLING = SING.model_copy(update={"model": "kling/ai-avatar-standard"})
OMNI = SING.model_copy(update={"model": "omnihuman-1-5"})


def scene(size: tuple[int, int] = (160, 96)) -> Image.Image:
    """No two corners alike."""
    image = Image.new("RGB", size, (240, 230, 60))
    draw = ImageDraw.Draw(image)
    x, y = size[0] // 2, size[1] // 2
    draw.rectangle((0, 0, x, y), (220, 30, 30))
    draw.rectangle((x + 1, 0, *size), (30, 180, 60))
    draw.rectangle((0, y + 1, x, size[1]), (30, 60, 210))
    return image


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "canary telephones"
    return exif


def made(data: bytes, most: int = 10 * MB) -> bytes:
    return convert(io.BytesIO(data), probe(data), most=most)


def png(data: bytes) -> Image.Image:
    """What it was turned into: a PNG that tells nothing but its pixels and their colours."""
    image = Image.open(io.BytesIO(made(data)))
    image.load()
    assert image.format == "PNG"
    assert set(image.info) <= {"icc_profile", "transparency"}
    return image


def same(one: Image.Image, other: Image.Image) -> bool:
    left, right = one.convert("RGBA"), other.convert("RGBA")
    return left.size == right.size and not ImageChops.difference(left, right).getbbox(alpha_only=False)


def clear() -> Image.Image:
    image = scene().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


PALETTE = scene().quantize(5)


@pytest.mark.parametrize(
    "data",
    [
        saved(PALETTE, "gif"),
        saved(PALETTE, "gif", transparency=PALETTE.getpixel((0, 0)), interlace=1),
        saved(scene().convert("L"), "gif"),
        saved(scene(), "webp", quality=60),
        saved(scene(), "webp", lossless=True),
        saved(clear(), "webp", lossless=True),
        saved(clear(), "webp", quality=60),
        saved(scene(), "avif", quality=70),
        saved(clear(), "avif", quality=70),
        saved(scene((1, 1)), "webp", lossless=True),
    ],
)
def test_every_pixel_of_a_picture_is_kept(data: bytes) -> None:
    assert same(png(data), Image.open(io.BytesIO(data)))


@settings(max_examples=30, deadline=None)
@given(width=st.integers(1, 300), height=st.integers(1, 300), kind=st.sampled_from(["gif", "webp", "avif"]))
def test_a_picture_of_any_size_is_kept(width: int, height: int, kind: str) -> None:
    data = picture(kind, (width, height))

    assert same(png(data), Image.open(io.BytesIO(data)))


@pytest.mark.parametrize("kind", ["webp", "avif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_orientation_is_applied_and_nothing_else_that_was_told_is_carried_along(kind: str, orientation: int) -> None:
    """Where and with what a picture was taken is nobody's business."""
    data = saved(scene(), kind, quality=95, exif=turned(orientation))
    ways = [None, 0, 3, 1, 5, 4, 6, 2]
    upright = Image.open(io.BytesIO(saved(scene(), kind, quality=95)))
    way = ways[orientation - 1]

    assert same(png(data), upright if way is None else upright.transpose(Image.Transpose(way)))
    assert b"canary" in data
    assert b"canary" not in made(data)


@pytest.mark.parametrize("turns", range(4))
def test_a_heic_becomes_a_png_upright_and_in_its_colours(turns: int) -> None:
    """The encoder of the test alters colours by a few steps; what is decoded is kept."""
    data = heic(scene(), turns=turns)
    wanted = scene().rotate(90 * turns, expand=True)

    image = png(data)

    assert image.size == wanted.size
    spread = ImageChops.difference(image, wanted).resize((8, 8), Image.Resampling.BOX).getextrema()
    assert max(high for _, high in spread) < 12  # pyright: ignore[reportArgumentType, reportGeneralTypeIssues]


def test_a_profile_is_kept() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for kind in ("webp", "avif"):
        assert png(saved(scene(), kind, icc_profile=profile)).info["icc_profile"] == profile


def tune(container: str, codec: str, *, kind: str, layout: str = "stereo", rate: int = 48_000) -> bytes:
    """Two seconds of noise."""
    noise = random.Random(3)
    target = io.BytesIO()
    width = 4 if kind == "s32" else 2
    samples = 2 * rate
    raw = bytearray(noise.randbytes(samples * width * (2 if layout == "stereo" else 1)))
    if kind == "s32":
        raw[::4] = bytes(len(raw) // 4)  # 24 bits
    with av.open(target, "w", format=container) as out:
        stream: Any = out.add_stream(codec, rate=rate, layout=layout)
        if codec in {"flac", "alac"}:
            stream.format = kind + "p" * (codec == "alac")
        frame = av.AudioFrame(format=kind, layout=layout, samples=samples)
        frame.planes[0].update(bytes(raw))
        frame.sample_rate, frame.pts = rate, 0
        size = stream.codec_context.frame_size or 0
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate, frame_size=size)
        for part in (frame, None):
            for converted in resampler.resample(part):
                out.mux(stream.encode(converted))
        out.mux(stream.encode(None))
    return target.getvalue()


def heard(data: bytes) -> tuple[int, int, int, bytes]:
    with wave.open(io.BytesIO(data)) as file:
        return file.getnchannels(), file.getsampwidth(), file.getframerate(), file.readframes(file.getnframes())


def expected(kind: str, layout: str, rate: int) -> bytes:
    width = 4 if kind == "s32" else 2
    raw = bytearray(random.Random(3).randbytes(2 * rate * width * (2 if layout == "stereo" else 1)))
    if width == 2:
        return bytes(raw)
    return b"".join(raw[at + 1 : at + 4] for at in range(0, len(raw), 4))


@pytest.mark.parametrize("layout", ["mono", "stereo"])
@pytest.mark.parametrize(
    ("container", "codec", "kind", "rate"),
    [
        ("flac", "flac", "s16", 44_100),
        ("flac", "flac", "s32", 96_000),
        ("flac", "flac", "s16", 8_000),
        ("ipod", "alac", "s16", 44_100),
        ("ipod", "alac", "s32", 48_000),
        ("ogg", "flac", "s16", 48_000),
    ],
)
def test_every_sample_of_a_sound_without_loss_is_kept(
    container: str, codec: str, kind: str, rate: int, layout: str
) -> None:
    data = tune(container, codec, kind=kind, layout=layout, rate=rate)

    channels, width, found_rate, samples = heard(made(data))

    assert (channels, width, found_rate) == (2 if layout == "stereo" else 1, 3 if kind == "s32" else 2, rate)
    assert samples == expected(kind, layout, rate)


@pytest.mark.parametrize(("container", "codec"), [("webm", "libopus"), ("ogg", "libopus")])
def test_a_sound_that_had_lost_something_is_decoded_and_as_long_as_before(container: str, codec: str) -> None:
    channels, width, rate, samples = heard(made(tune(container, codec, kind="s16")))

    assert (channels, width, rate) == (2, 2, 48_000)
    assert len(samples) / 4 / 48_000 == pytest.approx(2.0, abs=0.05)
    assert max(abs(one) for (one,) in struct.iter_unpack("<h", samples)) > 10_000


JPEG_PNG, PICTURES = ("image/jpeg", "image/png"), ("image/jpeg", "image/png", "image/webp")
SOUNDS = ("audio/mpeg", "audio/wav", "audio/mp4")


@pytest.mark.parametrize(
    ("data", "allowed", "to"),
    [
        (heic(scene()), PICTURES, "image/png"),
        (picture("gif"), JPEG_PNG, "image/png"),
        (picture("webp"), JPEG_PNG, "image/png"),
        (picture("avif"), JPEG_PNG, "image/png"),
        (picture("gif"), ("image/jpeg",), ""),
        (sound("flac", "flac"), SOUNDS, "audio/wav"),
        (sound("webm", "libopus"), SOUNDS, "audio/wav"),
        (sound("flac", "flac"), ("audio/mpeg",), ""),
        (sound("flac", "flac"), JPEG_PNG, ""),
        (picture("gif"), SOUNDS, ""),
        (b"<!doctype html>", PICTURES, ""),
        (sound("ipod", "aac").replace(b"mp4a", b"drms"), SOUNDS, ""),
        (b"", PICTURES, ""),
    ],
)
def test_only_what_a_model_would_take_is_offered(data: bytes, allowed: tuple[str, ...], to: str) -> None:
    assert available_target(probe(data), allowed) == possible_target(probe(data), allowed) == to


def moving(kind: str) -> bytes:
    return saved(scene(), kind, save_all=True, append_images=[Image.new("RGB", (160, 96))], duration=100)


def deep_avif() -> bytes:
    """The flag that says so is all that is looked at."""
    data = bytearray(picture("avif", (64, 64)))
    data[data.index(b"av1C") + 6] |= 0x40
    return bytes(data)


def wall(kind: str) -> bytes:
    """81 megapixels, said in a few bytes."""
    if kind == "gif":
        return picture("gif")[:6] + struct.pack("<HH", 9000, 9000) + picture("gif")[10:]
    return heic(scene(), said=(9000, 9000))


UNCONVERTIBLE: dict[str, bytes] = {
    "moving gif": moving("gif"),
    "moving webp": moving("webp"),
    "moving avif": moving("avif"),
    "10 bits heic": heic(scene(), bits=10),
    "10 bits avif": deep_avif(),
    "cut heic": heic(scene())[:-200],
    "headless heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100),
    "cut gif": saved(PALETTE, "gif")[:200],
    "cut webp": picture("webp", (99, 99))[:-30],
    "cut avif": saved(scene(), "avif")[:-30],
    "wall gif": wall("gif"),
    "wall heic": wall("heic"),
    "cut flac": tune("flac", "flac", kind="s16")[:100_000],
    "headless flac": b"fLaC" + bytes(100),
    "cut webm": sound("webm", "libopus", 4.0)[:600],
}


def test_what_would_lose_something_or_cannot_be_decoded_is_not_converted() -> None:
    told: dict[str, str] = {}
    for name, data in UNCONVERTIBLE.items():
        with pytest.raises(UndecodableError) as caught:
            made(data)
        told[name] = f"{caught.value}: {caught.value.remedy}"
    assert told == snapshot(
        {
            "moving gif": "is animated: Hand in a single picture of it.",
            "moving webp": "is animated: Hand in a single picture of it.",
            "moving avif": "is animated: Hand in a single picture of it.",
            "10 bits heic": "has 10 bits a colour, of which a PNG made here keeps 8: Hand in a PNG or a JPEG of it.",
            "10 bits avif": "has more than 8 bits a colour, of which a PNG made here keeps 8: Hand in a PNG or a JPEG of it.",
            "cut heic": "is damaged or cut off: Hand in a file that opens elsewhere.",
            "headless heic": "is damaged or cut off: Hand in a file that opens elsewhere.",
            "cut gif": "is damaged or cut off: Hand in a file that opens elsewhere.",
            "cut webp": "is damaged or cut off: Hand in a file that opens elsewhere.",
            "cut avif": "is damaged or cut off: Hand in a file that opens elsewhere.",
            "wall gif": "has 81.0 megapixels; at most 50 are decoded here: Hand in a smaller picture.",
            "wall heic": "has 81.0 megapixels; at most 50 are decoded here: Hand in a smaller picture.",
            "cut flac": "is damaged or cut off: Hand in a file that opens elsewhere.",
            "headless flac": "is damaged or cut off: Hand in a file that opens elsewhere.",
            "cut webm": "is damaged or cut off: Hand in a file that opens elsewhere.",
        }
    )


def test_a_sound_that_would_become_too_large_is_given_up_on_the_way() -> None:
    """A quarter of an hour of silence is 29 MB of WAV, and next to nothing as FLAC."""
    long = sound("flac", "flac", 900.0)

    with pytest.raises(UndecodableError, match="would have more than 10 MB as WAV"):
        made(long)
    assert len(long) < 300_000


def test_a_picture_that_would_become_too_large_is_refused() -> None:
    noise = Image.frombytes("RGB", (700, 700), random.Random(1).randbytes(700 * 700 * 3))

    with pytest.raises(UndecodableError, match="would have more than 1 MB as PNG"):
        made(saved(noise, "webp", quality=80), most=MB)


def test_files_cut_and_bent_by_chance_are_converted_or_refused_and_nothing_else() -> None:
    chance = random.Random(9)
    whole = [heic(scene()), saved(scene(), "avif"), saved(PALETTE, "gif"), saved(scene(), "webp")]
    whole += [sound("flac", "flac"), sound("webm", "libopus")]
    done = 0
    for _ in range(250):
        data = bytearray(chance.choice(whole))
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(12, len(data))] = chance.choice((0, 1, 0x7F, 0xFF))
        bent = bytes(data[: chance.choice((len(data), chance.randrange(60, len(data))))])
        found = probe(bent)
        if not possible_target(found, ("image/png", "audio/wav")):
            continue
        try:
            done += bool(convert(io.BytesIO(bent), found, most=10 * MB))
        except UndecodableError:
            continue
    assert 20 < done < 230


@pytest.mark.parametrize(
    ("container", "codec", "kind", "label"),
    [
        ("aiff", "pcm_s16be", "s16", "AIFF audio"),
        ("aiff", "pcm_s24be", "s32", "AIFF audio"),
        ("aiff", "pcm_s16le", "s16", "AIFF audio"),
        ("caf", "pcm_s16le", "s16", "CAF audio"),
        ("caf", "pcm_s24be", "s32", "CAF audio"),
        ("w64", "pcm_s16le", "s16", "Wave64 audio"),
        ("au", "pcm_s16be", "s16", "AU audio"),
    ],
)
def test_every_sample_of_what_other_programs_write_is_kept(container: str, codec: str, kind: str, label: str) -> None:
    data = tune(container, codec, kind=kind)

    found = probe(data)
    assert (found.label, found.codec) == (label, "PCM")
    assert heard(made(data)) == (2, 3 if kind == "s32" else 2, 48_000, expected(kind, "stereo", 48_000))


def test_an_rf64_is_the_same_sound_in_a_wav() -> None:
    data = sound("wav", "pcm_s16le", rf64="always")

    assert (data[:4], probe(data).label) == (b"RF64", "RF64 audio")
    assert heard(made(data)) == heard(sound("wav", "pcm_s16le"))
    assert heard(made(b"BW64" + data[4:])) == heard(sound("wav", "pcm_s16le"))


@pytest.mark.parametrize("container", ["aiff", "caf", "au"])
def test_samples_that_are_fractions_stay_so_or_are_not_converted(container: str) -> None:
    data = made(sound(container, "pcm_f32be"))

    assert (probe(data).codec, probe(data).duration_s) == ("float PCM", pytest.approx(2.0, abs=0.01))
    assert accept_or_convert(data, "it", SING, "audio", converting=False).instead is None
    with pytest.raises(UndecodableError, match="has samples of 64 bits"):
        made(sound(container, "pcm_f64be"))


@pytest.mark.parametrize("form", ["1", "L", "P", "RGB", "RGBA", "LA"])
@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_every_pixel_of_a_tiff_is_kept(form: str, compression: str | None) -> None:
    image = scene().quantize(5) if form == "P" else clear().convert(form)
    data = saved(image, "tiff", compression=compression)

    assert probe(data).label == "a TIFF picture"
    assert same(png(data), image)


@pytest.mark.parametrize("form", ["1", "L", "P", "RGB", "RGBA"])
def test_every_pixel_of_a_bmp_is_kept(form: str) -> None:
    image = clear().convert(form)
    data = saved(image, "bmp")

    assert probe(data).label == "a BMP picture"
    assert same(png(data), Image.open(io.BytesIO(data)))


def test_a_grey_tiff_of_16_bits_keeps_them() -> None:
    image = Image.frombytes("I;16", (40, 30), random.Random(4).randbytes(2400))

    assert png(saved(image, "tiff")).tobytes() == image.tobytes()


def deep_tiff() -> bytes:
    """Six pixels of 16 bits a colour, written by hand."""
    entries = [(256, 3, 1, 3), (257, 3, 1, 2), (258, 3, 3, 146), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 1, 152)]
    entries += [(277, 3, 1, 3), (278, 3, 1, 2), (279, 4, 1, 36)]
    table = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    head = struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + table + bytes(4)
    return head.ljust(146, b"\0") + struct.pack("<HHH", 16, 16, 16) + bytes(range(36))


def test_what_a_png_would_not_keep_of_a_tiff_is_said() -> None:
    lost = {
        "pages": saved(scene(), "tiff", save_all=True, append_images=[scene(), scene()]),
        "inks": saved(scene().convert("CMYK"), "tiff"),
        "fractions": saved(scene().convert("F"), "tiff"),
        "deep": deep_tiff(),
        "deep and grey": saved(scene().convert("I"), "tiff"),
        "raw": saved(scene(), "tiff", tiffinfo={50706: b"\1\4\0\0"}),
        "cut": saved(scene(), "tiff")[:-99],
    }
    told: dict[str, str] = {}
    for name, data in lost.items():
        with pytest.raises(UndecodableError) as caught:
            made(data)
        told[name] = str(caught.value)
    assert told == snapshot(
        {
            "pages": "has 3 pages, of which a PNG keeps one",
            "inks": "has the four inks of printing (CMYK), which a PNG does not hold",
            "fractions": "has fractions as its brightness, which a PNG does not hold",
            "deep": "has 16 bits a colour, of which a PNG made here keeps 8",
            "deep and grey": "has 32 bits a colour, of which a PNG made here keeps 8",
            "raw": "is a camera's raw picture, of which a PNG made here keeps a preview",
            "cut": "is damaged or cut off",
        }
    )


class House:
    """What takes files in, over a Kie.ai that keeps what it is sent."""

    def __init__(self, folder: Path, ledger: SqliteLedger) -> None:
        clock = Hand()
        self.sent: list[bytes] = []
        uploads = Uploads(self.send, ledger, clock, account="me")
        self.inputs = InputFiles(
            LocalFiles([], relative_to=folder), InlineFiles(folder / "state" / "inputs", clock), uploads
        )

    async def send(self, source: HashedFile, *, name: str) -> str:
        await anyio.lowlevel.checkpoint()
        self.sent.append(b"".join(iter(lambda: source.read(1000), b"")))
        return f"https://uploads.example/{len(self.sent)}{Path(name).suffix}"


@asynccontextmanager
async def house(folder: Path) -> AsyncGenerator[House]:
    """Open one; a second one on the same folder remembers the first."""
    ledger = SqliteLedger(folder / "state" / "jobs.sqlite3")
    await ledger.open()
    try:
        yield House(folder, ledger)
    finally:
        await ledger.close()


def uri(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


TAKEN: list[tuple[Order, str, str, bytes, str]] = [
    (PAINT, "images[0]", "portrait.heic", heic(scene()), "images[0]: portrait.heic was handed in as PNG."),
    (PAINT, "images[0]", "still.gif", picture("gif"), "images[0]: still.gif was handed in as PNG."),
    (SING, "image", "new.avif", picture("avif"), "image: new.avif was handed in as PNG."),
    (KLING, "image", "a.webp", picture("webp"), "image: a.webp was handed in as PNG."),
    (PAINT, "images[0]", "a.webp", picture("webp"), ""),
    (PAINT, "images[0]", "a.png", picture("png"), ""),
    (SING, "audio", "voice.flac", sound("flac", "flac"), "audio: voice.flac was handed in as WAV."),
    (SING, "audio", "voice.weba", sound("webm", "libopus"), "audio: voice.weba was handed in as WAV."),
    (KLING, "audio", "voice.m4a", sound("ipod", "alac"), "audio: voice.m4a was handed in as WAV."),
    (OMNI, "audio", "voice.wav", wav(2.0), ""),
    (SING, "audio", "voice.aiff", sound("aiff", "pcm_s16be"), "audio: voice.aiff was handed in as WAV."),
    (OMNI, "audio", "long.wav", sound("wav", "pcm_s16le", rf64="always"), "audio: long.wav was handed in as WAV."),
    (PAINT, "images[0]", "scan.tiff", picture("tiff"), "images[0]: scan.tiff was handed in as PNG."),
    (KLING, "image", "old.bmp", picture("bmp"), "image: old.bmp was handed in as PNG."),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("order", "argument", "name", "data", "note"), TAKEN)
async def test_a_file_is_converted_if_the_model_needs_it_and_the_caller_says_so(
    order: Order, argument: str, name: str, data: bytes, note: str, tmp_path: Path
) -> None:
    """As a path or inside the call, once for both; what the model takes is left as it is."""
    (tmp_path / name).write_bytes(data)
    async with house(tmp_path) as here:
        taken = await here.inputs.take(name, order, argument=argument, convert=True)
        inside = await here.inputs.take(uri(data), order, argument=argument, convert=True)
        links = {await here.inputs.link(one.reference, argument=argument) for one in (taken, inside)}
    assert (taken.note, inside.note) == (note, note.replace(name, "the data URI"))
    assert here.sent == [made(data) if note else data]
    assert taken.duration_s == (pytest.approx(2.0, abs=0.15) if argument == "audio" else None)
    assert {Path(link).suffix for link in links} == {
        Path(name).suffix if not note else ".wav" if argument == "audio" else ".png"
    }


@pytest.mark.anyio
async def test_what_was_converted_is_the_same_order_again_and_is_there_after_a_restart(tmp_path: Path) -> None:
    """Whatever became of the file meanwhile."""
    (tmp_path / "portrait.heic").write_bytes(heic(scene()))
    async with house(tmp_path) as first:
        one, other = [await first.inputs.take("portrait.heic", PAINT, argument="images[0]", convert=True) for _ in "ab"]
    (tmp_path / "portrait.heic").unlink()
    async with house(tmp_path) as second:
        link = await second.inputs.link(one.reference, argument="images[0]")
        await second.inputs.link(other.reference, argument="images[0]")
    prints = {fingerprint("me", PAINT.with_files({"images[0]": taken.reference})) for taken in (one, other)}
    assert (len(prints), first.sent, len(second.sent), link) == (1, [], 1, "https://uploads.example/1.png")
    assert (parse_input_uri(one.reference) or ("",))[0] == "data:image/png"


REFUSED: dict[str, tuple[Order, str, bytes, bool]] = {
    "portrait.heic": (PAINT, "images[0]", heic(scene()), False),
    "a.webp": (KLING, "image", picture("webp"), False),
    "voice.flac": (SING, "audio", sound("flac", "flac"), False),
    "voice.m4a": (KLING, "audio", sound("ipod", "alac"), False),
    "picture.mp3": (SING, "audio", picture("gif"), True),
    "page.heic": (PAINT, "images[0]", b"<!doctype html>", True),
    "moving.gif": (PAINT, "images[0]", moving("gif"), True),
    "moving and not asked.gif": (PAINT, "images[0]", moving("gif"), False),
    "moving.avif": (PAINT, "images[0]", moving("avif"), False),
    "moving for kling.webp": (KLING, "image", moving("webp"), False),
    "cut.gif": (PAINT, "images[0]", picture("gif", (99, 99))[:-20], False),
    "cut for kling.webp": (KLING, "image", picture("webp")[:-9], False),
    "voice.ogg": (SING, "audio", sound("ogg", "flac"), False),
    "voice.weba": (SING, "audio", sound("webm", "libopus"), False),
    "voice.mp4": (SING, "audio", sound("mp4", "libopus"), False),
    "deep.heic": (PAINT, "images[0]", heic(scene(), bits=10), True),
    "long.flac": (OMNI, "audio", sound("flac", "flac", 61.0), True),
    "longer.flac": (OMNI, "audio", sound("flac", "flac", 900.0), True),
    "large.heic": (PAINT, "images[0]", heic(scene()) + bytes(11 * MB), False),
    "moving.png": (PAINT, "images[0]", moving("png"), True),
}


@pytest.mark.anyio
async def test_a_refusal_says_whether_converting_would_help(tmp_path: Path) -> None:
    told: dict[str, str] = {}
    async with house(tmp_path) as here:
        for name, (order, argument, data, asked) in REFUSED.items():
            (tmp_path / name).write_bytes(data)
            with pytest.raises(OrderError) as caught:
                await here.inputs.take(name, order, argument=argument, convert=asked)
            told[name] = f"{caught.value.message} {caught.value.remedy}"
    assert not (tmp_path / "state" / "inputs").exists()
    assert told == snapshot(
        {
            "portrait.heic": "images[0]: portrait.heic is a HEIC picture; google/nano-banana takes JPEG, PNG or WebP. Call again with convert=true to have it handed in as PNG, without loss.",
            "a.webp": "image: a.webp is a WebP picture; kling/ai-avatar-standard takes JPEG or PNG. Call again with convert=true to have it handed in as PNG, without loss.",
            "voice.flac": "audio: voice.flac is FLAC audio; infinitalk/from-audio takes MP3, WAV, AAC, M4A or Ogg. Call again with convert=true to have it handed in as WAV, without loss.",
            "voice.m4a": "audio: voice.m4a is M4A audio with ALAC; kling/ai-avatar-standard takes MP3, WAV (PCM or float PCM), AAC, M4A (AAC) or Ogg (Vorbis or Opus). Call again with convert=true to have it handed in as WAV, without loss.",
            "picture.mp3": "audio: picture.mp3 is a GIF picture; infinitalk/from-audio takes MP3, WAV, AAC, M4A or Ogg. Hand in another file.",
            "page.heic": "images[0]: page.heic is an HTML page; google/nano-banana takes JPEG, PNG or WebP. Hand in another file.",
            "moving.gif": "images[0]: moving.gif is a GIF picture that is animated. Hand in a single picture of it.",
            "moving and not asked.gif": "images[0]: moving and not asked.gif is a GIF picture that is animated. Hand in a single picture of it.",
            "moving.avif": "images[0]: moving.avif is an AVIF picture that is animated. Hand in a single picture of it.",
            "moving for kling.webp": "image: moving for kling.webp is a WebP picture that is animated. Hand in a single picture of it.",
            "cut.gif": "images[0]: cut.gif is a GIF picture that is damaged or cut off. Hand in a file that opens elsewhere.",
            "cut for kling.webp": "image: cut for kling.webp is a WebP picture that is damaged or cut off. Hand in a file that opens elsewhere.",
            "voice.ogg": "audio: voice.ogg is Ogg audio with FLAC; infinitalk/from-audio takes MP3, WAV (PCM or float PCM), AAC, M4A (AAC) or Ogg (Vorbis or Opus). Call again with convert=true to have it handed in as WAV, without loss.",
            "voice.weba": "audio: voice.weba is WebM audio; infinitalk/from-audio takes MP3, WAV, AAC, M4A or Ogg. Call again with convert=true to have it handed in as WAV, in which nothing more is lost.",
            "voice.mp4": "audio: voice.mp4 is M4A audio with Opus; infinitalk/from-audio takes MP3, WAV (PCM or float PCM), AAC, M4A (AAC) or Ogg (Vorbis or Opus). Call again with convert=true to have it handed in as WAV, in which nothing more is lost.",
            "deep.heic": "images[0]: deep.heic is a HEIC picture that has 10 bits a colour, of which a PNG made here keeps 8. Hand in a PNG or a JPEG of it.",
            "long.flac": "audio: is 61.0 s long; omnihuman-1-5 takes at most 60 s. Shorten it, or use kling/ai-avatar-standard (up to 300 s: 488 credits) or kling/ai-avatar-pro (up to 300 s: 976 credits).",
            "longer.flac": "audio: longer.flac is FLAC audio that would have more than 10 MB as WAV. Hand in something shorter, or an MP3 of it.",
            "large.heic": "images[0]: 'large.heic' has 11.1 MB; at most 10 MB are taken. Hand in a smaller file.",
            "moving.png": "images[0]: moving.png is a PNG picture that is animated. Hand in a single picture of it.",
        }
    )


@pytest.mark.parametrize(
    "data",
    [
        picture("gif"),
        saved(PALETTE, "gif", comment=b"a word" * 99, interlace=1),
        picture("gif") + b"behind the end",
        picture("gif")[:-1],
        picture("gif")[:-1] + bytes(3),
        heic(scene()),
        picture("avif"),
    ],
    ids=["plain", "comment", "more behind", "no end", "padded", "heic", "avif"],
)
def test_a_picture_that_stands_still_is_offered_and_converted(data: bytes) -> None:
    with pytest.raises(OrderError) as caught:
        accept_or_convert(data, "it", PAINT, "images[0]", converting=False)
    assert "convert=true" in caught.value.remedy
    assert accept_or_convert(data, "it", PAINT, "images[0]", converting=True).instead


@pytest.mark.parametrize("kind", ["gif", "webp", "avif"])
def test_what_is_offered_for_conversion_is_converted_and_what_moves_is_not_offered(kind: str) -> None:
    for data in (moving(kind), picture(kind)):
        with pytest.raises(OrderError) as caught:
            accept_or_convert(data, "it", KLING, "image", converting=False)
        offered = "convert=true" in caught.value.remedy
        with nullcontext() if offered else pytest.raises(OrderError, match="is animated"):
            accept_or_convert(data, "it", KLING, "image", converting=True)
        assert offered == (data == picture(kind))


def test_nothing_is_offered_for_a_file_that_is_too_large_anyway() -> None:
    with pytest.raises(OrderError) as caught:
        accept_or_convert(heic(scene()) + bytes(11 * MB), "it", PAINT, "images[0]", converting=False)
    assert caught.value.remedy == "Hand in a smaller file."


@pytest.mark.anyio
@pytest.mark.parametrize("asked", [False, True])
async def test_without_the_extra_a_refusal_names_it(
    asked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None is what Python itself keeps there for a module that must not be found."""
    (tmp_path / "still.gif").write_bytes(picture("gif"))
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    async with house(tmp_path) as here:
        with pytest.raises(OrderError) as caught:
            await here.inputs.take("still.gif", PAINT, argument="images[0]", convert=asked)
    assert caught.value.remedy == snapshot(
        "Convert it to JPEG and hand that in. Or install what does it where the server runs, and call again with convert=true. In a checkout: pip install '.[convert]'"
    )


@pytest.mark.anyio
async def test_what_was_made_and_cannot_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "still.gif").write_bytes(picture("gif"))
    async with house(tmp_path) as here:
        (tmp_path / "state" / "inputs").write_bytes(b"in the way")
        with pytest.raises(OutputError, match=r"^images\[0\]: what was made of it cannot be kept here \("):
            await here.inputs.take("still.gif", PAINT, argument="images[0]", convert=True)


def test_what_takes_files_in_loads_no_decoder_before_one_is_needed() -> None:
    report = "import kie_mcp.media.inputs.own_files, kie_mcp.media.convert.preview, sys; print({'PIL', 'av', 'pi_heif'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)  # noqa: S603
    assert ran.stdout == "set()\n"


def test_a_heic_is_decoded_without_a_word_to_pillow() -> None:
    """Who else uses Pillow in this process finds it as it was."""
    made(heic(scene()))
    assert "HEIF" not in Image.OPEN
