"""Pick one picture that shows what a video is about, decoding as little of it as possible."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# PyAV says nothing of what some of its calls return.

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from kie_mcp.media.convert.pyav_container import open_container, require_decoder
from kie_mcp.media.convert.safe_decoding import MOST_PIXELS, UndecodableError, check_pixels
from kie_mcp.media.probe.picture_integrity import DAMAGED

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream
    from PIL.Image import Image

DEMUXERS = {"video/mp4": "mov", "video/webm": "matroska"}
"""The only demuxers that are used: some others open further files."""
_POINTS = (0.2, 0.5, 0.8, 0.95, 0.0)
"""Where to look, as fractions of the duration, until a picture has enough detail."""
_WORK = 800_000_000
"""The most pixels to decode in all: 390 pictures in full HD."""
_ENOUGH_DETAIL = 12.0
"""How much the brightness of a picture has to vary, as its standard deviation of 255; a black one has 0."""
_SMALL = (64, 36)
_NO_COLORSPACE = 2
"""The colour space of a video that states none; from this height on, players assume that of HD."""
_HD = 720


def pick_frame(source: IO[bytes], mime_type: str, edge: int) -> "Image":
    """Return an upright picture of the video, its long edge about *edge* pixels. Raises UndecodableError."""
    with open_container(source, DEMUXERS[mime_type]) as film:
        if not film.streams.video:
            raise UndecodableError("has no pictures")
        stream = require_decoder(film.streams.video[0])
        check_pixels(stream.width, stream.height)
        stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}  # the pictures can be larger than announced
        best, most = None, -1.0
        for frame in _candidate_frames(film, stream):
            if (detail := _measure_detail(frame)) > most:
                best, most = frame, detail
            if most >= _ENOUGH_DETAIL:
                break
        if best is None:
            raise UndecodableError(DAMAGED)
        return _draw_upright(best, float(stream.sample_aspect_ratio or 1), edge)


def _candidate_frames(film: "InputContainer", stream: "VideoStream") -> Iterator["VideoFrame"]:
    """List the pictures at the points, or as near to them as the limit of pixels allows."""
    left = _WORK
    for point in _POINTS if film.duration else (0.0,):
        at = (film.duration or 0) * point
        frame: VideoFrame | None = None
        if film.duration:
            film.seek(int(at))
        for frame in film.decode(stream):
            left -= frame.width * frame.height
            if left <= 0 or (frame.time or 0.0) * 1e6 >= at:
                break
        if frame is not None:
            yield frame
        if left <= 0:
            return


def _measure_detail(frame: "VideoFrame") -> float:
    from PIL import ImageStat

    width, height = _SMALL
    return ImageStat.Stat(frame.to_image(width=width, height=height).convert("L")).stddev[0]


def _draw_upright(frame: "VideoFrame", aspect: float, edge: int) -> "Image":
    """Draw the frame rotated and scaled as players show it; *aspect* is width by height of a pixel."""
    width = frame.width * aspect
    scale = min(1.0, edge / max(width, frame.height))
    small = {"width": max(1, round(width * scale)), "height": max(1, round(frame.height * scale))}
    if frame.colorspace == _NO_COLORSPACE and frame.height >= _HD:
        image = frame.to_image(**small, src_colorspace="ITU709")
    else:
        image = frame.to_image(**small)
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image
