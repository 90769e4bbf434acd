"""Jobs in each style of the API, from the call to the saved file: paid once, followed in whatever style is set now."""

import asyncio
import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from starlette.applications import Starlette

from kie_mcp.jobs.job import Job, Phase, Request
from kie_mcp.jobs.store.sqlite import SqliteLedger
from kie_mcp.kie.api_styles.styles import STYLES, StyleName
from kie_mcp.kie.client import KieClient
from kie_mcp.orders.kind import Kind
from kie_mcp.sandbox import create_app
from kie_mcp.setting_values import SettingsError
from kie_mcp.settings import Settings
from tests.support.plain_media import PlainMedia
from tests.support.sandbox_server import BASE, Stand, facts, saved, settings, stand, text
from tests.support.virtual_time import HURRIED, LoopClock

pytestmark = pytest.mark.anyio

SCRIPT = "Good morning to you."
VOICE = "elevenlabs/text-to-speech-turbo-2-5"


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


async def make_all(here: Stand) -> list[dict[str, Any]]:
    """Make a picture, a voice, and a talking video of both."""
    picture = facts(await here.call("generate_image", prompt="a fox in a red coat", aspect_ratio="9:16"))
    voice = facts(await here.call("generate_speech", text=SCRIPT))
    chained = {"image": picture["outputs"][0]["resource"], "audio": voice["outputs"][0]["resource"]}
    video = facts(await here.call("create_talking_video", prompt="It smiles.", **chained))
    return [picture, voice, video]


def in_style(style: StyleName, **more: Any) -> dict[str, Any]:
    """Settings in that style."""
    return {"changes": {"api_style": style, **more}}


@pytest.mark.parametrize("style", STYLES)
async def test_a_picture_a_voice_and_a_talking_video_are_made_in_each_style(tmp_path: Path, style: StyleName) -> None:
    async with stand(tmp_path, **in_style(style)) as here:
        made = await make_all(here)
        picture, voice, video = here.creates
        assert [job["state"] for job in made] == ["succeeded"] * 3
        assert all(saved(job) for job in made)
        assert voice["model"] == VOICE
    if style == "jobs":
        assert (picture["model"], picture["input"]["aspect_ratio"]) == ("google/nano-banana", "9:16")
        assert video["model"] == "infinitalk/from-audio"
    if style == "seed":
        fields = {"prompt": "a fox in a red coat", "image_size": "9:16", "output_format": "PNG"}
        assert picture == {"model": "nano-banana", "input": fields}
        assert video["model"] == "infinitalk"
    if style == "legacy":
        assert picture == {"prompt": "a fox in a red coat", "orientation": "vertical", "model": "nanobanana"}
        assert set(video) == {"prompt", "image_url", "audio_url", "resolution"}


async def test_a_legacy_picture_is_a_job_that_is_done_as_soon_as_it_is_answered(tmp_path: Path) -> None:
    paths: list[str] = []
    async with stand(tmp_path, transport=hear(paths), **in_style("legacy")) as here:
        picture = facts(await here.call("generate_image", prompt="a fox"))
        again = facts(await here.call("get_job_status", job_id=picture["job_id"]))
    assert picture["job_id"].startswith("job_")
    assert picture["kie_task_id"] == picture["outputs"][0]["url"]
    assert again["outputs"] == picture["outputs"]
    assert [path for path in paths if not path.startswith("/files/")] == ["/v1/images/generate"]


def hear(paths: list[str], *, stumbles: str = "-") -> Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport]:
    """Note the paths of all requests; those that have these words in them fail twice."""

    class Listening(httpx.AsyncBaseTransport):
        def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
            self._inner = inner

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            paths.append(request.url.path)
            if stumbles in request.url.path and sum(stumbles in path for path in paths) < 3:
                return httpx.Response(503)
            return await self._inner.handle_async_request(request)

    return Listening


