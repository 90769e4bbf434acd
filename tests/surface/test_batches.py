"""Several pictures by one call: all or none are ordered, all are waited for, and a repeated call pays for none twice."""
# ruff: noqa: E501 (texts stand as they are said)

import re
from pathlib import Path
from typing import Any

import anyio
import jsonschema
import pytest
from inline_snapshot import snapshot
from mcp.types import ImageContent, ResourceLink

from kie_mcp.surface.batch_orders import asks_for_batch
from tests.support.sandbox_server import Era, Stand, facts, saved, stand, text
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio

FOXES: dict[str, Any] = {"prompt": "a fox", "count": 4}


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


@pytest.fixture(params=["legacy", "auto"])
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


def ids(answer: dict[str, Any]) -> list[str]:
    return [job["job_id"] for job in answer["jobs"]]


def prompts(here: Stand) -> list[str]:
    return sorted(body["input"]["prompt"] for body in here.creates)


async def test_four_equal_pictures_are_four_jobs_and_the_number_is_not_sent(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era) as here:
        result = await here.call("generate_image", **FOXES)
        listed = facts(await here.call("list_jobs"))["jobs"]
    made = facts(result)
    assert (made["state"], result.is_error, made.get("next")) == ("succeeded", False, None)
    assert made["credits"] == {"estimated": 16.0, "used": 16.0, "usd": 0.08}
    assert len(set(ids(made))) == len(here.creates) == 4
    assert {job["job_id"] for job in listed} == set(ids(made))
    assert here.creates == [here.creates[0]] * 4
    assert "copy" not in str(here.creates[0])
    assert all(len(saved(job)) == job["outputs"][0]["bytes"] for job in made["jobs"])


