"""A talking video ordered with a script and a description of the face: three jobs in one call, each paid once."""
# ruff: noqa: E501 (texts stand as they are said)

from pathlib import Path
from typing import Any

import anyio
import pytest
from inline_snapshot import snapshot

from tests.support.sandbox_server import Stand, facts, stand, text
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio

WORDS = {"image_prompt": "a fox in a red coat", "script": "Good morning to you.", "voice": "Rachel"}


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


def models(here: Stand) -> list[str]:
    """Return the models of the jobs that were created, in alphabetical order."""
    return sorted(body["model"] for body in here.creates)


ALL = ["elevenlabs/text-to-speech-turbo-2-5", "google/nano-banana", "infinitalk/from-audio"]


async def test_one_call_makes_the_face_the_voice_and_the_video(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        film = facts(await here.call("create_talking_video", **WORDS))
    assert film["state"] == "succeeded"
    assert [(part["kind"], part["state"]) for part in film["parts"]] == [
        ("image", "succeeded"),
        ("speech", "succeeded"),
    ]
    assert models(here) == ALL
    film_input = next(body["input"] for body in here.creates if body["model"].startswith("infinitalk"))
    assert film_input["image_url"].endswith(".png")
    assert film_input["audio_url"].endswith(".mp3")


async def test_the_answer_names_every_job_while_they_run(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        answer = await here.call("create_talking_video", **WORDS, wait_seconds=0)
        film = facts(answer)
        assert film["waiting_for"] == [part["job_id"] for part in film["parts"]]
        said = text(answer)
        assert all(part["job_id"] in said for part in film["parts"])
        for number, part in enumerate([film, *film["parts"]]):
            said = said.replace(part["job_id"], f"job_{number}")
    # The first two may be on their way, or not yet, at the moment of the answer.
    assert said.replace("(queued, ", "(running, ") == snapshot("""\
queued: talking video, not sent yet, waiting for its image and its speech, about 7-14 credits ($0.03-$0.07) in all
made with: image job_1 (running, 4 credits), speech job_2 (running, 0.12 credits)
job: job_0 "Good morning to you."
sandbox: a stand-in for Kie.ai answers here; no money is involved
next: get_job_status(job_id="job_0")\
""")


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ({"image_prompt": "a fox", "audio": "https://example.com/voice.mp3"}, ["image"]),
        ({"image": "https://example.com/face.png", "script": "Hello."}, ["speech"]),
    ],
)
async def test_only_what_is_missing_is_made(tmp_path: Path, given: dict[str, str], made: list[str]) -> None:
    async with stand(tmp_path) as here:
        film = facts(await here.call("create_talking_video", **given, wait_seconds=0))
    assert [part["kind"] for part in film["parts"]] == made


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {},
            snapshot("""\
error: image, image_prompt: one of the two is needed.
what to do: Give image, or image_prompt to have it made first.\
"""),
        ),
        (
            {"image_prompt": "a fox"},
            snapshot("""\
error: audio, script: one of the two is needed.
what to do: Give audio, or script to have it made first.\
"""),
        ),
        (
            {"image": "https://example.com/a.png", **WORDS},
            snapshot("""\
error: image, image_prompt: both given.
what to do: Give image, or image_prompt to have it made first.\
"""),
        ),
        (
            {"image_prompt": "a fox", "audio": "https://example.com/a.mp3", "voice": "Rachel"},
            snapshot("""\
error: voice: given, but there is no script to speak.
what to do: Give script, or leave it out.\
"""),
        ),
        (
            {"image_prompt": "a fox", "script": "Hi.", "voice": "Nobody"},
            snapshot("""\
error: voice: 'Nobody' is neither the id nor the name of a voice of elevenlabs/text-to-speech-turbo-2-5.
what to do: Use one of the 62 names, such as James, Arabella, Bradford, Xavier or Kuon, or leave it out.\
"""),
        ),
        (
            {"image_prompt": "a \0 fox", "script": "Hi."},
            snapshot("""\
error: image_prompt: holds the character U+0000 at position 3; control characters other than newline and tab, and halves of surrogate pairs, are not allowed.
what to do: Take the character out.\
"""),
        ),
        (
            {"image_prompt": "a fox", "script": "Hi. " * 600, "model": "omnihuman"},
            snapshot("""\
error: script: 2,400 characters last at least 96 s; omnihuman-1-5 takes at most 60 s.
what to do: Shorten it, or use kling/ai-avatar-standard (up to 300 s: 768 credits, instead of 2,591) or kling/ai-avatar-pro (up to 300 s: 1,535 credits, instead of 2,591).\
"""),
        ),
        (
            {"image_prompt": "a fox", "script": "Hi. " * 100},
            snapshot("""\
error: model: infinitalk/from-audio is known to go well up to 15 s, and this lasts about 47 s.
what to do: Name the model: kling/ai-avatar-standard (up to 300 s: 168-607 credits, instead of 63-227), kling/ai-avatar-pro (up to 300 s: 336-1,213 credits, instead of 63-227), omnihuman-1-5 (up to 60 s: 567-2,047 credits, instead of 63-227), or infinitalk/from-audio all the same (63-227 credits).\
"""),
        ),
    ],
)
async def test_what_does_not_fit_costs_nothing(tmp_path: Path, given: dict[str, Any], message: str) -> None:
    async with stand(tmp_path) as here:
        answer = await here.call("create_talking_video", **given)
        jobs = facts(await here.call("list_jobs"))["jobs"]
    assert answer.is_error
    assert (text(answer), jobs, here.creates) == (message, [], [])


