"""Make talking videos: a picture whose mouth follows a voice, as H.264 and AAC in an MP4."""

# PyAV's stubs leave the packets between encoder and container open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import tempfile
import threading
from array import array
from pathlib import Path
from typing import TYPE_CHECKING, cast

from kie_mcp.sandbox.studio.audio_files import encode_into, measure_loudness, seconds
from kie_mcp.sandbox.studio.captions import add_stamp, add_subtitle
from kie_mcp.sandbox.studio.faces import Face
from kie_mcp.sandbox.studio.mouth_animation import Mouth
from kie_mcp.sandbox.studio.pictures import decode
from kie_mcp.sandbox.studio.speech import RATE
from kie_mcp.sandbox.studio.subtitles import Subtitle, find_subtitle, make_subtitles

if TYPE_CHECKING:
    import av
    from PIL.Image import Image as Picture

FRAMES = 25
"""Frames a second."""

LEVELS = 8
"""How many openings of the mouth are drawn."""

WIDEST = 2.4
"""Pictures whose long side is more than so many short ones are cropped around their middle; 21:9 is not."""

_BLINK_EVERY = 83
_BLINK_FRAMES = 4
_OPEN_AT = 0.12
_UNKNOWN = Face(mouth=(0.5, 0.7), mouth_width=0.2)
"""Where the mouth is assumed to be in a picture that the sandbox did not draw: in the lower third, in the middle."""


class StoppedError(Exception):
    """The sandbox is closing, and the film is not finished."""


def make_video(picture: bytes, samples: array[int], words: str, short_edge: int, stop: threading.Event) -> bytes:
    """Make the MP4 of a picture that speaks the samples, with the words as subtitles; it is as long as the samples.

    Raises:
        NotAPictureError: if the picture cannot be decoded.
        StoppedError: if `stop` was set meanwhile.
    """
    import av

    still, face = _fit(picture, short_edge)
    stills = Stills(still, face)
    shown = make_subtitles(still, words, seconds(samples))
    # FFmpeg moves the index of an MP4 to its beginning only in a real file.
    with tempfile.TemporaryDirectory(prefix="kie-mcp-sandbox-") as folder:
        target = Path(folder) / "film.mp4"
        with av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as container:
            video = container.add_stream("libx264", rate=FRAMES, options={"preset": "veryfast", "crf": "22"})
            video.width, video.height, video.pix_fmt = still.width, still.height, "yuv420p"
            video.thread_count = 1
            audio = container.add_stream("aac", rate=RATE, layout="mono")
            for number, key in enumerate(_script(samples)):
                if stop.is_set():
                    raise StoppedError
                frame = stills.frame(find_subtitle(shown, number / FRAMES), *key)
                frame.pts = number
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
            encode_into(container, audio, samples)
        return target.read_bytes()


def _script(samples: array[int]) -> list[tuple[int, bool]]:
    """Return for each frame how far the mouth is open, from 0 to LEVELS - 1, and whether the eyes are shut."""
    levels = measure_loudness(samples, FRAMES) or [0.0]
    script: list[tuple[int, bool]] = []
    shown = 0.0
    for number, level in enumerate(levels):
        wanted = 0.0 if level < _OPEN_AT else level
        # Lips open at once and close a little more slowly, as real ones do.
        shown = wanted if wanted > shown else shown + (wanted - shown) * 0.6
        shut = number % _BLINK_EVERY >= _BLINK_EVERY - _BLINK_FRAMES
        script.append((round(shown * (LEVELS - 1)), shut))
    return script


class Stills:
    """Makes the frames of a film, each only once, because a film repeats them; it keeps those of one subtitle."""

    def __init__(self, still: Picture, face: Face) -> None:
        self._still = still
        self._face = face
        self._lines: tuple[str, ...] | None = None
        self._mouth = Mouth(still, face)
        self._made: dict[tuple[int, bool], av.VideoFrame] = {}

    def frame(self, subtitle: Subtitle, level: int, shut: bool) -> av.VideoFrame:
        """Return the frame with this subtitle, with the mouth open to this level, and with the eyes shut or open."""
        from av import VideoFrame

        if subtitle.lines != self._lines:
            written = self._still.copy()
            add_subtitle(written, subtitle.lines, self._face.caption)
            self._lines, self._mouth, self._made = subtitle.lines, Mouth(written, self._face), {}
        if (level, shut) not in self._made:
            picture = self._mouth.draw(level / (LEVELS - 1), eyes_shut=shut)
            frame = cast("VideoFrame", VideoFrame.from_image(picture))
            self._made[level, shut] = frame.reformat(format="yuv420p")
        return self._made[level, shut]


def _fit(data: bytes, short_edge: int) -> tuple[Picture, Face]:
    """Decode a picture at the size of the film, cropped if it is very long, with even width and height."""
    from PIL import Image

    picture, face = decode(data)
    wide, high = picture.size
    crop_wide, crop_high = min(wide, high * WIDEST), min(high, wide * WIDEST)
    left, top = (wide - crop_wide) / 2, (high - crop_high) / 2
    scale = short_edge / min(crop_wide, crop_high)
    size = (round(crop_wide * scale / 2) * 2, round(crop_high * scale / 2) * 2)
    box = (left, top, left + crop_wide, top + crop_high)
    fitted = picture.resize(size, Image.Resampling.LANCZOS, box=box)
    if face is None or left or top:
        # Pictures of the sandbox have the stamp already, unless it was cropped.
        add_stamp(fitted)
    if face is None:
        return fitted, _UNKNOWN
    return fitted, face.crop((left / wide, top / high, crop_wide / wide, crop_high / high))
