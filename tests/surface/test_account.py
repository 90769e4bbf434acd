"""`get_account`: how the account stands, said twice, at no cost, also where there is no key or no answer."""
# ruff: noqa: E501 (whole sentences)

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from inline_snapshot import snapshot
from pydantic import SecretStr

from kie_mcp.cli.account import report_account
from kie_mcp.jobs.account import Account
from kie_mcp.jobs.budget import DAY, Limits, Tally, Usage
from kie_mcp.kie.client import KieClient
from kie_mcp.surface.answers.account import describe_account, write_account
from tests.support.sandbox_server import BASE, Era, Stand, facts, settings, stand, text
from tests.support.virtual_time import BRISK, HURRIED, START, LoopClock

pytestmark = pytest.mark.anyio
CEILINGS = {"max_credits_per_job": 50, "max_credits_per_day": 100, "max_jobs_per_day": 10}
CREDIT = "/api/v1/chat/credit"


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


@pytest.fixture(params=["legacy", "auto"])
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


class Counter(httpx.AsyncBaseTransport):
    """Counts how often the balance is asked for, and answers in a way of its own if it is told to."""

    asked = 0

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == CREDIT:
            type(self).asked += 1
            await self.delay()
        return await self.inner.handle_async_request(request)

    async def delay(self) -> None:
        """Answer at once."""


class Silent(Counter):
    """Never answers that call."""

    async def delay(self) -> None:
        await anyio.sleep_forever()


async def order(here: Stand) -> None:
    await here.call("generate_image", prompt="a fox")
    await here.call("generate_speech", text="Hello, I am a fox.")


async def test_it_says_what_there_is_what_was_spent_and_what_is_left(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era, changes=CEILINGS) as here:
        await order(here)
        await here.call("generate_image", prompt="a cat sandbox:slow", wait_seconds=5)
        told = await here.call("get_account")
    known = facts(told)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", known.pop("day_ends_at"))
    spent = known["today"]["credits"]
    assert known == {
        "credits_left": pytest.approx(1000 - spent),
        "today": {
            "jobs": 3,
            "credits": pytest.approx(8.11, abs=0.1),
            "by_model": {
                "google/nano-banana": {"jobs": 2, "credits": 8.0},
                "elevenlabs/text-to-speech-turbo-2-5": {"jobs": 1, "credits": pytest.approx(0.1, abs=0.1)},
            },
        },
        "this_month": known["today"],
        "in_flight": {"running": 1},
        "ceilings": {
            "max_credits_per_job": 50.0,
            "max_credits_per_day": 100.0,
            "credits_left_today": pytest.approx(100 - spent),
            "max_jobs_per_day": 10.0,
            "jobs_left_today": 7.0,
        },
        "sandbox": True,
    }
    for number in (known["credits_left"], spent, known["ceilings"]["credits_left_today"]):
        assert f"{number:.3f}".rstrip("0").rstrip(".") in text(told)
    assert not told.is_error


AN_EVENING = Account(
    now=20_718 * DAY + 20 * 3600.0,
    balance=812.5,
    problem=None,
    today={"google/nano-banana": Tally(3, 12.0), "infinitalk/from-audio": Tally(1, 0.0, 1)},
    month={"google/nano-banana": Tally(103, 412.0), "infinitalk/from-audio": Tally(7, 214.25, 1)},
    usage=Usage(Tally(3, 12.0), Tally(1, 0.0, 1)),
    in_flight={},
    limits=Limits(credits_per_job=50.0, credits_per_day=60.0),
)


def test_a_month_that_began_today_is_not_told_twice() -> None:
    first = replace(AN_EVENING, month=AN_EVENING.today)
    assert "\nthis month: the same\n" in write_account(first, describe_account(first, sandbox=False))


