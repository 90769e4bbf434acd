"""Orders that are refused before anything is spent: each names the argument, what was given and what is allowed."""
# ruff: noqa: E501, RUF001 (texts stand as they are said)

import json
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot

from tests.support.library_words import ours
from tests.support.sandbox_server import Era, facts, stand, text
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio

PICTURE = "https://example.com/face.png"
SOUND = "https://example.com/voice.mp3"
Call = tuple[str, dict[str, Any]]


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


@pytest.fixture(params=["legacy", "auto"])
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


def image(**arguments: Any) -> Call:
    return "generate_image", {"prompt": "a fox", **arguments}


def speech(**arguments: Any) -> Call:
    return "generate_speech", {"text": "Hello.", **arguments}


def film(**arguments: Any) -> Call:
    return "create_talking_video", {"image": PICTURE, "audio": SOUND, **arguments}


async def refused(folder: Path, calls: dict[str, Call], era: Era = "legacy") -> dict[str, str]:
    """Return the text of each answer, and check that nothing was sent, reserved or counted."""
    said: dict[str, str] = {}
    async with stand(folder, era=era, changes={"input_roots": (folder / "in",)}) as here:
        for name, (tool, arguments) in calls.items():
            result = await here.client.call_tool(tool, arguments)
            error = facts(result)["error"]
            assert result.is_error, name
            assert error["category"] in {"invalid_argument", "unknown_job"}, name
            assert not error["may_have_been_charged"], name
            assert text(result) == f"error: {error['message']}\nwhat to do: {error['remedy']}"
            said[name] = ours(f"{error['message']} {error['remedy']}").replace(str(folder), "HERE")
        assert facts(await here.call("list_jobs"))["jobs"] == []
    assert here.creates == []
    return said


