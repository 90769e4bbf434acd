"""Use an installed kie-mcp with all its extras: a video and its preview, conversions, the demo, telemetry, a proxy.

`path/to/python tests/support/smoke_extras.py` runs by the Python that it is installed for: nothing of the checkout is
imported but the file beside this one that makes a HEIC picture.
"""

import importlib.util
import io
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

import kie_mcp
from kie_mcp.media.convert.convert import convert
from kie_mcp.media.convert.preview import draw_preview
from kie_mcp.media.probe.file_type import probe
from kie_mcp.optional_packages import CONVERT, PREVIEW, SANDBOX, SOCKS, TELEMETRY, missing_packages
from kie_mcp.telemetry.setup import make_observer
from kie_mcp.telemetry.signals import Signals

EXTRAS = (SANDBOX, PREVIEW, CONVERT, SOCKS, TELEMETRY)
JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG"
MOST = 1 << 20


def main() -> None:
    """Raise SystemExit with a sentence at the first thing that does not do what it should."""
    began = time.perf_counter()
    done = [f"{name}: {size} bytes" for name, size in _use_all()]
    where = f"{sys.version_info.major}.{sys.version_info.minor}, {Path(kie_mcp.__file__).parent}"
    sys.stdout.write(f"Python {where}: {'; '.join(done)}; {time.perf_counter() - began:.0f} s\n")


def _use_all() -> Iterator[tuple[str, int]]:
    for extra in EXTRAS:
        _check(not missing_packages(extra), f"not installed: {missing_packages(extra)}")
    for name, data in (("BMP", _save_bmp()), ("HEIC", _make_heic())):
        converted = convert(io.BytesIO(data), probe(data), most=MOST)
        _check(converted.startswith((PNG, JPEG)), f"{name} was not converted into a picture")
        yield f"from {name}", len(converted)
    with TemporaryDirectory() as folder:
        subprocess.run(  # noqa: S603 - this very Python
            [sys.executable, "-m", "kie_mcp", "demo", "--out", folder], check=True, stdout=subprocess.DEVNULL
        )
        [video] = Path(folder).rglob("*.mp4")
        preview = draw_preview(video, "video/mp4")
        _check(preview.startswith(JPEG), "the preview of the video is no JPEG")
        yield "demo's video", video.stat().st_size
        yield "its preview", len(preview)
    observer = make_observer(Signals(traces=True))
    _check(observer is not None, "telemetry does not begin")
    if observer:
        observer.close()


def _save_bmp() -> bytes:
    Image.new("RGB", (64, 48), "red").save(file := io.BytesIO(), "bmp")
    return file.getvalue()


def _make_heic() -> bytes:
    spec = importlib.util.spec_from_file_location("heic", Path(__file__).with_name("heic.py"))
    if spec is None or spec.loader is None:
        raise SystemExit("heic.py is not beside this file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: bytes = module.heic(Image.new("RGB", (64, 48), "red"))
    return made


def _check(good: object, complaint: str) -> None:
    if not good:
        raise SystemExit(complaint)


if __name__ == "__main__":
    main()
