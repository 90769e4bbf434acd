"""The tools, called by an MCP client with the sandbox behind them, in both protocol eras."""

# ruff: noqa: E501 (whole sentences)

import json
from pathlib import Path

import anyio
import pytest
from inline_snapshot import snapshot
from mcp.types import ResourceLink

from tests.support.sandbox_server import Era, facts, saved, stand, text
from tests.support.virtual_time import BRISK, HURRIED

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


@pytest.fixture(params=["legacy", "auto"])
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


async def test_a_picture_and_a_voice_become_a_talking_video(tmp_path: Path, era: Era) -> None:
    """The main use: each output is passed on by its kie:// URI, and every file is saved."""
    async with stand(tmp_path, era=era) as here:
        picture = facts(await here.call("generate_image", prompt="a red fox in a raincoat"))
        voice = facts(await here.call("generate_speech", text="Hello, I am a fox.", voice="brian"))
        image, audio = picture["outputs"][0]["resource"], voice["outputs"][0]["resource"]
        film = facts(await here.call("create_talking_video", image=image, audio=audio))
        read = [await here.client.read_resource(job["outputs"][0]["resource"]) for job in (picture, voice, film)]
    assert [job["state"] for job in (picture, voice, film)] == ["succeeded"] * 3
    assert [one.contents[0].mime_type for one in read] == ["image/png", "audio/mpeg", "video/mp4"]
    assert film["outputs"][0]["duration_s"] == pytest.approx(voice["outputs"][0]["duration_s"], abs=0.1)
    assert all(len(saved(job)) == job["outputs"][0]["bytes"] for job in (picture, voice, film))


