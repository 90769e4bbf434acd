"""Only what a broken file makes a decoder raise is the file's fault; all else is said to be ours."""

import errno
import io
import logging
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from kie_mcp.media.convert.convert import convert
from kie_mcp.media.convert.preview import PreviewError, draw_preview
from kie_mcp.media.convert.safe_decoding import UndecodableError
from kie_mcp.media.convert.video_frame import pick_frame
from kie_mcp.media.outputs.download_limits import MB
from kie_mcp.media.probe.file_type import probe
from tests.support.heic import heic
from tests.support.media_files import Sound, film, picture, sound
from tests.support.sandbox_server import facts, stand, text
from tests.support.virtual_time import HURRIED

WHOLE = {
    "gif": picture("gif"),
    "webp": picture("webp"),
    "avif": picture("avif"),
    "heic": heic(Image.new("RGB", (64, 64), "red")),
    "flac": sound("flac", "flac", 0.2),
    "m4a": sound("ipod", "alac", 0.2),
    "ogg": sound("ogg", "libopus", 0.2),
}
OURS = [TypeError("canary"), AttributeError("canary"), KeyError("canary"), OSError(errno.EIO, "canary")]


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


class Failing(io.BytesIO):
    """A file that cannot be read to its end, through no fault of what is in it."""

    def __init__(self, data: bytes, error: Exception) -> None:
        super().__init__(data)
        self.error = error

    def read(self, size: int | None = -1, /) -> bytes:
        """Fail."""
        raise self.error


@pytest.mark.parametrize("error", OURS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("name", WHOLE)
def test_a_fault_of_ours_is_not_called_a_broken_file(name: str, error: Exception) -> None:
    data = WHOLE[name]
    with pytest.raises(type(error), match="canary"):
        convert(Failing(data, error), probe(data), most=MB)


@pytest.mark.parametrize("error", OURS, ids=lambda error: type(error).__name__)
def test_a_fault_of_ours_is_not_called_a_broken_video(error: Exception) -> None:
    with pytest.raises(type(error), match="canary"):
        pick_frame(Failing(film(), error), "video/mp4", 768)


@pytest.mark.parametrize(("container", "codec"), [("flac", "flac"), ("ipod", "alac"), ("wav", "adpcm_ms")])
def test_a_title_that_is_no_utf_8_spoils_no_sound(container: str, codec: Sound) -> None:
    data = sound(container, codec, 0.2, title="canary")
    assert b"canary" in data
    bent = data.replace(b"canary", b"can\xffry")
    assert convert(io.BytesIO(bent), probe(bent), most=MB) == convert(io.BytesIO(data), probe(data), most=MB)


def test_a_sound_that_nothing_decodes_is_refused_and_not_called_broken() -> None:
    data = WHOLE["m4a"]
    unknown = data.replace(b"alac", b"zzzz")
    with pytest.raises(UndecodableError, match="holds nothing that can be decoded here"):
        convert(io.BytesIO(unknown), probe(data), most=MB)


def test_a_video_that_nothing_decodes_is_refused_and_not_called_broken(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(film(audio=False).replace(b"avc1", b"zzz1").replace(b"avcC", b"zzzC"))
    with pytest.raises(PreviewError, match="holds nothing that can be decoded here"):
        draw_preview(tmp_path / "film.mp4", "video/mp4")


def test_a_heic_without_a_size_is_damaged() -> None:
    data = heic(Image.new("RGB", (64, 64), "red"), said=(0, 0))
    with pytest.raises(UndecodableError, match="is damaged or cut off"):
        convert(io.BytesIO(data), probe(data), most=MB)


def test_a_pillow_without_avif_is_said_to_be_without_it(tmp_path: Path) -> None:
    """None is what Python itself keeps there for a module that must not be found."""
    (tmp_path / "a.avif").write_bytes(WHOLE["avif"])
    script = (
        "import pathlib, sys; sys.modules['PIL._avif'] = None; from kie_mcp.media.convert.convert import convert;"
        "from kie_mcp.media.probe.file_type import probe; path = pathlib.Path(sys.argv[1]);"
        "convert(path.open('rb'), probe(path), most=10**6)"
    )
    ran = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", script, tmp_path / "a.avif"], capture_output=True, text=True, check=False
    )
    assert "UndecodableError: is not decoded here: Pillow is installed without avif" in ran.stderr


@pytest.mark.anyio
async def test_a_library_that_lacks_what_is_asked_of_it_is_said_to_be_our_fault_and_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Another version of pi-heif is installed, without the function that is called."""
    other = ModuleType("pi_heif")
    other.__spec__ = ModuleSpec("pi_heif", None)
    monkeypatch.setitem(sys.modules, "pi_heif", other)
    async with stand(tmp_path) as here:
        (folder := tmp_path / "out").mkdir(exist_ok=True)
        (folder / "a.heic").write_bytes(WHOLE["heic"])
        answer = await here.call("generate_image", prompt="a fox", images=["a.heic"], convert=True)
        assert here.creates == []
    assert facts(answer)["error"]["category"] == "internal"
    assert "Something unforeseen happened (AttributeError): a fault of kie-mcp or of its installation" in text(answer)
    assert "damaged" not in text(answer)
    [record] = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert record.exc_info
