"""Plan films: talking pictures, other lips, and clips with their first and last frame."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from kie_mcp.sandbox.account.file_store import File
from kie_mcp.sandbox.studio import clips
from kie_mcp.sandbox.studio.work import Result, Work, clean, measure


def plan_film(work: Work) -> Result:
    """Plan a picture that speaks."""
    side, media = _short_edge(work), work.media
    return _one_film(lambda: work.makers.make_video(media.pictures[0], media.samples, media.words, side, work.stop))


def plan_lip_sync(work: Work) -> Result:
    """Plan a film that speaks with another voice."""
    media = work.media

    def make() -> bytes:
        side = min(measure(media.pictures[0]))
        return work.makers.make_video(media.pictures[0], media.samples, media.words, side, work.stop)

    return _one_film(make)


def _one_film(make: Callable[[], bytes]) -> Result:
    return Result((("1.mp4", File("video/mp4", make)),))


def plan_clip(work: Work) -> Result:
    """Plan a clip, its first and its last frame."""
    seconds = clip_seconds(work)

    @cache
    def find_frames() -> tuple[tuple[bytes, ...], tuple[int, int]]:
        size = _clip_size(work)
        if work.media.pictures:
            return work.media.pictures, size
        return (work.makers.make_picture(clean(work.given["prompt"]), size, work.seed, (), "png"),), size

    def film() -> bytes:
        return work.makers.make_clip(*find_frames(), seconds, work.stop)

    def show(share: float) -> File:
        return File("image/png", lambda: clips.take_frame(*find_frames(), share))

    return Result(
        (("1.mp4", File("video/mp4", film)), ("first-frame.png", show(0)), ("last-frame.png", show(1))),
        lambda urls: {"resultUrls": urls[:1], "firstFrameUrl": urls[1], "lastFrameUrl": urls[2]},
    )


def clip_seconds(work: Work) -> float:
    """Return how long the clip will be."""
    return float(work.find("duration") or 5)


def _clip_size(work: Work) -> tuple[int, int]:
    asked = str(work.find("aspect_ratio") or "auto")
    wide, high = (int(side) for side in asked.split(":")) if ":" in asked else measure(work.media.pictures[0])
    scale = _short_edge(work) / min(wide, high)
    return round(wide * scale / 2) * 2, round(high * scale / 2) * 2


def _short_edge(work: Work) -> int:
    asked = str(work.given.get("resolution") or work.given.get("output_resolution") or "").rstrip("p")
    return int(asked) if asked.isdigit() else work.model.side