async def test_what_a_model_does_not_take(tmp_path: Path) -> None:
    calls = {
        "a prompt of blanks": image(prompt=" \n\t"),
        "a prompt of blanks with a style": image(prompt=" ", style="oil painting"),
        "a prompt too long for the model": image(prompt="x" * 5001),
        "a prompt that its style makes too long": image(prompt="x" * 4990, style="oil painting"),
        "too many pictures for the model": image(images=[PICTURE] * 9, model="nano-banana-pro"),
        "an aspect ratio": image(aspect_ratio="2:7"),
        "an aspect ratio of another model": image(aspect_ratio="1:8"),
        "a resolution where there is none": image(resolution="4K"),
        "a resolution that there is not": image(model="nano-banana-2", resolution="8K"),
        "an output format": image(output_format="gif"),
        "a model": image(model="dall-e-3"),
        "a model, misspelled": image(model="nano-bananna"),
        "a model of another kind": image(model="infinitalk"),
        "an edit without a picture": image(model="google/nano-banana-edit"),
        "a picture that is an id": image(images=["job_abc"]),
        "a picture that is a job": image(images=["kie://jobs/job_abc"]),
        "a picture of an unknown job": image(images=["kie://jobs/job_abc/outputs/0"]),
        "a picture that is text": image(images=["data:image/png;base64,AAAA"]),
        "a text of blanks": speech(text="  "),
        "a voice": speech(voice="Darth Vader"),
        "a voice, nearly": speech(voice="Rachael"),
        "a language of another model": speech(model="elevenlabs-multilingual", language="en"),
        "a language": speech(language="english"),
        "an empty picture": film(image=""),
        "an empty sound": film(audio=" "),
        "a file of this computer": film(audio="/home/me/voice.mp3"),
        "a resolution of another model": film(resolution="1080"),
        "a resolution where the model has none": film(model="kling/ai-avatar-pro", resolution="720p"),
        "a seed where the model has none": film(model="kling/ai-avatar-standard", seed=12345),
        "a seed that only another model takes": film(seed=9_999),
        "a prompt too long for OmniHuman": film(model="omnihuman-1-5", prompt="x" * 301),
        "a key of blanks": image(idempotency_key="   "),
    }
    assert await refused(tmp_path, calls) == snapshot(
        {
            "a prompt of blanks": "prompt: is empty; google/nano-banana takes 1 to 5,000 characters. Say in words what is wanted.",
            "a prompt of blanks with a style": "prompt: is empty; google/nano-banana takes 1 to 5,000 characters. Say in words what is wanted.",
            "a prompt too long for the model": "prompt: has 5,001 characters; google/nano-banana takes at most 5,000. Shorten it.",
            "a prompt that its style makes too long": "prompt: has 5,011 characters; google/nano-banana takes at most 5,000. Shorten it.",
            "too many pictures for the model": "images: 9 given; nano-banana-pro takes at most 8. Leave some out.",
            "an aspect ratio": "aspect_ratio: '2:7' is not one that google/nano-banana takes: 1:1, 9:16, 16:9, 3:4, 4:3, 3:2, 2:3, 5:4, 4:5, 21:9, auto. Use one of them, or leave it out for 1:1.",
            "an aspect ratio of another model": "aspect_ratio: '1:8' is not one that google/nano-banana takes: 1:1, 9:16, 16:9, 3:4, 4:3, 3:2, 2:3, 5:4, 4:5, 21:9, auto. Use one of them, or leave it out for 1:1.",
            "a resolution where there is none": "resolution: '4K' given, but google/nano-banana takes none. Leave it out, or use nano-banana-pro, nano-banana-2 or nano-banana-2-1.",
            "a resolution that there is not": "resolution: '8K' is not one that nano-banana-2 takes: 1K, 2K, 4K. Use one of them, or leave it out for 1K.",
            "an output format": "output_format: 'gif' is not one that google/nano-banana takes: png, jpeg. Use one of them, or leave it out for png.",
            "a model": "model: 'dall-e-3' is not known here. For pictures use google/nano-banana, nano-banana-pro, nano-banana-2, nano-banana-2-lite, nano-banana-2-1, topaz/image-upscale, recraft/crisp-upscale, recraft/remove-background.",
            "a model, misspelled": "model: 'nano-bananna' is not known here. Did you mean nano-banana? For pictures use google/nano-banana, nano-banana-pro, nano-banana-2, nano-banana-2-lite, nano-banana-2-1, topaz/image-upscale, recraft/crisp-upscale, recraft/remove-background.",
            "a model of another kind": "model: infinitalk/from-audio makes talking videos, not pictures. For pictures use google/nano-banana, nano-banana-pro, nano-banana-2, nano-banana-2-lite, nano-banana-2-1, topaz/image-upscale, recraft/crisp-upscale, recraft/remove-background.",
            "an edit without a picture": "images: google/nano-banana-edit changes pictures, and none was given. Give a picture, or use google/nano-banana to make one from words.",
            "a picture that is an id": "images[0]: 'job_abc' is no file on this computer; a relative path begins in HERE/out. Give an https URL, kie://jobs/{job_id}/outputs/{n} of an earlier job, a data URI, or the path of a file on this computer. A path of a chat's own sandbox, such as /mnt/user-data, is not on this computer.",
            "a picture that is a job": "images[0]: 'kie://jobs/job_abc' names no output of a job. Give an https URL, kie://jobs/{job_id}/outputs/{n} of an earlier job, a local path, or a data URI.",
            "a picture of an unknown job": "images[0]: 'kie://jobs/job_abc/outputs/0': there is no such job here; find it with list_jobs. Change what was refused and call again.",
            "a picture that is text": "images[0]: the data URI is something unknown; google/nano-banana takes JPEG, PNG or WebP. Hand in another file.",
            "a text of blanks": "text: is empty; elevenlabs/text-to-speech-turbo-2-5 takes 1 to 5,000 characters. Say in words what is wanted.",
            "a voice": "voice: 'Darth Vader' is neither the id nor the name of a voice of elevenlabs/text-to-speech-turbo-2-5. Use one of the 62 names, such as James, Arabella, Bradford, Xavier or Kuon, or leave it out.",
            "a voice, nearly": "voice: 'Rachael' is neither the id nor the name of a voice of elevenlabs/text-to-speech-turbo-2-5. Use Rachel or Nathaniel.",
            "a language of another model": "language: 'en' given, but elevenlabs/text-to-speech-multilingual-v2 takes none. Leave it out, or use elevenlabs/text-to-speech-turbo-2-5.",
            "a language": "language: 'english' is not two letters of ISO 639-1, such as en, de or zh. Use such a code, or leave it out: the language is told from the text.",
            "an empty picture": "image, image_prompt: one of the two is needed. Give image, or image_prompt to have it made first.",
            "an empty sound": "audio, script: one of the two is needed. Give audio, or script to have it made first.",
            "a file of this computer": "audio: '/home/me/voice.mp3' is in no folder that this server may read. Move it into one of HERE/in, HERE/out, or add its folder to KIE_INPUT_ROOTS. Give an https URL, kie://jobs/{job_id}/outputs/{n} of an earlier job, a data URI, or the path of a file on this computer. A path of a chat's own sandbox, such as /mnt/user-data, is not on this computer.",
            "a resolution of another model": "resolution: '1080' is not one that infinitalk/from-audio takes: 480p, 720p. Use one of them, or leave it out for 480p.",
            "a resolution where the model has none": "resolution: '720p' given, but kling/ai-avatar-pro takes none. Leave it out, or use infinitalk/from-audio or omnihuman-1-5.",
            "a seed that only another model takes": "seed: 9,999 is out of range; infinitalk/from-audio takes 10,000 to 1,000,000. Use a number in that range, or leave it out.",
            "a seed where the model has none": "seed: 12345 given, but kling/ai-avatar-standard takes none. Leave it out, or use infinitalk/from-audio or omnihuman-1-5.",
            "a prompt too long for OmniHuman": "prompt: has 301 characters; omnihuman-1-5 takes at most 300 (Kie.ai's schema says 300, its page 1,000). Shorten it.",
            "a key of blanks": "idempotency_key: holds blanks only. Give a key that no other order has, or leave it out.",
        }
    )


