"""Make speech without words: a babble whose syllables, pauses and melody follow a text, with a voice for each id."""

from __future__ import annotations

import hashlib
import math
import random
import re
from array import array
from collections.abc import Mapping
from dataclasses import dataclass

from kie_mcp.sandbox.account.voice_ids import VOICE_IDS
from kie_mcp.sandbox.studio.gender_words import Gender, find_gender, split_words

RATE = 24_000
"""Samples a second of all sound that the sandbox makes: mono, 16 bit."""

CHARACTERS_PER_SECOND = 14.0
CHIME_SECONDS = 0.5
REST_SECONDS = 0.12
_LOUD = 13_000
_FADE = 300
_LONGEST = int(0.34 * RATE)
_VOWELS = "aeiou"
_FORMANTS = {
    "a": ((780, 1.0), (1250, 0.55), (2600, 0.22)),
    "e": ((500, 1.0), (1850, 0.45), (2550, 0.24)),
    "i": ((310, 1.0), (2250, 0.35), (2950, 0.24)),
    "o": ((480, 1.0), (880, 0.6), (2450, 0.14)),
    "u": ((340, 1.0), (760, 0.5), (2300, 0.12)),
}
_PITCHES: Mapping[Gender, tuple[float, float]] = {"man": (92, 132), "woman": (168, 222), "": (92, 222)}
"""The range of pitches in Hz, by whether the voice's label speaks of a man, of a woman, or of neither."""
_MELODIES = {"flat": (1.0, 0.97), "up": (0.95, 1.14), "down": (1.06, 0.9), "end": (0.96, 0.74), "ask": (0.98, 1.35)}
_MARKS = ".,;:!?)\"'\N{HORIZONTAL ELLIPSIS}\N{IDEOGRAPHIC FULL STOP}\N{IDEOGRAPHIC COMMA}"
_SAMPLES = array("h", [0])


@dataclass(frozen=True, slots=True)
class Voice:
    """One speaker: its pitch in Hz, the size of its throat, and the samples of its syllables."""

    pitch: float
    throat: float
    syllables: dict[tuple[str, str], array[int]]
    hiss: array[int]


def synthesize(text: str, voice_id: str, pace: float = 1.0) -> array[int]:
    """Return samples, at `RATE`, of a chime and then of the text as babble, 14 * `pace` characters a second."""
    voice = make_voice(voice_id)
    sound = _chime()
    for word in text.split() or ["a"]:
        _say(sound, voice, word, RATE / (CHARACTERS_PER_SECOND * pace))
    sound.extend(_silence(int(REST_SECONDS * RATE)))
    return sound


def _say(sound: array[int], voice: Voice, word: str, per_character: float) -> None:
    core = word.rstrip(_MARKS)
    vowels = [char for char in core.lower() if char in _VOWELS] or [_VOWELS[sum(map(ord, core)) % 5]]
    parts = max(len(re.findall(r"[aeiouyäöüáéíóúàèìòù]+", core.lower())), len(core) // 5, 1)
    share = int(per_character * max(len(core), 1) / parts)
    for index in range(parts):
        last = index == parts - 1
        _say_syllable(sound, voice, vowels[index % len(vowels)], _melody(word, index, last=last), share)
    # The blank after a word and the punctuation at its end are silent.
    sound.extend(_silence(int(per_character * (1 + len(word) - len(core)))))


def _melody(word: str, index: int, *, last: bool) -> str:
    if last and word.endswith((".", "!", "。")):
        return "end"
    if last and word.endswith("?"):
        return "ask"
    return ("down", "flat", "up")[(len(word) + index) % 3]


def _say_syllable(sound: array[int], voice: Voice, vowel: str, melody: str, length: int) -> None:
    """Append a syllable: a short hiss, then the vowel, faded out; together `length` samples."""
    hiss = min(len(voice.hiss), length // 6)
    sound.extend(voice.hiss[:hiss])
    known = voice.syllables[vowel, melody]
    body = known[: length - hiss]
    fade = min(_FADE, len(body))
    for step in range(fade):
        body[-1 - step] = body[-1 - step] * step // fade
    sound.extend(body)
    sound.extend(_silence(length - hiss - len(body)))


def _silence(samples: int) -> array[int]:
    return _SAMPLES * max(samples, 0)


def make_voice(voice_id: str) -> Voice:
    """Return the speaker of a voice id, always the same one."""
    digest = hashlib.sha256(voice_id.encode()).digest()
    low, high = _PITCHES[find_gender(split_words(VOICE_IDS.get(voice_id, "")))]
    pitch = low + digest[0] * (high - low) / 255
    throat = 0.9 + 0.25 * (pitch - 92) / 130 + (digest[1] - 128) / 2000
    chance = random.Random(digest)  # noqa: S311  # a timbre, not a secret
    return Voice(pitch, throat, _syllables(pitch, throat), _hiss(chance))


def _syllables(pitch: float, throat: float) -> dict[tuple[str, str], array[int]]:
    made: dict[tuple[str, str], array[int]] = {}
    for vowel, formants in _FORMANTS.items():
        grain = _grain(formants, throat, int(RATE / pitch * 1.6))
        for melody, (start, end) in _MELODIES.items():
            made[vowel, melody] = _repeat_grain(grain, pitch * start, pitch * end)
    return made


def _grain(formants: tuple[tuple[int, float], ...], throat: float, length: int) -> list[float]:
    """Return the sound of one pulse of the voice: every formant rings and fades; the loudest value is 1."""
    grain = [0.0] * length
    for hertz, weight in formants:
        turn = 2 * math.pi * hertz * throat / RATE
        decay = math.exp(-math.pi * (60 + hertz * 0.05) / RATE)
        ring = weight
        for at in range(length):
            grain[at] += ring * math.sin(turn * at)
            ring *= decay
    top = max(map(abs, grain))
    return [value / top for value in grain]


def _repeat_grain(grain: list[float], start: float, end: float) -> array[int]:
    """Repeat a pulse once in each period while the pitch moves from `start` to `end`, with a soft beginning."""
    line = [0.0] * (_LONGEST + len(grain))
    at = 0.0
    while at < _LONGEST:
        share = at / _LONGEST
        loud = min(1.0, 0.25 + at / 700) * (1 - 0.35 * share)
        here = int(at)
        for step, value in enumerate(grain, here):
            line[step] += value * loud
        at += RATE / (start + (end - start) * share)
    top = max(map(abs, line))
    return array("h", (int(value / top * _LOUD) for value in line[:_LONGEST]))


def _hiss(chance: random.Random) -> array[int]:
    """Return 50 ms of noise, as in an s or a t, which becomes louder and then fades."""
    length = int(0.05 * RATE)
    swell = (math.sin(math.pi * at / length) for at in range(length))
    return array("h", (int(1500 * loud * (chance.random() - chance.random())) for loud in swell))


def _chime() -> array[int]:
    """Return two soft bell notes, by which people hear that it is the sandbox."""
    length = int(CHIME_SECONDS * RATE)
    sound = array("d", bytes(8 * length))
    for hertz, begin in ((659.3, 0.0), (987.8, 0.14)):
        for at in range(int(begin * RATE), length):
            age = at / RATE - begin
            sound[at] += math.sin(2 * math.pi * hertz * age) * math.exp(-9 * age) * min(1.0, age * 200)
    return array("h", (int(1500 * value) for value in sound))
