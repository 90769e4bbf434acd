"""Compose short songs: four chords, a bass and a melody that a seed decides; and clean recordings of a voice."""

from __future__ import annotations

import math
import random
from array import array
from functools import cache

from kie_mcp.sandbox.studio.audio_files import measure_loudness
from kie_mcp.sandbox.studio.speech import RATE

CHORDS = ((0, 4, 7), (-3, 0, 4), (-7, -3, 0), (-5, -1, 2))
"""The chords of the round in semitones above its key: the first, sixth, fourth and fifth of a major key."""

SCALE = (0, 2, 4, 7, 9, 12)
BEATS = 4
"""Beats for each chord."""

_LOUD = 11_000
_QUIET = 0.06
_FADE_SECONDS = 1.0


def compose(seconds: float, seed: str) -> array[int]:
    """Return a song as samples at `RATE`: the round of its seed, repeated, and faded out at its end."""
    chance = random.Random(seed)  # noqa: S311  # music, not a secret
    beat, key = chance.choice((0.45, 0.5, 0.55)), chance.randrange(-5, 6)
    melody = tuple(chance.choice((*SCALE, None)) for _ in range(len(CHORDS) * BEATS * 2))
    line = _play_round(beat, key, melody)
    length = int(seconds * RATE)
    sound = (line * (length // len(line) + 1))[:length]
    fade = min(int(_FADE_SECONDS * RATE), length)
    for step in range(fade):
        sound[-1 - step] = sound[-1 - step] * step // fade
    return sound


@cache
def _play_round(beat: float, key: int, melody: tuple[int | None, ...]) -> array[int]:
    """Play the four chords once; what still rings at the end goes on at the beginning."""
    line = [0.0] * int(len(CHORDS) * BEATS * beat * RATE)
    for number, chord in enumerate(CHORDS):
        start = number * BEATS * beat
        _play(line, key + chord[0] - 24, start, BEATS * beat, 1.0)
        for step in range(BEATS * 2):
            _play(line, key + chord[step % 3], start + step * beat / 2, beat, 0.4)
    for step, note in enumerate(melody):
        if note is not None:
            _play(line, key + note + 12, step * beat / 2, beat, 0.6)
    top = max(map(abs, line))
    return array("h", (int(value / top * _LOUD) for value in line))


def _play(line: list[float], semitones: int, start: float, seconds: float, loud: float) -> None:
    """Add one plucked note: a tone and its octave, which fade."""
    turn = 2 * math.pi * 261.63 * 2 ** (semitones / 12) / RATE
    decay, ring, begin = math.exp(-3 / (seconds * RATE)), loud, int(start * RATE)
    for at in range(int(seconds * RATE)):
        soft = min(1.0, at / 120)
        line[(begin + at) % len(line)] += ring * soft * (math.sin(turn * at) + 0.3 * math.sin(2 * turn * at))
        ring *= decay


def silence_quiet_parts(samples: array[int]) -> array[int]:
    """Return the samples with silence wherever for a tenth of a second nothing is as loud as a voice."""
    step, clean = RATE // 10, array("h", samples)
    for number, level in enumerate(measure_loudness(samples, 10)):
        if level < _QUIET:
            part = slice(number * step, min((number + 1) * step, len(clean)))
            clean[part] = array("h", bytes(2 * (part.stop - part.start)))
    return clean
