"""A preview shows what was made, upright, in its colours and small; or it says why there is none."""
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false, reportUnknownLambdaType=false

import io
import math
import random
import struct
import sys
import zlib
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from anyio.to_thread import run_sync
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot
from PIL import Image, ImageCms, ImageDraw

from kie_mcp.errors import KieError
from kie_mcp.media.convert.preview import EDGE, LARGEST, PreviewError, draw_preview
from kie_mcp.optional_packages import MissingExtraError
from tests.support.media_files import film, picture, wav

RED, GREEN, BLUE, WHITE, BLACK = (220, 30, 30), (30, 180, 60), (30, 60, 210), (255, 255, 255), (0, 0, 0)
CORNERS = ((0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9))


def quarters(size: tuple[int, int] = (1200, 800)) -> Image.Image:
    """Red, green, blue and white, from the top left to the bottom right."""
    image = Image.new("RGB", size, WHITE)
    draw = ImageDraw.Draw(image)
    x, y = size[0] // 2, size[1] // 2
    draw.rectangle((0, 0, x - 1, y - 1), RED)
    draw.rectangle((x, 0, size[0], y - 1), GREEN)
    draw.rectangle((0, y, x - 1, size[1]), BLUE)
    return image


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def drawn(data: bytes, folder: Path, mime_type: str = "image/png") -> Image.Image:
    """The preview of these bytes, which keeps to its limits whatever they are."""
    path = folder / "file.bin"
    path.write_bytes(data)
    small = draw_preview(path, mime_type)
    image = Image.open(io.BytesIO(small))
    assert (image.format, image.mode, max(image.size) <= EDGE, len(small) <= LARGEST) == ("JPEG", "RGB", True, True)
    assert not {"exif", "icc_profile", "comment"} & set(image.info)
    return image


def colours(image: Image.Image) -> list[tuple[int, int, int]]:
    """What is in the four corners."""
    width, height = image.size
    return [image.convert("RGB").getpixel((int(width * x), int(height * y))) for x, y in CORNERS]  # pyright: ignore[reportReturnType]


def near(found: Sequence[Sequence[int]], wanted: Sequence[Sequence[int]], by: int = 12) -> bool:
    return all(math.dist(one, other) <= by * 1.8 for one, other in zip(found, wanted, strict=True))


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def with_alpha() -> Image.Image:
    """The blue quarter is clear."""
    image = quarters().convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 400, 600, 800))
    return image


def grey_of_16_bits() -> Image.Image:
    rows = [struct.pack("<400H", *(257 * (60 if x < 200 else 200) for x in range(400))) for _ in range(300)]
    return Image.frombytes("I;16", (400, 300), b"".join(rows))


