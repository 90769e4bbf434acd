"""How long a text lasts when it is spoken: what is said before is seldom too short."""

import pytest

from kie_mcp.catalog.sound_length import ANY_VOICE, ENOUGH, Pace, SoundLength, learn_pace, spoken_length
from kie_mcp.catalog.spoken_letters import count_letters
from kie_mcp.orders.speech import Speech
from tests.support.plain_media import seconds_of_speech
from tests.support.scripts import SCRIPTS

PLAIN = "The fox came out of the wood at dusk. It looked at the house and at the lamp in the window."


def test_of_twenty_scripts_at_most_one_lasts_longer_in_the_sandbox_than_was_said() -> None:
    longer = [one.text for one in SCRIPTS if seconds_of_speech(one.text, one.speed) > length(one.text, one.speed).most]
    assert len(longer) <= len(SCRIPTS) / 20, longer


@pytest.mark.parametrize("pace", [12.0, 14.0, 16.0, 18.0])
def test_voices_of_every_usual_pace_are_expected(pace: float) -> None:
    """English voices speak 12 to 18 letters a second."""
    said = length(PLAIN)
    assert said.least < len(PLAIN) / pace < said.most


@pytest.mark.parametrize(
    "text",
    [
        "今天天气很好我们一起去公园散步吧",
        "今日はいい天気ですね。公園を散歩しましょう。",
        "오늘은 날씨가 아주 좋습니다 같이 공원에 가서 산책할까요",
    ],
)
@pytest.mark.parametrize("pace", [4.0, 5.5, 7.0])
def test_asian_writings_have_few_letters_a_second(text: str, pace: float) -> None:
    said = length(text)
    assert said.least < len(text) / pace < said.most


@pytest.mark.parametrize(
    ("written", "read_out"),
    [
        ("1,250", "one thousand two hundred and fifty"),
        ("in 2026", "in two thousand twenty-six"),
        ("$99.99", "ninety-nine dollars and ninety-nine cents"),
        ("50%", "fifty percent"),
        ("5 km", "five kilometers"),
        ("the BBC", "the bee bee see"),
        ("7 & 8", "seven and eight"),
    ],
)
def test_figures_signs_and_abbreviations_are_longer_than_they_look(written: str, read_out: str) -> None:
    letters = count_letters(written)
    assert letters.least <= letters.usual <= letters.most
    assert len(written) < len(read_out) <= letters.most


def test_capitals_alone_are_no_abbreviations() -> None:
    assert count_letters("BUY NOW") == count_letters("Buy now")


def test_speed_shortens_a_sound() -> None:
    assert length(PLAIN, 1.2).most < length(PLAIN).most < length(PLAIN, 0.7).most


def test_a_voice_that_has_spoken_here_is_known() -> None:
    texts = [PLAIN, f"{PLAIN} {PLAIN}", PLAIN[:60], PLAIN[20:]]
    spoken = [(Speech(text=text, voice="v"), 0.5 + len(text) / 9) for text in texts]  # slower than any usual voice
    wanted = Speech(text=f"{PLAIN} And nothing else moved.", voice="v")
    seconds = 0.5 + len(wanted.text) / 9
    assert seconds > spoken_length(wanted).most
    said = spoken_length(wanted, learn_pace(wanted, spoken))
    assert said.least < seconds < said.most < 1.3 * said.least


def test_too_little_says_nothing_of_a_voice() -> None:
    spoken = [(Speech(text=PLAIN, voice="v"), 10.0)] * (ENOUGH - 1)
    assert learn_pace(Speech(text=PLAIN, voice="v"), spoken) is ANY_VOICE


@pytest.mark.parametrize(
    "other",
    [
        Speech(text=PLAIN, voice="another"),
        Speech(text=PLAIN, voice="v", speed=1.2),
        Speech(text="1 2 3 4 5 6 7 8 9 10 11 12", voice="v"),
        Speech(text="今天天气很好我们一起去公园散步吧", voice="v"),
    ],
    ids=["voice", "speed", "figures", "writing"],
)
def test_what_a_pace_does_not_belong_to_is_left_out(other: Speech) -> None:
    spoken = [(other, 10.0)] * ENOUGH
    assert learn_pace(Speech(text=PLAIN, voice="v"), spoken) is ANY_VOICE


def test_a_known_voice_may_still_read_figures_in_any_way() -> None:
    pace = Pace(13, 14, 15)
    said = spoken_length(Speech(text="Call 555-0199 or 555-0123 or 555-0456."), pace)
    assert said.most > 3 * said.least


def length(text: str, speed: float = 1.0) -> SoundLength:
    return spoken_length(Speech(text=text, speed=speed))
