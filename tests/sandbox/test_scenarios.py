"""Each scenario of the sandbox does what its sentence says."""

from __future__ import annotations

import json

import pytest

from kie_mcp.sandbox.account.scenarios import SCENARIOS, find_named, parse_known, remove_words
from tests.support.sandbox_client import IMAGE, SPEECH, VOICE, service

pytestmark = pytest.mark.anyio


def test_scenarios_are_found_anywhere_and_unknown_ones_are_not() -> None:
    assert find_named("a fox, sandbox:slow. Sandbox:422-at-first") == {"slow", "422-at-first"}
    assert find_named("sandbox:nonsense sandbox: fail") == frozenset()
    assert parse_known("slow, spec,nonsense") == {"slow", "spec"}
    assert parse_known(None) == frozenset()


def test_scenario_words_are_neither_drawn_nor_spoken() -> None:
    assert remove_words("a fox sandbox:slow in the rain") == "a fox in the rain"


async def test_the_scenarios_are_listed_with_a_sentence_each() -> None:
    async with service(key="") as kie:
        assert (await kie.http.get("/sandbox/scenarios")).json() == SCENARIOS


@pytest.mark.parametrize(
    ("name", "code", "words"), [("fail", "501", "Generation Failed"), ("moderation", "400", "policy")]
)
async def test_a_doomed_task_fails(name: str, code: str, words: str) -> None:
    async with service() as kie:
        data = await kie.finish(IMAGE, prompt=f"x sandbox:{name}")
    assert (data["state"], data["successFlag"], data["failCode"]) == ("fail", 3, code)
    assert words in data["failMsg"]
    assert data["resultJson"] is None


async def test_a_text_asks_for_trouble_too() -> None:
    async with service() as kie:
        assert (await kie.finish(SPEECH, text="hello sandbox:fail", voice=VOICE))["state"] == "fail"


async def test_a_failure_in_the_other_dialect_says_failed() -> None:
    async with service(scenario="spec,fail") as kie:
        data = await kie.finish(IMAGE, prompt="x")
    assert (data["status"], data["errorMessage"]) == ("failed", "Generation Failed")


async def test_slow_takes_ten_times_as_long() -> None:
    async with service() as kie:
        task_id = await kie.task(IMAGE, prompt="sandbox:slow")
        kie.pass_time(99)
        assert (await kie.look(task_id))["data"]["state"] == "generating"
        kie.pass_time(202)
        assert (await kie.look(task_id))["data"]["state"] == "success"


async def test_stuck_never_ends() -> None:
    async with service() as kie:
        task_id = await kie.task(IMAGE, prompt="sandbox:stuck")
        kie.pass_time(1e6)
        assert (await kie.look(task_id))["data"]["state"] == "generating"


@pytest.mark.parametrize(
    ("name", "status", "code"), [("402", 200, 402), ("maintenance", 200, 455), ("500", 200, 500), ("http500", 500, 500)]
)
async def test_a_refusing_scenario_creates_nothing(name: str, status: int, code: int) -> None:
    async with service() as kie:
        answer = await kie.send(IMAGE, prompt=f"sandbox:{name}")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert (kie.sandbox.created, await kie.credits()) == (0, 1000)


@pytest.mark.parametrize(("name", "created"), [("502", 0), ("502-after", 1)])
async def test_a_gateways_page_comes_before_or_after_the_work(name: str, created: int) -> None:
    async with service() as kie:
        answer = await kie.send(IMAGE, prompt=f"sandbox:{name}")
        assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")
        assert kie.sandbox.created == created


async def test_429_refuses_each_request_once_with_retry_after() -> None:
    async with service() as kie:
        first = await kie.send(IMAGE, prompt="sandbox:429")
        again = await kie.send(IMAGE, prompt="sandbox:429")
        other = await kie.send(IMAGE, prompt="sandbox:429 another")
    assert (first.status_code, first.json()["code"], first.headers["retry-after"]) == (429, 429, "1")
    assert again.json()["code"] == 200
    assert other.status_code == 429


async def test_a_record_may_be_null_at_first() -> None:
    async with service() as kie:
        task_id = await kie.task(IMAGE, prompt="sandbox:422-at-first")
        assert await kie.look(task_id) == {"code": 422, "msg": "recordInfo is null", "data": None}
        kie.pass_time(5)
        assert (await kie.look(task_id))["code"] == 200


async def test_a_reset_does_the_work_and_breaks_the_connection() -> None:
    """In process there is no connection; the app's own error stands for it."""
    async with service() as kie:
        with pytest.raises(ConnectionResetError):
            await kie.send(IMAGE, prompt="sandbox:reset")
        assert (kie.sandbox.created, await kie.credits()) == (1, 996)


async def test_an_unknown_state_is_shown_for_a_while() -> None:
    async with service() as kie:
        task_id = await kie.task(IMAGE, prompt="sandbox:unknown-state")
        states: list[str] = []
        for _ in range(31):
            states.append((await kie.look(task_id))["data"]["state"])
            kie.pass_time(1)
    assert "rendering" in states
    assert states[0] == "waiting"
    assert states[-1] == "success"


async def test_an_expired_link_opens_only_through_download_url() -> None:
    async with service() as kie:
        url = await kie.made(IMAGE, prompt="sandbox:expired")
        assert (await kie.http.get(url)).status_code == 403
        assert (await kie.file((await kie.renew(url))["data"])).startswith(b"\x89PNG")
        assert (await kie.http.get(url)).status_code == 403


async def test_a_creation_may_be_accepted_without_an_id() -> None:
    async with service() as kie:
        assert await kie.create(IMAGE, prompt="sandbox:no-id") == {"code": 200, "msg": "success", "data": {}}
        assert kie.sandbox.created == 1


async def test_a_success_may_be_empty_or_unreadable() -> None:
    async with service() as kie:
        empty = await kie.finish(IMAGE, prompt="sandbox:empty")
        broken = await kie.finish(IMAGE, prompt="sandbox:bad-result")
    assert (empty["state"], json.loads(empty["resultJson"])) == ("success", {"resultUrls": []})
    assert broken["state"] == "success"
    assert "response" not in broken
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken["resultJson"])


async def test_spec_makes_any_model_speak_the_other_dialect() -> None:
    async with service() as kie:
        data = await kie.finish(SPEECH, text="hello sandbox:spec", voice=VOICE)
    assert data["status"] == "completed"
    assert "audio_url" in data["output"]
