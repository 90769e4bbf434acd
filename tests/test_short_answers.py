"""Answers are short: every word of them is read by a model, and paid for."""

from pathlib import Path

import pytest

from tests.stand import facts, stand, text
from tests.virtual import HURRIED

pytestmark = pytest.mark.anyio

FINISHED = 250
"""Tokens of a finished job's text."""


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


def tokens(words: str) -> float:
    """About as many as a model counts: four bytes each."""
    return len(words.encode()) / 4


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
    for answer in answers:
        said = text(answer)
        assert tokens(said) < FINISHED
        lines = said.splitlines()
        assert lines[0].startswith("succeeded: ")
        assert [line.split(":")[0] for line in lines if line.startswith(("file", "url", "chain", "job"))] == [
            *("file", "url", "chain it as", "job"),
        ]
        assert facts(answer)["outputs"][0]["path"] in said
