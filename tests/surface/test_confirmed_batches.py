"""The person is asked once about several pictures, by their sum; what is only joined is not asked about."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.support.sandbox_server import Era, facts, stand, text
from tests.support.virtual_time import HURRIED
from tests.surface.test_confirmation import Person, list_jobs

pytestmark = pytest.mark.anyio

FOXES: dict[str, Any] = {"prompts": ["a fox", "a dog sandbox:slow"], "count": 2}
ASKED = {"confirm_above_credits": 10}


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


@pytest.fixture(params=["legacy", "auto"])
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


async def test_one_question_is_about_the_sum(tmp_path: Path, era: Era) -> None:
    person = Person()
    async with stand(tmp_path, era=era, changes=ASKED, person=person) as here:
        made = facts(await here.call("generate_image", **FOXES))
    [question] = person.questions
    assert "about 16 credits ($0.08) in all" in question
    assert question.count("- image, google/nano-banana") == 4
    assert (made["state"], len(here.creates)) == ("succeeded", 4)


async def test_who_says_no_gets_none(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era, changes=ASKED, person=Person("no")) as here:
        refused = await here.call("generate_image", **FOXES)
        assert await list_jobs(here) == []
    assert (refused.is_error, here.creates) == (True, [])


async def test_what_is_repeated_is_joined_unasked(tmp_path: Path, era: Era) -> None:
    person = Person()
    async with stand(tmp_path, era=era, changes=ASKED, person=person) as here:
        first = facts(await here.call("generate_image", **FOXES, wait_seconds=0))
        await anyio.sleep(3)
        again = facts(await here.call("generate_image", **FOXES))
    assert [job["job_id"] for job in again["jobs"]] == [job["job_id"] for job in first["jobs"]]
    assert (len(person.questions), len(here.creates)) == (1, 4)


async def test_a_refusal_of_what_is_new_leaves_what_is_there_to_be_joined(tmp_path: Path, era: Era) -> None:
    order = {"prompt": "a dog sandbox:slow"}
    person = Person()
    async with stand(tmp_path, era=era, changes={"confirm_above_credits": 6}, person=person) as here:
        there = facts(await here.call("generate_image", **order, wait_seconds=0))
        await anyio.sleep(3)
        person.answer = Person("no").answer
        refused = await here.call("generate_image", **order, count=3)
        again = facts(await here.call("generate_image", **order))
    assert refused.is_error
    assert "about 8 credits" in person.questions[0]
    assert (again["job_id"], again["joined"], len(here.creates)) == (there["job_id"], True, 1)


async def test_who_has_agreed_is_not_asked(tmp_path: Path) -> None:
    async with stand(tmp_path, changes=ASKED) as here:
        refused = await here.call("generate_image", **FOXES)
        made = facts(await here.call("generate_image", **FOXES, agreed_credits=16))
    assert "agreed_credits=16" in text(refused)
    assert (made["state"], len(here.creates)) == ("succeeded", 4)
