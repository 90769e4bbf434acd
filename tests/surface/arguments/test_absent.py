"""Every spelling of "nothing" that clients send counts as an argument that was not given, and is never paid for."""

import math
from pathlib import Path
from typing import Any

import pytest

from kie_mcp.surface.arguments.absent import given_entries
from kie_mcp.surface.arguments.repair import repair
from tests.support.sandbox_server import Stand, facts, stand, text
from tests.support.virtual_time import HURRIED

NOTHING: dict[str, Any] = {
    "null": None,
    "an empty text": "",
    "the word null": "null",
    "the word None": "None",
    "the word undefined": "undefined",
    "the word N/A": "N/A",
    "the word nil": "nil",
    "the word none": "none",
    "the word NULL with blanks": " NULL\n",
    "the word NaN": "NaN",
    "an empty list": [],
    "a list of null": [None],
    "a list of an empty text": [""],
    "a list of the word null": ["null"],
    "a list of nothings": [None, "", "n/a", [], {}],
    "an empty list as text": "[]",
    "a list of null as text": "[null]",
    "an empty object": {},
    "an empty object as text": "{}",
    "no number": math.nan,
    "a hyphen": "-",
    "a dash": " — ",
    "N.A.": "N.A.",
    "n / a": "n / a",
    "null in quotation marks": "'null'",
    "None in other ones": "“None”",
    "null in brackets": "<null>",
    "none in round ones": " (none) ",
    "null in full-width letters": "\uff4e\uff55\uff4c\uff4c",
    "null with an invisible sign": "null\u200b",
    "an invisible sign": "\u200b",
    "a list of None as text": "[None]",
    "a list of nulls as text": "[null, null]",
    "a list of blanks as text": "[ ]",
    "an object with blanks as text": "{ }",
    "empty quotation marks": "``",
    "a sentence": "Not specified",
    "another sentence": "none provided",
}
ZERO = {"zero": 0, "zero with a point": 0.0}
ZERO_IS_MEANT = {"wait_seconds", "stability", "similarity_boost", "new", "preview", "convert", "estimate_only"}
"""Where 0 is within the bounds, or is false."""
PICTURE, VOICE = "https://files.example/a.png", "https://files.example/a.mp3"
NEEDED: dict[str, dict[str, Any]] = {
    "generate_image": {"prompt": "a fox"},
    "generate_speech": {"text": "Hello."},
    "create_talking_video": {"image": PICTURE, "audio": VOICE},
    "get_job_status": {},
    "list_jobs": {},
}
"""What each tool is called with anyway; for `get_job_status` the job is put in."""


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


async def schemas(here: Stand) -> dict[str, dict[str, Any]]:
    """Return the published schema of each tool's arguments."""
    return {tool.name: tool.input_schema for tool in (await here.client.list_tools()).tools}


def optional(schema: dict[str, Any]) -> list[str]:
    """Return the arguments that can be left out."""
    return [name for name in schema["properties"] if name not in schema.get("required", ())]


