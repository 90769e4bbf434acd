"""A file that a caller hands in: checked by its bytes as it is ordered, uploaded once, and never as anything else."""

# ruff: noqa: E501 (whole sentences)

import base64
import io
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest
from inline_snapshot import snapshot
from PIL import Image

from kie_mcp.catalog import requests
from kie_mcp.errors import OrderError, OutputError, UnreachableError
from kie_mcp.jobs.job import Phase
from kie_mcp.jobs.store.sqlite import SqliteLedger
from kie_mcp.media.inputs.data_uris import LARGEST
from kie_mcp.media.inputs.hashed_file import HashedFile
from kie_mcp.media.inputs.inline_file_store import LIFE, YOUNG, FullError, InlineFiles
from kie_mcp.media.inputs.local_files import LocalFiles
from kie_mcp.media.inputs.own_files import InputFiles
from kie_mcp.media.inputs.uploads import Uploads
from kie_mcp.orders.order import ImageOrder, Order, TalkingVideoOrder
from kie_mcp.orders.own_file_uris import parse_input_uri
from tests.support.download_links import Hand
from tests.support.media_files import film, picture, sound, wav
from tests.support.sandbox_server import facts, stand, text
from tests.support.scripted_kie import make_job
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio

PAINT = ImageOrder(model="google/nano-banana", prompt="a fox")
SING = TalkingVideoOrder(model="infinitalk/from-audio", image="x", audio="x")
KLING = SING.model_copy(update={"model": "kling/ai-avatar-standard"})
OMNI = SING.model_copy(update={"model": "omnihuman-1-5"})
HOUR = 3600.0
MP3 = sound("mp3", "libmp3lame")


@dataclass
class House:
    """What takes files in, over a Kie.ai that keeps what it is sent."""

    folder: Path
    ledger: SqliteLedger
    account: str = "me"
    clock: Hand = field(default_factory=Hand)
    sent: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])
    broken: Exception | None = None

    def __post_init__(self) -> None:
        self.inline = InlineFiles(self.folder / "state" / "inputs", self.clock)
        self.uploads = Uploads(self.send, self.ledger, self.clock, account=self.account)
        place = LocalFiles([], relative_to=self.folder)
        self.inputs = InputFiles(place, self.inline, self.uploads)

    async def send(self, source: HashedFile, *, name: str) -> str:
        """Take a file in pieces, as the network does."""
        await anyio.lowlevel.checkpoint()
        if self.broken:
            raise self.broken
        data = b"".join(iter(lambda: source.read(1000), b""))
        self.sent.append((name, data))
        return f"https://uploads.example/{len(self.sent)}"

    async def link(self, data: bytes, name: str = "a.png", order: Order = PAINT, argument: str = "images[0]") -> str:
        """Hand a file in and ask for its link."""
        (self.folder / name).write_bytes(data)
        taken = await self.inputs.take(name, order, argument=argument)
        return await self.inputs.link(taken.reference, argument=argument)


@asynccontextmanager
async def house(folder: Path, account: str = "me") -> AsyncGenerator[House]:
    """Open one; a second one on the same folder remembers the first."""
    ledger = SqliteLedger(folder / "state" / "jobs.sqlite3")
    await ledger.open()
    try:
        yield House(folder, ledger, account)
    finally:
        await ledger.close()


def uri(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def animation(kind: str) -> bytes:
    """Two frames."""
    target = io.BytesIO()
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    frames[0].save(target, kind, save_all=True, append_images=frames[1:], duration=100)
    return target.getvalue()


def claiming(width: int, height: int) -> bytes:
    """A PNG that says so of itself and holds next to nothing."""
    data = picture("png")
    return data[:16] + width.to_bytes(4) + height.to_bytes(4) + data[24:]


def tagged(tag: int, data: bytes) -> bytes:
    """A WAV that says its sound is encoded in that way."""
    return data[:20] + tag.to_bytes(2, "little") + data[22:]


def called(name: bytes, data: bytes) -> bytes:
    """An M4A that says its sound is encoded in that way."""
    return data.replace(b"mp4a", name, 1)


def begun(packet: bytes) -> bytes:
    """An Ogg that begins with that packet."""
    return sound("ogg", "libopus").replace(b"OpusHead", packet, 1)


M4A = sound("ipod", "aac")
PIECES = sound("mp4", "aac", movflags="empty_moov+frag_keyframe+default_base_moof")
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)
JPEG_WITH_MORE = picture("jpeg", (200, 200), comment=b"\xff\xd8\xff\xd9" * 9, quality=90)


