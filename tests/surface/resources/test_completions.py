"""Completions come from the ledger and the catalogue, and Kie.ai is not asked."""

from pathlib import Path

import pytest
from inline_snapshot import snapshot
from mcp.types import PromptReference, ResourceTemplateReference

from kie_mcp.catalog.models import MODELS
from kie_mcp.jobs.job import Phase
from kie_mcp.jobs.store.sqlite import SqliteLedger
from tests.support.sandbox_server import Era, Stand, facts, settings, stand
from tests.support.scripted_kie import make_job
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio

JOB = "kie://jobs/{job_id}"
OUTPUT = "kie://jobs/{job_id}/outputs/{index}"
MODEL = "kie://models/{+model_id}"


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


@pytest.fixture(params=["legacy", "auto"])
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


async def offered(here: Stand, where: str, argument: str, typed: str = "", /, **given: str) -> list[str]:
    """Return the values that are offered for an argument of a template or of a prompt."""
    ref = ResourceTemplateReference(uri=where) if "://" in where else PromptReference(name=where)
    result = await here.client.complete(ref, {"name": argument, "value": typed}, given or None)
    done = result.completion
    if done.total is not None:
        assert (done.total > len(done.values)) == bool(done.has_more)
    return done.values


async def test_the_newest_jobs_come_first_and_the_beginning_of_an_id_finds_one(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era, speed=100) as here:
        first = facts(await here.call("generate_image", prompt="a cat"))["job_id"]
        second = facts(await here.call("generate_speech", text="Hello."))["job_id"]
        sent = len(here.app.state.sandbox.creates)
        assert await offered(here, JOB, "job_id") == [second, first]
        assert await offered(here, OUTPUT, "job_id", "job_") == [second, first]
        assert await offered(here, JOB, "job_id", first[:9]) == [first]
        assert await offered(here, JOB, "job_id", "job_%") == []
        assert await offered(here, OUTPUT, "index", job_id=first) == ["0"]
        assert await offered(here, OUTPUT, "index", "1", job_id=first) == []
        assert await offered(here, OUTPUT, "index", job_id="job_nothere") == []
        assert await offered(here, OUTPUT, "index") == []
        assert len(here.app.state.sandbox.creates) == sent


async def test_a_picture_of_an_earlier_job_is_offered_as_a_reference(tmp_path: Path) -> None:
    async with stand(tmp_path, speed=100) as here:
        picture = facts(await here.call("generate_image", prompt="a cup"))["outputs"][0]["resource"]
        await here.call("generate_speech", text="Hello.")
        assert await offered(here, "product_picture", "picture") == [picture]
        assert await offered(here, "product_picture", "picture", "kie://") == [picture]
        assert await offered(here, "product_picture", "picture", "/home") == []


async def test_models_are_found_by_any_name_and_by_what_they_make(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        every = await offered(here, MODEL, "model_id")
        assert every[: len(MODELS)] == [model.id for model in MODELS]
        assert "veo-3-1" in every
        assert await offered(here, MODEL, "model_id", "ELEVEN") == snapshot(
            [
                "elevenlabs/text-to-speech-turbo-2-5",
                "elevenlabs/text-to-speech-multilingual-v2",
                "elevenlabs/text-to-dialogue-v3",
                "elevenlabs/audio-isolation",
            ]
        )
        assert await offered(here, "talking_avatar", "model") == snapshot(
            ["infinitalk/from-audio", "kling/ai-avatar-standard", "kling/ai-avatar-pro", "omnihuman-1-5"]
        )
        assert await offered(here, "product_picture", "model", "nano-banana-2") == snapshot(
            ["nano-banana-2", "nano-banana-2-lite", "nano-banana-2-1"]
        )
        assert await offered(here, "product_picture", "model", "kling") == []


async def test_choices_are_those_of_the_model_that_is_named(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        assert await offered(here, "product_picture", "aspect_ratio", "1") == snapshot(["1:1", "16:9", "1:4", "1:8"])
        assert await offered(here, "product_picture", "aspect_ratio", "1", model="nano-banana") == snapshot(
            ["1:1", "16:9"]
        )
        assert await offered(here, "product_picture", "resolution", model="Nano-Banana-Pro") == ["1K", "2K", "4K"]
        assert await offered(here, "product_picture", "resolution", model="nano-banana") == []
        assert await offered(here, "talking_avatar", "resolution") == snapshot(["480p", "720p", "1080", "720"])
        assert await offered(here, "talking_avatar", "resolution", model="infinitalk") == ["480p", "720p"]


async def test_voices_are_offered_by_name_and_each_once(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        everybody = await offered(here, "talking_avatar", "voice")
        assert len(everybody) == len(set(everybody)) > 50
        assert await offered(here, "spoken_greeting_card", "voice", "ra") == snapshot(["Rachel"])


async def test_nothing_is_offered_where_any_words_will_do(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        assert await offered(here, "talking_avatar", "idea", "a") == []
        assert await offered(here, "talking_avatar", "nothing") == []
        assert await offered(here, "nothing", "voice") == []
        assert await offered(here, "file:///{path}", "path") == []


async def test_more_than_a_hundred_jobs_are_counted(tmp_path: Path) -> None:
    used = settings(tmp_path)
    ledger = SqliteLedger(used.ledger_path)
    await ledger.open()
    for number in range(103):
        job = make_job(number, account=used.account, fingerprint=str(number), phase=Phase.FAILED)
        await ledger.reserve(job, "w")
    await ledger.close()
    async with stand(tmp_path) as here:
        template = ResourceTemplateReference(uri=JOB)
        done = (await here.client.complete(template, {"name": "job_id", "value": "job_"})).completion
    assert (len(done.values), done.values[0], done.total, done.has_more) == (100, "job_102", 103, True)
