"""A success whose files are not named yet: it is looked at again for some minutes, and whenever somebody asks."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import anyio
import pytest

from kie_mcp.errors import CredentialError, LookError, OutputError, Trouble
from kie_mcp.jobs.job import Job, Look, Output, Phase, Verdict
from kie_mcp.jobs.look_results import MOST_OUTPUTS, after_look
from kie_mcp.jobs.timing import STANDARD
from kie_mcp.orders.kind import Kind
from tests.support.killable import finished
from tests.support.scripted_kie import DONE, RUNNING, URL, Script, Stage, draft, save
from tests.support.virtual_time import START, VIRTUAL

pytestmark = pytest.mark.anyio

NO_FILE = Trouble(category="no_output", message="Kie.ai says that the job succeeded, but names no file.")
EMPTY = Look(verdict=Verdict.SUCCEEDED, state="success", trouble=NO_FILE, credits=4.0)


@pytest.fixture
def anyio_backend() -> Any:
    """Time passes only when everybody sleeps."""
    return VIRTUAL


async def test_files_that_are_named_a_little_later_are_saved() -> None:
    stage = Stage(Script(looks=[RUNNING, EMPTY, EMPTY, EMPTY, DONE]))
    job, ledger = await stage.sent()
    job = await stage.steps(ledger).follow(job)
    assert (job.phase, job.trouble, job.note) == (Phase.SUCCEEDED, None, "")
    assert job.outputs == (Output(url=URL, path="/saved/0"),)
    assert stage.phases == [Phase.RUNNING] * 4 + [Phase.SUCCEEDED]


async def test_meanwhile_the_job_runs_on_and_says_why() -> None:
    stage = Stage(Script(looks=[EMPTY]))
    job, ledger = await stage.sent()
    with anyio.move_on_after(60):
        await stage.steps(ledger).follow(job)
    [job] = stage.rows()
    assert (job.phase, job.finished_at, job.succeeded_at) == (Phase.RUNNING, None, START + STANDARD.shortest_gap)
    assert "names no file yet" in job.note


async def test_a_success_that_never_names_a_file_ends_after_some_minutes_and_says_so() -> None:
    stage = Stage(Script(looks=[EMPTY]))
    job, ledger = await stage.sent()
    job = await stage.steps(ledger).follow(job)
    assert (job.phase, job.trouble, job.outputs) == (Phase.SUCCEEDED, NO_FILE, ())
    assert job.finished_at == START + STANDARD.shortest_gap, (
        "when it succeeded, not when nobody believed in a file any more"
    )
    assert (
        STANDARD.files_named_within
        <= stage.kie.looked[-1][0] - STANDARD.shortest_gap
        <= STANDARD.files_named_within + STANDARD.files_gap
    )
    assert max(stage.gaps()) <= STANDARD.files_gap
    assert len(stage.kie.looked) < 20


async def test_the_minutes_are_counted_from_the_first_success_also_over_a_restart() -> None:
    stage = Stage(Script(looks=[EMPTY]))
    job, ledger = await stage.sent()
    with anyio.move_on_after(200):
        await stage.steps(ledger).follow(job)
    [left] = stage.rows()
    job = await stage.steps(await stage.ledger_with()).follow(left)
    assert job.phase is Phase.SUCCEEDED
    assert stage.kie.looked[-1][0] <= STANDARD.shortest_gap + STANDARD.files_named_within + STANDARD.files_gap


async def test_a_success_without_a_file_that_fails_after_all_is_failed() -> None:
    failed = Look(verdict=Verdict.FAILED, state="fail", trouble=Trouble(category="failed", message="no"))
    stage = Stage(Script(looks=[EMPTY, failed]))
    job, ledger = await stage.sent()
    assert (await stage.steps(ledger).follow(job)).phase is Phase.FAILED


async def test_an_answer_that_is_no_file_is_an_end_at_once() -> None:
    stage = Stage(Script(looks=[Look(verdict=Verdict.SUCCEEDED, state="success", data={"text": "la"})]))
    job, ledger = await stage.sent()
    assert (await stage.steps(ledger).follow(job)).data == {"text": "la"}
    assert len(stage.kie.looked) == 1


async def test_whoever_asks_long_after_has_the_files_that_came_at_last() -> None:
    stage = Stage(Script(looks=[EMPTY]))
    async with stage.service().open() as service:
        job = await finished(service, (await service.place(draft()))[0])
        await anyio.sleep(3600)
        looked = len(stage.kie.looked)
        assert (await service.ask(job)).trouble == NO_FILE
        assert len(stage.kie.looked) == looked + 1
        await service.ask(await service.read(job.id))
        assert len(stage.kie.looked) == looked + 1, "never closer than two seconds"
        await anyio.sleep(5)
        stage.kie.looks = [DONE]
        job = await service.ask(await service.read(job.id))
        assert (job.outputs, job.trouble) == ((Output(url=URL, path="/saved/0"),), None)
        looked = len(stage.kie.looked)
        await anyio.sleep(5)
        await service.ask(job)
        assert len(stage.kie.looked) == looked, "what is saved is not looked at any more"


@pytest.mark.parametrize("error", [CredentialError("401"), LookError("503")], ids=str)
async def test_whoever_asks_is_told_why_it_cannot_be_looked_at(error: Exception) -> None:
    stage = Stage(Script(looks=[EMPTY]))
    async with stage.service().open() as service:
        job = await finished(service, (await service.place(draft()))[0])
        await anyio.sleep(60)
        stage.kie.looks = [error]
        job = await service.ask(job)
    assert (job.phase, job.trouble) == (Phase.SUCCEEDED, NO_FILE)
    assert job.note.startswith(str(error))


async def test_two_processes_that_are_asked_at_once_look_once() -> None:
    stage = Stage(Script(looks=[EMPTY]))
    async with stage.service("w1").open() as first, stage.service("w2").open() as second:
        job = await finished(first, (await first.place(draft()))[0])
        await anyio.sleep(60)
        looked = len(stage.kie.looked)
        async with anyio.create_task_group() as group:
            group.start_soon(first.ask, job)
            group.start_soon(second.ask, job)
        assert len(stage.kie.looked) == looked + 1


async def test_of_thousands_of_files_the_first_are_saved_and_the_number_of_all_is_told() -> None:
    urls = tuple(f"https://files.example/{number}.png" for number in range(3000))
    fetched: list[str] = []

    async def counting(job: Job, wanted: Sequence[str]) -> tuple[tuple[Output, ...], Trouble | None]:
        fetched.extend(wanted)
        return await save(job, wanted)

    stage = Stage(Script(looks=[replace(DONE, urls=urls)]), save=counting)
    job, ledger = await stage.sent()
    job = await stage.steps(ledger).follow(job)
    assert fetched == [output.url for output in job.outputs] == list(urls[:MOST_OUTPUTS])
    assert "3,000 files" in job.note


def test_files_that_come_with_others_are_told_of_too_if_they_are_too_many() -> None:
    urls = tuple(f"https://files.example/{number}.mp3" for number in range(MOST_OUTPUTS - 1))
    covers = {url.replace("mp3", "png"): "cover" for url in urls}
    job = replace(draft().make_job("job_a", account="a", now=START), kind=Kind.OTHER)
    looked = after_look(job, replace(DONE, urls=urls, extras=covers), START)
    assert len(looked.outputs) == MOST_OUTPUTS
    assert f"{2 * len(urls)} files" in looked.note


async def test_an_answer_that_was_saved_as_a_file_is_not_kept_twice_and_is_asked_for_again_when_it_is_gone() -> None:
    large = Look(verdict=Verdict.SUCCEEDED, state="success", data={"text": "la " * 5000})

    async def filing(job: Job, _: Sequence[str]) -> tuple[tuple[Output, ...], Trouble | None]:
        if job.data is None:
            return tuple(replace(output, path=None) for output in job.outputs), OutputError("gone").trouble
        return (Output(url="", path="/saved/0.json"),), None

    stage = Stage(Script(looks=[large]), save=filing)
    async with stage.service().open() as service:
        job = await finished(service, (await service.place(draft()))[0])
        assert (job.data, job.outputs) == (None, (Output(url="", path="/saved/0.json"),))
        await anyio.sleep(5)
        follower = stage.steps(await stage.ledger_with())
        again = await follower.save_again(job)
        assert again.outputs == job.outputs
    assert len(stage.kie.looked) == 2
