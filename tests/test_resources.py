"""Jobs and their files as resources: the right bytes and type, or what to do instead."""

import base64
import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from inline_snapshot import snapshot
from mcp.shared.exceptions import MCPError
from mcp.types import BlobResourceContents, TextResourceContents
from pydantic import SecretStr

from tests.stand import Era, Stand, facts, stand
from tests.virtual import HURRIED

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


async def test_a_job_reads_as_its_answers_do(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era, speed=100) as here:
        made = facts(await here.call("generate_image", prompt="a cat"))
        read = await document(here, f"kie://jobs/{made['job_id']}")
        listed = await document(here, "kie://jobs")
    assert read == made
    assert listed == {"jobs": [made]}


async def test_what_is_offered(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era) as here:
        resources = (await here.client.list_resources()).resources
        templates = (await here.client.list_resource_templates()).resource_templates
    offered = {str(one.uri): (one.title, one.mime_type, one.description) for one in resources}
    offered |= {one.uri_template: (one.title, one.mime_type, one.description) for one in templates}
    assert offered == snapshot(
        {
            "kie://jobs": ("Jobs", "application/json", "The newest jobs."),
            "kie://jobs/{job_id}": ("Job", "application/json", "One job as it stands."),
            "kie://jobs/{job_id}/outputs/{index}": (
                "Output",
                "application/octet-stream",
                "A file that a job made, as it was saved. Every tool that takes a file takes this URI.",
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
            "kie://models/x": "Unknown resource: kie://models/x",
            "file:///etc/passwd": "Unknown resource: file:///etc/passwd",
        }
    )


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
        assert sent["state"] == "running"
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
    """They share one ledger; the account is a hash of base URL and key."""
    async with stand(tmp_path, speed=100) as one:
        made = facts(await one.call("generate_image", prompt="a cat"))
        other = {"api_key": SecretStr("another key")}
        async with stand(tmp_path, app=one.app, changes=other) as two:
            assert await document(two, "kie://jobs") == {"jobs": []}
            job = await refusal(two, f"kie://jobs/{made['job_id']}")
            output = await refusal(two, made["outputs"][0]["resource"])
            taken = await two.call("generate_image", prompt="it", images=[made["outputs"][0]["resource"]])
    assert {job[0], output[0]} == {-32602}
    assert taken.is_error
    assert len(one.creates) == 1
