"""What the sandbox makes are real files: pictures, speech, and films that last as long as their audio."""

from __future__ import annotations

import io
import math
from array import array
from typing import Any

import av
import pytest
from PIL import Image, ImageChops, ImageOps, ImageStat

from kie_mcp.sandbox.studio import audio_files, captions, pictures, speech
from kie_mcp.sandbox.studio.character_design import design_character
from kie_mcp.sandbox.studio.faces import EYE
from kie_mcp.sandbox.studio.inputs import DEFAULT_PERSON
from kie_mcp.sandbox.studio.mouth_animation import Mouth
from kie_mcp.sandbox.studio.subtitles import find_subtitle, make_subtitles
from kie_mcp.sandbox.studio.videos import FRAMES
from tests.support.sandbox_client import FILM, IMAGE, SPEECH, VOICE, SandboxClient, service

pytestmark = pytest.mark.anyio
SAID = "Hello, I am a fox. I wait, and then I talk again!"


def frames_of(film: bytes) -> list[Image.Image]:
    """Every frame of a film."""
    with av.open(io.BytesIO(film), "r") as container:
        return [frame.to_image() for frame in container.decode(video=0)]  # pyright: ignore[reportUnknownMemberType]


def streams_of(data: bytes) -> dict[str, tuple[str, float]]:
    """Codec and seconds by the kind of stream."""
    with av.open(io.BytesIO(data), "r") as container:
        return {
            stream.type: (stream.codec_context.name, float((stream.duration or 0) * (stream.time_base or 0)))
            for stream in (*container.streams.video, *container.streams.audio)
        }


def difference(one: Image.Image, other: Image.Image, box: tuple[int, int, int, int]) -> float:
    """The mean difference of two pictures within a box, 0 to 255."""
    return ImageStat.Stat(ImageChops.difference(one, other).crop(box).convert("L")).mean[0]


async def store(kie: SandboxClient, name: str, data: bytes) -> str:
    """Upload; the link."""
    fields = {"uploadPath": "tests", "fileName": name}
    answer = await kie.http.post("/api/file-stream-upload", data=fields, files={"file": (name, data)})
    return answer.json()["data"]["downloadUrl"]


@pytest.mark.parametrize(
    ("given", "size", "form"),
    [
        ({}, (1024, 1024), "PNG"),
        ({"aspect_ratio": "16:9"}, (1024, 576), "PNG"),
        ({"image_size": "9:16", "output_format": "jpeg"}, (576, 1024), "JPEG"),
    ],
)
async def test_a_picture_has_the_form_and_ratio_asked_for(
    given: dict[str, Any], size: tuple[int, int], form: str
) -> None:
    async with service() as kie:
        picture = Image.open(io.BytesIO(await kie.file(await kie.made(IMAGE, prompt="a red fox", **given))))
    assert (picture.size, picture.format) == (size, form)


async def test_resolution_sets_the_long_edge() -> None:
    async with service() as kie:
        url = await kie.made("nano-banana-2", prompt="a red fox", resolution="2K", aspect_ratio="4:1")
        assert Image.open(io.BytesIO(await kie.file(url))).size == (2048, 512)
    assert url.endswith(".jpg")


def ink(prompt: str) -> int:
    """How many white pixels the caption of a prompt has."""
    picture, _ = pictures.draw_picture(prompt, (1024, 1024))
    band = picture.crop((60, 830, 964, 1000)).convert("L").histogram()
    return sum(band[235:])


def test_bytes_that_are_no_picture_are_refused_in_words() -> None:
    with pytest.raises(pictures.NotAPictureError, match="it is no PNG, JPEG or WebP"):
        pictures.decode(b"Once upon a time")


def test_a_picture_shows_its_prompt() -> None:
    """The longer the prompt, the more ink its caption has."""
    assert ink("iii") < 0.5 * ink("a fox in the rain") < 0.2 * ink("a fox in the rain, " * 8)


@pytest.mark.parametrize(
    "prompt", ["x" * 5000, "\u4e00" * 400, "\U0001f98a \u202e\u0627\u0644\u0639", "\ud800 half", "\n\t"]
)
async def test_any_prompt_can_be_drawn(prompt: str) -> None:
    async with service() as kie:
        answer = await kie.http.post("/api/v1/jobs/createTask", content=ascii_json(IMAGE, prompt))
        kie.pass_time(30)
        data = (await kie.look(answer.json()["data"]["taskId"]))["data"]
        assert (await kie.file(data["response"]["resultUrls"][0])).startswith(b"\x89PNG")


def ascii_json(model: str, prompt: str) -> bytes:
    """A request that may hold half of a surrogate pair, which httpx would not encode."""
    import json

    return json.dumps({"model": model, "input": {"prompt": prompt}}).encode("ascii")


def test_long_words_are_wrapped_and_cut_with_an_ellipsis() -> None:
    lines = captions.wrap("aaa bb " + "c" * 25, length=len, room=10, most=3)
    assert lines == ["aaa bb", "cccccccccc", "ccccccccc…"]
    assert captions.wrap("aaa bb", length=len, room=10, most=3) == ["aaa bb"]