async def test_what_no_model_takes(tmp_path: Path, era: Era) -> None:
    calls: dict[str, Call] = {
        "no prompt": ("generate_image", {}),
        "an empty prompt": image(prompt=""),
        "a null": image(prompt=None),
        "a prompt too long for all": image(prompt="x" * 20_001),
        "a prompt that is a list": image(prompt=["a", "fox"]),
        "fifteen pictures": image(images=[f"{PICTURE}?signature=secret"] * 15),
        "pictures that are objects": image(images=[{"url": PICTURE}]),
        "a style too long": image(style="x" * 501),
        "a key too long": image(idempotency_key="x" * 201),
        "a wait without end": image(wait_seconds=601),
        "a wait backwards": image(wait_seconds=-1),
        "a wait in words": image(wait_seconds="soon"),
        "new, perhaps": image(new="perhaps"),
        "a text too long": speech(text="x" * 5001),
        "a speed too low": speech(speed=0.69),
        "a speed too high": speech(speed=1.21),
        "a stability": speech(stability=1.1),
        "a likeness": speech(similarity_boost=-0.1),
        "a seed too low": film(seed=-2),
        "a seed too high": film(seed=2_147_483_648),
        "a seed with a fraction": film(seed=12345.5),
        "a seed beyond numbers": film(seed=10**40),
        "no job id": ("get_job_status", {}),
        "a job id of blanks": ("get_job_status", {"job_id": "  "}),
        "a job id with a path": ("get_job_status", {"job_id": "../../etc/passwd"}),
        "a job id with quotes": ("get_job_status", {"job_id": "a'; DROP TABLE jobs;--"}),
        "a job id too long": ("get_job_status", {"job_id": "x" * 101}),
        "a state": ("list_jobs", {"state": "done"}),
        "a kind": ("list_jobs", {"kind": "song"}),
        "no jobs at all": ("list_jobs", {"limit": -1}),
        "too many jobs": ("list_jobs", {"limit": 101}),
    }
    assert await refused(tmp_path, calls, era) == snapshot(
        {
            "no prompt": "prompt: is empty; google/nano-banana takes 1 to 5,000 characters. Say in words what is wanted.",
            "an empty prompt": "prompt: is empty; google/nano-banana takes 1 to 5,000 characters. Say in words what is wanted.",
            "a null": "prompt: is empty; google/nano-banana takes 1 to 5,000 characters. Say in words what is wanted.",
            "a prompt too long for all": "prompt: 20,001 characters given; (20000). Correct the arguments and call again.",
            "a prompt that is a list": "prompt: a list of 2 given; (). Correct the arguments and call again.",
            "fifteen pictures": "images: a list of 15 given; (14 15). Correct the arguments and call again.",
            "pictures that are objects": "images[0]: an object given; (). Correct the arguments and call again.",
            "a style too long": "style: 501 characters given; (500). Correct the arguments and call again.",
            "a key too long": "idempotency_key: 201 characters given; (200). Correct the arguments and call again.",
            "a wait without end": "wait_seconds: 601 given; (600). Correct the arguments and call again.",
            "a wait backwards": "wait_seconds: -1 given; (0). Correct the arguments and call again.",
            "a wait in words": "wait_seconds: 'soon' given; (). Correct the arguments and call again.",
            "new, perhaps": "new: 'perhaps' given; (). Correct the arguments and call again.",
            "a text too long": "text: 5,001 characters given; (5000). Correct the arguments and call again.",
            "a speed too low": "speed: 0.69 given; (0.7). Correct the arguments and call again.",
            "a speed too high": "speed: 1.21 given; (1.2). Correct the arguments and call again.",
            "a stability": "stability: 1.1 given; (1). Correct the arguments and call again.",
            "a likeness": "similarity_boost: -0.1 given; (0). Correct the arguments and call again.",
            "a seed too low": "seed: -2 given; (-1). Correct the arguments and call again.",
            "a seed too high": "seed: 2147483648 given; (2147483647). Correct the arguments and call again.",
            "a seed with a fraction": "seed: 12345.5 given; (). Correct the arguments and call again.",
            "a seed beyond numbers": "seed: a huge number given; (2147483647). Correct the arguments and call again.",
            "no job id": "job_id: is required. Correct the arguments and call again.",
            "a job id of blanks": "There is no job '': an id has at most 100 letters, digits, '_', '.', ':' and '-'. Find it with list_jobs.",
            "a job id with a path": "There is no job '../../etc/passwd': an id has at most 100 letters, digits, '_', '.', ':' and '-'. Find it with list_jobs.",
            "a job id with quotes": "There is no job \"a';\": an id has at most 100 letters, digits, '_', '.', ':' and '-'. Find it with list_jobs.",
            "a job id too long": "There is no job 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…': an id has at most 100 letters, digits, '_', '.', ':' and '-'. Find it with list_jobs.",
            "a state": "state: 'done' given; ('queued' 'running' 'succeeded' 'failed' 'unconfirmed'). Correct the arguments and call again.",
            "a kind": "kind: 'song' given; ('image' 'speech' 'talking_video' 'other'). Correct the arguments and call again.",
            "no jobs at all": "limit: -1 given; (1). Correct the arguments and call again.",
            "too many jobs": "limit: 101 given; (100). Correct the arguments and call again.",
        }
    )