@pytest.mark.parametrize("way", ["path", "data URI", "output"])
async def test_a_reference_of_ones_own_goes_into_a_legacy_call_as_a_file(tmp_path: Path, way: str) -> None:
    async with stand(tmp_path, **in_style("legacy")) as here:
        first = facts(await here.call("generate_image", prompt="a fox"))
        picture = saved(first)
        given = {
            "path": first["outputs"][0]["path"],
            "data URI": f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}",
            "output": first["outputs"][0]["resource"],
        }[way]
        edited = facts(await here.call("generate_image", prompt="with a hat", images=[given]))
        assert edited["state"] == "succeeded"
        assert here.creates[1] == {"prompt": "with a hat", "image": picture, "model": "nanobanana"}


async def test_a_reference_that_cannot_be_fetched_yet_is_fetched_again_before_anything_is_sent(tmp_path: Path) -> None:
    paths: list[str] = []
    data = f"data:image/png;base64,{base64.b64encode(make_png()).decode()}"
    async with stand(tmp_path, transport=hear(paths, stumbles="/user-uploads/"), **in_style("legacy")) as here:
        edited = facts(await here.call("generate_image", prompt="with a hat", images=[data]))
        assert edited["state"] == "succeeded"
        assert [body["image"] for body in here.creates] == [make_png()]
    assert paths.count("/v1/images/generate") == 1


def make_png() -> bytes:
    """A small picture."""
    target = io.BytesIO()
    Image.new("RGB", (64, 64), (10, 80, 90)).save(target, "PNG")
    return target.getvalue()


@pytest.mark.parametrize(
    ("given", "argument"),
    [
        ({"images": ["https://example.com/cat.png"]}, "images"),
        ({"images": ["kie://jobs/JOB/outputs/0", "kie://jobs/JOB/outputs/0"]}, "images"),
        ({"aspect_ratio": "3:4"}, "aspect_ratio"),
        ({"output_format": "jpeg"}, "output_format"),
    ],
)
async def test_what_a_legacy_call_cannot_say_is_refused_by_the_callers_name_before_there_is_a_job(
    tmp_path: Path, given: dict[str, Any], argument: str
) -> None:
    async with stand(tmp_path, **in_style("legacy")) as here:
        first = facts(await here.call("generate_image", prompt="a fox"))["job_id"]
        named = json.loads(json.dumps(given).replace("JOB", first))
        refused = await here.call("generate_image", prompt="a hat", **named)
        assert refused.is_error
        assert text(refused).startswith(f"error: {argument}: ")
        assert "image_urls" not in text(refused)
        assert len(facts(await here.call("list_jobs"))["jobs"]) == 1
        assert len(here.creates) == 1


async def test_an_order_for_any_model_is_refused_by_the_callers_name_as_well(tmp_path: Path) -> None:
    async with stand(tmp_path, **in_style("legacy")) as here:
        given = {"prompt": "a hat", "aspect_ratio": "3:4"}
        refused = await here.call("run_model", model="google/nano-banana", input=given)
        assert refused.is_error
        assert text(refused).startswith("error: input.aspect_ratio: ")
        assert here.creates == []


@pytest.mark.parametrize("scenario", ["reset", "502-after", "bad-result", "empty"])
async def test_a_legacy_picture_whose_answer_is_lost_is_unconfirmed_and_never_sent_again(
    tmp_path: Path, scenario: str
) -> None:
    app = make_app(scenario=scenario)
    async with stand(tmp_path, app=app, **in_style("legacy")) as here:
        lost = await here.call("generate_image", prompt="a fox")
        assert lost.is_error
        job = facts(lost)
        assert (job["state"], job["error"]["may_have_been_charged"]) == ("unconfirmed", True)
    async with stand(tmp_path, app=app, **in_style("legacy")) as here:
        assert facts(await here.call("get_job_status", job_id=job["job_id"]))["state"] == "unconfirmed"
        assert len(here.creates) == 1


async def test_a_legacy_picture_that_was_put_off_is_sent_again_and_paid_once(tmp_path: Path) -> None:
    async with stand(tmp_path, scenario="429", **in_style("legacy")) as here:
        picture = facts(await here.call("generate_image", prompt="a fox"))
        assert picture["state"] == "succeeded"
        assert (len(here.creates), here.app.state.sandbox.created) == (2, 1)


