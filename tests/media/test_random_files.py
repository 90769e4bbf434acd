"""Whatever is in a file, looking at it ends, and says what the model takes or why not."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kie_mcp.catalog.file_limits import LEAST_SIDE, MOST_MEGAPIXELS
from kie_mcp.errors import OrderError
from kie_mcp.media.inputs.validation import check_file
from kie_mcp.media.probe.file_type import Probe, probe
from kie_mcp.media.probe.picture_integrity import ANIMATED, DAMAGED
from kie_mcp.orders.order import ImageOrder, Order, TalkingVideoOrder
from tests.support.media_files import film, picture, sound, wav

PAINT = ImageOrder(model="google/nano-banana", prompt="a fox")
SING = TalkingVideoOrder(model="omnihuman-1-5", image="x", audio="x")

WHOLE = (
    picture("png"),
    picture("jpeg", progressive=True),
    picture("webp"),
    picture("webp", lossless=True),
    picture("gif"),
    wav(0.01),
    sound("wav", "adpcm_ms", 0.05),
    sound("mp3", "libmp3lame", 0.1),
    sound("adts", "aac", 0.1),
    sound("flac", "flac", 0.1),
    sound("ogg", "libopus", 0.1),
    sound("ogg", "vorbis", 0.1),
    sound("ipod", "aac", 0.1),
    sound("ipod", "alac", 0.1),
    sound("mp4", "aac", 0.1, movflags="empty_moov+frag_keyframe+default_base_moof"),
    sound("webm", "libopus", 0.1),
    film(size=(16, 16)),
    film(size=(16, 16), movflags="empty_moov+frag_keyframe+default_base_moof"),
)
MAGIC = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"RIFF\xff\xff\xff\xffWEBPVP8X",
    b"GIF89a",
    b"RIFF\xff\xff\xff\xffWAVEfmt ",
    b"OggS\0\2",
    b"fLaC",
    b"\xff\xf1",
    b"\xff\xfb\x90",
    b"ID3\4\0\0\0\0\0\4",
    b"\0\0\0\x10ftypisom\0\0\0\0",
    b"\0\0\0\x10ftypheic\0\0\0\0",
    b"\x1a\x45\xdf\xa3",
    b"",
)
NUMBERS = (
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\0\0\0\1",
    b"\1\0\0\0",
    b"\0\0\0\x08",
    b"moov",
    b"OggS",
)


@st.composite
def bent(draw: st.DrawFn) -> bytes:
    """A real file with some of its bytes replaced, cut, said twice or swapped."""
    data = bytearray(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["replace", "number", "cut", "leave out", "twice"])):
            case "replace":
                data[at : at + 1] = draw(st.binary(max_size=3))
            case "number":
                data[at : at + 4] = draw(st.sampled_from(NUMBERS))
            case "cut":
                del data[at:]
            case "leave out":
                del data[at : at + draw(st.integers(1, 40))]
            case _:
                data[at:at] = data[at : at + draw(st.integers(1, 200))]
    return bytes(data)


@st.composite
def begun(draw: st.DrawFn) -> bytes:
    """Anything behind the first bytes of some kind of file."""
    return draw(st.sampled_from(MAGIC)) + draw(st.binary(max_size=400))


@given(bent() | begun())
@example(b"")
def test_any_bytes_are_looked_at_without_an_error(data: bytes) -> None:
    found = probe(data)

    assert found.bytes == len(data)
    assert (found.width is None) == (found.height is None)
    assert found.width is None or found.width >= 0
    assert found.duration_s is None or found.duration_s >= 0
    assert found.label
    assert found.codec.isprintable()


@given(bent() | begun(), st.sampled_from([(PAINT, "images[0]"), (SING, "image"), (SING, "audio")]))
def test_any_bytes_are_taken_or_refused_in_one_sentence(data: bytes, where: tuple[Order, str]) -> None:
    """What is taken is measured, within the limits, and not long."""
    order, argument = where
    found, words = look(data, order, argument)
    if found is None:
        assert words.startswith(f"{argument}: ")
        assert words.isprintable()
        assert len(words) < 300
    elif argument == "audio":
        assert found.duration_s is not None
        assert found.duration_s <= 60
    else:
        assert found.width is not None
        assert found.height is not None
        assert found.width * found.height <= MOST_MEGAPIXELS * 1_000_000
        assert min(found.width, found.height) >= LEAST_SIDE


def look(data: bytes, order: Order, argument: str) -> tuple[Probe | None, str]:
    """What it is, or why it is refused."""
    try:
        return check_file(data, "a.bin", order, argument), ""
    except OrderError as error:
        return None, error.message


@given(st.integers(1, 2**32 - 1), st.integers(1, 2**32 - 1))
@example(10_000, 10_000)
@example(10_001, 10_000)
@example(2, 50_000_000)
@example(1, 2)
def test_a_picture_is_taken_up_to_a_hundred_million_pixels_and_from_two_a_side(width: int, height: int) -> None:
    data = picture("png")
    data = data[:16] + width.to_bytes(4) + height.to_bytes(4) + data[24:]
    if min(width, height) >= 2 and width * height <= 100_000_000:
        assert check_file(data, "a.png", PAINT, "images[0]").width == width
    else:
        with pytest.raises(OrderError, match=f"{width:,} x {height:,} pixels"):
            check_file(data, "a.png", PAINT, "images[0]")


@given(st.data())
def test_a_picture_that_breaks_off_is_refused(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["png", "jpeg", "webp"]))
    file = picture(kind, (40, 30))
    cut = file[: data.draw(st.integers(12, len(file) - 2))]
    with pytest.raises(OrderError, match=f"{DAMAGED}|something unknown") as caught:
        check_file(cut, "a.bin", PAINT, "images[0]")
    assert ANIMATED not in caught.value.message
