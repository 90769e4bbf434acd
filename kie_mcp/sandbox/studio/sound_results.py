"""Plan sounds and the words for them: speech, dialogues, clean voices, songs and lyrics."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from kie_mcp.sandbox.account.file_store import File
from kie_mcp.sandbox.account.model import texts
from kie_mcp.sandbox.studio import audio_files
from kie_mcp.sandbox.studio.work import Result, Work, clean

SONG_SECONDS = 24
"""How long a song is if nobody asked; Kie.ai's are minutes long."""


def plan_sound(make: Callable[[Work], bytes]) -> Callable[[Work], Result]:
    """Make the plan of one sound."""

    def plan(work: Work) -> Result:
        suffix, mime_type = audio_files.output_format()
        return Result(((f"1.{suffix}", File(mime_type, lambda: make(work))),))

    return plan


def speak(work: Work) -> bytes:
    """Speak the text."""
    words = clean(work.given["text"])
    data = work.makers.make_speech(words, work.given["voice"], float(work.given.get("speed") or 1))
    return work.spoken.note(data, words)


def talk(work: Work) -> bytes:
    """Speak the lines of the dialogue."""
    return work.spoken.note(work.makers.make_dialogue(list(_find_lines(work))), clean(" ".join(texts(work.given))))


def _find_lines(work: Work) -> Iterator[tuple[str, str]]:
    """Return each line with its voice; some models name the voices apart, with their speakers."""
    voices = {speaker["speaker_id"]: speaker["voice_name"] for speaker in work.given.get("speakers", ())}
    for line in work.given.get("dialogue") or work.given["dialogue_turns"]:
        yield clean(line["text"]), line.get("voice") or voices[line["speaker_id"]]


def isolate(work: Work) -> bytes:
    """Clean the voice."""
    return work.spoken.note(work.makers.isolate_voice(work.media.samples), work.media.words)


def plan_songs(work: Work) -> Result:
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


def plan_lyrics(work: Work) -> Result:
    """Plan two texts, without any file."""
    about = clean(work.given["prompt"])
    verses = [
        {"title": about[:60], "text": f"[Verse]\nThis sandbox sings of {about}\n[Chorus]\nLa la, take {take}"}
        for take in (1, 2)
    ]
    return Result((), lambda urls: {"resultObject": {"lyricsData": verses}})
