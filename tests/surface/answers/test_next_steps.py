"""The next steps that answers name: each is done as the answer says, and works in every client."""

import ast
import re
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.types import CallToolResult

from kie_mcp.app import INSTRUCTIONS
from kie_mcp.surface.answers.build import build_listing, build_lost_answer, build_result, describe_job
from kie_mcp.surface.clients import LISTENING
from tests.support.every_state import EVERY, NOW, job
from tests.support.sandbox_server import Stand, facts, stand, text
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio

CUT = LISTENING - 5
"""Seconds after which a call is cut here: the strictest clients do so at 5, and a busy machine needs the rest."""
BY_TABLE = {"wait_seconds": None}
"""No setting: what is known of the client rules."""
DONE = {"succeeded", "failed", "unconfirmed"}


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


def parse(hint: str) -> tuple[str, dict[str, Any]]:
    """Parse the call in a hint: return the tool and its arguments, with JSON's true and false."""
    call = ast.parse(hint.replace("=true", "=True").replace("=false", "=False"), mode="eval").body
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Name)
    assert not call.args
    return call.func.id, {str(one.arg): ast.literal_eval(one.value) for one in call.keywords}


async def follow(here: Stand, first: CallToolResult, *, limit: int = 200) -> CallToolResult:
    """Do what `next` says until the job is done, as a client without progress that soon cuts a call."""
    returned = first
    for _ in range(limit):
        if facts(returned)["state"] in DONE:
            return returned
        assert f"next: {facts(returned)['next']}" in text(returned)
        tool, arguments = parse(facts(returned)["next"])
        with anyio.fail_after(CUT):
            returned = await here.client.call_tool(tool, arguments)
    raise AssertionError("it goes on forever")


async def test_whoever_does_what_next_says_reaches_the_end_in_the_most_impatient_client(tmp_path: Path) -> None:
    async with stand(tmp_path, client="somebody's framework", changes=BY_TABLE, speed=2.0) as here:
        with anyio.fail_after(CUT):
            first = await here.client.call_tool("generate_image", {"prompt": "a fox sandbox:slow"})
        assert facts(first)["state"] in {"queued", "running"}
        assert facts(await follow(here, first))["state"] == "succeeded"


async def test_a_preview_that_was_wished_for_is_in_what_next_says(tmp_path: Path) -> None:
    async with stand(tmp_path, changes=BY_TABLE, speed=1.0) as here:
        first = await here.client.call_tool("generate_image", {"prompt": "a fox sandbox:slow", "preview": True})
        assert parse(facts(first)["next"])[1]["preview"] is True
        last = await follow(here, first)
    assert [block.type for block in last.content][-1] == "image"


async def test_the_next_step_of_a_listing_is_a_call_about_a_job_that_still_goes_on(tmp_path: Path) -> None:
    async with stand(tmp_path, changes=BY_TABLE, speed=1.0) as here:
        await here.client.call_tool("generate_image", {"prompt": "a fox"})
        listed = await here.client.call_tool("list_jobs", {})
        tool, arguments = parse(facts(listed)["next"])
        assert facts(await here.client.call_tool(tool, arguments))["state"] == "running"


async def test_an_answer_that_joined_says_how_to_get_another_one_and_that_is_so(tmp_path: Path) -> None:
    order: dict[str, Any] = {"prompt": "a fox"}
    async with stand(tmp_path, changes=BY_TABLE, speed=1.0) as here:
        first = facts(await here.client.call_tool("generate_image", order))
        joined = facts(await here.client.call_tool("generate_image", order | {"wait_seconds": 600}))
        hint = re.fullmatch(r"repeat with (\w+)=true to make, and pay for, another one", joined["next"])
        assert hint
        other = facts(await here.client.call_tool("generate_image", order | {hint[1]: True}))
    assert joined["job_id"] == first["job_id"]
    assert other["job_id"] != first["job_id"]


async def test_a_remedy_that_names_a_call_names_one_that_works(tmp_path: Path) -> None:
    async with stand(tmp_path, changes=BY_TABLE, speed=1.0) as here:
        known = facts(await here.client.call_tool("generate_image", {"prompt": "a fox"}))["job_id"]
        told = facts(build_lost_answer(job(EVERY["running"].job.phase, id=known), RuntimeError()))
        found = re.search(r"\w+\(.*?\)", told["error"]["remedy"])
        assert found
        tool, arguments = parse(found[0])
        assert facts(await here.client.call_tool(tool, arguments))["job_id"] == known


async def test_nothing_that_is_said_names_a_wait(tmp_path: Path) -> None:
    """A wait that a caller gives is used in place of the client's own, and few clients can wait 45 s."""
    said = [INSTRUCTIONS]
    for case in EVERY.values():
        told = describe_job(case.job, case.outlook, NOW, parts=case.parts, sandbox=case.sandbox, joined=case.joined)
        said += [str(build_result(case.job, told)), str(build_listing([told]))]
    async with stand(tmp_path) as here:
        for tool in (await here.client.list_tools()).tools:
            said.append(tool.description or "")
        for prompt in (await here.client.list_prompts()).prompts:
            required = {one.name: "x" for one in prompt.arguments or () if one.required}
            said.append(str(await here.client.get_prompt(prompt.name, required)))
    assert not [words for words in said if "wait_seconds" in words]


# What can go into the next order.

CHAINS = {
    "generate_image": ({"prompt": "a fox"}, {"generate_image", "create_talking_video"}),
    "generate_speech": ({"text": "Hello."}, {"create_talking_video"}),
    "create_talking_video": ({"image_prompt": "a fox", "script": "Hello."}, set[str]()),
}
FILES = {
    "generate_image": {"images": {"prompt": "the same at night"}},
    "create_talking_video": {"image": {"script": "Hello."}, "audio": {"image_prompt": "a fox"}},
}
"""Each argument that takes a file, with what the tool needs besides."""


@pytest.mark.parametrize("maker", CHAINS)
async def test_a_file_is_offered_to_exactly_the_tools_that_take_it(tmp_path: Path, maker: str) -> None:
    arguments, takers = CHAINS[maker]
    async with stand(tmp_path) as here:
        made = await here.call(maker, **arguments, wait_seconds=600)
        [output] = facts(made)["outputs"]
        taking: set[str] = set()
        for tool, places in FILES.items():
            for place, besides in places.items():
                given = output["resource"] if place != "images" else [output["resource"]]
                answered = await here.call(tool, **besides, **{place: given}, wait_seconds=0)
                taking |= set() if answered.is_error else {tool}
        [listed] = [one for one in (await here.client.list_resources()).resources if str(one.uri) == output["resource"]]
    assert taking == takers == set(output.get("input_for", ()))
    assert ("chain it as: " in text(made)) == bool(takers)
    assert output["resource"] in text(made)
    assert {tool for tool in FILES if tool in (listed.description or "")} == takers


async def test_the_parts_of_a_video_are_offered_to_the_tools_that_take_them(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        film = facts(await here.call("create_talking_video", image_prompt="a fox", script="Hello.", wait_seconds=600))
    offered = {part["kind"]: part["input_for"] for part in film["parts"]}
    assert offered == {"image": ["generate_image", "create_talking_video"], "speech": ["create_talking_video"]}