async def test_unknown_arguments(tmp_path: Path) -> None:
    calls = {
        "close to one": image(promt="a fox"),
        "close to none": image(guidance=7),
        "two names for one": image(image_size="16:9", orientation="vertical"),
        "a name beside its other": image(aspect_ratio="16:9", image_size="1:1"),
        "a name that is not text": image(**{"\x1b[31mred\u202e": 1}),
        "a name without end": image(**{"x" * 10_000: 1}),
        "a hundred": image(**{f"x{number}": number for number in range(100)}),
    }
    assert await refused(tmp_path, calls) == snapshot(
        {
            "close to one": "'promt': generate_image has no such argument; did you mean prompt? Correct the arguments and call again.",
            "close to none": "'guidance': generate_image has no such argument; it takes prompt, prompts, count, images, model, aspect_ratio, resolution, output_format, style, upscale, wait_seconds, idempotency_key, new, preview, convert, estimate_only, agreed_credits. Correct the arguments and call again.",
            "two names for one": "'orientation': generate_image has no such argument; aspect_ratio is given already. Correct the arguments and call again.",
            "a name beside its other": "'image_size': generate_image has no such argument; aspect_ratio is given already. Correct the arguments and call again.",
            "a name that is not text": "'\\x1b[31mred\\u202e': generate_image has no such argument; it takes prompt, prompts, count, images, model, aspect_ratio, resolution, output_format, style, upscale, wait_seconds, idempotency_key, new, preview, convert, estimate_only, agreed_credits. Correct the arguments and call again.",
            "a name without end": "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…': generate_image has no such argument; it takes prompt, prompts, count, images, model, aspect_ratio, resolution, output_format, style, upscale, wait_seconds, idempotency_key, new, preview, convert, estimate_only, agreed_credits. Correct the arguments and call again.",
            "a hundred": "'x0': generate_image has no such argument; it takes prompt, prompts, count, images, model, aspect_ratio, resolution, output_format, style, upscale, wait_seconds, idempotency_key, new, preview, convert, estimate_only, agreed_credits. 'x1': generate_image has no such argument; it takes prompt, prompts, count, images, model, aspect_ratio, resolution, output_format, style, upscale, wait_seconds, idempotency_key, new, preview, convert, estimate_only, agreed_credits. 'x2': generate_image has no such argument; it takes prompt, prompts, count, images, model, aspect_ratio, resolution, output_format, style, upscale, wait_seconds, idempotency_key, new, preview, convert, estimate_only, agreed_credits. And 97 more. Correct the arguments and call again.",
        }
    )