async def test_a_long_script_is_taken_by_the_model_that_is_named_with_a_word_of_doubt(tmp_path: Path) -> None:
    long = WORDS | {"script": "Good morning to you. " * 20, "model": "infinitalk"}
    async with stand(tmp_path) as here:
        film = facts(await here.call("create_talking_video", **long, wait_seconds=0))
    assert film["note"] == snapshot(
        "infinitalk/from-audio is known to go well up to 15 s, and this lasts about 32 s. Meant for that: kling/ai-avatar-standard (up to 300 s: 176-353 credits, instead of 66-132)."
    )


async def test_the_same_call_after_a_cancelled_one_joins_the_whole_chain(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        with anyio.move_on_after(1):
            await here.call("create_talking_video", **WORDS)
        film = facts(await here.call("create_talking_video", **WORDS))
    assert (film["state"], film["joined"]) == ("succeeded", True)
    assert models(here) == ALL


async def test_the_same_call_joins_though_a_part_was_asked_for_by_itself(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        film = facts(await here.call("create_talking_video", **WORDS, wait_seconds=0))
        for part in film["parts"]:
            await here.call("get_job_status", job_id=part["job_id"], wait_seconds=60)
        await anyio.sleep(2)
        again = facts(await here.call("create_talking_video", **WORDS))
    assert again["job_id"] == film["job_id"]
    assert models(here) == ALL


async def test_a_key_makes_the_whole_chain_safe_to_repeat(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        first = facts(await here.call("create_talking_video", **WORDS, idempotency_key="card"))
        await anyio.sleep(2)
        again = facts(await here.call("create_talking_video", **WORDS, idempotency_key="card"))
    assert again["job_id"] == first["job_id"]
    assert models(here) == ALL


async def test_after_a_delivered_video_the_same_call_makes_everything_anew(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        first = facts(await here.call("create_talking_video", **WORDS))
        await anyio.sleep(2)
        second = facts(await here.call("create_talking_video", **WORDS))
    assert first["job_id"] != second["job_id"]
    assert len(here.creates) == 6


async def test_a_failed_video_is_ordered_again_without_paying_for_face_and_voice(tmp_path: Path) -> None:
    failing = WORDS | {"prompt": "nods sandbox:fail"}
    async with stand(tmp_path) as here:
        first = await here.call("create_talking_video", **failing)
        await anyio.sleep(2)
        second = facts(await here.call("create_talking_video", **WORDS | {"prompt": "nods"}))
    assert facts(first)["next"] == snapshot(
        "if it is ordered again, the image and the speech made for it will be used at no further cost"
    )
    assert [part["job_id"] for part in second["parts"]] == [part["job_id"] for part in facts(first)["parts"]]
    assert second["state"] == "succeeded"
    assert len(here.creates) == 4


async def test_a_video_fails_with_its_voice_and_the_next_call_keeps_the_face(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        first = await here.call("create_talking_video", **WORDS | {"script": "No. sandbox:fail"})
        await here.call("get_job_status", job_id=facts(first)["parts"][0]["job_id"], wait_seconds=60)
        again = await here.call("create_talking_video", **WORDS | {"script": "No. sandbox:fail"})
    assert first.is_error
    assert "This job itself was not sent and cost nothing." in text(first)
    assert facts(first)["parts"][1]["job_id"] != facts(again)["parts"][1]["job_id"]
    assert "infinitalk/from-audio" not in models(here)


async def test_a_speech_that_an_answer_has_not_ended_yet_is_taken_along(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        voice = facts(await here.call("generate_speech", text=WORDS["script"], voice="Rachel", wait_seconds=0))
        film = facts(await here.call("create_talking_video", **WORDS))
    assert voice["job_id"] in {part["job_id"] for part in film["parts"]}
    assert models(here) == ALL


async def test_audio_that_turns_out_too_long_is_never_sent_and_who_takes_it_is_named_with_the_price(
    tmp_path: Path,
) -> None:
    async with stand(tmp_path) as here:
        voice = facts(await here.call("generate_speech", text="Good morning to you. " * 45, wait_seconds=0))
        sound = f"kie://jobs/{voice['job_id']}/outputs/0"
        film = await here.call(
            "create_talking_video", image="https://example.com/face.png", audio=sound, model="omnihuman"
        )
    assert film.is_error
    assert [body["model"] for body in here.creates] == ["elevenlabs/text-to-speech-turbo-2-5"]
    assert text(film).splitlines()[:3] == snapshot(
        [
            "failed: talking video, audio: is 68.2 s long; omnihuman-1-5 takes at most 60 s.",
            "charged: nothing that we know of",
            "what to do: Shorten it, or use kling/ai-avatar-standard (up to 300 s: 545 credits, instead of 1,841) or kling/ai-avatar-pro (up to 300 s: 1,091 credits, instead of 1,841).",
        ]
    )


async def test_audio_that_turns_out_too_long_for_the_default_model_waits_for_one_to_be_named(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        # The sandbox speaks it a little slower than is usual.
        voice = facts(await here.call("generate_speech", text="wonderful " * 26, wait_seconds=0))
        files = {"image": "https://example.com/face.png", "audio": f"kie://jobs/{voice['job_id']}/outputs/0"}
        refused = await here.call("create_talking_video", **files)
        taken = facts(await here.call("create_talking_video", **files, model="infinitalk"))
    assert text(refused).splitlines()[:3] == snapshot(
        [
            "failed: talking video, model: infinitalk/from-audio is known to go well up to 15 s, and this lasts about 19 s.",
            "charged: nothing that we know of",
            "what to do: Name the model: kling/ai-avatar-standard (up to 300 s: 154 credits, instead of 58), kling/ai-avatar-pro (up to 300 s: 308 credits, instead of 58), omnihuman-1-5 (up to 60 s: 520 credits, instead of 58), or infinitalk/from-audio all the same (58 credits).",
        ]
    )
    assert taken["state"] == "succeeded"
    assert len(here.creates) == 2


FACE = "https://example.com/face.png"


async def test_audio_that_is_still_to_be_spoken_is_judged_by_its_text(tmp_path: Path) -> None:
    """The caller is told before any part of the video is paid for."""
    told: list[str] = []
    async with stand(tmp_path) as here:
        for times, model in ((20, ""), (20, "infinitalk"), (90, "omnihuman")):
            words = "Good morning to you. " * times + "sandbox:slow"  # not spoken yet when the video is ordered
            voice = facts(await here.call("generate_speech", text=words, wait_seconds=0))
            sound = f"kie://jobs/{voice['job_id']}/outputs/0"
            film = await here.call("create_talking_video", image=FACE, audio=sound, model=model, wait_seconds=0)
            told.append(facts(film)["note"] if not film.is_error else text(film))
            estimated = facts(film).get("credits")
            assert estimated == (
                None if film.is_error else snapshot({"least": 68.211, "estimated": 136.2, "usd": 0.681})
            )
    assert told == snapshot(
        [
            """\
error: model: infinitalk/from-audio is known to go well up to 15 s, and this lasts about 33 s.
what to do: Name the model: kling/ai-avatar-standard (up to 300 s: 182-363 credits, instead of 68-136), kling/ai-avatar-pro (up to 300 s: 364-726 credits, instead of 68-136), omnihuman-1-5 (up to 60 s: 614-1,226 credits, instead of 68-136), or infinitalk/from-audio all the same (68-136 credits).\
""",
            "infinitalk/from-audio is known to go well up to 15 s, and this lasts about 33 s. Meant for that: kling/ai-avatar-standard (up to 300 s: 182-363 credits, instead of 68-136).",
            """\
error: audio: 1,902 characters last at least 76 s; omnihuman-1-5 takes at most 60 s.
what to do: Shorten it, or use kling/ai-avatar-standard (up to 300 s: 609 credits, instead of 2,054) or kling/ai-avatar-pro (up to 300 s: 1,217 credits, instead of 2,054).\
""",
        ]
    )


async def test_parts_that_were_asked_for_by_themselves_are_taken_again_after_a_failed_video(tmp_path: Path) -> None:
    failing = WORDS | {"prompt": "nods sandbox:fail"}
    async with stand(tmp_path) as here:
        first = facts(await here.call("create_talking_video", **failing))
        for part in first["parts"]:
            await here.call("get_job_status", job_id=part["job_id"])
        await anyio.sleep(2)
        second = facts(await here.call("create_talking_video", **failing))
    assert [part["job_id"] for part in second["parts"]] == [part["job_id"] for part in first["parts"]]
    assert len(here.creates) == 4


async def test_a_picture_that_is_none_is_noticed_before_the_script_is_paid_for(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        voice = facts(await here.call("generate_speech", text="Hello."))
        answers = [
            await here.call(
                "create_talking_video", image=f"kie://jobs/{voice['job_id']}/outputs/{number}", script="Hi."
            )
            for number in (0, 7)
        ]
    assert [facts(answer)["error"]["category"] for answer in answers] == ["invalid_argument"] * 2
    assert len(here.creates) == 1


async def test_an_unconfirmed_part_is_made_again_with_new_and_the_other_is_kept(tmp_path: Path) -> None:
    lost = WORDS | {"image_prompt": "a fox sandbox:reset"}
    async with stand(tmp_path) as here:
        first = await here.call("create_talking_video", **lost)
        await anyio.sleep(2)
        again = await here.call("create_talking_video", **lost)
        await here.call("create_talking_video", **lost, new=True)
    assert facts(first)["next"] == snapshot(
        "if it is ordered again with new=true, the speech made for it will be used at no further cost"
    )
    assert text(first).splitlines()[0].replace(facts(first)["parts"][0]["job_id"], "job_1") == snapshot(
        "failed: talking video, Its picture (job_1) is unconfirmed: Kie.ai's answer to the create call was lost (ConnectionResetError). The job may exist and may have been charged. This job itself was not sent and cost nothing."
    )
    assert [part["job_id"] for part in facts(again)["parts"]] == [part["job_id"] for part in facts(first)["parts"]]
    assert [body["model"] for body in here.creates].count("google/nano-banana") == 2
    assert [body["model"] for body in here.creates].count("elevenlabs/text-to-speech-turbo-2-5") == 1


async def test_the_face_has_the_shape_that_is_wished_for(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        film = facts(await here.call("create_talking_video", **WORDS, aspect_ratio="vertical"))
        refused = await here.call(
            "create_talking_video", image="https://example.com/a.png", script="Hi.", aspect_ratio="9:16"
        )
    [output] = film["outputs"]
    assert output["height"] > output["width"]
    assert text(refused).startswith("error: aspect_ratio: not used with image")
