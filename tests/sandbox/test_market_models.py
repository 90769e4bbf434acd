"""The sandbox makes what Kie.ai's other models make, at their prices, and names it in their records as they do."""

from __future__ import annotations

import io
import json
from typing import Any

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from kie_mcp.sandbox.account.market_models import MARKET_MODELS
from kie_mcp.sandbox.studio import audio_files
from tests.support.plain_media import PlainMedia
from tests.support.sandbox_client import VOICE, SandboxClient, service

pytestmark = pytest.mark.anyio
ELSEWHERE = "https://example.com/a.png"
OTHER_VOICE = "Z3R5wn05IrDiVCyEkUrK"
SONG: dict[str, Any] = {"model": "V6", "custom_mode": False, "instrumental": True, "prompt": "a calm piano"}
CLIP = "kling/v2-1-master-text-to-video"
OMNI = "kling-3.0-omni/image-to-video"
LIPS = "volcengine/video-to-video-lip-sync"
SEGMENTS = "grok-imagine-image-2-0/segment-map"
DIALOGUE = "elevenlabs/text-to-dialogue-v3"
LINES = [{"text": "Good morning to you.", "voice": VOICE}, {"text": "And to you!", "voice": OTHER_VOICE}]
LEAST: dict[str, dict[str, Any]] = {
    "z-image": {"prompt": "a fox", "aspect_ratio": "1:1"},
    "seedream/5-pro-text-to-image": {"prompt": "a fox", "aspect_ratio": "16:9", "quality": "high"},
    "gpt-image-2-text-to-image": {"prompt": "a fox"},
    "flux-2/pro-text-to-image": {"prompt": "a fox", "aspect_ratio": "3:2", "resolution": "2K"},
    "google/imagen4": {"prompt": "a fox", "aspect_ratio": "9:16"},
    "qwen3/pro-text-to-image": {"prompt": "a fox"},
    "ideogram/v3-text-to-image": {"prompt": "a fox", "image_size": "landscape_4_3"},
}


async def picture(kie: SandboxClient, url: str) -> Image.Image:
    """The picture behind a link."""
    return Image.open(io.BytesIO(await kie.file(url)))


async def sound_seconds(kie: SandboxClient, url: str) -> float:
    """How long the sound behind a link lasts."""
    return audio_files.seconds(audio_files.decode(await kie.file(url)))


async def streams(kie: SandboxClient, url: str) -> dict[str, float]:
    """The seconds of a film's streams, by their kind."""
    with av.open(io.BytesIO(await kie.file(url)), "r") as film:
        return {stream.type: float((stream.duration or 0) * (stream.time_base or 0)) for stream in film.streams}


@pytest.mark.parametrize(
    ("model", "size", "credits"),
    [
        ("z-image", (1024, 1024), 0.8),
        ("seedream/5-pro-text-to-image", (2048, 1152), 14),
        ("gpt-image-2-text-to-image", (1024, 1024), 3),
        ("flux-2/pro-text-to-image", (2048, 1366), 7),
        ("google/imagen4", (576, 1024), 8),
        ("qwen3/pro-text-to-image", (1024, 576), 6.4),
        ("ideogram/v3-text-to-image", (1024, 768), 7),
    ],
)
async def test_other_models_draw_pictures_too(model: str, size: tuple[int, int], credits: float) -> None:  # noqa: A002
    async with service(makers=PlainMedia()) as kie:
        data = await kie.finish(model, **LEAST[model])
        drawn = await picture(kie, data["response"]["resultUrls"][0])
    assert (data["state"], data["creditsConsumed"], drawn.size) == ("success", credits, size)


@pytest.mark.parametrize(("factor", "size", "credits"), [("1", 1024, 10), ("2", 2048, 10), ("4", 4096, 20)])
async def test_topaz_enlarges_and_is_paid_by_the_size_of_the_result(factor: str, size: int, credits: float) -> None:  # noqa: A002
    async with service(makers=PlainMedia()) as kie:
        small = await kie.made("z-image", **LEAST["z-image"])
        data = await kie.finish("topaz/image-upscale", image_url=small, upscale_factor=factor)
        assert (await picture(kie, data["response"]["resultUrls"][0])).size == (size, size)
    assert data["creditsConsumed"] == credits