def deep_colours() -> bytes:
    """A PNG with 16 bits a colour, which Pillow does not write."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    row = b"".join(struct.pack(">3H", *(257 * c for c in (RED if x < 50 else GREEN))) for x in range(100))
    head = struct.pack(">IIBBBBB", 100, 80, 16, 2, 0, 0, 0)
    body = zlib.compress((b"\0" + row) * 80)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


ALL = [RED, GREEN, BLUE, WHITE]
GREY = [tuple([round(r * 0.299 + g * 0.587 + b * 0.114)] * 3) for r, g, b in ALL]
PALETTE = quarters().quantize(8)


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (saved(quarters(), "png"), ALL),
        (saved(quarters(), "jpeg", quality=95), ALL),
        (saved(quarters((4000, 3000)), "jpeg", quality=95, progressive=True), ALL),
        (saved(quarters(), "webp", quality=95), ALL),
        (saved(quarters().quantize(8), "gif"), ALL),
        (saved(quarters().convert("L"), "png"), GREY),
        (saved(quarters().convert("L"), "jpeg", quality=95), GREY),
        (saved(quarters().convert("CMYK"), "jpeg", quality=95), ALL),
        (saved(PALETTE, "png"), ALL),
        (saved(PALETTE, "png", transparency=PALETTE.getpixel((0, 0))), [WHITE, GREEN, BLUE, WHITE]),
        (saved(PALETTE, "gif", transparency=PALETTE.getpixel((0, 0))), [WHITE, GREEN, BLUE, WHITE]),
        (saved(quarters(), "png", transparency=GREEN), [RED, WHITE, BLUE, WHITE]),
        (saved(with_alpha(), "png"), [RED, GREEN, WHITE, WHITE]),
        (saved(with_alpha(), "webp", lossless=True), [RED, GREEN, WHITE, WHITE]),
        (saved(with_alpha().convert("LA"), "png"), [GREY[0], GREY[1], WHITE, WHITE]),
        (saved(quarters().convert("1", dither=Image.Dither.NONE), "png"), [BLACK, BLACK, BLACK, WHITE]),
        (saved(grey_of_16_bits(), "png"), [(60,) * 3, (200,) * 3] * 2),
        (deep_colours(), [RED, GREEN] * 2),
        (saved(quarters(), "gif", save_all=True, append_images=[Image.new("RGB", (9, 9))]), ALL),
        (saved(quarters(), "png", icc_profile=b"not a profile"), ALL),
        (saved(quarters().convert("L"), "png", icc_profile=b"not a profile"), GREY),
    ],
)
def test_a_picture_of_any_make_keeps_its_colours(data: bytes, wanted: Any, tmp_path: Path) -> None:
    assert near(colours(drawn(data, tmp_path)), wanted)


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
@pytest.mark.parametrize(
    ("orientation", "order"),
    [(1, "0123"), (2, "1032"), (3, "3210"), (4, "2301"), (5, "0213"), (6, "2031"), (7, "3120"), (8, "1302")],
)
def test_a_picture_stands_upright(kind: str, orientation: int, order: str, tmp_path: Path) -> None:
    """The order names, for each corner of the preview, the corner of the picture as it is stored."""
    image = drawn(saved(quarters(), kind, quality=95, exif=turned(orientation)), tmp_path)

    assert near(colours(image), [ALL[int(corner)] for corner in order])
    assert image.size == ((768, 512) if orientation < 5 else (512, 768))


def test_a_profile_is_applied_and_not_carried_along(tmp_path: Path) -> None:
    """A profile that reads red as something else shows that it was read."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = lab.replace(b"rXYZ", b"tmpX").replace(b"gXYZ", b"rXYZ").replace(b"tmpX", b"gXYZ")

    plain = colours(drawn(saved(quarters(), "png", icc_profile=lab), tmp_path))
    changed = colours(drawn(saved(quarters(), "png", icc_profile=swapped), tmp_path))

    assert near(plain, ALL)
    assert near(changed[:2], [(30, 220, 30), (180, 30, 60)], by=20)