@pytest.mark.anyio
async def test_every_optional_argument_in_every_spelling_of_nothing_is_not_given(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        published = await schemas(here)
    checked = 0
    for schema in published.values():
        for name in optional(schema):
            for value in NOTHING.values():
                assert repair({name: value}, schema) == {}, (name, value)
                checked += 1
            for value in ZERO.values():
                kept = repair({name: value}, schema)
                assert kept == ({name: value} if name in ZERO_IS_MEANT else {}), (name, value)
    assert checked >= 800


@pytest.mark.anyio
async def test_a_call_in_which_every_place_is_filled_with_nothing_orders_what_the_plain_call_orders(
    tmp_path: Path,
) -> None:
    """One of each type of JSON; that every spelling is nothing is held above."""
    async with stand(tmp_path / "plain") as here:
        plain = await ordered(here, None, leave=None)
    for spelling in ("null", "the word null", "a list of null", "zero"):
        nothing = (NOTHING | ZERO)[spelling]
        async with stand(tmp_path / spelling) as here:
            filled = await ordered(here, nothing, leave=ZERO_IS_MEANT if spelling in ZERO else set())
        assert filled == plain, spelling


async def ordered(here: Stand, filler: Any, *, leave: set[str] | None) -> list[Any]:
    """Call each tool with this value for every argument but those to leave; return what Kie.ai was asked, and the ends.

    None: without any such value.
    """
    published = await schemas(here)
    states: list[Any] = []
    job_id = ""
    for tool, needed in NEEDED.items():
        given = needed | ({"job_id": job_id} if tool == "get_job_status" else {})
        free = [name for name in optional(published[tool]) if name not in given]
        fill = {} if leave is None else {name: filler for name in free if name not in leave}
        answer = await here.call(tool, **given, **fill)
        job_id = facts(answer).get("job_id", job_id)
        states.append(facts(answer).get("state", len(facts(answer).get("jobs", ()))))
    return [states, here.creates]


@pytest.mark.anyio
@pytest.mark.parametrize("value", ["null", "None", [], {}, [None], "n/a"])
async def test_a_required_argument_in_a_word_for_nothing_is_refused_and_costs_nothing(
    tmp_path: Path, value: Any
) -> None:
    async with stand(tmp_path) as here:
        for tool, name in (("generate_speech", "text"), ("get_job_status", "job_id")):
            answer = await here.call(tool, **{name: value})
            assert answer.is_error
            assert "stands for no value; it is required" in text(answer)
        assert "prompt: is empty" in text(await here.call("generate_image", prompt=value))
        assert here.creates == []


@pytest.mark.anyio
async def test_a_word_for_nothing_can_be_said_all_the_same_as_the_refusal_says(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        refused = await here.call("generate_speech", text="nil")
        assert "end it with a full stop" in text(refused)
        await here.call("generate_speech", text="nil.")
        await here.call("generate_speech", text=0)
    assert [body["input"]["text"] for body in here.creates] == ["nil.", "0"]


@pytest.mark.anyio
async def test_entries_of_a_list_that_say_nothing_are_left_out(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        await here.call("generate_image", prompt="a fox", images=[None, PICTURE, "", "null", {}, 0, " ", "-"])
        refused = await here.call("generate_image", prompt="a fox", images=[PICTURE, {"url": PICTURE}])
    assert [body["input"]["image_urls"] for body in here.creates] == [[PICTURE]]
    assert "images[1]: an object given" in text(refused)


@pytest.mark.anyio
async def test_a_key_in_a_word_for_nothing_joins_no_two_orders(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        for prompt in ("a fox", "a bear"):
            answer = facts(await here.call("generate_image", prompt=prompt, idempotency_key="null", style="null"))
            assert answer["state"] == "succeeded"
    assert [body["input"]["prompt"] for body in here.creates] == ["a fox", "a bear"]


@pytest.mark.anyio
async def test_an_argument_that_says_nothing_leaves_its_place_to_another_name_of_it(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        schema = (await schemas(here))["generate_image"]
    given = {"prompt": "a fox", "images": None, "image": "null", "image_url": PICTURE}
    assert repair(given, schema) == {"prompt": "a fox", "images": [PICTURE]}


@pytest.mark.parametrize("value", ["none of them", "nullify", "(a fox)", "a-b", "...", "null.", "[" * 70, "void", "0"])
def test_what_only_looks_like_nothing_is_something(value: str) -> None:
    assert repair({"style": value}, {"properties": {"style": {"type": "string"}}}) == {"style": value}


def test_a_list_in_a_list_is_a_mistake_and_no_spelling_of_nothing() -> None:
    deep: list[Any] = []
    for _ in range(50_000):
        deep = [deep]
    assert given_entries([deep, "a.png"]) == [deep, "a.png"]