async def test_everything_is_said_twice_and_each_file_has_a_link(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        result = await here.call("generate_image", prompts=["a fox", "a cat"], count=2)
    said = text(result)
    for job in facts(result)["jobs"]:
        output = job["outputs"][0]
        assert all(
            known in said for known in (job["job_id"], job["title"], *map(output.get, ("url", "path", "resource")))
        )
    assert said.startswith("succeeded: 4 of 4 pictures done, 16 credits ($0.08) in all\n1. succeeded: image, ")
    links = [block.uri for block in result.content if isinstance(block, ResourceLink)]
    assert links == [job["outputs"][0]["url"] for job in facts(result)["jobs"]]
    assert [job["title"] for job in facts(result)["jobs"]] == ["a fox", "a fox", "a cat", "a cat"]


async def test_a_wait_that_runs_out_says_how_to_ask_about_all(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era) as here:
        result = await here.call("generate_image", **FOXES, wait_seconds=0)
        running = facts(result)
        [asked] = re.findall(r'job_id="([^"]+)"', running["next"])
        done = facts(await here.call("get_job_status", job_id=asked, wait_seconds=600))
        spaced = facts(await here.call("get_job_status", job_id=" ".join(ids(running) + ids(running)[:1])))
    assert (running["state"], result.is_error) == ("running", False)
    assert asked.split(",") == ids(running) == ids(done) == ids(spaced)
    assert running["next"] in text(result)
    assert done["state"] == spaced["state"] == "succeeded"


async def test_one_progress_for_all(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era) as here:
        await here.call("generate_image", prompts=["a fox", "a cat sandbox:slow", "a dog"])
    values = [value for value, _, _ in here.heard]
    assert len(values) >= 3
    assert values == sorted(set(values))
    assert all(value < 1 == total for value, total, _ in here.heard)
    assert all(message and re.match(r"[0-2] of 3 pictures done, ", message) for _, _, message in here.heard)
    assert any(message and message.startswith("2 of 3") for _, _, message in here.heard)


async def test_a_cancelled_batch_loses_nothing_and_the_same_call_joins_job_by_job(tmp_path: Path, era: Era) -> None:
    order = {"prompts": ["a fox", "a dog sandbox:slow"], "count": 2}
    async with stand(tmp_path, era=era) as here:
        with anyio.move_on_after(4):
            await here.call("generate_image", **order)
        again = facts(await here.call("generate_image", **order))
        await anyio.sleep(3)
        anew = facts(await here.call("generate_image", **order))
    assert (again["state"], [job["joined"] for job in again["jobs"]]) == ("succeeded", [True] * 4)
    assert again["next"] == "repeat with new=true to make, and pay for, others"
    assert not {*ids(again)} & {*ids(anew)}
    assert len(here.creates) == 8


async def test_what_was_done_when_the_wait_ran_out_is_joined_with_the_rest(tmp_path: Path) -> None:
    """Whoever has ordered all is owed the end of all."""
    order = {"prompts": ["a fox", "a dog sandbox:slow"]}
    async with stand(tmp_path) as here:
        first = facts(await here.call("generate_image", **order, wait_seconds=0))
        while not facts(await here.call("list_jobs", state="succeeded"))["jobs"]:  # noqa: ASYNC110 - a server knows
            await anyio.sleep(0.5)
        second = facts(await here.call("generate_image", **order, wait_seconds=0))
        asked = facts(await here.call("get_job_status", job_id=",".join(ids(first)), wait_seconds=0))
        await anyio.sleep(3)
        third = facts(await here.call("generate_image", **order))
    assert [[job["state"] for job in told["jobs"]] for told in (second, asked)] == [["succeeded", "running"]] * 2
    assert ids(first) == ids(second) == ids(third)
    assert len(here.creates) == 2


async def test_asking_about_several_leaves_an_end_that_was_told_as_it_is(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        told = facts(await here.call("generate_image", prompt="a fox"))
        slow = facts(await here.call("generate_image", prompt="a dog sandbox:slow", wait_seconds=0))
        asked = f"{told['job_id']},{slow['job_id']}"
        assert facts(await here.call("get_job_status", job_id=asked, wait_seconds=0))["state"] == "running"
        await anyio.sleep(3)
        other = facts(await here.call("generate_image", prompt="a fox"))
    assert other["job_id"] != told["job_id"]


async def test_a_key_is_one_for_each_job(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        first, again = [facts(await here.call("generate_image", **FOXES, idempotency_key="k")) for _ in range(2)]
        more = facts(await here.call("generate_image", **FOXES | {"count": 5}, idempotency_key="k"))
        refused = await here.call("generate_image", prompts=["a cat"], idempotency_key="k")
    assert ids(first) == ids(again) == ids(more)[:4]
    assert "another idempotency_key" in again["next"]
    assert "idempotency_key 'k#1' stands for another order" in text(refused)
    assert len(here.creates) == 5


async def test_new_makes_all_anew(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        first = facts(await here.call("generate_image", **FOXES, wait_seconds=0))
        second = facts(await here.call("generate_image", **FOXES, new=True))
    assert not {*ids(first)} & {*ids(second)}


async def test_equal_prompts_are_copies_too(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        order = {"prompts": ["a fox", "a cat", " a fox\n"]}
        first = facts(await here.call("generate_image", **order, wait_seconds=0))
        again = facts(await here.call("generate_image", **order))
    assert len(set(ids(first))) == 3
    assert ids(first) == ids(again)


async def test_a_partial_failure_is_told_job_by_job(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era) as here:
        result = await here.call("generate_image", prompts=["a fox", "no sandbox:fail", "a cat"])
        all_failed = await here.call("generate_image", prompts=["x sandbox:fail", "y sandbox:fail"])
    made = facts(result)
    assert (made["state"], result.is_error) == ("failed", False)
    assert [job["state"] for job in made["jobs"]] == ["succeeded", "failed", "succeeded"]
    assert made["jobs"][1]["error"]["message"] in text(result)
    assert made["credits"] == {"estimated": 12.0, "used": 8.0, "usd": 0.04}
    assert made["next"] == "order again only what failed: the rest is made, and would be paid for anew"
    assert (facts(all_failed)["state"], all_failed.is_error) == ("failed", True)


WRONG: dict[str, dict[str, Any]] = {
    "both": {"prompt": "a fox", "prompts": ["a cat"]},
    "too many": {"prompts": ["a", "b", "c", "d"], "count": 3},
    "less than none": {"prompt": "a fox", "count": -1},
    "eleven": {"prompt": "a fox", "count": 11},
    "one too long": {"prompts": ["a", "b", "c" * 6000]},
    "a number for a list": {"prompts": ["a"], "count": "many"},
    "no words": {"count": 2},
}


async def test_one_order_that_is_wrong_refuses_all_and_is_named(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        said = {name: text(await here.call("generate_image", **wrong)) for name, wrong in WRONG.items()}
        assert facts(await here.call("list_jobs"))["jobs"] == []
    assert here.creates == []
    assert said == snapshot(
        {
            "both": """\
error: prompt, prompts: both given.
what to do: Give prompt for one text, or prompts for several.\
""",
            "too many": """\
error: prompts: 4 texts of 3 pictures each given, 12 jobs; one call makes at most 10.
what to do: Order fewer at a time.\
""",
            "less than none": """\
error: count: -1 given; 1 to 10 are allowed.
what to do: Order that many, or call several times.\
""",
            "eleven": """\
error: count: 11 given; 1 to 10 are allowed.
what to do: Order that many, or call several times.\
""",
            "one too long": """\
error: prompts[2]: has 6,000 characters; google/nano-banana takes at most 5,000.
what to do: Shorten it.\
""",
            "a number for a list": """\
error: count: 'many' given; input should be a valid integer, unable to parse string as an integer.
what to do: Correct the arguments and call again.\
""",
            "no words": """\
error: prompt: is empty; google/nano-banana takes 1 to 5,000 characters.
what to do: Say in words what is wanted.\
""",
        }
    )


async def test_a_ceiling_holds_for_the_sum_and_a_refusal_orders_nothing(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era, changes={"max_credits_per_day": 15, "max_credits_per_job": 4}) as here:
        refused = await here.call("generate_image", **FOXES)
        fits = facts(await here.call("generate_image", **FOXES | {"count": 3}))
    assert facts(refused)["error"]["category"] == "budget"
    assert "up to 16 credits" in text(refused)
    assert "KIE_MAX_CREDITS_PER_DAY allows 15 a day" in text(refused)
    assert (fits["state"], len(here.creates)) == ("succeeded", 3)


async def test_of_two_batches_at_once_from_two_servers_only_what_fits_is_ordered(tmp_path: Path) -> None:
    changes = {"max_credits_per_day": 30}
    answers: list[dict[str, Any]] = []
    async with stand(tmp_path, changes=changes) as one, stand(tmp_path, app=one.app, changes=changes) as other:

        async def order(here: Stand, prompt: str) -> None:
            answers.append(facts(await here.call("generate_image", prompt=prompt, count=4)))

        async with anyio.create_task_group() as group:
            group.start_soon(order, one, "a fox")
            group.start_soon(order, other, "a cat")
    assert sorted(answer.get("state", "refused") for answer in answers) == ["refused", "succeeded"]
    assert len(one.creates) == 4


async def test_an_estimate_has_the_sum_and_each(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        result = await here.call("generate_image", prompts=["a fox", "a cat"], count=2, estimate_only=True)
        assert facts(await here.call("list_jobs"))["jobs"] == []
    assert facts(result)["credits"] == {"estimated": 16.0, "usd": 0.08}
    assert [job["credits"]["estimated"] for job in facts(result)["jobs"]] == [4.0] * 4
    assert text(result) == snapshot("""\
estimate: 4 pictures, about 16 credits ($0.08) in all; nothing was ordered
1. image "a fox" by google/nano-banana, about 4 credits ($0.02)
2. image "a fox" by google/nano-banana, about 4 credits ($0.02)
3. image "a cat" by google/nano-banana, about 4 credits ($0.02)
4. image "a cat" by google/nano-banana, about 4 credits ($0.02)
next: the same call without estimate_only makes them\
""")
    assert here.creates == []


async def test_a_preview_is_at_most_one_small_picture(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        result = await here.call("generate_image", **FOXES, preview=True)
    assert len([block for block in result.content if isinstance(block, ImageContent)]) == 1


async def test_the_answers_fit_the_published_schemas(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        schemas = {tool.name: tool.output_schema or {} for tool in (await here.client.list_tools()).tools}
        made = facts(await here.call("generate_image", **FOXES))
        asked = facts(await here.call("get_job_status", job_id=",".join(ids(made))))
        estimate = facts(await here.call("generate_image", **FOXES, estimate_only=True))
    for tool, answer in (("generate_image", made), ("get_job_status", asked), ("generate_image", estimate)):
        jsonschema.validate(answer, schemas[tool])


async def test_more_than_ten_jobs_are_not_asked_about_at_once(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        refused = await here.call("get_job_status", job_id=",".join(f"job_{number}" for number in range(11)))
        unknown = await here.call("get_job_status", job_id="job_a, job_b")
    assert text(refused).startswith("error: job_id: 11 jobs given; at most 10 are allowed.")
    assert "There is no job 'job_a' here." in text(unknown)


def test_arguments_as_they_come_tell_whether_they_ask_for_several():
    several: list[dict[str, Any]] = [{"count": 2}, {"count": "3"}, {"prompts": ["a"]}, {"prompts": '["a"]'}]
    one: list[dict[str, Any]] = [{}, {"count": 1}, {"count": None}, {"count": "one"}, {"prompts": []}, {"count": ""}]
    assert [asks_for_batch(arguments) for arguments in several + one] == [True] * 4 + [False] * 6