@settings(max_examples=60, deadline=None)
@given(width=st.integers(1, 2000), height=st.integers(1, 2000), kind=st.sampled_from(["png", "jpeg", "webp", "gif"]))
def test_a_picture_of_any_size_keeps_its_shape_and_is_never_enlarged(
    width: int, height: int, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    image = drawn(picture(kind, (width, height)), tmp_path_factory.mktemp("odd"))

    scale = min(1.0, EDGE / max(width, height))
    assert abs(image.width - max(1, width * scale)) <= 1
    assert abs(image.height - max(1, height * scale)) <= 1


@pytest.mark.parametrize("size", [(1, 20_000), (20_000, 1), (1, 1), (768, 768), (769, 768)])
def test_a_sliver_is_drawn_too(size: tuple[int, int], tmp_path: Path) -> None:
    assert max(drawn(picture("png", size), tmp_path).size) == min(max(size), EDGE)


def test_what_cannot_be_compressed_becomes_smaller_instead(tmp_path: Path) -> None:
    noise = Image.frombytes("RGB", (900, 900), random.Random(1).randbytes(900 * 900 * 3))

    assert 300 < max(drawn(saved(noise, "png"), tmp_path).size) < EDGE


def acted(
    scene: Callable[[int], Image.Image], count: int, *, kind: str = "mp4", codec: str = "h264", **options: Any
) -> bytes:
    """A film of 10 pictures a second, with a key picture only at its beginning."""
    target = io.BytesIO()
    with av.open(target, "w", format=kind) as out:
        stream: Any = out.add_stream(codec, rate=10, options={"g": "1000"})
        stream.thread_count = 1  # the others of libvpx spin while they wait
        stream.width, stream.height = scene(0).size
        stream.pix_fmt = "yuv420p"
        for name, value in options.items():
            setattr(stream, name, value)
        for number in range(count):
            frame = av.VideoFrame.from_image(scene(number))
            frame.pts, frame.time_base = number, Fraction(1, 10)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return target.getvalue()


SCENE = quarters((480, 320))
DARK = Image.new("RGB", SCENE.size)


@pytest.mark.parametrize(
    ("kind", "codec", "mime_type"), [("mp4", "h264", "video/mp4"), ("webm", "libvpx", "video/webm")]
)
@pytest.mark.parametrize(
    "scene",
    [
        lambda _: SCENE,
        lambda number: SCENE if number > 1 else DARK,
        lambda number: SCENE if number > 19 else DARK,
        lambda number: SCENE if number > 36 else DARK,
        lambda number: SCENE if number < 5 else DARK,
        lambda number: SCENE if number == 20 else Image.new("RGB", SCENE.size, WHITE),
    ],
    ids=["throughout", "nearly from the start", "from the middle", "at the end", "at the start", "in the middle"],
)
def test_a_video_is_shown_by_a_picture_that_shows_something(
    scene: Callable[[int], Image.Image], kind: str, codec: str, mime_type: str, tmp_path: Path
) -> None:
    image = drawn(acted(scene, 40, kind=kind, codec=codec), tmp_path, mime_type)

    assert near(colours(image), ALL, by=25)
    assert image.size == SCENE.size


def test_a_video_that_only_begins_is_shown_nevertheless(tmp_path: Path) -> None:
    """A file of 0.1 s, and one that is dark all along."""
    assert near(colours(drawn(acted(lambda _: SCENE, 1), tmp_path, "video/mp4")), ALL, by=25)
    assert near(colours(drawn(acted(lambda _: DARK, 10), tmp_path, "video/mp4")), [BLACK] * 4, by=25)
    assert drawn(film(size=(64, 48)), tmp_path, "video/mp4").size == (64, 48)


@pytest.mark.parametrize(
    ("matrix", "order"),
    [((0, 1, -1, 0), "2031"), ((-1, 0, 0, -1), "3210"), ((0, -1, 1, 0), "1302")],
    ids=["right", "half", "left"],
)
def test_a_video_of_a_telephone_stands_upright(matrix: tuple[int, ...], order: str, tmp_path: Path) -> None:
    data = bytearray(acted(lambda _: SCENE, 5))
    at = data.index(b"tkhd") + 44
    a, b, c, d = (one * 65536 for one in matrix)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)

    image = drawn(bytes(data), tmp_path, "video/mp4")

    assert near(colours(image), [ALL[int(corner)] for corner in order], by=25)
    assert image.size == ((480, 320) if matrix[0] else (320, 480))


def test_a_large_video_becomes_as_small_as_a_picture_does(tmp_path: Path) -> None:
    assert drawn(acted(lambda _: quarters((1080, 1920)), 3), tmp_path, "video/mp4").size == (432, 768)


