"""The sandbox answers Kie.ai's calls in Kie.ai's shapes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kie_mcp.sandbox.account.models import MODELS
from tests.support.sandbox_client import BASE, FILM, IMAGE, SPEECH, VOICE, service

pytestmark = pytest.mark.anyio

WAITING = {
    "taskId",
    "model",
    "state",
    "successFlag",
    "param",
    "resultJson",
    "failCode",
    "failMsg",
    "costTime",
    "completeTime",
    "createTime",
}
RUNNING = WAITING | {"creditsConsumed"}
SUCCEEDED = RUNNING | {"response", "updateTime"}
UNSUPPORTED = (
    "The model name you specified is not supported. Please verify your input and use one of "
    "the supported models provided by KIE."
)


def refusal(code: int, msg: str) -> dict[str, Any]:
    """The body of a refusal."""
    return {"code": code, "msg": msg, "data": None}


async def test_an_accepted_task_has_an_id_of_32_hex_digits() -> None:
    async with service() as kie:
        body = await kie.create(IMAGE, prompt="a banana")
    assert body.keys() == {"code", "msg", "data"}
    assert body["code"] == 200
    assert body["data"]["taskId"] == body["data"]["recordId"]
    assert len(bytes.fromhex(body["data"]["taskId"])) == 16


async def test_a_task_goes_through_waiting_queuing_generating_to_success() -> None:
    async with service() as kie:
        task_id = await kie.task(IMAGE, prompt="a banana")
        total = kie.sandbox.tasks[task_id].timeline.total
        seen: list[dict[str, Any]] = []
        for share in (0, 0.1, 0.4, 0.51):
            kie.pass_time(share * total)
            seen.append((await kie.look(task_id))["data"])
    assert [data["state"] for data in seen] == ["waiting", "queuing", "generating", "success"]
    assert seen[0].keys() == WAITING
    assert seen[2].keys() == RUNNING
    assert seen[3].keys() == SUCCEEDED
    assert (seen[3]["state"], seen[3]["successFlag"], seen[3]["creditsConsumed"]) == ("success", 1, 4.0)
    assert json.loads(seen[3]["resultJson"]) == seen[3]["response"]
    assert json.loads(json.loads(seen[3]["param"])["input"]) == {"prompt": "a banana"}
    lasted = (seen[3]["completeTime"] - seen[3]["createTime"]) / 1000
    assert 10 <= lasted <= 30
    assert abs(seen[3]["costTime"] - lasted) <= 0.51


async def test_speed_shortens_tasks_and_leaves_records_on_real_time() -> None:
    async with service(speed=100) as kie:
        task_id = await kie.task(IMAGE, prompt="a banana")
        kie.pass_time(0.3)
        data = (await kie.look(task_id))["data"]
    assert data["state"] == "success"
    assert 100 <= data["completeTime"] - data["createTime"] <= 300


@pytest.mark.parametrize("name", ["nano-banana", "nanobanana"])
async def test_short_names_speak_the_other_dialect(name: str) -> None:
    async with service() as kie:
        created = await kie.create(name, prompt="a banana", output_format="PNG", image_size="1:1")
        task_id = created["data"]["taskId"]
        kie.pass_time(5)
        running = await kie.look(task_id)
        kie.pass_time(30)
        ended = await kie.look(task_id)
    assert created == {"code": 0, "msg": "success", "data": {"taskId": task_id}}
    progress = running["data"].pop("progress")
    assert 0 < progress < 100
    assert running == {"code": 0, "msg": "success", "data": {"taskId": task_id, "status": "processing"}}
    assert ended["data"].keys() == {"taskId", "status", "output"}
    assert ended["data"]["output"]["image_url"].endswith(".png")


async def test_every_answer_is_marked_as_the_sandboxs() -> None:
    async with service() as kie:
        answers = [await kie.http.get(path) for path in ("/", "/nowhere", "/files/none.png", "/api/v1/chat/credit")]
    assert [answer.headers["x-kie-sandbox"] for answer in answers] == ["1"] * 4
    assert "not Kie.ai" in answers[0].text
    assert answers[1].json()["code"] == answers[1].status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic abc"},
        {"apikey": "a-key"},
        {"Authorization": "Bearer wrong-key"},
        {"Authorization": "Bearer bad"},
    ],
)
async def test_a_missing_or_bad_key_is_code_401_under_http_200(headers: dict[str, str]) -> None:
    async with service(key="") as kie:
        answer = await kie.http.get("/api/v1/chat/credit", headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"code": 401, "msg": "You do not have access permissions"})


@pytest.mark.parametrize(
    ("model", "given", "code", "msg"),
    [
        ("google/nano-banana-pro", {"prompt": "x"}, 422, UNSUPPORTED),
        ("", {"prompt": "x"}, 500, "This field is required"),
        (IMAGE, {}, 500, "This field is required"),
        (IMAGE, {"prompt": "x" * 5001}, 422, "The prompt length cannot exceed 5000 characters"),
        (IMAGE, {"prompt": "x", "style": "oil"}, 422, "Unknown input parameter: style"),
        (IMAGE, {"prompt": "x", "aspect_ratio": "8:1"}, 500, "aspect_ratio is not within the range of allowed options"),
        (
            IMAGE,
            {"prompt": "x", "output_format": "jpg"},
            500,
            "output_format is not within the range of allowed options",
        ),
        ("google/nano-banana-edit", {"prompt": "x"}, 500, "This field is required"),
        ("nano-banana-2-lite", {"prompt": "x"}, 500, "This field is required"),
        ("nano-banana-pro", {"prompt": "x", "image_input": ["https://a.b/c"] * 9}, 500, "image_input is not within"),
        (FILM, {"image_url": "https://a.b/c.png", "prompt": "x"}, 500, "audio_url is required"),
        (
            FILM,
            {"image_url": "file:///c", "audio_url": "https://a.b/c", "prompt": "x"},
            422,
            "image_url is not a valid",
        ),
        (FILM, {"image_url": "https://a.b/c", "audio_url": "https://a.b/c", "prompt": ""}, 500, "prompt is required"),
        (
            FILM,
            {"image_url": "https://a.b/c", "audio_url": "https://a.b/c", "prompt": "x", "seed": 9999},
            500,
            "seed is not within the range of allowed options",
        ),
        (SPEECH, {"text": "hello"}, 422, "voiceId cannot be empty"),
        (SPEECH, {"text": "hello", "voice": "rachel"}, 422, "Invalid voice parameter: rachel"),
        (SPEECH, {"prompt": "hello", "voice": VOICE}, 500, "text is required"),
        (SPEECH, {"text": "hello", "voice": VOICE, "speed": 1.3}, 500, "speed is not within"),
    ],
)
async def test_input_is_refused_in_kies_words(model: str, given: dict[str, Any], code: int, msg: str) -> None:
    async with service() as kie:
        answer = await kie.send(model, **given)
        assert kie.sandbox.created == 0
        assert len(kie.sandbox.creates) == 1
        assert await kie.credits() == 1000
    body = answer.json()
    assert (answer.status_code, body["code"], body["data"]) == (200, code, None)
    assert body["msg"].startswith(msg)


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"not json", b'{"model":"google/nano-banana"}', b'{"model":[1],"input":{}}']
)
async def test_a_body_that_is_no_request_is_refused(raw: bytes) -> None:
    async with service() as kie:
        answer = await kie.http.post("/api/v1/jobs/createTask", content=raw)
    assert answer.json()["code"] in (422, 500)


async def test_an_unknown_task_is_a_null_record() -> None:
    async with service() as kie:
        assert await kie.look("f" * 32) == refusal(422, "recordInfo is null")
        assert await kie.look("") == refusal(400, "taskId parameter is required")


async def test_links_begin_with_the_address_that_was_called_or_with_the_one_given() -> None:
    async with service() as kie:
        assert (await kie.made(IMAGE, prompt="x")).startswith(BASE + "/files/outputs/")
    async with service(base_url="https://kie.example/") as kie:
        assert (await kie.made(IMAGE, prompt="x")).startswith("https://kie.example/files/outputs/")


async def test_the_same_seed_makes_the_same_tasks() -> None:
    async with service(seed=7) as one, service(seed=7) as same, service(seed=8) as other:
        ids = [await kie.task(IMAGE, prompt="x") for kie in (one, same, other)]
    assert ids[0] == ids[1] != ids[2]


def test_four_short_names_answer_in_the_other_dialect() -> None:
    assert {name for name, model in MODELS.items() if model.dialect == "spec"} == {
        "nano-banana",
        "nanobanana",
        "infinitalk",
        "infinitetalk",
    }
