"""A dear order is put to the person before anything is written down or sent: in both protocol eras, and only once."""
# ruff: noqa: E501 (whole sentences)

from pathlib import Path
from typing import Any

import anyio
import pytest
from inline_snapshot import snapshot
from mcp.client.context import ClientRequestContext
from mcp.types import INVALID_REQUEST, ElicitRequestParams, ElicitResult, ErrorData

from tests.support.sandbox_server import Era, Stand, facts, stand, text
from tests.support.virtual_time import BRISK, HURRIED

pytestmark = pytest.mark.anyio
ASKED = {"confirm_above_credits": 3}
SOUND = "https://example.com/a.mp3"
"""Nobody knows how long it is, nor what a video of it costs."""


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


@pytest.fixture(params=["legacy", "auto"])
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


class Person:
    """Says what a test wants said, and remembers the questions."""

    def __init__(self, answer: ElicitResult | ErrorData | str = "yes") -> None:
        said = ElicitResult(action="accept", content={"order": answer}) if isinstance(answer, str) else answer
        self.answer: ElicitResult | ErrorData = said
        self.questions: list[str] = []
        self.reads = anyio.Event()
        self.may_answer = anyio.Event()
        self.may_answer.set()

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult | ErrorData:
        self.questions.append(params.message)
        self.reads.set()
        await self.may_answer.wait()
        return self.answer


async def list_jobs(here: Stand) -> list[dict[str, Any]]:
    return facts(await here.call("list_jobs"))["jobs"]


async def test_who_says_yes_gets_what_was_asked_about(tmp_path: Path, era: Era) -> None:
    person = Person()
    async with stand(tmp_path, era=era, changes=ASKED, person=person) as here:
        await here.call("get_account")
        made = facts(await here.call("generate_image", prompt="a fox\nin the wood"))
        jobs = await list_jobs(here)
    assert (made["state"], len(jobs), len(here.creates)) == ("succeeded", 1, 1)
    assert person.questions == snapshot(
        [
            """\
Order this from Kie.ai? The price: about 4 credits ($0.02).
- image, google/nano-banana: "a fox in the wood"
The balance was 1,000 credits when it was last looked at.\
"""
        ]
    )


async def test_the_question_is_about_everything_that_one_call_orders(tmp_path: Path, era: Era) -> None:
    person = Person()
    order = {"image_prompt": "a woman", "script": "Good morning, and welcome."}
    async with stand(tmp_path, era=era, changes={"confirm_above_credits": 10}, person=person) as here:
        made = facts(await here.call("create_talking_video", **order))
    assert (made["state"], len(here.creates)) == ("succeeded", 3)
    assert person.questions == snapshot(
        [
            """\
Order this from Kie.ai? The price: about 8-16 credits ($0.04-$0.08) in all.
- talking video, infinitalk/from-audio: "Good morning, and welcome."
- image, google/nano-banana: "a woman"
- speech, elevenlabs/text-to-speech-turbo-2-5: "Good morning, and welcome."\
"""
        ]
    )


NOES = ["no", ElicitResult(action="decline"), ElicitResult(action="decline", content={"order": "yes"})]
SILENCES = [
    ElicitResult(action="cancel"),
    ElicitResult(action="cancel", content={"order": "yes"}),
    ElicitResult(action="accept", content={}),
    ElicitResult(action="accept"),
    ElicitResult(action="accept", content={"order": "YES, but"}),
    ElicitResult(action="accept", content={"order": True}),
    ElicitResult(action="accept", content={"order": ["yes"]}),
]


@pytest.mark.parametrize("answer", SILENCES)
async def test_a_question_that_comes_back_without_an_answer_is_no_refusal(
    tmp_path: Path, era: Era, answer: ElicitResult
) -> None:
    async with stand(tmp_path, era=era, changes=ASKED, person=Person(answer)) as here:
        refused = await here.call("generate_image", prompt="a fox")
        jobs = await list_jobs(here)
    assert (refused.is_error, jobs, here.creates) == (True, [], [])
    assert "the question came back without an answer. Nothing was ordered." in text(refused)
    assert "agreed_credits=4" in text(refused)


@pytest.mark.parametrize("answer", NOES)
async def test_who_says_no_gets_nothing(tmp_path: Path, era: Era, answer: ElicitResult | str) -> None:
    person = Person(answer)
    async with stand(tmp_path, era=era, changes=ASKED, person=person) as here:
        refused = await here.call("generate_image", prompt="a fox")
        jobs = await list_jobs(here)
    assert (refused.is_error, jobs, here.creates, len(person.questions)) == (True, [], [], 1)
    assert facts(refused)["error"] == snapshot(
        {
            "category": "confirmation",
            "message": "The person was asked and did not agree to the cost. Nothing was ordered.",
            "remedy": "Do not repeat it unless they ask for it; offer something cheaper.",
            "retryable": False,
            "may_have_been_charged": False,
        }
    )