async def test_characters_that_cannot_be_sent(tmp_path: Path) -> None:
    calls = {
        "NUL": image(prompt="a\x00fox"),
        "an escape": image(prompt="a \x1b[31mred\x1b[0m fox"),
        "NUL in the style": image(style="oil\x00"),
        "half a pair": image(prompt="a \ud83d fox"),
        "NUL in a text": speech(text="Hel\x00lo"),
        "half a pair in a key": image(idempotency_key="k\udc00"),
        "NUL in a job id": ("get_job_status", {"job_id": "job_\x00"}),
        "a bell in a link": film(image="https://example.com/\x07.png"),
    }
    assert await refused(tmp_path, calls) == snapshot(
        {
            "NUL": "prompt: holds the character U+0000 at position 2; control characters other than newline and tab, and halves of surrogate pairs, are not allowed. Take the character out.",
            "an escape": "prompt: holds the character U+001B at position 3; control characters other than newline and tab, and halves of surrogate pairs, are not allowed. Take the character out.",
            "NUL in the style": "prompt: holds the character U+0000 at position 18; control characters other than newline and tab, and halves of surrogate pairs, are not allowed. Take the character out.",
            "half a pair": "prompt: 'a \\ud83d fox' given; (). Correct the arguments and call again.",
            "NUL in a text": "text: holds the character U+0000 at position 4; control characters other than newline and tab, and halves of surrogate pairs, are not allowed. Take the character out.",
            "half a pair in a key": "idempotency_key: 'k\\udc00' given; (). Correct the arguments and call again.",
            "NUL in a job id": "There is no job 'job_\\x00': an id has at most 100 letters, digits, '_', '.', ':' and '-'. Find it with list_jobs.",
            "a bell in a link": "image: holds the character U+0007 at position 21; control characters other than newline and tab, and halves of surrogate pairs, are not allowed. Take the character out.",
        }
    )


NOT_FETCHED = (
    "http://example.com/a.png",
    "https://user:hunter2@example.com/a.png",
    "https://127.0.0.1/a.png",
    "https://127.1/a.png",
    "https://0x7f.1/a.png",
    "https://2130706433/a.png",
    "https://0177.0.0.1/a.png",
    "https://10.0.0.1/a.png",
    "https://172.16.0.1/a.png",
    "https://192.168.0.1/a.png",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/a.png",
    "https://0.0.0.0/a.png",
    "https://224.0.0.1/a.png",
    "https://255.255.255.255/a.png",
    "https://[::1]/a.png",
    "https://[::]/a.png",
    "https://[fe80::1]/a.png",
    "https://[fc00::1]/a.png",
    "https://[ff02::1]/a.png",
    "https://[::ffff:127.0.0.1]/a.png",
    "https://[64:ff9b::7f00:1]/a.png",
    "https://[2002:7f00:1::]/a.png",
    "https://localhost/a.png",
    "https://router.local/a.png",
    "https://metadata.google.internal/a.png",
    "https://１２７.0.0.1/a.png",
    "https://127。0。0。1/a.png",
    "https://example.com\\@127.0.0.1/a.png",
    "http://127.0.0.1:9999/a.png",
    "http://127.0.0.1:8765@evil.example/a.png",
    "http://127.0.0.1:8765.evil.example/a.png",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "ftp://example.com/a.png",
    "//example.com/a.png",
    "https:///a.png",
    "https://example.com:0/a.png",
    "https://" + "a" * 2000,
)


@pytest.mark.parametrize("argument", ["images", "image", "audio"])
async def test_links_that_lead_inside_are_refused_in_any_spelling(tmp_path: Path, argument: str) -> None:
    def order(url: str) -> Call:
        return image(images=[PICTURE, url]) if argument == "images" else film(**{argument: url})

    said = await refused(tmp_path, {url: order(url) for url in NOT_FETCHED})
    shown = "images[1]" if argument == "images" else argument
    assert all(words.startswith(f"{shown}: ") for words in said.values())
    assert not any("hunter2" in words for words in said.values())