async def test_references_of_our_own_are_shown_and_foreign_ones_are_not_fetched() -> None:
    async with service() as kie:
        links = {"own": await kie.made(IMAGE, prompt="a bear"), "foreign": "https://example.com/x.png"}
        contrast: dict[str, float] = {}
        for name, link in links.items():
            url = await kie.made("google/nano-banana-edit", prompt="a fox", image_urls=[link])
            corner = Image.open(io.BytesIO(await kie.file(url))).crop((40, 40, 200, 200)).convert("L")
            contrast[name] = ImageStat.Stat(corner).stddev[0]
    assert contrast["own"] > 2 * contrast["foreign"]


async def test_speech_is_audible_and_as_long_as_its_text() -> None:
    async with service() as kie:
        brief, long, quick = [
            await kie.file(await kie.made(SPEECH, text=text, voice=VOICE, **more))
            for text, more in ((SAID, {}), (SAID * 4, {}), (SAID * 4, {"speed": 1.2}))
        ]
    assert streams_of(brief).keys() == {"audio"}
    assert streams_of(brief)["audio"][0].startswith("mp3")
    length = {name: audio_files.seconds(audio_files.decode(data)) for name, data in (("brief", brief), ("long", long))}
    assert length["brief"] == pytest.approx(len(SAID) / 14 + 0.6, abs=0.4)
    assert length["long"] == pytest.approx(len(SAID * 4) / 14 + 0.6, abs=0.8)
    spoken = audio_files.seconds(audio_files.decode(quick)) - 0.62
    assert spoken == pytest.approx((length["long"] - 0.62) / 1.2, abs=0.05)
    samples = audio_files.decode(brief)
    assert 8_000 < max(map(abs, samples)) < 32_000


def test_each_voice_has_a_pitch_of_its_own() -> None:
    one, other = speech.synthesize(SAID, VOICE), speech.synthesize(SAID, "Z3R5wn05IrDiVCyEkUrK")
    assert one != other
    assert one == speech.synthesize(SAID, VOICE)


async def test_a_film_lasts_as_long_as_its_audio_and_its_mouth_follows_it() -> None:
    async with service() as kie:
        picture = await kie.made(IMAGE, prompt="a red fox in a raincoat")
        voice = await kie.made(SPEECH, text=SAID, voice=VOICE)
        film = await kie.file(await kie.made(FILM, image_url=picture, audio_url=voice, prompt="talk"))
        samples = audio_files.decode(await kie.file(voice))
        _, face = pictures.decode(await kie.file(picture))
    streams = streams_of(film)
    assert (streams["video"][0], streams["audio"][0]) == ("h264", "aac")
    assert streams["video"][1] == pytest.approx(audio_files.seconds(samples), abs=0.1)
    assert streams["audio"][1] == pytest.approx(audio_files.seconds(samples), abs=0.1)
    assert film.find(b"moov") < film.find(b"mdat")
    frames, levels = frames_of(film), audio_files.measure_loudness(samples, FRAMES)
    loud, quiet = frames[levels.index(max(levels[:60]))], frames[8]
    assert loud.size == (480, 480)
    assert face is not None
    x, y = round(face.mouth[0] * 480), round(face.mouth[1] * 480)
    assert difference(loud, quiet, (x - 25, y - 10, x + 25, y + 35)) > 15
    assert difference(loud, quiet, (0, 0, 100, 100)) < 2


async def test_a_photograph_talks_too() -> None:
    """A picture that is not ours has its mouth in the lower middle third."""
    photograph = ImageOps.fit(Image.linear_gradient("L").convert("RGB"), (640, 360))
    target, samples = io.BytesIO(), array("h", [0] * 24_000 + [9000, -9000] * 12_000)
    photograph.save(target, "JPEG")
    async with service() as kie:
        urls = {
            "image_url": await store(kie, "me.jpg", target.getvalue()),
            "audio_url": await store(kie, "me.wav", audio_files.encode_wav(samples)),
        }
        film = await kie.file(await kie.made(FILM, prompt="talk", resolution="720p", **urls))
    frames = frames_of(film)
    assert frames[0].size == (1280, 720)
    assert len(frames) == 50
    assert difference(frames[5], frames[40], (600, 480, 680, 530)) > 20
    assert difference(frames[5], frames[40], (0, 0, 200, 720)) < 2


@pytest.mark.parametrize("broken", ["image_url", "audio_url"])
async def test_media_that_cannot_be_read_fail_the_task_and_cost_nothing(broken: str) -> None:
    async with service() as kie:
        good = {"image_url": "https://example.com/a.png", "audio_url": "https://example.com/a.mp3"}
        for link in (await store(kie, "noise.png", b"no media at all"), "http://sandbox.test/files/gone.png"):
            data = await kie.finish(FILM, prompt="x", **(good | {broken: link}))
            assert (data["state"], data["failCode"]) == ("fail", "400")
        assert await kie.credits() == 1000