async def test_links_are_taken_where_references_are(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        url = facts(await here.call("generate_image", prompt="a cat"))["outputs"][0]["url"]
        edited = facts(await here.call("generate_image", prompt="the cat, asleep", images=[url]))
    assert edited["state"] == "succeeded"
    assert here.creates[1]["model"] == "google/nano-banana-edit"
    assert here.creates[1]["input"]["image_urls"] == [url]


async def test_progress_strictly_increases_and_speaks_in_sentences(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era) as here:
        await here.call("generate_image", prompt="a slow dog sandbox:slow")
    values = [progress for progress, _, _ in here.heard]
    assert len(values) > 5
    assert values == sorted(set(values))
    assert all(message and message.startswith("image: ") for _, _, message in here.heard)


async def test_everything_is_said_twice(tmp_path: Path, era: Era) -> None:
    """Some clients show a model only the text, some only the structured content."""
    async with stand(tmp_path, era=era) as here:
        result = await here.call("generate_image", prompt="a cat")
    said, known = text(result), facts(result)
    output = known["outputs"][0]
    for value in (
        known["state"],
        known["job_id"],
        known["kie_task_id"],
        output["url"],
        output["path"],
        output["resource"],
    ):
        assert value in said
    links = [block for block in result.content if isinstance(block, ResourceLink)]
    assert [(link.uri, link.mime_type, link.size) for link in links] == [
        (output["url"], output["mime_type"], output["bytes"])
    ]
    assert "base64" not in json.dumps(known)


async def test_a_client_that_a_link_breaks_gets_none(tmp_path: Path) -> None:
    async with stand(tmp_path, client="Semantic Kernel") as here:
        result = await here.call("generate_image", prompt="a cat")
    assert [block.type for block in result.content] == ["text"]


async def test_a_wait_that_runs_out_is_a_success_with_the_job_id(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era) as here:
        result = await here.call("generate_image", prompt="a dog sandbox:slow", wait_seconds=3)
        running = facts(result)
        done = facts(await here.call("get_job_status", job_id=running["job_id"], wait_seconds=600))
    assert (result.is_error, running["state"]) == (False, "running")
    assert running["next"] == f'get_job_status(job_id="{running["job_id"]}")'
    assert running["next"] in text(result)
    assert done["state"] == "succeeded"
    assert len(here.creates) == 1


async def test_a_job_can_be_asked_for_by_its_id_at_kie(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        made = facts(await here.call("generate_image", prompt="a cat"))
        asked = facts(await here.call("get_job_status", job_id=made["kie_task_id"]))
    assert asked["job_id"] == made["job_id"]


async def test_a_job_made_elsewhere_is_found_followed_and_saved(tmp_path: Path) -> None:
    async with stand(tmp_path / "one") as one:
        made = facts(await one.call("generate_image", prompt="a cat"))
        async with stand(tmp_path / "two", app=one.app) as two:
            found = facts(await two.call("get_job_status", job_id=made["kie_task_id"]))
    assert (found["state"], found["kind"], found["model"]) == ("succeeded", "image", "google/nano-banana")
    assert found["job_id"] != made["job_id"]
    assert saved(found) == saved(made)


async def test_an_unknown_job_is_said_to_be_unknown(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        ours = await here.call("get_job_status", job_id="job_nothere")
        theirs = await here.call("get_job_status", job_id="0123456789abcdef")
    assert text(ours) == snapshot("""\
error: There is no job 'job_nothere' here.
what to do: Find it with list_jobs.\
""")
    assert text(theirs) == snapshot("""\
error: There is no job '0123456789abcdef', neither here nor at Kie.ai.
what to do: Find it with list_jobs.\
""")
    assert ours.is_error
    assert theirs.is_error


async def test_jobs_are_listed_newest_first_by_state_and_kind(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        await here.call("generate_image", prompt="one")
        await here.call("generate_image", prompt="two sandbox:fail")
        await here.call("generate_speech", text="three")
        everything = facts(await here.call("list_jobs"))["jobs"]
        failed = facts(await here.call("list_jobs", state="failed"))["jobs"]
        speech = facts(await here.call("list_jobs", kind="speech", limit=1))["jobs"]
    assert [job["kind"] for job in everything] == ["speech", "image", "image"]
    assert [job["state"] for job in failed] == ["failed"]
    assert [job["kind"] for job in speech] == ["speech"]


async def test_a_cancelled_call_costs_the_wait_and_nothing_else(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era) as here:
        with anyio.move_on_after(4):
            await here.call("generate_image", prompt="a dog sandbox:slow")
        again = facts(await here.call("generate_image", prompt="a dog sandbox:slow"))
    assert (again["state"], again["joined"]) == ("succeeded", True)
    assert len(here.creates) == 1


async def test_a_face_a_voice_and_their_video_are_ordered_in_one_breath(tmp_path: Path) -> None:
    """Jobs can be chained before they are done: the video waits for both, and is sent when they are."""
    async with stand(tmp_path) as here:
        face = facts(await here.call("generate_image", prompt="a fox", wait_seconds=0))
        voice = facts(await here.call("generate_speech", text="Hello.", wait_seconds=0))
        image, audio = (f"kie://jobs/{job['job_id']}/outputs/0" for job in (face, voice))
        film = facts(await here.call("create_talking_video", image=image, audio=audio, wait_seconds=0))
        assert (film["state"], film["waiting_for"]) == ("queued", [face["job_id"], voice["job_id"]])
        done = facts(await here.call("get_job_status", job_id=film["job_id"], wait_seconds=600))
    assert done["state"] == "succeeded"
    assert [body["model"] for body in here.creates][2:] == ["infinitalk/from-audio"]


async def test_a_video_of_a_speech_is_called_by_what_is_said(tmp_path: Path) -> None:
    """The text of the speech is its title, also if it was ordered before; prompt and image come after it."""
    face, link = "https://example.com/a.png", "https://example.com/a.mp3"
    async with stand(tmp_path) as here:
        picture = facts(await here.call("generate_image", prompt="a fox"))["outputs"][0]["resource"]
        made = facts(await here.call("generate_speech", text="Good morning."))["outputs"][0]["resource"]
        waited = facts(await here.call("generate_speech", text="Good evening.", wait_seconds=0))["job_id"]
        orders = [
            {"image": face, "audio": made, "prompt": "It nods."},
            {"image": picture, "audio": f"kie://jobs/{waited}/outputs/0", "prompt": "It nods."},
            {"image": picture, "audio": link, "prompt": "It nods."},
            {"image": picture, "audio": link},
        ]
        films = [facts(await here.call("create_talking_video", **order)) for order in orders]
    assert [film["title"] for film in films] == ["Good morning.", "Good evening.", "It nods.", "a fox"]
    assert "-good-evening-" in Path(films[1]["outputs"][0]["path"]).name


async def test_a_job_fails_with_the_one_it_waits_for_and_is_never_sent(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        face = facts(await here.call("generate_image", prompt="a fox sandbox:fail", wait_seconds=0))
        image = f"kie://jobs/{face['job_id']}/outputs/0"
        edit = await here.call("generate_image", prompt="the same at night", images=[image], wait_seconds=600)
    assert text(edit).replace(face["job_id"], "job_1").replace(facts(edit)["job_id"], "job_2") == snapshot("""\
failed: image, job_1, whose output this job takes, has failed: Kie.ai says that the job failed (code 501). This job itself was not sent and cost nothing.
charged: nothing that we know of
what to do: Make the other one again, then this one.
job: job_2 "the same at night"
sandbox: a stand-in for Kie.ai answers here; no money is involved\
""")
    assert len(here.creates) == 1


async def test_two_equal_calls_side_by_side_are_two_jobs(tmp_path: Path) -> None:
    async with stand(tmp_path) as here, anyio.create_task_group() as both:
        both.start_soon(lambda: here.call("generate_image", prompt="a cat"))
        both.start_soon(lambda: here.call("generate_image", prompt="a cat"))
    assert len(here.creates) == 2


async def test_an_equal_call_after_an_answer_is_another_job(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        first = facts(await here.call("generate_image", prompt="a cat"))
        second = facts(await here.call("generate_image", prompt="a cat"))
    assert first["job_id"] != second["job_id"]


async def test_the_same_idempotency_key_is_the_same_job_and_refuses_another_order(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        first = facts(await here.call("generate_image", prompt="a cat", idempotency_key="k1"))
        second = facts(await here.call("generate_image", prompt="a cat", idempotency_key="k1"))
        other = await here.call("generate_image", prompt="a dog", idempotency_key="k1")
    assert second["job_id"] == first["job_id"]
    assert text(other).replace(first["job_id"], "job_…") == snapshot("""\
error: idempotency_key 'k1' stands for another order, job job_….
what to do: Repeat the order exactly, or choose another idempotency_key.\
""")
    assert len(here.creates) == 1


@pytest.mark.parametrize("anyio_backend", [BRISK])
async def test_nineteen_orders_wait_in_line_with_their_place(tmp_path: Path) -> None:
    """Kie.ai refuses the 21st creation in ten seconds; the nineteenth waits here instead."""
    async with stand(tmp_path) as here:
        for number in range(18):
            await here.call("generate_image", prompt=f"cat {number}", wait_seconds=0)
        waiting = [facts(await here.call("generate_image", prompt=f"dog {n}", wait_seconds=0)) for n in range(3)]
        states = [facts(await here.call("get_job_status", job_id=job["job_id"], wait_seconds=0)) for job in waiting]
    assert [job["state"] for job in states] == ["queued"] * 3
    assert [job["place"] for job in states] == [0, 1, 2]
    assert all("to be sent in about" in job["note"] for job in states)
    assert len(here.creates) == 18


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ({}, {"model": "infinitalk/from-audio"}),
        ({"model": "InfiniTalk"}, {}),
        ({"prompt": "nods"}, {"prompt": " nods\r\n"}),
        ({"script": "Grüß dich."}, {"script": "Gru\u0308ß dich. "}),
        (
            {"image": "https://example.com/a.png", "image_prompt": ""},
            {"image": "https://EXAMPLE.com:443/a.png", "image_prompt": ""},
        ),
    ],
)
async def test_a_retry_in_another_form_joins_the_video_and_all_that_is_made_for_it(
    first: dict[str, str], again: dict[str, str], tmp_path: Path
) -> None:
    words = {"image_prompt": "a fox", "script": "Hello."}
    async with stand(tmp_path) as here:
        one = facts(await here.call("create_talking_video", **(words | first), wait_seconds=0))
        paid = {job["job_id"] for job in facts(await here.call("list_jobs"))["jobs"]}
        two = facts(await here.call("create_talking_video", **(words | again), wait_seconds=0))
        assert {job["job_id"] for job in facts(await here.call("list_jobs"))["jobs"]} == paid
    assert (one["job_id"], two["joined"]) == (two["job_id"], True)
