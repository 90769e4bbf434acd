"""The newer era's question and answer, step by step: a client may lose, repeat, mix up and forge what it sends."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolResult,
    CreateMessageResult,
    ElicitResult,
    InputRequiredResult,
    InputResponse,
    TextContent,
)

from kie_mcp.surface.confirmation import Confirmations
from tests.support.sandbox_server import Era, Stand, facts, stand
from tests.support.tasks_client import TaskClient
from tests.support.virtual_time import HURRIED
from tests.surface.tasks.test_job_tasks import URL, sandbox, server
from tests.surface.test_confirmation import ASKED, Person, list_jobs
from tests.surface.test_learned_prices import charging

pytestmark = pytest.mark.anyio
YES = ElicitResult(action="accept", content={"order": "yes"})
NO = ElicitResult(action="decline")
FOX = {"prompt": "a fox"}


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


@asynccontextmanager
async def stand_and_ask(folder: Path, **options: Any) -> AsyncGenerator[Stand]:
    """A stand whose client asks its person by itself, outside the test: here each step is made by hand."""
    async with stand(folder, era="auto", changes=ASKED, person=Person("no"), **options) as here:
        yield here


async def call(
    here: Stand, state: str | None = None, answer: InputResponse | None = None, /, **arguments: Any
) -> CallToolResult | InputRequiredResult:
    """Make the call, or make it again with an answer."""
    return await here.client.session.call_tool(
        "generate_image",
        arguments or FOX,
        input_responses={"order": answer} if answer else None,
        request_state=state,
        allow_input_required=True,
    )


async def ask(here: Stand, **arguments: Any) -> str:
    """Make the call and return the state that comes with its question."""
    asked = await call(here, **arguments)
    assert isinstance(asked, InputRequiredResult)
    assert asked.request_state
    return asked.request_state


async def order(here: Stand, state: str, **arguments: Any) -> dict[str, Any]:
    """Make the call again with a yes, and return what it answers."""
    answered = await call(here, state, YES, **arguments)
    assert isinstance(answered, CallToolResult)
    return facts(answered)


async def test_nothing_is_there_between_question_and_answer(tmp_path: Path) -> None:
    async with stand_and_ask(tmp_path) as here:
        state = await ask(here)
        assert await list_jobs(here) == []
        made = await order(here, state)
    assert (made["state"], len(here.creates)) == ("succeeded", 1)


@pytest.mark.parametrize("more", [{}, {"new": True}, {"idempotency_key": "k"}])
async def test_an_answer_that_is_sent_again_orders_nothing_again(tmp_path: Path, more: dict[str, Any]) -> None:
    """The first answer to it has arrived: an equal order of its own would be another wish."""
    async with stand_and_ask(tmp_path) as here:
        state = await ask(here, **FOX, **more)
        first, again = [await order(here, state, **FOX, **more) for _ in range(2)]
    assert (again["job_id"], again["state"], len(here.creates)) == (first["job_id"], "succeeded", 1)


@pytest.mark.parametrize("more", [{}, {"new": True}])
async def test_answers_that_are_sent_side_by_side_order_once(tmp_path: Path, more: dict[str, Any]) -> None:
    made: list[dict[str, Any]] = []
    async with stand_and_ask(tmp_path) as here:
        state = await ask(here, **FOX, **more)

        async def send() -> None:
            made.append(await order(here, state, **FOX, **more))

        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(send)
    assert (len({one["job_id"] for one in made}), len(here.creates)) == (1, 1)


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 5, 8, 13, 40])
async def test_an_answer_that_was_lost_on_its_way_orders_once_when_it_is_repeated(tmp_path: Path, steps: int) -> None:
    more = {"new": True}
    async with stand_and_ask(tmp_path) as here:
        state = await ask(here, **FOX, **more)
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: order(here, state, **FOX, **more))
            for _ in range(steps):
                await asyncio.sleep(0)
            group.cancel_scope.cancel()
        made = await order(here, state, **FOX, **more)
        jobs = await list_jobs(here)
    assert (made["state"], len(jobs), len(here.creates)) == ("succeeded", 1, 1)


async def test_what_was_placed_for_an_answer_is_remembered_though_its_caller_was_cancelled_meanwhile() -> None:
    placed: list[int] = []

    async def place() -> int:
        placed.append(len(placed))
        await anyio.sleep(10)
        return placed[-1]

    confirmations = Confirmations()
    with anyio.move_on_after(5):
        await confirmations.place("answer", place)
    assert await confirmations.place("answer", place) == 0
    assert await confirmations.place("another", place) == 1
    with anyio.CancelScope() as scope:
        scope.cancel()
        await confirmations.place("third", place)
    assert placed == [0, 1], "who was cancelled before orders nothing"


async def test_a_later_equal_order_is_asked_about_again(tmp_path: Path) -> None:
    async with stand_and_ask(tmp_path) as here:
        first = await order(here, await ask(here))
        second = await order(here, await ask(here))
    assert first["job_id"] != second["job_id"]


async def test_an_answer_counts_for_its_own_question_only(tmp_path: Path) -> None:
    async with stand_and_ask(tmp_path) as here:
        state = await ask(here)
        for given in (state[:-4] + "AAAA", "v1.forged", "", state.upper()):
            with pytest.raises(MCPError) as refused:
                await call(here, given, YES)
            assert refused.value.error.code == INVALID_PARAMS
        with pytest.raises(MCPError):
            await call(here, state, YES, prompt="a dog")
        with pytest.raises(MCPError):
            await call(here, state, YES, **FOX, new=True)
        assert isinstance(await call(here, None, YES), InputRequiredResult), "nobody was asked"
        assert isinstance(await call(here, state), InputRequiredResult), "nobody has answered"
        picture = CreateMessageResult(role="user", content=TextContent(text="yes"), model="m")
        assert isinstance(await call(here, state, picture), InputRequiredResult), "that is no answer"
        refusal = await call(here, state, NO)
        jobs = await list_jobs(here)
    assert isinstance(refusal, CallToolResult)
    assert refusal.is_error
    assert (jobs, here.creates) == ([], [])


async def test_a_price_that_has_risen_since_is_asked_about_again(tmp_path: Path) -> None:
    async with charging(tmp_path, era="auto", changes={"confirm_above_credits": 3}, person=Person()) as (here, kie):
        state = await ask(here)
        kie.factor = 2.0
        for number in range(3):
            await here.call("generate_image", prompt=f"a fox {number}")
        before = len(here.creates)
        asked = await call(here, state, YES)
        assert isinstance(asked, InputRequiredResult)
        assert len(here.creates) == before
        assert "8 credits" in str(asked.input_requests)
        made = await order(here, asked.request_state or "")
    assert made["credits"]["used"] == 8


async def test_an_answer_counts_although_the_price_has_fallen_since(tmp_path: Path) -> None:
    """It was sent before, or it was no: neither orders another job."""
    async with charging(tmp_path, era="auto", changes={"confirm_above_credits": 3}, person=Person()) as (here, kie):
        yes, no = await ask(here), await ask(here)
        first = await order(here, yes)
        kie.factor = 0.5
        for number in range(8):
            await here.call("generate_image", prompt=f"a fox {number}")
        assert not isinstance(await call(here, prompt="a dog"), InputRequiredResult), "that is not asked about any more"
        before = len(here.creates)
        again, refused = await order(here, yes), await call(here, no, NO)
    assert (again["job_id"], len(here.creates)) == (first["job_id"], before)
    assert isinstance(refused, CallToolResult)
    assert refused.is_error


async def test_another_server_does_not_take_the_answer(tmp_path: Path) -> None:
    async with stand_and_ask(tmp_path) as here:
        state = await ask(here)
    async with stand_and_ask(tmp_path) as here:
        with pytest.raises(MCPError):
            await call(here, state, YES)
        assert await list_jobs(here) == []


@asynccontextmanager
async def over_http(folder: Path, era: Era, person: Person) -> AsyncGenerator[Client]:
    app = server(folder, sandbox(), **ASKED).streamable_http_app()
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app)) as http,
        Client(streamable_http_client(URL, http_client=http), mode=era, elicitation_callback=person) as client,
    ):
        yield client


async def test_over_http_the_person_is_asked_in_the_newer_era(tmp_path: Path) -> None:
    person = Person()
    async with over_http(tmp_path, "auto", person) as client:
        made = facts(await client.call_tool("generate_image", FOX))
    assert (made["state"], len(person.questions)) == ("succeeded", 1)


async def test_a_client_with_tasks_gets_the_question_first(tmp_path: Path) -> None:
    person, tasks = Person(), TaskClient()
    async with Client(server(tmp_path, sandbox(), **ASKED), extensions=[tasks], elicitation_callback=person) as client:
        made = facts(await client.call_tool("generate_image", FOX))
    assert (made["state"], len(person.questions), bool(tasks.asked)) == ("succeeded", 1, True)
