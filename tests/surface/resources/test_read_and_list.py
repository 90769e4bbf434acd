"""Jobs and their files as resources: the right bytes and type, or an error that says what to do."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from inline_snapshot import snapshot
from mcp.shared.exceptions import MCPError
from mcp.types import BlobResourceContents, Resource, TextResourceContents
from pydantic import SecretStr

from kie_mcp.jobs.job import Job, Output, Phase
from kie_mcp.jobs.store.sqlite import SqliteLedger
from tests.support.sandbox_server import Era, Stand, facts, settings, stand
from tests.support.scripted_kie import make_job
from tests.support.virtual_time import HURRIED, START

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


@pytest.fixture(params=["legacy", "auto"])
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


async def content(here: Stand, uri: str) -> TextResourceContents | BlobResourceContents:
    read = await here.client.read_resource(uri)
    assert len(read.contents) == 1
    return read.contents[0]


async def document(here: Stand, uri: str) -> Any:
    found = await content(here, uri)
    assert isinstance(found, TextResourceContents)
    assert found.mime_type == "application/json"
    return json.loads(found.text)


async def refusal(here: Stand, uri: str) -> tuple[int, str]:
    with pytest.raises(MCPError) as caught:
        await here.client.read_resource(uri)
    return caught.value.error.code, caught.value.error.message


async def test_a_file_is_read_as_it_was_saved(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era, speed=100) as here:
        made = [
            facts(await here.call("generate_image", prompt="a cat")),
            facts(await here.call("generate_image", prompt="a cat", model="nano-banana-2", output_format="jpg")),
            facts(await here.call("generate_speech", text="Hello.")),
        ]
        outputs = [job["outputs"][0] for job in made]
        read = [await content(here, output["resource"]) for output in outputs]
    assert [one.mime_type for one in read] == ["image/png", "image/jpeg", "audio/mpeg"]
    for one, output in zip(read, outputs, strict=True):
        assert isinstance(one, BlobResourceContents)
        assert one.uri == output["resource"]
        assert base64.b64decode(one.blob) == await anyio.Path(output["path"]).read_bytes()


async def test_a_job_reads_as_its_answers_do_and_with_its_whole_prompt(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era, speed=100) as here:
        made = facts(await here.call("generate_image", prompt=(prompt := " ".join(["a cat"] * 20))))
        read = await document(here, f"kie://jobs/{made['job_id']}")
        listed = await document(here, "kie://jobs")
    assert read == made | {"prompt": prompt}
    assert listed == {"jobs": [made]}


async def test_the_record_of_a_talking_video_has_the_words_that_its_speech_speaks(tmp_path: Path, era: Era) -> None:
    script = "Mind the stairs, there are two hundred of them, and the light has gone out again."
    async with stand(tmp_path, era=era) as here:
        ordered = await here.call("create_talking_video", image_prompt="a keeper", script=script, wait_seconds=0)
        read = await document(here, f"kie://jobs/{facts(ordered)['job_id']}")
    assert read["script"] == script


async def test_what_is_offered(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era) as here:
        resources = (await here.client.list_resources()).resources
        templates = (await here.client.list_resource_templates()).resource_templates
    offered = {
        str(one.uri): (one.title, one.mime_type, one.description)
        for one in resources
        if not one.uri.startswith("skill://")  # tests/surface/skills has these
    }
    offered |= {one.uri_template: (one.title, one.mime_type, one.description) for one in templates}
    assert offered == snapshot(
        {
            "ui://kie/viewer.html": ("Viewer", "text/html;profile=mcp-app", "Shows a job's progress and its files."),
            "kie://jobs": ("Jobs", "application/json", "Read the newest jobs."),
            "kie://models": (
                "Models",
                "application/json",
                "Read what can be asked for: each model's limits, choices and prices. The first choice is the default.",
            ),
            "kie://voices": (
                "Voices",
                "application/json",
                "Read who can speak: id and name of each voice, the default first.",
            ),
            "kie://jobs/{job_id}": ("Job", "application/json", "Read one job: state, files and cost."),
            "kie://jobs/{job_id}/outputs/{index}": (
                "Output",
                "application/octet-stream",
                "Read a file that a job made, as it was saved. A tool that takes such files takes this URI.",
            ),
            "kie://models/{+model_id}": (
                "Model",
                "application/json",
                "Read one model: its limits, choices, prices and input schema.",
            ),
        }
    )


async def test_what_is_not_there_is_said_to_be_missing(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era, speed=100) as here:
        job = facts(await here.call("generate_image", prompt="a cat"))["job_id"]
        running = facts(await here.call("generate_image", prompt="a dog sandbox:stuck", wait_seconds=5))["job_id"]
        refused = {
            uri.replace(job, "DONE").replace(running, "RUNNING"): await refusal(here, uri)
            for uri in (
                "kie://jobs/job_nothere",
                "kie://jobs/job_nothere/outputs/0",
                f"kie://jobs/{job}/outputs/1",
                f"kie://jobs/{job}/outputs/abc",
                f"kie://jobs/{job}/outputs/-1",
                f"kie://jobs/{job}/outputs/0001",
                f"kie://jobs/{job}/outputs/0/more",
                f"kie://jobs/{job}/outputs/..%2f0",
                f"kie://jobs/{running}/outputs/0",
                "kie://jobs/..%2f..%2fetc%2fpasswd",
                "kie://jobs/",
                "kie://models/x",
                "kie://models/..%2fx",
                "file:///etc/passwd",
            )
        }
    codes = {code for code, _ in refused.values()}
    said = {uri: words.replace(job, "DONE").replace(running, "RUNNING") for uri, (_, words) in refused.items()}
    assert codes == {-32602}
    assert said == snapshot(
        {
            "kie://jobs/job_nothere": "There is no job 'job_nothere' here.",
            "kie://jobs/job_nothere/outputs/0": "There is no job 'job_nothere' here.",
            "kie://jobs/DONE/outputs/1": "Job DONE has no output 1; state: succeeded, outputs: 1.",
            "kie://jobs/DONE/outputs/abc": "Job DONE has no output 'abc': outputs are counted from 0.",
            "kie://jobs/DONE/outputs/-1": "Job DONE has no output '-1': outputs are counted from 0.",
            "kie://jobs/DONE/outputs/0001": "Job DONE has no output '0001': outputs are counted from 0.",
            "kie://jobs/DONE/outputs/0/more": "Unknown resource: kie://jobs/DONE/outputs/0/more",
            "kie://jobs/DONE/outputs/..%2f0": "Unknown resource: kie://jobs/DONE/outputs/..%2f0",
            "kie://jobs/RUNNING/outputs/0": "Job RUNNING has no output 0; state: running, outputs: 0.",
            "kie://jobs/..%2f..%2fetc%2fpasswd": "Unknown resource: kie://jobs/..%2f..%2fetc%2fpasswd",
            "kie://jobs/": "There is no job '' here.",
            "kie://models/x": "There is no model 'x' here; kie://models and list_models list them.",
            "kie://models/..%2fx": "Unknown resource: kie://models/..%2fx",
            "file:///etc/passwd": "Unknown resource: file:///etc/passwd",
        }
    )


async def filled(folder: Path, *jobs: Job) -> None:
    """Write jobs into the ledger of the server that will be started in this folder."""
    used = settings(folder)
    ledger = SqliteLedger(used.ledger_path)
    await ledger.open()
    for job in jobs:
        await ledger.reserve(replace(job, account=used.account), "w")
    await ledger.close()


def made(number: int, **changes: Any) -> Job:
    """Make a job with one saved file."""
    output = Output(url="https://files.example/a.png", path=f"/out/{number}.png", mime_type="image/png", bytes=9)
    known: dict[str, Any] = {"phase": Phase.SUCCEEDED, "fingerprint": str(number), "outputs": (output,)}
    return make_job(number, **(known | {"created_at": START + number, "finished_at": START + number + 5} | changes))


def outputs(listed: list[Resource]) -> list[str]:
    return [one.uri for one in listed if "/outputs/" in one.uri]


async def test_what_was_made_is_listed_newest_first(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era, speed=100) as here:
        cat = facts(await here.call("generate_image", prompt="a cat\n\non a \u202emat", style="oil " * 30))
        words = facts(await here.call("generate_speech", text="Hello."))
        await here.call("generate_image", prompt="a dog sandbox:fail")
        listed = (await here.client.list_resources()).resources
    assert [one.uri for one in listed if one.uri.startswith("kie://")] == [
        *("kie://jobs", "kie://models", "kie://voices"),
        words["outputs"][0]["resource"],
        cat["outputs"][0]["resource"],
    ]
    spoken, seen = listed[-2:]
    assert (spoken.title, spoken.mime_type, seen.mime_type) == ("Speech: Hello.", "audio/mpeg", "image/png")
    assert seen.title == snapshot(
        "Image: a cat on a mat Style: oil oil oil oil oil oil oil oil oil oil oil oil oil oil o…"
    )
    assert (seen.name, seen.size) == (Path(cat["outputs"][0]["path"]).name, cat["outputs"][0]["bytes"])
    assert seen.annotations is not None
    assert (seen.annotations.last_modified or "") >= cat["created_at"]


@pytest.mark.parametrize("link", ["https://a.example/b.png?sig=SECRET#x,", "https://me:SECRET@a.example/b.png"])
async def test_a_title_shows_no_secret_of_a_link(tmp_path: Path, link: str) -> None:
    await filled(tmp_path, made(1, order={"prompt": f"like {link} but blue"}))
    async with stand(tmp_path) as here:
        listed = (await here.client.list_resources()).resources
    assert listed[-1].title == "Image: like https://a.example/b.png but blue"


async def test_pages_follow_each_other_although_new_jobs_come(tmp_path: Path, era: Era) -> None:
    jobs = [made(number) for number in range(120)]
    await filled(tmp_path, *jobs, made(500, phase=Phase.FAILED, outputs=()))
    async with stand(tmp_path, era=era) as here:
        first = await here.client.list_resources()
        await filled(tmp_path, made(900), made(901))
        second = await here.client.list_resources(cursor=first.next_cursor)
        third = await here.client.list_resources(cursor=second.next_cursor)
        again = await here.client.list_resources()
    pages = [outputs(page.resources) for page in (first, second, third)]
    assert [len(page) for page in pages] == [50, 50, 20]
    assert [*pages[0], *pages[1], *pages[2]] == [
        f"kie://jobs/job_{number}/outputs/0" for number in reversed(range(120))
    ]
    assert {one.uri for one in second.resources} == set(pages[1])
    assert third.next_cursor is None
    assert outputs(again.resources)[:2] == ["kie://jobs/job_901/outputs/0", "kie://jobs/job_900/outputs/0"]


async def test_jobs_of_the_same_moment_are_each_listed_once(tmp_path: Path) -> None:
    await filled(tmp_path, *(made(number, created_at=START) for number in range(60)))
    async with stand(tmp_path) as here:
        first = await here.client.list_resources()
        second = await here.client.list_resources(cursor=first.next_cursor)
    assert outputs([*first.resources, *second.resources]) == [
        f"kie://jobs/job_{number}/outputs/0" for number in reversed(range(60))
    ]


@pytest.mark.parametrize("cursor", ["2", "nonsense!", "é", "////", base64.b64encode(b"job_other").decode(), "A" * 9999])
async def test_a_cursor_that_was_never_given_is_refused(tmp_path: Path, era: Era, cursor: str) -> None:
    await filled(tmp_path, made(1))
    async with stand(tmp_path, era=era) as here:
        with pytest.raises(MCPError) as caught:
            await here.client.list_resources(cursor=cursor)
    assert caught.value.error.code == -32602
    assert caught.value.error.message == "cursor: not one that this list gave; ask again without a cursor."


async def test_the_catalogue_says_what_each_model_takes_and_costs(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era) as here:
        listed = await document(here, "kie://models")
        one = await document(here, "kie://models/infinitalk/from-audio")
        picture = await document(here, "kie://models/google/nano-banana")
        other_name = await document(here, "kie://models/InfiniTalk")
        voices = (await document(here, "kie://voices"))["voices"]
    assert listed["credit_usd"] == 0.005
    assert [model["id"] for model in listed["models"] if model["default"]] == snapshot(
        ["google/nano-banana", "elevenlabs/text-to-speech-turbo-2-5", "infinitalk/from-audio"]
    )
    row = next(model for model in listed["models"] if model["id"] == "infinitalk/from-audio")
    assert one == other_name
    assert {name: one[name] for name in row} == row
    assert one["files"] == {"image_url": "image", "audio_url": "audio"}
    assert one["input_schema"]["required"] == ["image_url", "audio_url", "prompt"]
    assert {name: picture[name] for name in listed["models"][0]} == snapshot(
        {
            "id": "google/nano-banana",
            "title": "Nano Banana",
            "kind": "image",
            "default": True,
            "other_names": ["nano-banana", "nanobanana", "google/nano-banana-edit", "nano-banana-edit"],
            "takes": {
                "prompt_max": 5000,
                "prompt_required": True,
                "images_max": 10,
                "image_types": ["image/jpeg", "image/png", "image/webp"],
                "image_mb": 10,
                "aspect_ratios": ["1:1", "9:16", "16:9", "3:4", "4:3", "3:2", "2:3", "5:4", "4:5", "21:9", "auto"],
                "formats": ["png", "jpeg"],
            },
            "page": "https://docs.kie.ai/market/google/nano-banana",
            "page_read_on": "2026-08-19",
            "credits": {"per": "image", "amount": 4},
        }
    )
    assert voices[0] == {"id": "EkK5I93UQWFDigLMpZcX", "name": "James"}


async def test_a_file_that_is_gone_can_be_saved_again_with_a_status_call(tmp_path: Path) -> None:
    async with stand(tmp_path, speed=100) as here:
        output = facts(made := await here.call("generate_image", prompt="a cat"))["outputs"][0]
        path = anyio.Path(output["path"])
        whole = await path.read_bytes()
        await path.unlink()
        assert await refusal(here, output["resource"]) == snapshot(
            (-32603, "The saved file is gone (No such file or directory); call get_job_status to save it again.")
        )
        await anyio.sleep(3)
        await here.call("get_job_status", job_id=facts(made)["job_id"])
        assert await path.read_bytes() == whole
        assert (await content(here, output["resource"])).mime_type == "image/png"


async def test_a_file_that_was_not_saved_says_how_to_save_it(tmp_path: Path) -> None:
    async with stand(tmp_path, speed=20) as here:
        sent = facts(await here.call("generate_image", prompt="a cat sandbox:slow", wait_seconds=2))
        assert sent["state"] in {"queued", "running"}, "its files are not saved yet"
        (tmp_path / "out").rmdir()
        (tmp_path / "out").write_text("not a folder")
        made = facts(await here.call("get_job_status", job_id=sent["job_id"]))
        code, words = await refusal(here, made["outputs"][0]["resource"])
    assert made["state"] == "succeeded"
    assert made["error"]["category"] == "not_saved"
    assert (code, words.replace(made["job_id"], "JOB")) == snapshot(
        (-32603, "Output 0 of job JOB is not saved; call get_job_status to save it.")
    )


async def test_the_jobs_of_another_key_are_not_seen(tmp_path: Path) -> None:
    """They are in the same ledger; the account is a hash of base URL and key."""
    async with stand(tmp_path, speed=100) as one:
        made = facts(await one.call("generate_image", prompt="a cat"))
        other = {"api_key": SecretStr("another-key")}
        async with stand(tmp_path, app=one.app, changes=other) as two:
            assert await document(two, "kie://jobs") == {"jobs": []}
            job = await refusal(two, f"kie://jobs/{made['job_id']}")
            output = await refusal(two, made["outputs"][0]["resource"])
            taken = await two.call("generate_image", prompt="it", images=[made["outputs"][0]["resource"]])
    assert {job[0], output[0]} == {-32602}
    assert taken.is_error
    assert len(one.creates) == 1