@pytest.mark.parametrize(
    ("order", "argument", "data", "seconds"),
    [
        (PAINT, "images[0]", picture("png"), None),
        (PAINT, "images[0]", picture("jpeg"), None),
        (PAINT, "images[0]", picture("jpeg", (300, 300), progressive=True), None),
        (PAINT, "images[0]", JPEG_WITH_MORE, None),
        (PAINT, "images[0]", picture("jpeg") + b"a film behind the picture" * 9999, None),
        (PAINT, "images[0]", picture("webp"), None),
        (PAINT, "images[0]", picture("webp", lossless=True), None),
        (PAINT, "images[0]", picture("png") + b"behind the end", None),
        (PAINT, "images[0]", picture("png", (10_000, 10_000)), None),
        (PAINT, "images[0]", picture("png", (2, 2)), None),
        (SING, "image", picture("png"), None),
        (SING, "audio", MP3, 2.0),
        (SING, "audio", wav(2.0), 2.0),
        (SING, "audio", sound("ogg", "libopus"), 2.0),
        (SING, "audio", sound("adts", "aac"), 2.0),
        (SING, "audio", M4A, 2.0),
        (SING, "audio", PIECES, 2.0),
        (SING, "audio", sound("ogg", "vorbis"), 2.0),
        (SING, "audio", sound("wav", "pcm_u8"), 2.0),
        (SING, "audio", sound("wav", "pcm_s24le"), 2.0),
        (SING, "audio", sound("wav", "pcm_s32le"), 2.0),
        (SING, "audio", sound("wav", "pcm_f32le"), 2.0),
        (OMNI, "audio", wav(60.0), 60.0),
    ],
)
async def test_what_the_model_takes_is_taken_as_a_path_and_as_a_data_uri(
    order: Order, argument: str, data: bytes, seconds: float | None, tmp_path: Path
) -> None:
    (tmp_path / "any name.bin").write_bytes(data)
    async with house(tmp_path) as here:
        for given in ("any name.bin", uri(data, "audio/ogg")):
            taken = await here.inputs.take(given, order, argument=argument)
            await here.inputs.link(taken.reference, argument=argument)
            assert len(taken.reference) < 300
            assert taken.duration_s == (pytest.approx(seconds, abs=0.15) if seconds else None)
    assert [sent for _, sent in here.sent] == [data]


REFUSED: dict[str, tuple[Order, str, bytes]] = {
    "portrait.heic": (PAINT, "images[0]", HEIC),
    "moving.gif": (PAINT, "images[0]", animation("gif")),
    "still.gif": (PAINT, "images[0]", picture("gif")),
    "moving.png": (PAINT, "images[0]", animation("png")),
    "moving.webp": (PAINT, "images[0]", animation("webp")),
    "cut.png": (PAINT, "images[0]", picture("png", (300, 300))[:-20]),
    "cut at the very end.png": (PAINT, "images[0]", picture("png")[:-2]),
    "cut.jpg": (PAINT, "images[0]", JPEG_WITH_MORE[:-200]),
    "cut.webp": (PAINT, "images[0]", picture("webp")[:-9]),
    "head.png": (PAINT, "images[0]", picture("png")[:20]),
    "head.jpg": (PAINT, "images[0]", b"\xff\xd8\xff\xe0"),
    "no size.png": (PAINT, "images[0]", picture("png")[:16] + bytes(8) + picture("png")[24:]),
    "webp for kling.webp": (KLING, "image", picture("webp")),
    "sound.png": (PAINT, "images[0]", MP3),
    "picture.mp3": (SING, "audio", picture("png")),
    "film.mp4": (SING, "audio", film()),
    "voice.flac": (SING, "audio", sound("flac", "flac")),
    "voice.weba": (SING, "audio", sound("webm", "libopus")),
    "head.wav": (SING, "audio", wav()[:30]),
    "silence of no length.wav": (SING, "audio", wav(0)),
    "long.wav": (OMNI, "audio", wav(60.5)),
    "longer.wav": (KLING, "audio", wav(301)),
    "adpcm.wav": (SING, "audio", sound("wav", "adpcm_ms")),
    "telephone.wav": (SING, "audio", sound("wav", "pcm_alaw")),
    "telephone in the united states.wav": (SING, "audio", sound("wav", "pcm_mulaw")),
    "mp3 inside.wav": (SING, "audio", tagged(0x55, wav())),
    "odd.wav": (SING, "audio", tagged(0x1234, wav())),
    "no format.wav": (SING, "audio", wav().replace(b"fmt ", b"junk")),
    "alac.m4a": (KLING, "audio", sound("ipod", "alac")),
    "alac.mp4": (SING, "audio", sound("mp4", "alac")),
    "opus.mp4": (SING, "audio", sound("mp4", "libopus")),
    "dolby.mp4": (SING, "audio", sound("mp4", "ac3")),
    "bought.m4a": (SING, "audio", called(b"drms", M4A)),
    "odd.m4a": (SING, "audio", called(b"x\x1b'1", M4A)),
    "no format.m4a": (SING, "audio", M4A.replace(b"stsd", b"free")),
    "no length.m4a": (OMNI, "audio", PIECES[: PIECES.index(b"moof") - 4]),
    "flac.ogg": (OMNI, "audio", sound("ogg", "flac")),
    "speex.ogg": (SING, "audio", begun(b"Speex   ")),
    "film.ogg": (SING, "audio", begun(b"\x80theora-")),
    "odd.ogg": (SING, "audio", begun(b"whatever")),
    "no length.ogg": (OMNI, "audio", sound("ogg", "libopus")[:200]),
    "main.aac": (SING, "audio", b"\xff\xf1\x10" + sound("adts", "aac")[3:]),
    "long.ogg": (OMNI, "audio", sound("ogg", "libopus", 61.0)),
    "long.m4a": (OMNI, "audio", sound("ipod", "aac", 61.0)),
    "line.png": (PAINT, "images[0]", picture("png", (400, 1))),
    "dot.webp": (SING, "image", picture("webp", (1, 1))),
    "wall.png": (PAINT, "images[0]", claiming(10_001, 10_000)),
    "bomb.png": (KLING, "image", claiming(2**31 - 1, 2**31 - 1)),
    "large.png": (PAINT, "images[0]", picture("png") + bytes(10 * 1024 * 1024)),
    "large.mp3": (SING, "audio", MP3 + bytes(10 * 1024 * 1024)),
    "id_rsa.png": (PAINT, "images[0]", b"-----BEGIN OPENSSH PRIVATE KEY-----\ncanary"),
    "page.png": (PAINT, "images[0]", b"<!doctype html><p>canary"),
    "jobs.sqlite3": (PAINT, "images[0]", b"SQLite format 3\0canary"),
    "empty.png": (PAINT, "images[0]", b""),
}


