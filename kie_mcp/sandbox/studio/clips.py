"""Film clips without a sound: a slow move over one picture, or from one picture to another."""

# PyAV's stubs leave the packets between encoder and container open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from kie_mcp.sandbox.studio.pictures import decode
from kie_mcp.sandbox.studio.retouching import save_png
from kie_mcp.sandbox.studio.videos import StoppedError

if TYPE_CHECKING:
    from av import VideoFrame
    from PIL.Image import Image as Picture

FRAMES = 24
"""Frames a second."""

CLOSER = 0.14
"""How much of the picture's edges the camera has lost at the end, as a share of its size."""


def make_clip(frames: Sequence[bytes], size: tuple[int, int], seconds: float, stop: threading.Event) -> bytes:
    """Make the MP4 of a clip in `size`.

    Raises:
        NotAPictureError: if a frame cannot be decoded.
        StoppedError: if `stop` was set meanwhile.
    """
    import av

    stills = _fit(frames, size)
    # FFmpeg moves the index of an MP4 to its beginning only in a real file.
    with tempfile.TemporaryDirectory(prefix="kie-mcp-sandbox-") as folder:
        target = Path(folder) / "clip.mp4"
        with av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as container:
            video = container.add_stream("libx264", rate=FRAMES, options={"preset": "veryfast", "crf": "23"})
            video.width, video.height, video.pix_fmt = *size, "yuv420p"
            video.thread_count = 1
            count = round(seconds * FRAMES)
            for number in range(count):
                if stop.is_set():
                    raise StoppedError
                picture = _move(stills, number / max(count - 1, 1))
                frame = cast("VideoFrame", av.VideoFrame.from_image(picture))
                frame.pts = number
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
        return target.read_bytes()


def take_frame(frames: Sequence[bytes], size: tuple[int, int], share: float) -> bytes:
    """Return what a clip of these frames shows after a share of its time, from 0 to 1, as PNG."""
    return save_png(_move(_fit(frames, size), share))


def _fit(frames: Sequence[bytes], size: tuple[int, int]) -> list[Picture]:
    from PIL import ImageOps

    return [ImageOps.fit(decode(data)[0], size) for data in frames]


def _move(stills: list[Picture], share: float) -> Picture:
    """Go closer to a single picture; fade from the first of two to the second."""
    from PIL import Image

    first, last = stills[0], stills[-1]
    if first is not last:
        return Image.blend(first, last, share)
    wide, high = first.size
    # The upper right corner stays where it is: there it says whose picture it is.
    box = (wide * CLOSER * share, 0, wide, high * (1 - CLOSER * share))
    return first.resize(first.size, Image.Resampling.BILINEAR, box=box)