async def test_audio_that_is_too_long_for_a_model_fails_its_task() -> None:
    async with service(credits=5000) as kie:
        urls = {
            "image_url": "https://example.com/a.png",
            "audio_url": await store(kie, "long.wav", audio_files.encode_wav(array("h", bytes(2 * 24_000 * 61)))),
        }
        assert "60 seconds" in (await kie.finish("omnihuman-1-5", **urls))["failMsg"]


BLINKING = ("a fox", "a cat", "a dog", "a bear", "a rabbit", "a woman", "a man", "somebody")


@pytest.mark.parametrize("seed", ["1", "2", "3", "4"])
@pytest.mark.parametrize("who", BLINKING)
def test_whoever_blinks_shows_nothing_but_lids(who: str, seed: str) -> None:
    """Muzzle and hair end outside of the lids, which have one colour: none of them is cut into."""
    picture, face = pictures.draw_picture(who, (1024, 1024), seed)
    shut = Mouth(picture, face).draw(0, eyes_shut=True)
    radius = face.eye_width * 1024 / 2 / EYE
    for x, y in face.eyes:
        for angle in range(-45, 226, 5):  # from ear to ear along the lower edge; over the eye is the eyebrow
            across, down = math.cos(math.radians(angle)), math.sin(math.radians(angle))
            for share in (0.95, 1.05):
                at = x * 1024 + 1.06 * share * EYE * radius * across, y * 1024 + 1.22 * share * EYE * radius * down
                seen = shut.getpixel((round(at[0]), round(at[1])))
                assert seen == pytest.approx(face.lid, abs=2)


@pytest.mark.parametrize(
    ("prompt", "styles"),
    [
        ("a portrait of Brian", {2, 3}),
        ("James", {2, 3}),
        ("an old man by the sea", {2, 3}),
        ("Herr M\u00fcller, ein Mann", {2, 3}),
        ("a portrait of Arabella", {0, 1}),
        ("a grandmother with a lily", {0, 1}),
        ("a woman named James", {0, 1}),
        ("a woman and a man", {4}),
        ("a teacher", {4}),
        ("Sam", {4}),
        (DEFAULT_PERSON, {4}),
    ],
)
def test_a_face_fits_the_words_and_is_neutral_where_they_leave_it_open(prompt: str, styles: set[int]) -> None:
    assert {design_character(prompt, str(seed)).style for seed in range(20)} == styles


def test_the_old_are_grey_and_who_is_some_years_old_need_not_be() -> None:
    assert len({design_character("an old man", str(seed)).hair for seed in range(20)}) == 1
    assert len({design_character("a man, 20 years old", str(seed)).hair for seed in range(20)}) > 3


def test_a_voice_is_as_low_or_high_as_its_label_says() -> None:
    def pitch(voice_id: str) -> float:
        return speech.make_voice(voice_id).pitch

    assert max(map(pitch, ("EkK5I93UQWFDigLMpZcX", "nPczCjzI2devNBz1zQrb", "YOq2y2Up4RgXP2HyXjE5"))) < 140
    assert min(map(pitch, ("Z3R5wn05IrDiVCyEkUrK", "lcMyyd2HUfFzxdCaC4Ta", "aD6riP1btT197c6dACmy"))) > 160


async def test_a_film_shows_what_is_said_in_it_and_not_the_prompt_of_its_picture() -> None:
    """Two pictures of other words make films with the same strip; another speech makes another."""
    async with service() as kie:
        voice = await kie.made(SPEECH, text=SAID, voice=VOICE)
        again = await store(kie, "mine.mp3", await kie.file(voice))
        foreign = await store(kie, "foreign.wav", audio_files.encode_wav(array("h", [0] * 48_000)))
        strips: list[Image.Image] = []
        for prompt, sounds in (
            ("a red fox", voice),
            ("a blue bear who sings in the rain", voice),
            ("a red fox", again),
            ("a red fox", foreign),
            ("a red fox", await kie.made(SPEECH, text="Something else is said here, in another speech.", voice=VOICE)),
        ):
            picture = await kie.made(IMAGE, prompt=prompt)
            film = await kie.file(await kie.made(FILM, image_url=picture, audio_url=sounds, prompt="talk"))
            strips.append(frames_of(film)[10].crop((0, 430, 480, 480)))
    whole = (0, 0, 480, 50)
    said, other_prompt, uploaded, unknown, other = strips
    assert difference(said, other_prompt, whole) < 2
    assert difference(said, uploaded, whole) < 2
    assert difference(said, unknown, whole) > 8
    assert difference(said, other, whole) > 8


def test_subtitles_come_while_they_are_said() -> None:
    picture = Image.new("RGB", (480, 480))
    shown = make_subtitles(picture, f"{SAID} " * 8, seconds=30)
    assert " ".join(line for one in shown for line in one.lines) == " ".join([SAID] * 8)
    assert all(len(one.lines) <= 2 for one in shown)
    assert find_subtitle(shown, 0) == shown[0]
    assert find_subtitle(shown, 31) == shown[-1]
    assert find_subtitle(shown, shown[2].until) == shown[3]
    assert shown[0].until == pytest.approx(30 / len(shown), abs=3)