@pytest.mark.parametrize(("told", "meant"), [(1, "ITU709"), (5, "ITU601"), (2, "ITU709")])
def test_a_video_keeps_its_colours_also_if_it_does_not_say_how_they_are_meant(
    told: int, meant: str, tmp_path: Path
) -> None:
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as out:
        stream: Any = out.add_stream("h264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        stream.codec_context.colorspace = told
        frame = av.VideoFrame.from_image(quarters((1280, 720))).reformat(format="yuv420p", dst_colorspace=meant)
        frame.pts, frame.time_base, frame.colorspace = 0, Fraction(1, 10), told
        out.mux([*stream.encode(frame), *stream.encode(None)])

    assert near(colours(drawn(target.getvalue(), tmp_path, "video/mp4")), ALL, by=8)


def bomb(size: tuple[int, int]) -> bytes:
    """A PNG whose header promises what the rest does not hold."""
    head = struct.pack(">II", *size) + b"\x08\x02\0\0\0"
    return picture()[:16] + head + struct.pack(">I", zlib.crc32(b"IHDR" + head)) + picture()[33:]


REFUSED: dict[str, tuple[bytes, str]] = {
    "sound": (wav(), "audio/wav"),
    "sound that is said to be a picture": (wav(), "image/png"),
    "text": (b"<!doctype html><p>canary", "image/png"),
    "nothing": (b"", "image/png"),
    "a cut PNG": (saved(quarters(), "png")[:-200], "image/png"),
    "a cut JPEG": (saved(quarters(), "jpeg")[:-900], "image/jpeg"),
    "a cut WebP": (saved(quarters(), "webp")[:-200], "image/webp"),
    "a cut GIF": (saved(quarters(), "gif")[:300], "image/gif"),
    "a cut film": (film()[:400], "video/mp4"),
    "a film without its pictures": (film()[:64] + film()[-900:], "video/mp4"),
    "60 megapixels": (bomb((10_000, 6_000)), "image/png"),
    "a bomb": (bomb((60_000, 60_000)), "image/png"),
    "a HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
}


def test_what_has_no_preview_is_told_in_a_sentence(tmp_path: Path) -> None:
    told: dict[str, str] = {}
    for name, (data, mime_type) in REFUSED.items():
        (tmp_path / "file.bin").write_bytes(data)
        with pytest.raises(PreviewError) as caught:
            draw_preview(tmp_path / "file.bin", mime_type)
        told[name] = caught.value.message
    with pytest.raises(PreviewError) as gone:
        draw_preview(tmp_path / "gone.png", "image/png")

    assert "canary" not in str(told)
    assert gone.value.message == "No preview: the file cannot be read (no such file or directory)."
    assert told == snapshot(
        {
            "sound": "No preview: sound has none.",
            "sound that is said to be a picture": "No preview: the file is WAV audio, which is not drawn.",
            "text": "No preview: the file is an HTML page, which is not drawn.",
            "nothing": "No preview: the file is an empty file, which is not drawn.",
            "a cut PNG": "No preview: the file is damaged or cut off.",
            "a cut JPEG": "No preview: the file is damaged or cut off.",
            "a cut WebP": "No preview: the file is damaged or cut off.",
            "a cut GIF": "No preview: the file is damaged or cut off.",
            "a cut film": "No preview: the file is damaged or cut off.",
            "a film without its pictures": "No preview: the file is damaged or cut off.",
            "60 megapixels": "No preview: the file has 60.0 megapixels; at most 50 are decoded here.",
            "a bomb": "No preview: the file has 3,600.0 megapixels; at most 50 are decoded here.",
            "a HEIC": "No preview: the file is a HEIC picture, which is not drawn.",
        }
    )


def test_files_cut_and_bent_by_chance_are_drawn_or_refused_and_nothing_else(tmp_path: Path) -> None:
    chance = random.Random(7)
    whole = [saved(quarters((90, 60)), kind) for kind in ("png", "jpeg", "webp", "gif")]
    whole += [film(), film("webm", "libvpx", audio=False)]
    drawn_ = 0
    for _ in range(300):
        data = bytearray(chance.choice(whole))
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.choice((0, 1, 0x7F, 0xFF))
        (tmp_path / "file.bin").write_bytes(data[: chance.choice((len(data), chance.randrange(len(data))))])
        try:
            drawn_ += bool(draw_preview(tmp_path / "file.bin", "image/png"))
        except PreviewError:
            continue
    assert 30 < drawn_ < 280


@pytest.mark.anyio
async def test_a_preview_is_drawn_in_a_thread_and_changes_nothing_for_others(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(saved(quarters(), "png"))
    before = Image.MAX_IMAGE_PIXELS

    assert await run_sync(draw_preview, tmp_path / "a.png", "image/png")
    assert before == Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize(("module", "name"), [("av", "PyAV"), ("PIL", "Pillow")])
def test_a_missing_extra_is_said_with_the_line_that_installs_it(
    module: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None is what Python itself keeps there for a module that must not be found."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError) as caught:
        draw_preview(tmp_path / "a.png", "image/png")
    assert isinstance(caught.value, KieError)
    assert caught.value.message == f"A preview needs the extra `preview` (not installed: {name})."
    assert caught.value.remedy == "Install it where the server runs. In a checkout: pip install '.[preview]'"