def test_the_text_says_the_same_in_few_words() -> None:
    said = describe_account(AN_EVENING, sandbox=False)
    assert write_account(AN_EVENING, said) == snapshot("""\
balance: 812.5 credits ($4.06)
today (UTC): 4 jobs, 12 credits and 1 of unknown price ($0.06); of this not sent yet: 1 job, 0 credits and 1 of unknown price; google/nano-banana: 3 jobs, 12 credits; infinitalk/from-audio: 1 job, 0 credits and 1 of unknown price
this month: 110 jobs, 626.25 credits and 1 of unknown price ($3.13); google/nano-banana: 103 jobs, 412 credits; infinitalk/from-audio: 7 jobs, 214.25 credits and 1 of unknown price
in flight: none
ceilings: 50 credits a call; 60 credits a day, 0 left; the day ends at 2026-09-23T00:00:00Z, in 4 h\
""")
    assert said.as_json() == snapshot(
        {
            "credits_left": 812.5,
            "today": {
                "jobs": 4,
                "credits": 12.0,
                "of_unknown_price": 1,
                "not_sent_yet": {"jobs": 1, "credits": 0.0, "of_unknown_price": 1},
                "by_model": {
                    "google/nano-banana": {"jobs": 3, "credits": 12.0},
                    "infinitalk/from-audio": {"jobs": 1, "credits": 0.0, "of_unknown_price": 1},
                },
            },
            "this_month": {
                "jobs": 110,
                "credits": 626.25,
                "of_unknown_price": 1,
                "by_model": {
                    "google/nano-banana": {"jobs": 103, "credits": 412.0},
                    "infinitalk/from-audio": {"jobs": 7, "credits": 214.25, "of_unknown_price": 1},
                },
            },
            "in_flight": {},
            "ceilings": {"max_credits_per_job": 50.0, "max_credits_per_day": 60.0, "credits_left_today": 0.0},
            "day_ends_at": "2026-09-23T00:00:00Z",
        }
    )


def test_an_account_without_ceilings_says_so() -> None:
    free = Account(
        now=START, balance=0.0, problem=None, today={}, month={}, usage=Usage(), in_flight={}, limits=Limits()
    )
    assert write_account(free, describe_account(free, sandbox=True)) == snapshot("""\
balance: 0 credits ($0.00)
today (UTC): 0 jobs, 0 credits ($0.00)
this month: 0 jobs, 0 credits ($0.00)
in flight: none
ceilings: none; the day ends at 2026-09-22T00:00:00Z, in 9 h 47 min
sandbox: a stand-in for Kie.ai answers here; no money is involved\
""")


@pytest.mark.parametrize("anyio_backend", [BRISK])
async def test_kie_is_asked_at_most_every_two_seconds(tmp_path: Path) -> None:
    Counter.asked = 0
    async with stand(tmp_path, transport=Counter) as here:
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(here.call, "get_account")
        assert Counter.asked == 1
        await anyio.sleep(2.1)
        await here.call("get_account")
        assert Counter.asked == 2


@pytest.mark.parametrize("anyio_backend", [BRISK])
async def test_the_rest_is_told_though_kie_is_silent(tmp_path: Path) -> None:
    async with stand(tmp_path, transport=Silent, changes=CEILINGS) as here:
        began = anyio.current_time()
        told = await here.call("get_account")
        seconds = anyio.current_time() - began
    assert seconds < 5
    assert "credits_left" not in facts(told)
    assert facts(told)["error"]["category"] == "unavailable"
    assert facts(told)["ceilings"]["credits_left_today"] == 100
    assert text(told).startswith(
        "balance: not known\nproblem: Kie.ai did not answer in time.\nwhat to do: Call again in a minute."
    )


async def test_without_a_key_it_says_that_there_is_none(tmp_path: Path) -> None:
    async with stand(tmp_path, changes={"api_key": None}) as here:
        told = await here.call("get_account")
    assert not told.is_error
    assert facts(told)["error"]["category"] == "no_key"
    assert "There is no Kie.ai API key." in text(told)
    assert facts(told)["today"] == {"jobs": 0, "credits": 0.0}


async def test_a_wrong_key_is_told_and_never_shown(tmp_path: Path) -> None:
    async with stand(tmp_path, changes={"api_key": SecretStr("wrong-key-0123456789")}) as here:
        told = await here.call("get_account")
    assert facts(told)["error"]["category"] == "key"
    assert "0123456789" not in f"{text(told)}{facts(told)}"