async def test_a_picture_is_really_enlarged_and_cut_out() -> None:
    """Where it shows the sky it becomes transparent, and where the face is it does not."""
    async with service() as kie:
        small = await kie.made("z-image", **LEAST["z-image"])
        large = await picture(kie, await kie.made("recraft/crisp-upscale", image=small))
        cut = await picture(kie, await kie.made("recraft/remove-background", image=small))
    assert large.size == (2048, 2048)
    assert (cut.mode, cut.size) == ("RGBA", (1024, 1024))
    assert [cut.getpixel(spot)[3] for spot in ((20, 20), (1000, 300), (512, 420))] == [0, 0, 255]  # type: ignore[index]


async def test_a_detection_answers_with_an_object_of_masks() -> None:
    async with service() as kie:
        person = await kie.made("z-image", **LEAST["z-image"])
        data = await kie.finish("omnihuman-1-5/subject-detection", image_url=person)
        found = data["response"]["resultObject"]
        mask = await picture(kie, found["mask_urls"][0])
    assert json.loads(data["resultJson"]) == {"resultObject": {"subject_status": 1, "mask_urls": found["mask_urls"]}}
    assert [mask.getpixel(spot) for spot in ((20, 20), (512, 420))] == [0, 255]


async def test_an_identification_answers_with_an_object_and_no_file() -> None:
    async with service() as kie:
        data = await kie.finish("omnihuman-1-5/human-identification", image_url=ELSEWHERE)
    assert data["response"] == {"resultObject": {"subject_status": 1}}


async def test_a_model_with_alternative_inputs_takes_either_but_not_both() -> None:
    async with service(makers=PlainMedia()) as kie:
        task_id = await kie.task("z-image", **LEAST["z-image"])
        url = kie.sandbox.tasks[task_id].urls[0]
        made = [await kie.finish(SEGMENTS, **one) for one in ({"task_id": task_id}, {"image_url": url})]
        both = await kie.create(SEGMENTS, task_id=task_id, image_url=url)
        none, unknown = await kie.create(SEGMENTS), await kie.create(SEGMENTS, task_id="f" * 32)
        assert [(await picture(kie, data["response"]["resultUrls"][0])).size for data in made] == [(1024, 1024)] * 2
    assert (both["code"], both["msg"]) == (422, "Unknown input parameter: image_url")
    assert (none["code"], none["msg"]) == (500, "This field is required")
    assert unknown == {"code": 422, "msg": "task_id is not valid", "data": None}


@pytest.mark.parametrize(
    ("model", "given", "seconds", "credits"),
    [
        (CLIP, {"prompt": "a fox runs"}, 5, 160),
        (CLIP, {"prompt": "a fox runs", "duration": "10", "aspect_ratio": "9:16"}, 10, 320),
        ("kling/v2-1-master-image-to-video", {"prompt": "x", "image_url": ELSEWHERE}, 5, 160),
        (OMNI, {"prompt": "x", "image_urls": [ELSEWHERE], "duration": 3}, 3, 42),
        (OMNI, {"prompt": "x", "image_urls": [ELSEWHERE] * 2, "duration": 4, "resolution": "1080p"}, 4, 72),
        (OMNI, {"prompt": "x", "image_urls": [ELSEWHERE], "duration": 3, "audio": True}, 3, 54),
    ],
)
async def test_a_clip_is_silent_and_comes_with_its_first_and_last_frame(
    model: str,
    given: dict[str, Any],
    seconds: float,
    credits: float,  # noqa: A002
) -> None:
    async with service(makers=PlainMedia()) as kie:
        data = await kie.finish(model, **given)
        response = data["response"]
        assert await streams(kie, response["resultUrls"][0]) == {"video": seconds}
        frames = [(await picture(kie, response[key])).size for key in ("firstFrameUrl", "lastFrameUrl")]
    assert response.keys() == {"resultUrls", "firstFrameUrl", "lastFrameUrl"}
    assert len(response["resultUrls"]) == 1
    assert min(frames[0]) == (1080 if given.get("resolution") else 720)
    assert frames[0] == frames[1]
    assert data["creditsConsumed"] == credits