async def test_what_costs_no_more_than_the_setting_is_not_asked_about(tmp_path: Path, era: Era) -> None:
    person = Person("no")
    async with stand(tmp_path, era=era, changes={"confirm_above_credits": 4}, person=person) as here:
        made = facts(await here.call("generate_image", prompt="a fox"))
        free = facts(await here.call("generate_image", prompt="a dog", model="nano-banana-2-1", estimate_only=True))
    assert (made["state"], free["estimate_only"], person.questions) == ("succeeded", True, [])


async def test_a_client_that_cannot_ask_is_told_how_to_go_on(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era, changes=ASKED) as here:
        refused = await here.call("generate_image", prompt="a fox")
        less = await here.call("generate_image", prompt="a fox", agreed_credits=3.5)
        nothing = await list_jobs(here)
        made = facts(await here.call("generate_image", prompt="a fox", agreed_credits=4))
    assert (nothing, made["state"], len(here.creates)) == ([], "succeeded", 1)
    assert [facts(one)["error"] for one in (refused, less)] == snapshot(
        [
            {
                "category": "confirmation",
                "message": "The price of this order is about 4 credits ($0.02). Above 3 credits the person is asked first (KIE_CONFIRM_ABOVE_CREDITS), and this client cannot put the question to them. Nothing was ordered.",
                "remedy": "Ask the person. If they agree, repeat the same call with agreed_credits=4, or they raise KIE_CONFIRM_ABOVE_CREDITS.",
                "retryable": False,
                "may_have_been_charged": False,
            },
            {
                "category": "confirmation",
                "message": "agreed_credits: 3.5 given. The price of this order is about 4 credits ($0.02). Above 3 credits the person is asked first (KIE_CONFIRM_ABOVE_CREDITS), and this client cannot put the question to them. Nothing was ordered.",
                "remedy": "Ask the person. If they agree, repeat the same call with agreed_credits=4, or they raise KIE_CONFIRM_ABOVE_CREDITS.",
                "retryable": False,
                "may_have_been_charged": False,
            },
        ]
    )
    assert facts(refused)["error"]["remedy"] in text(refused)


async def test_agreed_credits_are_a_ceiling_without_the_setting_too(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        refused = await here.call("generate_image", prompt="a fox", agreed_credits=2)
        negative = await here.call("generate_image", prompt="a fox", agreed_credits=-1)
        unlimited = await here.call("generate_image", prompt="a fox", agreed_credits="Infinity")
    assert [one.is_error for one in (refused, negative, unlimited)] == [True] * 3
    assert facts(refused)["error"]["message"] == snapshot(
        "agreed_credits: 2 given. The price of this order is about 4 credits ($0.02). The person has to agree, and this client cannot put the question to them. Nothing was ordered."
    )
    assert here.creates == []


async def test_a_client_that_says_it_asks_and_then_does_not_is_told_how_to_go_on(tmp_path: Path) -> None:
    """In the newer era such a client does not call again."""
    person = Person(ErrorData(code=INVALID_REQUEST, message="not now"))
    async with stand(tmp_path, changes=ASKED, person=person) as here:
        refused = await here.call("generate_image", prompt="a fox")
    assert "agreed_credits=4" in facts(refused)["error"]["remedy"]
    assert (len(person.questions), here.creates) == (1, [])


@pytest.mark.parametrize("anyio_backend", [BRISK])
async def test_who_never_answers_is_not_waited_for_longer_than_the_client_stands(tmp_path: Path) -> None:
    person = Person()
    person.may_answer = anyio.Event()
    changes = {**ASKED, "wait_seconds": None}
    async with stand(tmp_path, client="google-adk", changes=changes, person=person) as here:
        began = anyio.current_time()
        refused = await here.call("generate_image", prompt="a fox", wait_seconds=600)
        took = anyio.current_time() - began
        person.may_answer.set()
        jobs = await list_jobs(here)
    assert 2 < took < 5, "this client gives up at 5 s"
    assert (jobs, here.creates) == ([], [])
    assert facts(refused)["error"] == snapshot(
        {
            "category": "confirmation",
            "message": "The price of this order is about 4 credits ($0.02). Above 3 credits the person is asked first (KIE_CONFIRM_ABOVE_CREDITS), and they did not answer for as long as this client waits for a call. Nothing was ordered.",
            "remedy": "Ask the person. If they agree, repeat the same call with agreed_credits=4, or they raise KIE_CONFIRM_ABOVE_CREDITS.",
            "retryable": False,
            "may_have_been_charged": False,
        }
    )


async def test_after_an_answer_the_job_is_waited_for_only_as_long_as_the_client_still_stands(tmp_path: Path) -> None:
    person = Person()
    person.may_answer = anyio.Event()
    changes = {**ASKED, "wait_seconds": 60}

    async def answer_late() -> None:
        await person.reads.wait()
        await anyio.sleep(40)
        person.may_answer.set()

    async with stand(tmp_path, changes=changes, person=person) as here, anyio.create_task_group() as group:
        group.start_soon(answer_late)
        began = anyio.current_time()
        running = facts(await here.call("generate_image", prompt="a fox sandbox:stuck"))
        assert running["state"] in {"queued", "running"}
        assert 40 < anyio.current_time() - began < 90


async def test_an_answer_to_a_call_that_was_cancelled_orders_nothing(tmp_path: Path) -> None:
    person = Person()
    person.may_answer = anyio.Event()
    async with stand(tmp_path, changes=ASKED, person=person) as here:
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: here.call("generate_image", prompt="a fox"))
            await person.reads.wait()
            group.cancel_scope.cancel()
        person.may_answer.set()
        await anyio.sleep(20)
        jobs = await list_jobs(here)
    assert (jobs, here.creates) == ([], [])


