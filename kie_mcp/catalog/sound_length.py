"""Estimate how long a text lasts when it is spoken, from what is usual and from what such voices did here before."""

from collections.abc import Iterable
from dataclasses import dataclass

from kie_mcp.catalog.spoken_letters import count_letters
from kie_mcp.orders.speech import Speech

SLOW, USUAL, QUICK, FASTEST = 12.0, 15.0, 19.0, 25.0
"""Letters spoken in a second: by a slow voice, by a usual one, by a quick one, and by the fastest that there is."""
ENOUGH = 3
"""Sounds of a voice before its pace is known."""
_SILENCE = (0.0, 0.4, 0.9)
"""Seconds without speech at the beginning and the end: at the least, usually, and at the most."""
_MARGIN = 0.08
"""The share by which a voice whose pace is known may be slower or faster the next time."""
_CLEAR = 1.1
"""A text says how fast a voice is if its most letters are at most so many times its least."""
_DENSE = 1.6
"""Letters in a character from which on a text is in a writing of its own, such as Chinese, with a pace of its own."""


@dataclass(frozen=True, slots=True)
class SoundLength:
    """The seconds of a sound that is not there yet: at the least, usually, and at the most."""

    least: float
    usual: float
    most: float


@dataclass(frozen=True, slots=True)
class Pace:
    """How many letters a voice speaks in a second: when it is slow, usually, and when it is quick."""

    slow: float
    usual: float
    quick: float


ANY_VOICE = Pace(SLOW, USUAL, QUICK)


def known_length(seconds: float) -> SoundLength:
    """Return the length of a sound that is there."""
    return SoundLength(seconds, seconds, seconds)


def shortest_seconds(speech: Speech) -> float:
    """Return the seconds that even the fastest voice needs for a text."""
    return count_letters(speech.text).least / FASTEST / speech.speed


def spoken_length(speech: Speech, pace: Pace = ANY_VOICE) -> SoundLength:
    """Estimate how long a text lasts when it is spoken at this pace."""
    letters = count_letters(speech.text, is_known=pace is not ANY_VOICE)
    least, usual, most = _SILENCE
    return SoundLength(
        least + letters.least / pace.quick / speech.speed,
        usual + letters.usual / pace.usual / speech.speed,
        most + letters.most / pace.slow / speech.speed,
    )


def learn_pace(speech: Speech, spoken: Iterable[tuple[Speech, float]]) -> Pace:
    """Return the pace of the voice at this speed, as it was in texts that it spoke here, given with their seconds.

    As long as it has not spoken enough of them, it is a voice like any other.
    """
    wanted = _describe_voice(speech)
    alike = (pair for pair in spoken if _describe_voice(pair[0]) == wanted)
    paces = [pace for one, seconds in alike if (pace := _measure_pace(one, seconds))]
    if len(paces) < ENOUGH:
        return ANY_VOICE
    return Pace(min(paces) * (1 - _MARGIN), sum(paces) / len(paces), max(paces) * (1 + _MARGIN))


def _describe_voice(speech: Speech) -> tuple[str, float, bool]:
    """Return what a pace belongs to: the voice, its speed, and whether it reads a dense writing such as Chinese."""
    return speech.voice, speech.speed, count_letters(speech.text).usual > _DENSE * len(speech.text)


def _measure_pace(speech: Speech, seconds: float) -> float | None:
    """Measure how many letters were spoken in a second; None if the text or the seconds are not clear enough."""
    letters, speaking = count_letters(speech.text, is_known=True), seconds - _SILENCE[1]
    if speaking < 1 or letters.most > _CLEAR * letters.least:
        return None
    return letters.usual / speaking / speech.speed