async def test_a_clip_begins_and_ends_with_its_frames() -> None:
    async with service() as kie:
        one, other = [await kie.made("z-image", prompt=words, aspect_ratio="1:1") for words in ("a fox", "a robot")]
        response = (await kie.finish(OMNI, prompt="x", image_urls=[one, other], duration=3))["response"]
        with av.open(io.BytesIO(await kie.file(response["resultUrls"][0])), "r") as film:
            shown: list[Image.Image] = [frame.to_image() for frame in film.decode(video=0)]  # pyright: ignore[reportUnknownMemberType]
        first, last = [await picture(kie, response[key]) for key in ("firstFrameUrl", "lastFrameUrl")]
    assert difference(shown[0], first) < 4 < difference(shown[0], last)
    assert difference(shown[-1], last) < 4 < difference(shown[-1], first)


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures, 0 to 255."""
    return ImageStat.Stat(ImageChops.difference(one, other.convert("RGB")).convert("L")).mean[0]


async def test_a_dialogue_lasts_as_long_as_its_lines_and_is_paid_by_their_characters() -> None:
    async with service() as kie:
        data = await kie.finish(DIALOGUE, dialogue=LINES)
        seconds = await sound_seconds(kie, data["response"]["resultUrls"][0])
    characters = sum(len(line["text"]) for line in LINES)
    assert data["creditsConsumed"] == pytest.approx(characters * 14 / 1000)
    assert characters / 14 < seconds < characters / 14 + 3


@pytest.mark.parametrize("known", [True, False])
async def test_a_dialogue_may_name_its_voices_with_its_speakers(*, known: bool) -> None:
    speaker = {"speaker_id": "Speaker 1", "voice_name": "Kore", "accent": "Neutral"}
    turns = [{"speaker_id": "Speaker 1" if known else "Speaker 2", "text": "Good morning to you."}]
    async with service(makers=PlainMedia()) as kie:
        given: dict[str, Any] = {"speakers": [speaker], "dialogue_turns": turns}
        if known:
            url = await kie.made("google/gemini-3-1-flash-tts", **given)
            assert 1.4 < await sound_seconds(kie, url) < 4
        else:
            refused = await kie.create("google/gemini-3-1-flash-tts", **given)
            assert refused["msg"] == "speaker_id is not within the range of allowed options"


async def test_a_voice_is_isolated_and_its_words_are_kept_for_a_film() -> None:
    async with service(makers=PlainMedia()) as kie:
        voice = await kie.made(DIALOGUE, dialogue=LINES)
        before = await sound_seconds(kie, voice)
        data = await kie.finish("elevenlabs/audio-isolation", audio_url=voice)
        clean = data["response"]["resultUrls"][0]
        assert await sound_seconds(kie, clean) == pytest.approx(before, abs=0.1)
        assert data["creditsConsumed"] == pytest.approx(0.2 * before, abs=0.05)


async def test_a_film_gets_other_lips_and_is_as_long_as_the_new_voice() -> None:
    async with service(makers=PlainMedia()) as kie:
        clip, voice = await kie.made(CLIP, prompt="a woman"), await kie.made(DIALOGUE, dialogue=LINES)
        seconds = await sound_seconds(kie, voice)
        data = await kie.finish(LIPS, mode="lite", video_url=clip, audio_url=voice)
        lasts = await streams(kie, data["response"]["resultUrls"][0])
    assert lasts.keys() == {"video", "audio"}
    assert lasts["audio"] == pytest.approx(seconds, abs=0.1)
    assert data["creditsConsumed"] == pytest.approx(8 * seconds, abs=0.5)


@pytest.mark.parametrize("duration", [None, 30])
async def test_music_is_two_songs_with_a_cover_each(duration: int | None) -> None:
    given = SONG | ({"duration": duration} if duration else {})
    async with service(makers=PlainMedia()) as kie:
        data = await kie.finish("ai-music-api/generate", **given)
        tracks = data["response"]["data"]
        lengths = [await sound_seconds(kie, track["audio_url"]) for track in tracks]
        assert [(await picture(kie, track["image_url"])).format for track in tracks] == ["JPEG", "JPEG"]
        assert await kie.file(tracks[0]["audio_url"]) != await kie.file(tracks[1]["audio_url"])
    assert data["creditsConsumed"] == 12
    assert "resultUrls" not in data["response"]
    keys = {"id", "audio_url", "stream_audio_url", "image_url", "title", "duration"}
    assert [track.keys() for track in tracks] == [keys, keys]
    assert tracks[0]["title"] == "a calm piano"
    assert lengths == pytest.approx([duration or 24, duration or 28], abs=0.2)
    assert [track["duration"] for track in tracks] == pytest.approx(lengths, abs=0.2)


async def test_a_song_can_be_heard_and_fades_out() -> None:
    async with service() as kie:
        track = (await kie.finish("ai-music-api/generate", **SONG, duration=12))["response"]["data"][0]
        samples = audio_files.decode(await kie.file(track["audio_url"]))
    levels = audio_files.measure_loudness(samples, 2)
    assert min(levels[:-2]) > 0.2
    assert levels[-1] < 0.3


async def test_lyrics_are_text_in_an_object() -> None:
    async with service() as kie:
        data = await kie.finish("ai-music-api/generate-lyrics", prompt="home")
    found = data["response"]["resultObject"]["lyricsData"]
    assert [verse.keys() for verse in found] == [{"title", "text"}] * 2
    assert "home" in found[0]["text"]
    assert data["creditsConsumed"] == 0.4


@pytest.mark.parametrize(
    ("model", "given", "code", "msg"),
    [
        ("z-image", {"prompt": "x" * 1001, "aspect_ratio": "1:1"}, 422, "The prompt length cannot exceed 1000"),
        ("z-image", {"prompt": "x"}, 500, "This field is required"),
        ("topaz/image-upscale", {"image_url": ELSEWHERE, "upscale_factor": 2}, 500, "upscale_factor is not within"),
        ("topaz/image-upscale", {"image_url": ELSEWHERE, "upscale_factor": "8"}, 500, "upscale_factor is not within"),
        ("recraft/remove-background", {"image_url": ELSEWHERE}, 500, "This field is required"),
        ("recraft/remove-background", {"image": "a.png"}, 422, "image is not a valid URL"),
        (OMNI, {"prompt": "x", "image_urls": [ELSEWHERE] * 3}, 500, "image_urls is not within"),
        (OMNI, {"prompt": "x", "image_urls": [ELSEWHERE], "duration": 2.5}, 500, "duration is not within"),
        (DIALOGUE, {"dialogue": []}, 500, "dialogue is required"),
        (DIALOGUE, {"dialogue": [{"text": "x"}]}, 500, "voice is required"),
        (DIALOGUE, {"dialogue": ["x"]}, 500, "dialogue is not within"),
        (DIALOGUE, {"dialogue": [{"text": "x", "voice": "Rachel"}]}, 422, "Invalid voice parameter: Rachel"),
        (DIALOGUE, {"dialogue": LINES, "stability": 0.7}, 500, "stability is not within"),
        (DIALOGUE, {"dialogue": LINES, "language_code": "auto"}, 500, "language_code is not within"),
        (
            DIALOGUE,
            {"dialogue": [{"text": "x" * 2600, "voice": VOICE}] * 2},
            422,
            "The dialogue length cannot exceed 5000 characters",
        ),
        (LIPS, {"mode": "lite", "audio_url": ELSEWHERE}, 500, "video_url is required"),
        (
            LIPS,
            {"mode": "lite", "video_url": ELSEWHERE, "audio_url": ELSEWHERE, "open_scenedet": True},
            500,
            "open_scenedet is not within",
        ),
        (
            LIPS,
            {"mode": "basic", "video_url": ELSEWHERE, "audio_url": ELSEWHERE, "align_audio": True},
            500,
            "align_audio is not within",
        ),
        ("ai-music-api/generate", {"prompt": "x"}, 500, "model is required"),
        ("ai-music-api/generate", SONG | {"prompt": ""}, 500, "prompt is required"),
        ("ai-music-api/generate", SONG | {"custom_mode": True}, 500, "style is required"),
        ("ai-music-api/generate", SONG | {"model": "V9"}, 500, "model is not within"),
    ],
)
async def test_input_is_refused_and_nothing_is_created(model: str, given: dict[str, Any], code: int, msg: str) -> None:
    async with service() as kie:
        body = await kie.create(model, **given)
        assert kie.sandbox.created == 0
    assert body["code"] == code
    assert body["msg"].startswith(msg)


@pytest.mark.parametrize("model", ["recraft/crisp-upscale", "elevenlabs/audio-isolation", LIPS])
async def test_a_file_that_is_something_else_lets_the_task_fail_at_no_cost(model: str) -> None:
    async with service() as kie:
        fields = {"uploadPath": "tests", "fileName": "a.txt"}
        answer = await kie.http.post("/api/file-stream-upload", data=fields, files={"file": ("a.txt", b"hello")})
        url = answer.json()["data"]["downloadUrl"]
        keys = [key for key in MARKET_MODELS[model].fields if key in ("image", "audio_url", "video_url")]
        mode = {"mode": "basic"} if model == LIPS else {}
        data = await kie.finish(model, **mode, **dict.fromkeys(keys, url))
        assert await kie.credits() == 1000
    assert (data["state"], data["failCode"]) == ("fail", "400")


@pytest.mark.parametrize(
    ("model", "given", "size", "limits"),
    [
        ("recraft/remove-background", {}, (255, 300), "256 to 4096"),
        ("recraft/remove-background", {}, (300, 4097), "256 to 4096"),
        ("topaz/image-upscale", {"upscale_factor": "4"}, (5001, 10), "1 to 20000"),
    ],
)
async def test_a_picture_of_a_wrong_size_lets_the_task_fail(
    model: str, given: dict[str, Any], size: tuple[int, int], limits: str
) -> None:
    target = io.BytesIO()
    Image.new("RGB", size).save(target, "PNG")
    async with service(makers=PlainMedia()) as kie:
        fields, files = {"uploadPath": "tests"}, {"file": ("a.png", target.getvalue())}
        url = (await kie.http.post("/api/file-stream-upload", data=fields, files=files)).json()["data"]["downloadUrl"]
        data = await kie.finish(model, **given, **{"image_url" if given else "image": url})
        assert await kie.credits() == 1000
    assert (data["state"], data["failMsg"]) == ("fail", f"The image must have {limits} pixels per side")


async def test_trouble_is_asked_for_in_any_text() -> None:
    async with service(makers=PlainMedia()) as kie:
        line = {"text": "Good morning sandbox:fail", "voice": VOICE}
        assert (await kie.finish(DIALOGUE, dialogue=[line]))["state"] == "fail"
        song: dict[str, Any] = SONG | {"custom_mode": True, "style": "jazz sandbox:402", "title": "Night"}
        assert (await kie.create("ai-music-api/generate", **song))["code"] == 402


@pytest.mark.parametrize("name", ["fail", "empty", "spec", "expired"])
async def test_trouble_on_request_works_with_them_too(name: str) -> None:
    async with service(makers=PlainMedia()) as kie:
        data = await kie.finish("ai-music-api/generate", **SONG | {"prompt": f"x sandbox:{name}"})
        if name == "fail":
            assert data["state"] == "fail"
        elif name == "empty":
            assert data["response"] == {"resultUrls": []}
        elif name == "spec":
            assert data["output"]["audio_url"].endswith("1.mp3")
        else:
            url = data["response"]["data"][1]["image_url"]
            assert (await kie.http.get(url)).status_code == 403