@pytest.mark.parametrize("scenario", ["402", "moderation"])
async def test_a_legacy_picture_that_is_refused_has_cost_nothing(tmp_path: Path, scenario: str) -> None:
    async with stand(tmp_path, scenario=scenario, **in_style("legacy")) as here:
        refused = facts(await here.call("generate_image", prompt="a fox"))
        assert (refused["state"], refused["error"]["may_have_been_charged"]) == ("failed", False)
        assert len(here.creates) == 1


@pytest.mark.parametrize("now", STYLES)
@pytest.mark.parametrize("before", STYLES)
async def test_a_job_that_was_sent_in_one_style_is_followed_in_every_other(
    tmp_path: Path, before: StyleName, now: StyleName
) -> None:
    """The process that sent it ended before its first look."""
    app = make_app()
    request = Request("google/nano-banana", {"prompt": "a fox"})
    async with KieClient("sandbox", base_url=BASE, transport=httpx.ASGITransport(app), api_style=before) as kie:
        job = sent_job(await kie.create(request), settings(tmp_path).account)
    ledger = SqliteLedger(settings(tmp_path).ledger_path)
    await ledger.open()
    await ledger.reserve(job, "gone")
    await ledger.close()
    async with stand(tmp_path, app=app, **in_style(now)) as here:
        picture = facts(await here.call("get_job_status", job_id=job.id))
        assert picture["state"] == "succeeded"
        assert saved(picture)
        assert len(here.creates) == 1


def make_app(**options: Any) -> Starlette:
    """A sandbox that outlives servers."""
    return create_app(clock=asyncio.get_running_loop().time, base_url=BASE, makers=PlainMedia(), **options)


def sent_job(task_id: str, account: str) -> Job:
    """A job that was sent, and has not been looked at."""
    now = LoopClock().now()
    return Job(
        id="job_" + "a" * 26,
        account=account,
        kind=Kind.IMAGE,
        model="google/nano-banana",
        order={},
        fingerprint="fox",
        created_at=now,
        updated_at=now,
        sent_at=now,
        phase=Phase.SUBMITTED,
        task_id=task_id,
    )


@pytest.mark.parametrize("style", STYLES)
async def test_a_link_that_a_caller_gives_as_an_id_is_neither_fetched_nor_asked_about(
    tmp_path: Path, style: StyleName
) -> None:
    paths: list[str] = []
    async with stand(tmp_path, transport=hear(paths), **in_style(style)) as here:
        answer = await here.call("get_job_status", job_id=f"{BASE}/files/secret.png")
        assert answer.is_error
        assert "There is no job" in text(answer)
    assert paths == []


async def test_kie_is_told_where_to_call_back_with_each_order_of_the_jobs_api(tmp_path: Path) -> None:
    url = "https://example.com/kie?secret=1"
    for style, asked in (("jobs", 3), ("seed", 3), ("legacy", 1)):
        async with stand(tmp_path / style, changes={"api_style": style, "callback_url": url}) as here:
            await make_all(here)
            assert [body["callBackUrl"] for body in here.creates if "callBackUrl" in body] == [url] * asked


def test_the_account_is_the_same_in_every_style() -> None:
    """Or a job would be lost when the style is changed."""
    folder = Path("/tmp")
    assert len({settings(folder, api_style=style).account for style in STYLES}) == 1


@pytest.mark.parametrize(
    "url",
    ["http://example.com/kie", "https://localhost/kie", "https://10.0.0.1/kie", "https://user@example.com/", "kie"],
)
def test_a_callback_address_that_kie_cannot_call_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(SettingsError, match="KIE_CALLBACK_URL: must be an https URL of a public host"):
        Settings.from_environment({"KIE_CALLBACK_URL": url})


def test_style_and_callback_address_are_read_from_the_environment() -> None:
    read = Settings.from_environment({"KIE_API_STYLE": "seed", "KIE_CALLBACK_URL": " https://example.com/kie "})
    assert (read.api_style, read.callback_url) == ("seed", "https://example.com/kie")
    assert (Settings().api_style, Settings().callback_url) == ("jobs", None)
    with pytest.raises(SettingsError, match=r"KIE_API_STYLE: .*'jobs', 'seed' or 'legacy'"):
        Settings.from_environment({"KIE_API_STYLE": "spec"})