async def test_what_the_model_does_not_take_is_refused_before_anything_is_written_down(tmp_path: Path) -> None:
    texts: dict[str, str] = {}
    async with house(tmp_path) as here:
        for name, (order, argument, data) in REFUSED.items():
            (tmp_path / name).write_bytes(data)
            with pytest.raises(OrderError) as caught:
                await here.inputs.take(name, order, argument=argument)
            texts[name] = f"{caught.value.message} {caught.value.remedy}".partition(" Give an https")[0]
            if data and len(data) < LARGEST:
                with pytest.raises(OrderError) as inside:
                    await here.inputs.take(uri(data), order, argument=argument)
                assert str(inside.value) == str(caught.value).replace(name, "the data URI")
    assert "canary" not in str(texts)
    assert not (tmp_path / "state" / "inputs").exists()
    assert texts == snapshot(
        {
            "portrait.heic": "images[0]: portrait.heic is a HEIC picture; google/nano-banana takes JPEG, PNG or WebP. Call again with convert=true to have it handed in as PNG, without loss.",
            "moving.gif": "images[0]: moving.gif is a GIF picture that is animated. Hand in a single picture of it.",
            "still.gif": "images[0]: still.gif is a GIF picture; google/nano-banana takes JPEG, PNG or WebP. Call again with convert=true to have it handed in as PNG, without loss.",
            "moving.png": "images[0]: moving.png is a PNG picture that is animated. Hand in a single picture of it.",
            "moving.webp": "images[0]: moving.webp is a WebP picture that is animated. Hand in a single picture of it.",
            "cut.png": "images[0]: cut.png is a PNG picture that is damaged or cut off. Hand in a file that opens elsewhere.",
            "cut at the very end.png": "images[0]: cut at the very end.png is a PNG picture that is damaged or cut off. Hand in a file that opens elsewhere.",
            "cut.jpg": "images[0]: cut.jpg is a JPEG picture that is damaged or cut off. Hand in a file that opens elsewhere.",
            "cut.webp": "images[0]: cut.webp is a WebP picture that is damaged or cut off. Hand in a file that opens elsewhere.",
            "head.png": "images[0]: head.png is a PNG picture that is damaged or cut off. Hand in a file that opens elsewhere.",
            "head.jpg": "images[0]: head.jpg is a JPEG picture that is damaged or cut off. Hand in a file that opens elsewhere.",
            "no size.png": "images[0]: no size.png is a PNG picture that is damaged or cut off. Hand in a file that opens elsewhere.",
            "webp for kling.webp": "image: webp for kling.webp is a WebP picture; kling/ai-avatar-standard takes JPEG or PNG. Call again with convert=true to have it handed in as PNG, without loss.",
            "sound.png": "images[0]: sound.png is MP3 audio; google/nano-banana takes JPEG, PNG or WebP. Hand in another file.",
            "picture.mp3": "audio: picture.mp3 is a PNG picture; infinitalk/from-audio takes MP3, WAV, AAC, M4A or Ogg. Hand in another file.",
            "film.mp4": "audio: film.mp4 is an MP4 video; infinitalk/from-audio takes MP3, WAV, AAC, M4A or Ogg. Hand in another file.",
            "voice.flac": "audio: voice.flac is FLAC audio; infinitalk/from-audio takes MP3, WAV, AAC, M4A or Ogg. Call again with convert=true to have it handed in as WAV, without loss.",
            "voice.weba": "audio: voice.weba is WebM audio; infinitalk/from-audio takes MP3, WAV, AAC, M4A or Ogg. Call again with convert=true to have it handed in as WAV, in which nothing more is lost.",
            "head.wav": "audio: head.wav is WAV audio that is damaged or cut off. Hand in a file that opens elsewhere.",
            "silence of no length.wav": "audio: silence of no length.wav is WAV audio that is damaged or cut off. Hand in a file that opens elsewhere.",
            "long.wav": "audio: is 60.5 s long; omnihuman-1-5 takes at most 60 s. Shorten it, or use kling/ai-avatar-standard (up to 300 s: 484 credits) or kling/ai-avatar-pro (up to 300 s: 968 credits).",
            "longer.wav": "audio: is 301.0 s long; kling/ai-avatar-standard takes at most 300 s. Shorten it.",
            "adpcm.wav": "audio: adpcm.wav is WAV audio with ADPCM; infinitalk/from-audio takes MP3, WAV (PCM or float PCM), AAC, M4A (AAC) or Ogg (Vorbis or Opus). Call again with convert=true to have it handed in as WAV, in which nothing more is lost.",
            "telephone.wav": "audio: telephone.wav is WAV audio with A-law; infinitalk/from-audio takes MP3, WAV (PCM or float PCM), AAC, M4A (AAC) or Ogg (Vorbis or Opus). Call again with convert=true to have it handed in as WAV, in which nothing more is lost.",
            "telephone in the united states.wav": "audio: telephone in the united states.wav is WAV audio with µ-law; infinitalk/from-audio takes MP3, WAV (PCM or float PCM), AAC, M4A (AAC) or Ogg (Vorbis or Opus). Call again with convert=true to have it handed in as WAV, in which nothing more is lost.",
            "mp3 inside.wav": "audio: mp3 inside.wav is WAV audio with MP3; infinitalk/from-audio takes MP3, WAV (PCM or float PCM), AAC, M4A (AAC) or Ogg (Vorbis or Opus). Call again with convert=true to have it handed in as WAV, in which nothing more is lost.",
            "odd.wav": "audio: odd.wav is WAV audio with format 0x1234; infinitalk/from-audio takes MP3, WAV (PCM or float PCM), AAC, M4A (AAC) or Ogg (Vorbis or Opus). Convert it to MP3 and hand that in.",
            "no format.wav": "audio: no format.wav is WAV audio that is damaged or cut off. Hand in a file that opens elsewhere.",
            "alac.m4a": "audio: alac.m4a is M4A audio with ALAC; kling/ai-avatar-standard takes MP3, WAV (PCM or float PCM), AAC, M4A (AAC) or Ogg (Vorbis or Opus). Call again with convert=true to have it handed in as WAV, without loss.",
            "alac.mp4": "audio: alac.mp4 is M4A audio with ALAC; infinitalk/from-audio takes MP3, WAV (PCM or float PCM), AAC, M4A (AAC) or Ogg (Vorbis or Opus). Call again with convert=true to have it handed in as WAV, without loss.",
            "opus.mp4": "audio: opus.mp4 is M4A audio with Opus; infinitalk/from-audio takes MP3, WAV (PCM or float PCM), AAC, M4A (AAC) or Ogg (Vorbis or Opus). Call again with convert=true to have it handed in as WAV, in which nothing more is lost.",
            "dolby.mp4": "audio: dolby.mp4 is M4A audio with AC-3; infinitalk/from-audio takes MP3, WAV (PCM or float PCM), AAC, M4A (AAC) or Ogg (Vorbis or Opus). Call again with convert=true to have it handed in as WAV, in which nothing more is lost.",
            "bought.m4a": "audio: bought.m4a is M4A audio with copy protection; infinitalk/from-audio takes MP3, WAV (PCM or float PCM), AAC, M4A (AAC) or Ogg (Vorbis or Opus). Convert it to MP3 and hand that in.",
            "odd.m4a": 'audio: odd.m4a is M4A audio with format "x\\x1b\'1"; infinitalk/from-audio takes MP3, WAV (PCM or float PCM), AAC, M4A (AAC) or Ogg (Vorbis or Opus). Convert it to MP3 and hand that in.',
            "no format.m4a": "audio: no format.m4a is M4A audio that is damaged or cut off. Hand in a file that opens elsewhere.",
            "no length.m4a": "audio: no length.m4a is M4A audio that is damaged or cut off. Hand in a file that opens elsewhere.",
            "flac.ogg": "audio: flac.ogg is Ogg audio with FLAC; omnihuman-1-5 takes MP3, WAV (PCM or float PCM), AAC, M4A (AAC) or Ogg (Vorbis or Opus). Call again with convert=true to have it handed in as WAV, without loss.",
            "speex.ogg": "audio: speex.ogg is Ogg audio with Speex; infinitalk/from-audio takes MP3, WAV (PCM or float PCM), AAC, M4A (AAC) or Ogg (Vorbis or Opus). Call again with convert=true to have it handed in as WAV, in which nothing more is lost.",
            "film.ogg": "audio: film.ogg is Ogg audio with Theora video; infinitalk/from-audio takes MP3, WAV (PCM or float PCM), AAC, M4A (AAC) or Ogg (Vorbis or Opus). Convert it to MP3 and hand that in.",
            "odd.ogg": "audio: odd.ogg is Ogg audio with something unknown; infinitalk/from-audio takes MP3, WAV (PCM or float PCM), AAC, M4A (AAC) or Ogg (Vorbis or Opus). Convert it to MP3 and hand that in.",
            "no length.ogg": "audio: no length.ogg is Ogg audio that is damaged or cut off. Hand in a file that opens elsewhere.",
            "main.aac": "audio: main.aac is AAC audio with AAC Main; infinitalk/from-audio takes MP3, WAV (PCM or float PCM), AAC, M4A (AAC) or Ogg (Vorbis or Opus). Convert it to MP3 and hand that in.",
            "long.ogg": "audio: is 61.0 s long; omnihuman-1-5 takes at most 60 s. Shorten it, or use kling/ai-avatar-standard (up to 300 s: 488 credits) or kling/ai-avatar-pro (up to 300 s: 976 credits).",
            "long.m4a": "audio: is 61.0 s long; omnihuman-1-5 takes at most 60 s. Shorten it, or use kling/ai-avatar-standard (up to 300 s: 488 credits) or kling/ai-avatar-pro (up to 300 s: 976 credits).",
            "line.png": "images[0]: line.png has 400 x 1 pixels; google/nano-banana takes JPEG, PNG or WebP of 10 MB at most, and a picture needs at least 2 pixels a side and at most 100 million in all. Resize it and hand that in.",
            "dot.webp": "image: dot.webp has 1 x 1 pixels; infinitalk/from-audio takes JPEG, PNG or WebP of 10 MB at most, and a picture needs at least 2 pixels a side and at most 100 million in all. Resize it and hand that in.",
            "wall.png": "images[0]: wall.png has 10,001 x 10,000 pixels; google/nano-banana takes JPEG, PNG or WebP of 10 MB at most, and a picture needs at least 2 pixels a side and at most 100 million in all. Resize it and hand that in.",
            "bomb.png": "image: bomb.png has 2,147,483,647 x 2,147,483,647 pixels; kling/ai-avatar-standard takes JPEG or PNG of 10 MB at most, and a picture needs at least 2 pixels a side and at most 100 million in all. Resize it and hand that in.",
            "large.png": "images[0]: 'large.png' has 10.1 MB; at most 10 MB are taken. Hand in a smaller file.",
            "large.mp3": "audio: 'large.mp3' has 10.1 MB; at most 10 MB are taken. Hand in a smaller file.",
            "id_rsa.png": "images[0]: id_rsa.png is text; google/nano-banana takes JPEG, PNG or WebP. Hand in another file.",
            "page.png": "images[0]: page.png is an HTML page; google/nano-banana takes JPEG, PNG or WebP. Hand in another file.",
            "jobs.sqlite3": "images[0]: jobs.sqlite3 is something unknown; google/nano-banana takes JPEG, PNG or WebP. Hand in another file.",
            "empty.png": "images[0]: empty.png is an empty file; google/nano-banana takes JPEG, PNG or WebP. Hand in another file.",
        }
    )


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("data:image/png;base64,canary canary==", "images[0]: what the data URI holds is not base64."),
        ("data:image/png;base64,canary=", "images[0]: what the data URI holds is not base64."),
        ("data:image/png;base64,canary%3D", "images[0]: what the data URI holds is not base64."),
        ("data:image/png;base64,canary==canary==", "images[0]: what the data URI holds is not base64."),
        ("data:image/png;base64,canar", "images[0]: what the data URI holds is not base64."),
        ("data:image/png;base64,can%C3ry", "images[0]: what the data URI holds is not base64."),
        ("data:image/png;base64,cana ryc", "images[0]: what the data URI holds is not base64."),
        ("data:image/png;base64,cana ry c", "images[0]: what the data URI holds is not base64."),
        ("data:image/png;base64,canäry==", "images[0]: what the data URI holds is not base64."),
        (
            "data:image/png;base64,",
            "images[0]: the data URI is an empty file; google/nano-banana takes JPEG, PNG or WebP.",
        ),
        (
            "data:image/png;base64," + "c" * (LARGEST // 3 * 4 + 8),
            "images[0]: the data URI holds more than 10 MB.",
        ),
        (
            "data:image/png;base64," + "can%2B" * (LARGEST // 3 + 8),
            "images[0]: the data URI holds more than 10 MB.",
        ),
        (
            "data:image/png;base64," + "\n" * (LARGEST * 6),
            "images[0]: the data URI holds more than 10 MB.",
        ),
    ],
)
async def test_a_data_uri_is_read_strictly_and_never_repeated(given: str, problem: str, tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        with pytest.raises(OrderError) as caught:
            await here.inputs.take(given, PAINT, argument="images[0]")
    assert str(caught.value) == problem
    assert "can" not in caught.value.remedy.replace("scan", "")


def folded(text: str, by: str, width: int = 76) -> str:
    """The same in lines."""
    return by.join(text[at : at + width] for at in range(0, len(text), width))


FORMS: dict[str, Callable[[str], str]] = {
    "lines": lambda text: folded(text, "\n"),
    "lines of a mail": lambda text: folded(text, "\r\n") + "\r\n",
    "indented lines": lambda text: "\n    " + folded(text, "\n    ") + "\n",
    "lines that became blanks": lambda text: folded(text, " ", 64),
    "lines, percent-encoded": lambda text: folded(text, "%0D%0A"),
    "blanks, percent-encoded": lambda text: folded(text, "%20"),
    "percent-encoded": lambda text: text.replace("+", "%2B").replace("/", "%2f").replace("=", "%3D"),
    "not padded": lambda text: text.rstrip("="),
    "safe for URLs": lambda text: text.replace("+", "-").replace("/", "_"),
    "safe for URLs and not padded": lambda text: text.replace("+", "-").replace("/", "_").rstrip("="),
    "lines, written out": lambda text: folded(text, "\\n"),
    "lines of a mail, written out": lambda text: folded(text, "\\r\\n"),
    "in quotation marks": lambda text: f'"{text}"',
    "with invisible signs": lambda text: f"\ufeff{text[:40]}\u200b{text[40:]}\u2060",
    "all of it": lambda text: folded(text.replace("+", "-").rstrip("="), "%0a", 60) + "%0A",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("head", ["data:image/png;base64,", "data:;base64,", "DATA:image/x-png; Base64, "])
async def test_base64_is_taken_as_it_comes_if_what_it_means_is_certain(form: str, head: str, tmp_path: Path) -> None:
    noise = [
        Image.frombytes("RGB", (9 + more, 9), random.Random(more).randbytes(3 * 9 * (9 + more))) for more in (0, 1, 2)
    ]
    async with house(tmp_path) as here:
        for image in noise:
            target = io.BytesIO()
            image.save(target, "png")
            text = base64.b64encode(target.getvalue()).decode()
            assert {"+", "/"} <= set(text)
            checked = requests.check(PAINT.model_copy(update={"images": (head + FORMS[form](text),)}))
            taken = await here.inputs.take(checked.files()["images[0]"], checked, argument="images[0]")
            await here.inputs.link(taken.reference, argument="images[0]")
            assert here.sent[-1][1] == target.getvalue()


@pytest.mark.parametrize(
    "head",
    [
        "data:base64",
        "data://image/png;base64",
        "\ufeffdata:image/png;base64",
        "data:image/png;charset=;base64",
        "data:image/png;utf8;base64",
        "data:image/png;name=my%20fox.png;base64",
        'data:image/png;name="my; fox, (1).png";base64',
        'data:video/mp4;codecs="avc1, mp4a";base64',
        "data:image/png;a=1;b=2;c=3;d=4;e=5;f=6;base64",
        "data:img/png;base64",
        "data:binary/octet-stream;base64",
        "data:application/x-png;base64",
    ],
)
async def test_what_stands_before_the_base64_may_be_written_as_it_likes(head: str, tmp_path: Path) -> None:
    text = f"{head},{base64.b64encode(picture()).decode()}"
    async with house(tmp_path) as here:
        checked = requests.check(PAINT.model_copy(update={"images": (text,)}))
        taken = await here.inputs.take(checked.files()["images[0]"], checked, argument="images[0]")
        await here.inputs.link(taken.reference, argument="images[0]")
        assert here.sent[-1][1] == picture()


@pytest.mark.parametrize("kind", ["application/octet-stream", "video/mp4", "application/ogg;codecs=opus"])
async def test_the_type_of_a_data_uri_counts_for_nothing(kind: str, tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        checked = requests.check(PAINT.model_copy(update={"images": (uri(picture(), kind),)}))
        assert (await here.inputs.take(checked.files()["images[0]"], checked, argument="images[0]")).reference


async def test_what_a_data_uri_held_is_kept_privately_for_two_days(tmp_path: Path) -> None:
    """Long enough for any job that takes it; the bytes are never in the ledger."""
    data = picture()
    async with house(tmp_path) as here:
        reference = (await here.inputs.take(uri(data), PAINT, argument="images[0]")).reference
        [kept] = (tmp_path / "state" / "inputs").iterdir()
        assert (kept.read_bytes(), kept.stat().st_mode & 0o777) == (data, 0o600)
        assert kept.parent.stat().st_mode & 0o777 == 0o700
        here.clock.time += LIFE - 1
        other = (await here.inputs.take(uri(picture(size=(5, 5))), PAINT, argument="images[0]")).reference
        assert kept.exists()
        here.clock.time += 2
        await here.inputs.take(uri(picture(size=(5, 5))), PAINT, argument="images[0]")
        assert await here.inputs.link(other, argument="images[0]")
        with pytest.raises(OrderError, match="is not kept any more"):
            await here.inputs.link(reference, argument="images[0]")


async def test_what_is_kept_is_bounded_and_the_oldest_that_nobody_needs_goes_first(tmp_path: Path) -> None:
    needed: set[str] = set()

    async def names() -> set[str]:
        await anyio.lowlevel.checkpoint()
        return needed

    clock = Hand()
    folder = tmp_path / "inputs"
    inline = InlineFiles(folder, clock, needed=names, most=1000)
    for name in "abc":
        await inline.keep(bytes(300), name)
        clock.time += YOUNG + 1
    needed |= {"a"}
    await inline.keep(bytes(300), "d")
    assert {path.name for path in folder.iterdir()} == {"a", "c", "d"}
    clock.time += LIFE + 1
    await inline.keep(bytes(300), "d")
    assert {path.name for path in folder.iterdir()} == {"a", "d"}
    needed |= {"d"}
    clock.time += YOUNG + 1
    with pytest.raises(FullError):
        await inline.keep(bytes(401), "e")
    assert {path.name for path in folder.iterdir()} == {"a", "d"}
    await inline.keep(bytes(600), "d")


async def test_without_room_an_order_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        inputs = InputFiles(
            LocalFiles([], relative_to=tmp_path), InlineFiles(tmp_path / "inputs", here.clock, most=99), here.uploads
        )
        with pytest.raises(OutputError) as caught:
            await inputs.take(uri(picture("png", (99, 99))), PAINT, argument="images[0]")
    assert f"{caught.value.message} {caught.value.remedy}" == snapshot(
        "images[0]: the data URI finds no room here: 0 MB of earlier ones are still needed. Hand the file in as a path or an https URL, or call again later."
    )
    assert here.sent == []


async def test_a_file_that_an_unsent_job_of_anybody_needs_is_known_to_the_ledger(tmp_path: Path) -> None:
    digests = [format(number, "064x") for number in range(3)]
    async with house(tmp_path) as here:
        for number, phase in enumerate((Phase.RESERVED, Phase.RUNNING, Phase.RESERVED)):
            order = {"kind": "image", "images": [f"data:image/png#sha256={digests[number]}"]}
            job = make_job(number, phase=phase, account=f"account {number}", order=order, fingerprint=str(number))
            await here.ledger.reserve(job, "w1")
        assert await here.ledger.find_inputs_needed() == {digests[0], digests[2]}


async def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        (tmp_path / "state" / "inputs").write_bytes(b"in the way")
        with pytest.raises(OutputError, match=r"^images\[0\]: the data URI cannot be kept here \("):
            await here.inputs.take(uri(picture()), PAINT, argument="images[0]")


async def test_the_same_bytes_are_uploaded_once_a_day_by_any_name_also_after_a_restart(tmp_path: Path) -> None:
    data, changed = picture(), picture(size=(8, 8))
    async with house(tmp_path) as here:
        links = [await here.link(data), await here.link(data, "b.png"), await here.link(changed)]
        data_uri = (await here.inputs.take(uri(data), PAINT, argument="images[0]")).reference
        links.append(await here.inputs.link(data_uri, argument="images[0]"))
        links.append(await here.uploads.path(tmp_path / "b.png"))
    async with house(tmp_path) as later:
        later.clock.time += 22.9 * HOUR
        assert [await later.link(data), later.sent] == ["https://uploads.example/1", []]
        later.clock.time += 0.2 * HOUR
        await later.link(data)
    async with house(tmp_path, "you") as other:
        await other.link(data)
    assert [link[-1] for link in links] == ["1", "1", "2", "1", "1"]
    assert [len(one.sent) for one in (here, later, other)] == [2, 1, 1]


async def test_two_that_hand_the_same_in_at_once_upload_it_once(tmp_path: Path) -> None:
    async with house(tmp_path) as here, anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(here.link, picture())
    assert len(here.sent) == 1


async def test_an_upload_that_fails_is_tried_again_by_the_next(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        here.broken = UnreachableError("no network")
        with pytest.raises(UnreachableError):
            await here.link(picture())
        here.broken = None
        assert await here.link(picture()) == "https://uploads.example/1"


async def test_a_ledger_that_cannot_be_asked_costs_an_upload_and_no_job(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.link(picture())
        await here.ledger.close()
        assert await here.link(picture()) == "https://uploads.example/2"


async def test_an_upload_is_named_by_chance_and_by_what_it_is(tmp_path: Path) -> None:
    """What a file is called here is nobody's business."""
    async with house(tmp_path) as here:
        await here.link(picture("jpeg"), "my secret project.png")
        await here.link(MP3, "voice.bin", SING, "audio")
    (one, _), (two, _) = here.sent
    assert (len(one), one[-4:], two[-4:]) == (20, ".jpg", ".mp3")
    assert one[:16] != two[:16]


@pytest.mark.parametrize("change", ["other", "gone", "link"])
async def test_a_file_that_changes_after_it_was_ordered_is_not_sent(change: str, tmp_path: Path) -> None:
    (path := tmp_path / "a.png").write_bytes(picture())
    async with house(tmp_path) as here:
        reference = (await here.inputs.take("a.png", PAINT, argument="images[0]")).reference
        path.unlink()
        if change == "other":
            path.write_bytes(picture(size=(8, 8)))
        elif change == "link":
            path.symlink_to("/etc/passwd")
        with pytest.raises(OrderError) as caught:
            await here.inputs.link(reference, argument="images[0]")
    assert here.sent == []
    assert (
        str(caught.value).replace(str(tmp_path), "")
        == {
            "other": "images[0]: a.png has changed since it was ordered.",
            "gone": "images[0]: 'file:///a.png' is no file on this computer.",
            "link": "images[0]: 'file:///a.png' is in no folder that this server may read.",
        }[change]
    )


async def test_a_file_that_changes_while_it_is_uploaded_is_uploaded_again(tmp_path: Path) -> None:
    """Else its bytes would be remembered under the name of others."""
    (path := tmp_path / "a.png").write_bytes(picture())
    async with house(tmp_path) as here:

        async def send(source: HashedFile, *, name: str) -> str:
            path.write_bytes(picture(size=(8, 8)))
            return await here.send(source, name=name)

        uploads = Uploads(send, here.ledger, here.clock, account="me")
        with pytest.raises(OutputError, match="changed while it was uploaded"):
            await uploads.path(path)
        assert await here.link(picture()) == "https://uploads.example/2"


async def test_pictures_cut_and_bent_by_chance_are_taken_or_refused_and_nothing_else(tmp_path: Path) -> None:
    chance = random.Random(4)
    whole = [picture("png", (60, 60)), JPEG_WITH_MORE, picture("webp", (60, 60)), MP3, sound("ogg", "libopus"), film()]
    taken = 0
    async with house(tmp_path) as here:
        for _ in range(600):
            data = bytearray(chance.choice(whole))
            for _ in range(chance.randint(0, 4)):
                data[chance.randrange(min(len(data), 200))] = chance.choice((0, 1, 0x7F, 0xFF))
            data = data[: chance.choice((len(data), chance.randrange(len(data)), 12))]
            (tmp_path / "a.bin").write_bytes(data)
            order, argument = chance.choice(((PAINT, "images[0]"), (OMNI, "audio")))
            try:
                reference = (await here.inputs.take("a.bin", order, argument=argument)).reference
            except OrderError:
                continue
            assert parse_input_uri(reference)
            taken += 1
    assert 50 < taken < 400


@pytest.fixture
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """Time hurries where a whole server is at work."""
    return HURRIED if "server" in request.node.name else "asyncio"


async def test_a_picture_and_a_voice_on_this_disk_become_a_video_by_a_whole_server(tmp_path: Path) -> None:
    """The sandbox makes it of the very bytes that were handed in, and a second video uploads nothing."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "face.png").write_bytes(picture("png", (320, 240)))
    (tmp_path / "voice.wav").write_bytes(wav(2.0))
    async with stand(tmp_path, changes={"input_roots": (tmp_path,)}) as here:
        films = [
            facts(await here.call("create_talking_video", image=face, audio=f"{tmp_path}/voice.wav", seed=seed))
            for face, seed in (("face.png", 10_001), (f"file://{tmp_path}/out/face.png", 10_002))
        ]
        first, second = (body["input"] for body in here.creates)
        sandbox = here.app.state.sandbox
        stored = [
            await sandbox.files.find(sandbox.files.path_of_own(first[key])).read(sandbox.studio.executor)
            for key in ("image_url", "audio_url")
        ]
    assert stored == [picture("png", (320, 240)), wav(2.0)]
    assert [film["outputs"][0]["duration_s"] for film in films] == [pytest.approx(2.0, abs=0.15)] * 2
    assert films[0]["outputs"][0]["width"] / films[0]["outputs"][0]["height"] == pytest.approx(4 / 3, abs=0.02)
    assert films[0]["credits"]["estimated"] == 6.0
    assert (first["image_url"], first["audio_url"]) == (second["image_url"], second["audio_url"])


async def test_a_server_takes_a_data_uri_and_writes_no_word_of_it_down(tmp_path: Path) -> None:
    data = picture("png", (300, 300), pnginfo=None) + b"canary" * 2000
    async with stand(tmp_path) as here:
        made = facts(await here.call("generate_image", prompt="the same at night", images=[uri(data)]))
        again = facts(await here.call("generate_image", prompt="the same at night", images=[uri(data)]))
    assert (made["state"], again["state"]) == ("succeeded", "succeeded")
    assert base64.b64encode(b"canary" * 3) not in (tmp_path / "state" / "jobs.sqlite3").read_bytes()
    assert here.creates[0]["input"]["image_urls"] == here.creates[1]["input"]["image_urls"]


async def test_a_server_joins_equal_bytes_and_not_changed_ones(tmp_path: Path) -> None:
    """The order is told by what is in the file, not by what it is called."""
    (tmp_path / "out").mkdir()
    for name, size in (("a", 5), ("b", 5), ("c", 6)):
        (tmp_path / "out" / f"{name}.png").write_bytes(picture(size=(size, size)))
    async with stand(tmp_path) as here:
        told = [
            facts(
                await here.call(
                    "generate_image", prompt="the same at night sandbox:slow", images=[f"{name}.png"], wait_seconds=0
                )
            )
            for name in "abc"
        ]
    assert told[0]["job_id"] == told[1]["job_id"] != told[2]["job_id"]


async def test_a_server_answers_a_wrong_file_without_a_job(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "portrait.heic").write_bytes(HEIC)
    async with stand(tmp_path) as here:
        wrong = await here.call("generate_image", prompt="a fox", images=["portrait.heic"])
        jobs = facts(await here.call("list_jobs"))["jobs"]
    assert jobs == []
    assert text(wrong) == snapshot("""\
error: images[0]: portrait.heic is a HEIC picture; google/nano-banana takes JPEG, PNG or WebP.
what to do: Call again with convert=true to have it handed in as PNG, without loss.\
""")


@pytest.mark.parametrize("inside", [False, True], ids=["path", "data URI"])
async def test_a_server_that_starts_again_sends_what_was_handed_in_before(inside: bool, tmp_path: Path) -> None:
    """The video waits for its face; the voice is still on disk when the face is there."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "voice.wav").write_bytes(wav(2.0))
    audio = uri(wav(2.0), "audio/wav") if inside else "voice.wav"
    async with stand(tmp_path) as first:
        face = facts(await first.call("generate_image", prompt="a fox sandbox:slow", wait_seconds=0))
        image = f"kie://jobs/{face['job_id']}/outputs/0"
        film = facts(await first.call("create_talking_video", image=image, audio=audio, wait_seconds=0))
    async with stand(tmp_path, app=first.app) as second:
        done = facts(await second.call("get_job_status", job_id=film["job_id"], wait_seconds=600))
    assert (film["state"], film["credits"]["estimated"]) == ("queued", 6.0)
    assert len(second.creates) == 2
    assert done["state"] == "succeeded"
    assert done["outputs"][0]["duration_s"] == pytest.approx(2.0, abs=0.15)