async def test_a_call_that_joins_a_job_is_not_asked_about(tmp_path: Path, era: Era) -> None:
    person = Person()
    async with stand(tmp_path, era=era, changes=ASKED, person=person) as here:
        first = facts(await here.call("generate_image", prompt="a fox sandbox:stuck", wait_seconds=0))
        again = facts(await here.call("generate_image", prompt="a fox sandbox:stuck", wait_seconds=0))
        keyed = facts(await here.call("generate_image", prompt="a dog", idempotency_key="k"))
        same = facts(await here.call("generate_image", prompt="a dog", idempotency_key="k"))
        asked = len(person.questions)
        another = facts(await here.call("generate_image", prompt="a dog"))
    assert (again["job_id"], again["joined"], same["job_id"]) == (first["job_id"], True, keyed["job_id"])
    assert (asked, len(person.questions), len(here.creates)) == (2, 3, 3)
    assert another["job_id"] != keyed["job_id"]


async def test_what_a_ceiling_refuses_is_not_asked_about(tmp_path: Path, era: Era) -> None:
    person = Person()
    changes = {"confirm_above_credits": 1, "max_credits_per_job": 2}
    async with stand(tmp_path, era=era, changes=changes, person=person) as here:
        refused = await here.call("generate_image", prompt="a fox")
    assert (facts(refused)["error"]["category"], person.questions) == ("budget", [])


@pytest.mark.parametrize("cap", [None, 60])
async def test_a_price_that_nobody_knows_is_put_to_the_person(tmp_path: Path, era: Era, cap: int | None) -> None:
    person = Person("no")
    changes = {"confirm_above_credits": 20, "max_credits_per_job": cap}
    order: dict[str, Any] = {"image_prompt": "a woman", "audio": SOUND, "wait_seconds": 0}
    async with stand(tmp_path, era=era, changes=changes, person=person) as here:
        await here.call("create_talking_video", **order)
        less = await here.call("create_talking_video", **order, agreed_credits=20)
    assert (less.is_error, len(person.questions), here.creates) == (True, 2, [])
    assert person.questions[0] == snapshot("""\
Order this from Kie.ai? The price: at least 4 credits ($0.02) in all: the rest is not known before it is made.
- talking video, infinitalk/from-audio: "a woman"
- image, google/nano-banana: "a woman"\
""")
    async with stand(tmp_path, era=era, changes=changes) as here:
        refused = await here.call("create_talking_video", **order)
        enough = 64 if cap else 21
        assert (
            facts(refused)["error"]["message"]
            == {
                None: snapshot(
                    "The price of this order is at least 4 credits ($0.02) in all: the rest is not known before it is made. Above 20 credits the person is asked first (KIE_CONFIRM_ABOVE_CREDITS), and this client cannot put the question to them. Nothing was ordered."
                ),
                60: snapshot(
                    "The price of this order is at least 4 credits ($0.02) in all: the rest is not known before it is made (a job of unknown price counts as KIE_MAX_CREDITS_PER_JOB). Above 20 credits the person is asked first (KIE_CONFIRM_ABOVE_CREDITS), and this client cannot put the question to them. Nothing was ordered."
                ),
            }[cap]
        )
        assert f"agreed_credits={enough}." in facts(refused)["error"]["remedy"].replace(",", ".")
        made = await here.call("create_talking_video", **order, agreed_credits=enough)
    assert not made.is_error
