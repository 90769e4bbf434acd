"""Plan pictures: drawn, enlarged, cut out, and taken apart."""

from __future__ import annotations

from collections.abc import Callable

from kie_mcp.sandbox.account.file_store import File
from kie_mcp.sandbox.studio import pictures, retouching
from kie_mcp.sandbox.studio.work import Result, Work, clean, measure

_SHAPES = {"landscape": "{1}:{0}", "portrait": "{0}:{1}"}


def plan_picture(work: Work) -> Result:
    """Plan the picture of a prompt."""
    words = clean(work.given["prompt"])
    kind = "png" if str(work.given.get("output_format") or work.model.form).lower() == "png" else "jpeg"
    ratio = parse_ratio(str(work.find("aspect_ratio", "image_size") or "auto"))
    edge = work.model.side * (2 if work.given.get("quality") == "high" else int(str(work.find("resolution") or "1")[0]))

    def make() -> bytes:
        shown = ratio
        if ratio == "auto" and work.media.pictures:
            wide, high = measure(work.media.pictures[0])
            shown = f"{wide}:{high}"
        size = pictures.parse_size(shown, edge)
        return work.makers.make_picture(words, size, work.seed, work.media.pictures, kind)

    return Result(((f"1.{'png' if kind == 'png' else 'jpg'}", File(f"image/{kind}", make)),))


def parse_ratio(asked: str) -> str:
    """Return a ratio such as 4:3 for one, or for the name of a shape such as `landscape_4_3`."""
    shape, *sides = asked.split("_")
    if shape in _SHAPES and len(sides) == 2:
        return _SHAPES[shape].format(*sorted(sides, key=int))
    return "1:1" if shape == "square" else asked


def result_size(work: Work) -> tuple[int, int]:
    """Return the size of the picture that is made of another."""
    factor = int(work.find("upscale_factor") or 2) if work.model.makes == "enlargement" else 1
    wide, high = measure(work.media.pictures[0])
    return wide * factor, high * factor


def plan_enlargement(work: Work) -> Result:
    """Plan a larger picture."""

    def make() -> bytes:
        return work.makers.enlarge_picture(work.media.pictures[0], result_size(work))

    return Result((("1.jpg", File("image/jpeg", make)),))


def plan_cutout(work: Work) -> Result:
    """Plan a picture without its background."""
    return _one_png(lambda: work.makers.cut_out_subject(work.media.pictures[0]))


def plan_segments(work: Work) -> Result:
    """Plan a picture of the parts of another."""
    return _one_png(lambda: retouching.map_segments(work.media.pictures[0]))


def plan_masks(work: Work) -> Result:
    """Plan the mask of a person."""
    file = File("image/png", lambda: retouching.make_mask(work.media.pictures[0]))
    return Result((("mask-1.png", file),), lambda urls: {"resultObject": {"subject_status": 1, "mask_urls": urls}})


def plan_identification(work: Work) -> Result:
    """Plan the word whether there is a person in the picture: here there always is."""
    del work
    return Result((), lambda urls: {"resultObject": {"subject_status": 1}})


def _one_png(make: Callable[[], bytes]) -> Result:
    return Result((("1.png", File("image/png", make)),))