async def test_it_takes_no_arguments_and_is_not_shown_in_the_viewer(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        refused = await here.call("get_account", days=3)
        shown = {tool.name for tool in (await here.client.list_tools()).tools if tool.meta}
    assert facts(refused)["error"]["category"] == "invalid_argument"
    assert "get_account" not in shown
    assert "get_job_status" in shown


async def test_the_command_line_says_the_same(tmp_path: Path) -> None:
    async with stand(tmp_path, changes=CEILINGS) as here:
        await order(here)
        told = await here.call("get_account", success_rate_of="z-image")

        def client() -> KieClient:
            return KieClient("sandbox", base_url=BASE, transport=httpx.ASGITransport(here.app))

        async def report(*, as_json: bool = False) -> str:
            how: dict[str, Any] = {"kie": client(), "clock": LoopClock(), "success_rate_of": "z-image"}
            return await report_account(here.settings, as_json=as_json, **how)

        said, as_json = await report(), json.loads(await report(as_json=True))
    assert as_json["success_rate"]["points"] > 100
    assert as_json == facts(told)
    assert without_minutes(said) == without_minutes(text(told))


def without_minutes(said: str) -> str:
    """Leave out what passes between two calls."""
    return said.partition(", in ")[0]


async def test_the_command_line_makes_no_ledger(tmp_path: Path) -> None:
    used = settings(tmp_path, api_key=None)
    said = await report_account(used, clock=LoopClock())
    assert said.startswith("balance: not known\nproblem: There is no Kie.ai API key.")
    assert not used.state_dir.exists()


class Flaky(httpx.AsyncBaseTransport):
    """Answers questions about success rates in a way of its own."""

    answer: httpx.Response | None = None

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/success-rate"):
            return await self.inner.handle_async_request(request)
        if self.answer is None:
            await anyio.sleep_forever()
        assert self.answer
        return self.answer


def points(*percents: float | None) -> httpx.Response:
    """Answer with points of ten minutes, the last of which ends at noon."""
    ends = [f"2026-11-27T{(72 - back) // 6:02}:{(72 - back) % 6}0:00Z" for back in range(len(percents))][::-1]
    listed = [{"start": end, "end": end, "successRate": one} for end, one in zip(ends, percents, strict=True)]
    return httpx.Response(200, json={"code": 200, "msg": "success", "data": {"points": listed}})


async def test_the_success_rate_of_a_model_is_told_when_it_is_asked_for(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era, transport=Flaky) as here:
        Flaky.answer = points(*[50.0] * 6, *[100.0, None, 98.0, 100.0, None, 100.0])
        told = await here.call("get_account", success_rate_of=" Z-Image ")
        Flaky.answer = points(50.0, 100.0, *[None] * 6)
        old = await here.call("get_account", success_rate_of="z-image")
        Flaky.answer = points()
        nothing = await here.call("get_account", success_rate_of="z-image")
        unasked = await here.call("get_account")
    rates = [facts(one).get("success_rate") for one in (told, old, nothing, unasked)]
    assert rates == [
        {"model": "z-image", "last_hour": 99.5, "last_day": 69.8, "points": 10},
        {"model": "z-image", "last_day": 75.0, "points": 2},
        {"model": "z-image", "points": 0},
        None,
    ]
    lines = ["\n".join(line for line in text(one).splitlines() if "success" in line) for one in (told, old, nothing)]
    assert lines == [
        "success rate of z-image: 99.5 % in the last hour, 69.8 % in the last day (10 points)",
        "success rate of z-image: no data in the last hour, 75 % in the last day (2 points)",
        "success rate of z-image: no data",
    ]


@pytest.mark.parametrize("anyio_backend", [BRISK])
async def test_a_success_rate_that_is_not_known_hides_nothing_else(tmp_path: Path) -> None:
    async with stand(tmp_path, transport=Flaky) as here:
        Flaky.answer = httpx.Response(200, json={"code": 500, "msg": "a fault", "data": None})
        fault = facts(await here.call("get_account", success_rate_of="z-image"))
        unknown = await here.call("get_account", success_rate_of="z-imag")
        Flaky.answer = None
        began = anyio.current_time()
        silent = facts(await here.call("get_account", success_rate_of="z-image"))
        seconds = anyio.current_time() - began
    assert seconds < 5
    assert [one["success_rate"]["error"]["category"] for one in (fault, facts(unknown), silent)] == [
        *("unavailable", "invalid_argument", "unavailable")
    ]
    assert all("credits_left" in one and "today" in one for one in (fault, facts(unknown), silent))
    assert "success_rate_of: Kie.ai lists no model 'z-imag'. Did you mean z-image?" in text(unknown)
    assert not unknown.is_error
