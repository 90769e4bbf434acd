"""Kie.ai is asked about its models for free, once a second, and its answers are read whatever they hold."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
from inline_snapshot import snapshot

from kie_mcp.errors import BusyError, CredentialError, KieError, OrderError, UnavailableError
from kie_mcp.kie.client import KieClient
from kie_mcp.kie.http_call_types import Answer
from kie_mcp.kie.model_answers import MarketModel, SuccessPoint
from kie_mcp.kie.model_queries import APART, MOST_TRIES, ModelQueries

pytestmark = pytest.mark.anyio

BUSY = {"code": 429, "msg": "Your call frequency is too high. Please try again later.", "data": None}
PRICE = {"code": 200, "msg": "success", "data": {"model": "z-image", "pricingDesc": "0.8 credits"}}
UNKNOWN = {"code": 404, "msg": "The model name you specified is not supported.", "data": None}


class Kie:
    """Gives these answers one after another, the last again and again, in a time of its own."""

    def __init__(self, *answers: Any, headers: dict[str, str] | None = None) -> None:
        self.time = 1000.0
        self.asked: list[tuple[float, str]] = []
        self._answers: Sequence[Any] = answers
        self._headers = headers or {}
        self.queries = ModelQueries(self.ask, lambda: 0.0, clock=lambda: self.time, sleep=self.sleep)

    async def ask(self, path: str) -> Answer:
        answer = self._answers[min(len(self.asked), len(self._answers) - 1)]
        self.asked.append((self.time, path))
        await anyio.lowlevel.checkpoint()
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return Answer(200, self._headers, body)

    async def sleep(self, seconds: float) -> None:
        self.time += seconds
        await anyio.lowlevel.checkpoint()

    @property
    def gaps(self) -> list[float]:
        times = [at for at, _ in self.asked]
        return [round(later - before, 3) for before, later in itertools.pairwise(times)]


async def test_the_list_is_read_and_what_is_no_model_left_out() -> None:
    entry = {
        "model": "kling/v2-1",
        "title": " Kling\n2.1 ",
        "provider": "Kling",
        "taskType": ["Text to Video", 7],
        "description": None,
        "pricingDesc": "A 5-second video costs 160 credits (0.80 USD)",
    }
    models = [entry, {"model": "../../evil"}, {"model": "a?b"}, {}, 7, None, {"model": "z-image", "taskType": "x"}]
    kie = Kie({"code": 200, "data": {"total": 7, "models": models}})
    assert await kie.queries.list_models() == (
        MarketModel(
            id="kling/v2-1",
            title="Kling 2.1",
            provider="Kling",
            task_types=("Text to Video",),
            pricing="A 5-second video costs 160 credits (0.80 USD)",
        ),
        MarketModel(id="z-image", task_types=("x",)),
    )
    assert kie.asked == [(1000.0, "/api/v1/models")]


async def test_schema_price_and_success_rate_are_read() -> None:
    openapi = {"openapi": "3.1.0"}
    kie = Kie({"code": 200, "data": {"openapi": openapi}}, {"code": 200, "data": {"openapi": None}}, PRICE)
    assert await kie.queries.read_schema("google/nano-banana") == openapi
    assert await kie.queries.read_schema("google/gemini-3-8-flash-tts") is None
    assert await kie.queries.read_price("z-image") == "0.8 credits"
    assert [path for _, path in kie.asked] == [
        "/api/v1/models/google/nano-banana/schema",
        "/api/v1/models/google/gemini-3-8-flash-tts/schema",
        "/api/v1/models/z-image/price",
    ]
    point: dict[str, Any] = {
        "start": "2026-09-08T07:30:00Z",
        "end": "2026-09-08T07:40:00Z",
        "successRate": 100.0,
        "isNormal": True,
    }
    kie = Kie({"code": 200, "data": {"points": [point, {**point, "successRate": None}]}}, {"code": 200, "data": {}})
    full = SuccessPoint(start=point["start"], end=point["end"], percent=100.0)
    assert [one.percent for one in await kie.queries.read_success_rate("veo-3-1")] == [full.percent, None]
    assert await kie.queries.read_success_rate("veo-3-1") == ()
    assert await Kie({"code": 200, "data": {"pricingDesc": None}}).queries.read_price("a") == ""


async def test_questions_are_a_second_apart_also_side_by_side() -> None:
    kie = Kie(PRICE)
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(kie.queries.read_price, "z-image")
            group.start_soon(kie.queries.read_success_rate, "z-image")
    assert kie.gaps == [APART] * 5


async def test_a_question_after_a_pause_goes_at_once() -> None:
    kie = Kie(PRICE)
    await kie.queries.read_price("z-image")
    kie.time += 60
    await kie.queries.read_price("z-image")
    assert kie.gaps == [60]


async def test_too_many_questions_are_sent_again_later_and_later() -> None:
    kie = Kie(BUSY, BUSY, PRICE)
    assert await kie.queries.read_price("z-image") == "0.8 credits"
    assert kie.gaps == [APART, 2 * APART]
    kie = Kie(BUSY, PRICE, headers={"retry-after": "7"})
    await kie.queries.read_price("z-image")
    assert kie.gaps == [7]


async def test_it_is_given_up_after_some_tries() -> None:
    kie = Kie(BUSY)
    with pytest.raises(BusyError, match="too many requests") as caught:
        await kie.queries.read_price("z-image")
    assert len(kie.asked) == MOST_TRIES
    assert caught.value.remedy == snapshot("Wait a minute and call again; it costs nothing.")


@pytest.mark.parametrize("name", ["", "a b", "a/../b", "a?q=1", "/a", "a" * 101, "ä", "a%2fb", "a#b"])
async def test_what_cannot_be_a_model_is_not_asked_about(name: str) -> None:
    kie = Kie(PRICE)
    with pytest.raises(OrderError, match=r"Kie\.ai has no model"):
        await kie.queries.read_schema(name)
    assert kie.asked == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (UNKNOWN, OrderError),
        ({"code": 422, "msg": "no"}, OrderError),
        ({"code": 401, "msg": "no"}, CredentialError),
        ({"code": 500, "msg": "no"}, UnavailableError),
        ({"code": 455, "msg": "no"}, UnavailableError),
        (b"<html>", UnavailableError),
        (b"", UnavailableError),
        ({"code": 200, "data": None}, UnavailableError),
        ({"code": 200, "data": {"models": "x"}}, UnavailableError),
    ],
)
async def test_any_other_answer_is_an_error(answer: Any, error: type[KieError]) -> None:
    with pytest.raises(error):
        await Kie(answer).queries.list_models()


async def test_the_client_asks_with_the_key() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=PRICE)

    async with KieClient("canary-key", transport=httpx.MockTransport(answer)) as kie:
        assert await kie.models.read_price("z-image") == "0.8 credits"
    assert str(sent[0].url) == "https://api.kie.ai/api/v1/models/z-image/price"
    assert sent[0].headers["authorization"] == "Bearer canary-key"


async def test_a_question_without_an_answer_is_given_up_soon() -> None:
    async def hang(_: str) -> Answer:
        await anyio.sleep(60)
        raise AssertionError("too late")

    with pytest.raises(UnavailableError, match="did not answer in time"), anyio.fail_after(10):
        await ModelQueries(hang, lambda: 0.0, patience=0.02).list_models()
