"""Any model that makes jobs is run by its name: checked by its own schema before it is paid, then a job like others."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot
from mcp.types import ResourceLink

from tests.support.media_files import picture
from tests.support.sandbox_server import Era, Stand, facts, saved, stand, text
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio

FOX = "https://example.com/fox.png"
CLIP: dict[str, Any] = {"prompt": "a boat leaves", "duration": "5"}
SONG: dict[str, Any] = {"model": "V6", "custom_mode": False, "instrumental": True, "prompt": "calm rain"}
UPSCALE, CUT_OUT = "topaz/image-upscale", "recraft/remove-background"


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


@pytest.fixture(params=["legacy", "auto"])
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


async def run(here: Stand, model: str, given: object, **more: Any) -> dict[str, Any]:
    answer = await here.call("run_model", model=model, input=given, **more)
    assert not answer.is_error, text(answer)
    return facts(answer)


async def test_music_is_two_songs_with_their_covers(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era) as here:
        answer = await here.call("run_model", model="ai-music-api/generate", input=SONG)
    made = facts(answer)["outputs"]
    assert [(one["mime_type"].partition("/")[0], one.get("role")) for one in made] == snapshot(
        [("audio", None), ("audio", None), ("image", "cover"), ("image", "cover")]
    )
    assert all(saved({"outputs": [one]}) for one in made)
    assert len([block for block in answer.content if isinstance(block, ResourceLink)]) == len(made)
    assert here.heard


async def test_first_and_last_frames_come_with_a_clip(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        made = await run(here, "kling/v2-1-master-text-to-video", CLIP)
    assert [(one["mime_type"], one.get("role")) for one in made["outputs"]] == snapshot(
        [("video/mp4", None), ("image/png", "first_frame"), ("image/png", "last_frame")]
    )


async def test_text_comes_back_as_data(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        made = await run(here, "ai-music-api/generate-lyrics", {"prompt": "a song about rain"})
    assert made["outputs"] == []
    assert "lyricsData" in json.dumps(made["data"])


async def test_jobs_chain_through_any_model_before_they_are_made(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era) as here:
        fox = facts(await here.call("generate_image", prompt="a fox", wait_seconds=0))
        large = await run(
            here, UPSCALE, {"image_url": f"kie://jobs/{fox['job_id']}/outputs/0", "upscale_factor": "2"}, wait_seconds=0
        )
        assert large["waiting_for"] == [fox["job_id"]]
        alone = await run(here, CUT_OUT, {"image": large["job_id"]})  # the job's id alone is understood, too
        assert (alone["state"], alone["outputs"][0]["mime_type"]) == ("succeeded", "image/png")
        again = facts(await here.call("generate_image", prompt="in the rain", images=[alone["outputs"][0]["resource"]]))
    assert again["state"] == "succeeded"
    assert [body["model"] for body in here.creates] == [
        "google/nano-banana",
        UPSCALE,
        CUT_OUT,
        "google/nano-banana-edit",
    ]


@pytest.mark.parametrize("form", ["path", "data URI"])
async def test_a_file_of_the_caller_is_taken_wherever_the_schema_has_one(form: str, tmp_path: Path) -> None:
    fox = picture("png", size=(300, 300))
    place = tmp_path / "out" / "fox.png"
    place.parent.mkdir()
    place.write_bytes(fox)
    given = str(place) if form == "path" else f"data:image/png;base64,{base64.b64encode(fox).decode()}"
    async with stand(tmp_path) as here:
        made = await run(here, CUT_OUT, {"image": given})
        sent = here.creates[0]["input"]["image"]
    assert made["state"] == "succeeded"
    assert sent.startswith("http://127.0.0.1:8765/files/")


async def test_a_path_in_a_field_that_holds_no_file_stays_a_text(tmp_path: Path) -> None:
    secret = tmp_path / "out" / "secret.png"
    secret.parent.mkdir()
    secret.write_bytes(picture("png"))
    async with stand(tmp_path) as here:
        await run(here, "z-image", {"prompt": str(secret), "aspect_ratio": "1:1"})
        assert here.creates[0]["input"]["prompt"] == str(secret)


async def test_an_equal_call_joins_in_whatever_order_its_fields_are(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        first = await run(here, UPSCALE, {"image_url": FOX, "upscale_factor": "2"}, wait_seconds=0)
        second = await run(here, UPSCALE, json.dumps({"upscale_factor": "2", "image_url": FOX}))
    assert (second["job_id"], second["joined"]) == (first["job_id"], True)
    assert len(here.creates) == 1


@pytest.mark.parametrize(
    ("model", "given", "words"),
    [
        (
            UPSCALE,
            {"image_url": FOX, "upscale_factor": "3"},
            snapshot("""\
