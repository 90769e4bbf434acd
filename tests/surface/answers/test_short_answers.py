"""Answers are short: a model reads every word of them, and its user pays for that."""

from pathlib import Path

import pytest

from kie_mcp.orders.kind import Kind
from kie_mcp.surface.answers.build import describe_job
from kie_mcp.surface.answers.text import write_text as words
from tests.support.every_state import EVERY, NOW
from tests.support.sandbox_server import facts, stand, text
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio

FINISHED = 250
"""Tokens of a finished job's text."""
UNFINISHED = 80
"""Tokens of one that is still to be asked for, which may be many times."""
FILES = ("file", "url", "chain it as")
FILM_FILES = ("file", "url", "read it as")


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


def tokens(words: str) -> float:
    """Estimate the number of tokens: one for four bytes."""
    return len(words.encode()) / 4


def heads(said: str) -> list[str]:
    """Return the first word of each line."""
    return [line.partition(":")[0] for line in said.splitlines()]


def said_of(name: str) -> str:
    """Return the text of the answer."""
    case = EVERY[name]
    return words(describe_job(case.job, case.outlook, NOW, parts=case.parts, sandbox=case.sandbox, joined=case.joined))


@pytest.mark.parametrize("name", EVERY)
def test_every_answer_is_short(name: str) -> None:
    assert tokens(said_of(name)) < (FINISHED if EVERY[name].job.done else UNFINISHED)


@pytest.mark.parametrize("name", EVERY)
def test_every_answer_says_the_state_then_the_trouble_then_the_files_then_the_rest_and_the_next_step_last(
    name: str,
) -> None:
    files = FILM_FILES if EVERY[name].job.kind is Kind.TALKING_VIDEO else FILES
    order = [EVERY[name].job.state.value, "problem", "Kie.ai says", "charged", "what to do", *files, "data", "note"]
    order += ["made with", "job", "sandbox", "next"]
    found = heads(said_of(name))
    assert [head for head in found if head in files] == [*files] * len(EVERY[name].job.outputs)
    assert list(dict.fromkeys(found)) == [head for head in order if head in found]
    assert "job" in found


def test_an_answer_that_is_not_the_end_says_how_to_go_on() -> None:
    for name, case in EVERY.items():
        assert case.job.done or heads(said_of(name))[-1] == "next"


async def test_the_answer_of_a_finished_job_is_short_and_says_the_state_first_and_files_before_ids(
    tmp_path: Path,
) -> None:
    long = "a fox in a red coat who stands in the snow and thinks of summer " * 4
    async with stand(tmp_path / "a folder of some length" / "as people have them") as here:
        answers = [
            await here.call("generate_image", prompt=long, model="nano-banana-pro", resolution="4K"),
            await here.call("generate_speech", text=long),
            await here.call("create_talking_video", image_prompt=long, script="Good morning.", prompt=long),
        ]
    for told, files in zip(answers, (FILES, FILES, FILM_FILES), strict=True):
        said = text(told)
        assert tokens(said) < FINISHED
        assert heads(said)[:4] == ["succeeded", *files]
        assert "job" in heads(said)[4:]
        assert facts(told)["outputs"][0]["path"] in said
