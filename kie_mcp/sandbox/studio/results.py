"""Plan the results of tasks: for each kind of model which files it makes, and how its record names them."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from kie_mcp.sandbox.account.file_store import File
from kie_mcp.sandbox.account.model import Makes, Model, texts
from kie_mcp.sandbox.account.scenarios import remove_words
from kie_mcp.sandbox.studio import audio_files, clips, pictures, retouching
from kie_mcp.sandbox.studio.inputs import InputMedia, SpokenWords
from kie_mcp.sandbox.studio.media_makers import MediaMakers

SONG_SECONDS = 24
"""How long a song is if nobody asked; Kie.ai's are minutes long."""

_SHAPES = {"landscape": "{1}:{0}", "portrait": "{0}:{1}"}


@dataclass(frozen=True, slots=True)
class Work:
    """What has to be known to make the result of one task."""

    model: Model
    given: Mapping[str, Any]
    media: InputMedia
    seed: str
    makers: MediaMakers
    spoken: SpokenWords
    stop: threading.Event

    def find(self, *names: str) -> Any:
        """Return the value of the first of these fields that has one, given or by default; None if none has."""
        for name in names:
            field = self.model.fields.get(name)
            value = self.given.get(name) or (field.schema.get("default") if field else None)
            if value is not None:
                return value
        return None


@dataclass(frozen=True, slots=True)
class Result:
    """The files of a result by their names, and the object by which a record names them, made from their URLs."""

    files: tuple[tuple[str, File], ...]
    describe: Callable[[list[str]], dict[str, Any]] = lambda urls: {"resultUrls": urls}


def plan_result(work: Work) -> Result:
    """Return the result of a task; the bytes of its files are made when they are first read."""
    return _PLANS[work.model.makes](work)


def _plan_picture(work: Work) -> Result:
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


def measure(picture: bytes) -> tuple[int, int]:
    """Return width and height of a picture in pixels."""
    return pictures.decode(picture)[0].size


def enlarged_size(work: Work) -> tuple[int, int]:
    """Return the size of the enlarged picture."""
    factor = int(work.find("upscale_factor") or 2)
    wide, high = measure(work.media.pictures[0])
    return wide * factor, high * factor


def _plan_enlargement(work: Work) -> Result:
    def make() -> bytes:
        return work.makers.enlarge_picture(work.media.pictures[0], enlarged_size(work))

    return Result((("1.jpg", File("image/jpeg", make)),))


def _plan_cutout(work: Work) -> Result:
    return _one_png(lambda: work.makers.cut_out_subject(work.media.pictures[0]))


def _plan_segments(work: Work) -> Result:
    return _one_png(lambda: retouching.map_segments(work.media.pictures[0]))


def _plan_masks(work: Work) -> Result:
    file = File("image/png", lambda: retouching.make_mask(work.media.pictures[0]))
    return Result((("mask-1.png", file),), lambda urls: {"resultObject": {"subject_status": 1, "mask_urls": urls}})


def _one_png(make: Callable[[], bytes]) -> Result:
    return Result((("1.png", File("image/png", make)),))


def _plan_sound(make: Callable[[Work], bytes]) -> Callable[[Work], Result]:
    def plan(work: Work) -> Result:
        suffix, mime_type = audio_files.output_format()
        return Result(((f"1.{suffix}", File(mime_type, lambda: make(work))),))

    return plan


def _speak(work: Work) -> bytes:
    words = clean(work.given["text"])
    data = work.makers.make_speech(words, work.given["voice"], float(work.given.get("speed") or 1))
    return work.spoken.note(data, words)


def _talk(work: Work) -> bytes:
    lines = [(clean(line["text"]), line["voice"]) for line in work.given["dialogue"]]
    return work.spoken.note(work.makers.make_dialogue(lines), clean(" ".join(texts(work.given))))


def _isolate(work: Work) -> bytes:
    return work.spoken.note(work.makers.isolate_voice(work.media.samples), work.media.words)


def _plan_songs(work: Work) -> Result:
    """Plan two songs, as the service makes them, each with its cover."""
    suffix, mime_type = audio_files.output_format()
    words = clean(" ".join(str(work.given.get(key) or "") for key in ("title", "style", "prompt")))
    title = clean(work.given.get("title") or work.given["prompt"])[:80]
    lengths = [float(work.given.get("duration") or SONG_SECONDS + 4 * take) for take in range(2)]

    def compose(take: int) -> File:
        return File(mime_type, lambda: work.makers.make_song(words, lengths[take], f"{work.seed}:{take}"))

    def draw(take: int) -> File:
        return File(
            "image/jpeg", lambda: work.makers.make_picture(title, (512, 512), f"{work.seed}:{take}", (), "jpeg")
        )

    def describe(urls: list[str]) -> dict[str, Any]:
        tracks = [
            {
                "id": str(uuid.UUID(int=Random(f"{work.seed}:{take}").getrandbits(128))),  # noqa: S311
                "audio_url": urls[2 * take],
                "stream_audio_url": urls[2 * take],
                "image_url": urls[2 * take + 1],
                "title": title,
                "duration": length,
            }
            for take, length in enumerate(lengths)
        ]
        return {"data": tracks}

    pairs = [((f"{take + 1}.{suffix}", compose(take)), (f"{take + 1}.jpg", draw(take))) for take in range(2)]
    return Result(tuple(one for pair in pairs for one in pair), describe)


def _plan_lyrics(work: Work) -> Result:
    about = clean(work.given["prompt"])
    verses = [
        {"title": about[:60], "text": f"[Verse]\nThis sandbox sings of {about}\n[Chorus]\nLa la, take {take}"}
        for take in (1, 2)
    ]
    return Result((), lambda urls: {"resultObject": {"lyricsData": verses}})


def _plan_film(work: Work) -> Result:
    side, media = _short_edge(work), work.media
    return _one_film(lambda: work.makers.make_video(media.pictures[0], media.samples, media.words, side, work.stop))


def _plan_lip_sync(work: Work) -> Result:
    media = work.media

    def make() -> bytes:
        side = min(measure(media.pictures[0]))
        return work.makers.make_video(media.pictures[0], media.samples, media.words, side, work.stop)

    return _one_film(make)


def _one_film(make: Callable[[], bytes]) -> Result:
    return Result((("1.mp4", File("video/mp4", make)),))


def _plan_clip(work: Work) -> Result:
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


def clean(words: str) -> str:
    """Return the words as they are drawn or spoken: without scenario words and halves of surrogate pairs."""
    return remove_words(words.encode("utf-8", "replace").decode())


_PLANS: Mapping[Makes, Callable[[Work], Result]] = {
    "image": _plan_picture,
    "enlargement": _plan_enlargement,
    "cutout": _plan_cutout,
    "segments": _plan_segments,
    "masks": _plan_masks,
    "speech": _plan_sound(_speak),
    "dialogue": _plan_sound(_talk),
    "isolation": _plan_sound(_isolate),
    "song": _plan_songs,
    "lyrics": _plan_lyrics,
    "film": _plan_film,
    "lip-sync": _plan_lip_sync,
    "clip": _plan_clip,
}