error: input.upscale_factor: '3' given; must be one of "1", "2", "4".
what to do: Correct it and call again; nothing was sent. Required: image_url, upscale_factor. The schema is at kie://models/topaz/image-upscale.\
"""),
        ),
        (
            UPSCALE,
            {"image": FOX, "upscale_factor": "2"},
            snapshot("""\
error: input.image_url: is required. input.image: there is no such field; did you mean image_url?
what to do: Correct it and call again; nothing was sent. Required: image_url, upscale_factor. The schema is at kie://models/topaz/image-upscale.\
"""),
        ),
        (
            UPSCALE,
            {"image_url": "ftp://example.com/a.png", "upscale_factor": "2"},
            snapshot("""\
error: input.image_url: a 'ftp:' URL cannot be handed in.
what to do: Give an https URL, kie://jobs/{job_id}/outputs/{n} of an earlier job, a local path, or a data URI.\
"""),
        ),
        (
            UPSCALE,
            {"image_url": "kie://jobs/job_none/outputs/0", "upscale_factor": "2"},
            snapshot("""\
error: input.image_url: 'kie://jobs/job_none/outputs/0': there is no such job here; find it with list_jobs.
what to do: Change what was refused and call again.\
"""),
        ),
        (
            "topaz/image-upscal",
            {"image_url": FOX},
            snapshot("""\
error: model: Kie.ai lists no model 'topaz/image-upscal'. Did you mean topaz/image-upscale?
what to do: Find its id with list_models.\
"""),
        ),
        (
            "claude-sonnet-4-6",
            {"messages": []},
            snapshot("""\
error: model: claude-sonnet-4-6 answers at once and makes no job, so it cannot be run here.
what to do: Find another with list_models.\
"""),
        ),
        (
            "grok-imagine-image-2-0/segment-map",
            {"task_id": "a", "image_url": FOX},
            snapshot("""\
error: input.image_url: cannot be given with task_id.
what to do: Correct it and call again; nothing was sent. Required: either task_id, or image_url. The schema is at kie://models/grok-imagine-image-2-0/segment-map.\
"""),
        ),
        (
            "kling/v2-1-master-text-to-video",
            "a boat",
            snapshot("""\
error: input: 'a boat' given; must be an object of fields.
what to do: Correct the arguments and call again.\
"""),
        ),
    ],
)
async def test_what_does_not_fit_is_refused_before_anything_is_sent(
    model: str, given: object, words: str, tmp_path: Path
) -> None:
    async with stand(tmp_path) as here:
        answer = await here.call("run_model", model=model, input=given)
        assert answer.is_error
        assert text(answer) == words
        assert (here.creates, facts(await here.call("list_jobs"))["jobs"]) == ([], [])


async def test_an_id_of_ours_is_no_id_of_kie_ai(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        fox = facts(await here.call("generate_image", prompt="a fox"))
        model = "grok-imagine-image-2-0/segment-map"
        answer = await here.call("run_model", model=model, input={"task_id": fox["job_id"]})
        assert "input.task_id: " in text(answer)
        assert "Give the kie_task_id" in text(answer)
        await run(here, model, {"task_id": fox["kie_task_id"]})
        assert [body["model"] for body in here.creates] == ["google/nano-banana", model]


async def test_a_picture_where_a_sound_belongs_is_refused(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        fox = facts(await here.call("generate_image", prompt="a fox"))["outputs"][0]["resource"]
        answer = await here.call("run_model", model="elevenlabs/audio-isolation", input={"audio_url": fox})
        assert "that is a picture, and the argument takes audio" in text(answer)
        assert len(here.creates) == 1


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("ai-music-api/generate", "input: is empty; there are model, custom_mode, instrumental, prompt, style, title"),
        ("grok-imagine/upscale", "input: is empty."),
    ],
)
async def test_an_empty_input_is_never_sent_and_its_refusal_names_the_fields(
    model: str, words: str, tmp_path: Path
) -> None:
    async with stand(tmp_path) as here:
        assert words in text(await here.call("run_model", model=model, input={}))
        assert here.creates == []
