"""Audio and scripts beside what a model takes: refused where it is certain, remarked on where it may go badly."""

# ruff: noqa: E501 (whole sentences)

import pytest
from inline_snapshot import snapshot

from kie_mcp.catalog import audio_length_check, registry, requests
from kie_mcp.catalog.model import Model
from kie_mcp.catalog.models import MODELS
from kie_mcp.catalog.sound_length import FASTEST, SoundLength, known_length
from kie_mcp.errors import OrderError
from kie_mcp.orders.kind import Kind
from kie_mcp.orders.order import ImageOrder, TalkingVideoOrder
from kie_mcp.orders.speech import Speech

VIDEOS = [model for model in MODELS if model.kind is Kind.TALKING_VIDEO and model.takes.audio_seconds]


def video(model: str = "") -> TalkingVideoOrder:
    order = TalkingVideoOrder(model=model, image="https://e.com/a.png", audio="https://e.com/a.mp3")
    return requests.check(order)


@pytest.mark.parametrize("model", VIDEOS, ids=lambda model: model.id)
def test_audio_may_be_as_long_as_the_model_takes_and_no_longer(model: Model):
    longest = model.takes.audio_seconds or 0
    audio_length_check.check_audio(video(model.id), longest)
    with pytest.raises(OrderError, match=f"takes at most {longest:g} s"):
        audio_length_check.check_audio(video(model.id), longest + 0.1)


@pytest.mark.parametrize("model", VIDEOS, ids=lambda model: model.id)
def test_a_script_is_refused_once_even_the_fastest_voice_is_too_slow(model: Model):
    most = round((model.takes.audio_seconds or 0) * FASTEST)
    order = video(model.id)
    audio_length_check.check_script(order, Speech(text="a" * most))
    with pytest.raises(OrderError, match="last at least"):
        audio_length_check.check_script(order, Speech(text="a" * (most + 1)))
    audio_length_check.check_script(order, Speech(text="a" * (most + 1), speed=1.2))


def test_what_has_no_audio_or_audio_of_unknown_length_is_left_alone():
    picture = ImageOrder(model="m", prompt="a")
    audio_length_check.check_audio(picture, 1e9)
    audio_length_check.check_audio(video(), None)
    audio_length_check.check_script(picture, Speech(text="a" * 100_000))
    assert (
        audio_length_check.advise(picture, known_length(1e9), by_default=True)
        == audio_length_check.advise(video(), None, by_default=True)
        == ""
    )


def test_longer_than_is_known_to_go_well_is_a_remark_and_for_the_default_a_refusal():
    order = video()
    advised = registry.find("", order.kind).takes.audio_seconds_advised or 0
    assert audio_length_check.advise(order, known_length(advised * audio_length_check.ABOUT), by_default=True) == ""
    with pytest.raises(OrderError) as caught:
        audio_length_check.advise(order, known_length(60), by_default=True)
    assert [
        audio_length_check.advise(order, known_length(60), by_default=False),
        f"{caught.value.message} {caught.value.remedy}",
    ] == snapshot(
        [
            "infinitalk/from-audio is known to go well up to 15 s, and this lasts about 60 s. Meant for that: kling/ai-avatar-standard (up to 300 s: 480 credits, instead of 180).",
            "model: infinitalk/from-audio is known to go well up to 15 s, and this lasts about 60 s. Name the model: kling/ai-avatar-standard (up to 300 s: 480 credits, instead of 180), kling/ai-avatar-pro (up to 300 s: 960 credits, instead of 180), omnihuman-1-5 (up to 60 s: 1,620 credits, instead of 180), or infinitalk/from-audio all the same (180 credits).",
        ]
    )


def test_a_script_that_is_not_spoken_yet_is_advised_on_with_a_range():
    order = video()
    with pytest.raises(OrderError) as caught:
        audio_length_check.advise(order, SoundLength(50, 60, 75), by_default=True)
    assert caught.value.remedy == snapshot(
        "Name the model: kling/ai-avatar-standard (up to 300 s: 400-600 credits, instead of 150-225), kling/ai-avatar-pro (up to 300 s: 800-1,200 credits, instead of 150-225), omnihuman-1-5 (up to 60 s: 1,350-2,025 credits, instead of 150-225), or infinitalk/from-audio all the same (150-225 credits)."
    )
