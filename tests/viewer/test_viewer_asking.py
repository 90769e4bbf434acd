"""How the viewer asks for a job that is not done: seldom, one question at a time, and only while somebody looks."""

import asyncio
from typing import Any

import pytest

from kie_mcp.surface.answers.schema import Refusal
from tests.viewer import answers as given
from tests.viewer.answers import record, status
from tests.viewer.chromium import Browser
from tests.viewer.host import GONE_BY, HURRY, Host, host

pytestmark = pytest.mark.anyio


def questions(here: Host) -> int:
    """How often the view asked for the job's record."""
    return sum(1 for params in here.calls("resources/read") if not params["uri"].endswith("/outputs/0"))


async def test_it_asks_until_the_job_is_done_less_and_less_often(browser: Browser) -> None:
    states = [given.running(elapsed_s=float(second)) for second in (50, 52, 55, 60)]
    async with host(browser, resources_read=record(*states, given.FAILED)) as here:
        await here.give(given.running())
        await here.shows("Kie.ai refused the prompt.")
        assert questions(here) == 5
        pauses = await here.look("pauses.filter((ms) => ms <= 10000)")
        assert pauses[:5] == [2000, 3000, 4500, 6750, 10000]

        await here.look(GONE_BY)

        assert questions(here) == 5


async def test_who_ordered_the_job_is_not_taken_to_have_heard_its_end_but_told_of_it(browser: Browser) -> None:
    """A status call counts as heard by the caller: the view reads the record, and passes the end on."""
    async with host(browser, resources_read=record(given.PICTURE)) as here:
        await here.give(given.running())
        told = await here.params("ui/update-model-context")

        assert told["content"][0]["text"] == f"Job {given.JOB} ended: succeeded, {given.RESOURCE}"
        assert here.calls("tools/call") == []


async def test_a_host_that_reads_no_resources_is_asked_to_call_the_status_tool(browser: Browser) -> None:
    async with host(browser, tools_call=status(given.FAILED)) as here:
        await here.give(given.running())
        await here.shows("Kie.ai refused the prompt.")

        assert here.calls() == [{"name": "get_job_status", "arguments": {"job_id": given.JOB, "wait_seconds": 0}}]


async def test_one_question_is_open_at_a_time(browser: Browser) -> None:
    answer = asyncio.Event()

    async def slow(params: dict[str, Any]) -> dict[str, Any]:
        await answer.wait()
        return await record(given.FAILED)(params)

    async with host(browser, resources_read=slow) as here:
        await here.give(given.running())
        await here.params("resources/read")
        await here.give(given.running())
        await here.look("new Promise((later) => setTimeout(later, 30000))")
        assert questions(here) == 1

        answer.set()

        await here.shows("Kie.ai refused the prompt.")


async def test_a_host_that_refuses_every_question_is_left_in_peace_until_somebody_asks_again(browser: Browser) -> None:
    async with host(browser) as here:
        await here.give(given.running())
        await here.shows("This view gets no answers about the job.")
        await here.look(GONE_BY)
        assert (questions(here), len(here.calls())) == (3, 3)

        here.replies["resources/read"] = record(given.FAILED)
        await here.look("document.body.focus()")
        await here.page.press("Tab")
        assert await here.look("document.activeElement.id") == "again"
        assert await here.look("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        await here.page.press("Enter")

        await here.shows("Kie.ai refused the prompt.")


async def test_a_view_out_of_sight_asks_nothing_and_goes_on_when_it_is_back(browser: Browser) -> None:
    async with host(browser, resources_read=record(given.running())) as here:
        await here.give(given.running())
        await here.params("resources/read")
        await here.page.run("document.body.style.paddingTop = '5000px'", "https://host.test")
        await here.look(GONE_BY)
        asked = questions(here)
        await here.look(GONE_BY)
        assert questions(here) == asked

        here.replies["resources/read"] = record(given.FAILED)
        await here.page.run("document.body.style.paddingTop = ''", "https://host.test")

        await here.shows("Kie.ai refused the prompt.")


async def test_a_torn_down_view_answers_and_is_silent_ever_after(browser: Browser) -> None:
    async with host(browser, resources_read=record(given.running())) as here:
        await here.give(given.running())
        await here.params("resources/read")
        assert (await here.ask("ui/resource-teardown"))["result"] == {}
        said = len(here.said)

        await here.give(given.FAILED)
        await here.look(GONE_BY)

        assert len(here.said) == said


async def test_an_answer_about_another_job_changes_nothing(browser: Browser) -> None:
    other = given.FAILED | {"job_id": "job_other"}
    async with host(browser, resources_read=record(other), tools_call=status(other)) as here:
        await here.give(given.running())
        await here.shows("This view gets no answers about the job.")

        assert await here.look("document.querySelector('#trouble').hidden")


async def test_a_job_lost_from_sight_is_asked_for(browser: Browser) -> None:
    lost = Refusal(job_id=given.JOB, error=given.LOST, next="get_job_status").as_json()
    async with host(browser, resources_read=record(given.FAILED)) as here:
        await here.give(lost, isError=True)

        await here.shows("Kie.ai refused the prompt.")


def test_the_view_s_time_is_faster_than_ours() -> None:
    """What the waits above rest on: a minute of the view's passes within a test."""
    assert 60 / HURRY < 2