async def test_how_such_refusals_read(tmp_path: Path) -> None:
    chosen = [NOT_FETCHED[at] for at in (0, 1, 4, 7, 20, 23, 28, 32, 33, 35, 38)]
    assert await refused(tmp_path, {url[:40]: film(image=url) for url in chosen}) == snapshot(
        {
            "http://example.com/a.png": "image: 'http://example.com/a.png' is plain http; only https is allowed. Give an https URL that anybody on the internet can open.",
            "https://user:hunter2@example.com/a.png": "image: 'https://…' holds a user name or a password before the host; that is not allowed. Give an https URL that anybody on the internet can open.",
            "https://0x7f.1/a.png": "image: 'https://0x7f.1/a.png' writes an address in an unusual way; only a public host's name or usual address is allowed. Give an https URL that anybody on the internet can open.",
            "https://10.0.0.1/a.png": "image: 'https://10.0.0.1/a.png' names a private, local or translated address; only public hosts are allowed. Give an https URL that anybody on the internet can open.",
            "https://[::ffff:127.0.0.1]/a.png": "image: 'https://[::ffff:127.0.0.1]/a.png' names a private, local or translated address; only public hosts are allowed. Give an https URL that anybody on the internet can open.",
            "https://localhost/a.png": "image: 'https://localhost/a.png' names a host of a local network; only public hosts are allowed. Give an https URL that anybody on the internet can open.",
            "https://example.com\\@127.0.0.1/a.png": "image: 'https://…' holds blanks, backslashes or control characters; a URL has them percent-encoded. Give an https URL that anybody on the internet can open.",
            "file:///etc/passwd": "image: 'file:///etc/passwd' is in no folder that this server may read. Move it into one of HERE/in, HERE/out, or add its folder to KIE_INPUT_ROOTS. Give an https URL, kie://jobs/{job_id}/outputs/{n} of an earlier job, a data URI, or the path of a file on this computer. A path of a chat's own sandbox, such as /mnt/user-data, is not on this computer.",
            "javascript:alert(1)": "image: a 'javascript:' URL cannot be handed in. Give an https URL, kie://jobs/{job_id}/outputs/{n} of an earlier job, a local path, or a data URI.",
            "//example.com/a.png": "image: '//example.com/a.png' is in no folder that this server may read. Move it into one of HERE/in, HERE/out, or add its folder to KIE_INPUT_ROOTS. Give an https URL, kie://jobs/{job_id}/outputs/{n} of an earlier job, a data URI, or the path of a file on this computer. A path of a chat's own sandbox, such as /mnt/user-data, is not on this computer.",
            "https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": "image: 'https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…' has 2,008 characters; at most 2,000 are allowed. Give an https URL that anybody on the internet can open.",
        }
    )


async def test_other_names_for_the_same_are_taken(tmp_path: Path) -> None:
    """Kie.ai's own names and older ones; null, which some clients send for every argument, counts as not given."""
    async with stand(tmp_path, speed=100) as here:
        own = facts(await here.call("generate_image", prompt="a face"))["outputs"][0]["url"]
        voice = facts(await here.call("generate_speech", text="Hello.", voice="RACHEL"))["outputs"][0]["url"]
        await here.call("generate_image", prompt="1", image_size="21:9", wait_seconds=0)
        await here.call("generate_image", prompt="2", orientation="vertical", output_format="JPG", wait_seconds=0)
        await here.call("generate_image", prompt="3", image_urls=[own], model="nanobanana", wait_seconds=0)
        await here.call("generate_image", prompt="4", model=None, style=None, images=None, new=None, wait_seconds="0")
        await here.call("create_talking_video", image_url=own, audio_url=voice, model="infinitetalk", wait_seconds=0)
        for job in facts(await here.call("list_jobs", limit=None, state=None))["jobs"]:
            await here.call("get_job_status", job_id=job["job_id"], wait_seconds=60)
    sent = [(body["model"], body["input"]) for body in here.creates[1:]]
    shown = json.dumps(sent).replace(own, "OWN").replace(voice, "VOICE")
    assert json.loads(shown) == snapshot(
        [
            ["elevenlabs/text-to-speech-turbo-2-5", {"text": "Hello.", "voice": "aD6riP1btT197c6dACmy"}],
            ["google/nano-banana", {"prompt": "1", "aspect_ratio": "21:9", "output_format": "png"}],
            ["google/nano-banana", {"prompt": "2", "aspect_ratio": "9:16", "output_format": "jpeg"}],
            [
                "google/nano-banana-edit",
                {"prompt": "3", "aspect_ratio": "auto", "image_urls": ["OWN"], "output_format": "png"},
            ],
            ["google/nano-banana", {"prompt": "4", "aspect_ratio": "1:1", "output_format": "png"}],
            [
                "infinitalk/from-audio",
                {
                    "prompt": "A person looks into the camera and speaks.",
                    "image_url": "OWN",
                    "audio_url": "VOICE",
                    "resolution": "480p",
                },
            ],
        ]
    )
