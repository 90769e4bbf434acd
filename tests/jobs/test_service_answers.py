"""Finding jobs, asking for a fresh look, and what is to be expected."""

from collections.abc import Sequence
from typing import Any

import anyio
import pytest

from kie_mcp.errors import LookError, NotVisibleError, OutputError, Trouble, UnknownJobError
from kie_mcp.jobs.draft import Expectation
from kie_mcp.jobs.job import Job, JobState, Look, Output, Phase, Verdict
from kie_mcp.jobs.service import JobService
from kie_mcp.jobs.timing import STANDARD
from kie_mcp.orders.kind import Kind
from tests.support.killable import finished, processes
from tests.support.scripted_kie import DONE, RUNNING, URL, Script, Stage, draft, make_job, save
from tests.support.virtual_time import START, VIRTUAL, LoopClock

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> Any:
    """Time passes only when everybody sleeps."""
    return VIRTUAL


async def test_a_job_is_found_by_our_id_and_by_kies() -> None:
    stage = Stage()
    async with stage.service().open() as service:
        job, _ = await service.place(draft())
        done = await finished(service, job)
        assert await service.find(job.id) == await service.find("task-1") == done
        assert len(stage.kie.looked) == 1


async def test_a_job_made_elsewhere_is_followed_from_here_on() -> None:
    made = Look(verdict=Verdict.IN_FLIGHT, state="generating", model="veo", created_at=START - 50)
    stage = Stage(Script(looks=[made, DONE]))
    async with stage.service().open() as service:
        job = await service.find("task-elsewhere")
        assert (job.kind, job.model, job.sent_at) == (Kind.OTHER, "veo", START - 50)
        assert (await finished(service, job)).phase is Phase.SUCCEEDED
    assert stage.gaps() == [2.0], "the first look was the question itself"
    assert stage.kie.created == []


async def test_a_link_is_not_taken_for_the_id_of_a_job_made_elsewhere_but_found_if_it_is_one_of_ours() -> None:
    """What is behind it would be fetched as a file of Kie.ai's."""
    stage = Stage(Script(creates=[URL]))
    async with stage.service().open() as service:
        for link in ("https://192.168.0.1/secret", "HTTP://example.com/"):
            with pytest.raises(UnknownJobError, match="is a link, and no job here has it as its id"):
                await service.find(link)
        assert stage.kie.looked == []
        job, _ = await service.place(draft())
        done = await finished(service, job)
        assert await service.find(URL) == done


async def test_a_job_made_elsewhere_that_two_processes_ask_for_is_followed_by_one() -> None:
    stage = Stage(Script(looks=[RUNNING] * 12 + [DONE]))
    async with processes(stage, 2) as [first, second]:
        found: list[Job] = []

        async def find(service: JobService) -> None:
            found.append(await service.find("task-elsewhere"))

        async with anyio.create_task_group() as group:
            group.start_soon(find, first.service)
            group.start_soon(find, second.service)
        assert found[0].id == found[1].id
        await finished(first.service, found[0])
    assert min(stage.gaps()[1:]) >= 2.0


async def test_a_job_that_nobody_knows_is_said_to_be_unknown() -> None:
    stage = Stage(Script(looks=[NotVisibleError("404")]))
    async with stage.service().open() as service:
        with pytest.raises(UnknownJobError, match="no job 'job_x' here"):
            await service.find("job_x")
        with pytest.raises(UnknownJobError, match=r"neither here nor at Kie\.ai"):
            await service.find("task-x")
    assert stage.rows() == []


async def test_a_job_that_cannot_be_asked_for_now_is_not_unknown() -> None:
    stage = Stage(Script(looks=[LookError("503")]))
    async with stage.service().open() as service:
        with pytest.raises(LookError):
            await service.find("task-x")
    assert stage.rows() == []


async def test_a_job_of_another_account_is_unknown() -> None:
    stage = Stage()
    async with stage.service().open() as service:
        await stage.ledger_with(make_job(account="another", task_id="task-1"))
        with pytest.raises(UnknownJobError):
            await service.read("job_1")
        assert await service.list_jobs() == []


async def test_asking_brings_the_next_look_forward() -> None:
    stage = Stage(Script(looks=[RUNNING, DONE]))
    async with stage.service().open() as service:
        job, _ = await service.place(draft())
        await anyio.sleep(1)
        for _ in range(10):
            await stage.learn(job.bucket, 14.0)
        await service.place(draft("two"))
        await anyio.sleep(3)
        assert [task for _, task in stage.kie.looked] == ["task-1"], "the second expects to take fourteen seconds"
        await service.ask(await service.find("task-2"))
        await anyio.sleep(0.1)
        assert [task for _, task in stage.kie.looked][-1] == "task-2"


async def test_asking_for_a_finished_job_saves_what_is_missing() -> None:
    fails = True

    async def sometimes(job: Job, urls: Sequence[str]) -> tuple[tuple[Output, ...], Trouble | None]:
        if fails:
            return tuple(Output(url=url) for url in urls), OutputError("disk full").trouble
        return await save(job, urls)

    stage = Stage(save=sometimes)
    async with stage.service().open() as service:
        job = await finished(service, (await service.place(draft()))[0])
        assert job.trouble is not None
        await anyio.sleep(5)
        fails = False
        job = await service.ask(job)
        assert (job.outputs, job.trouble) == ((Output(url=URL, path="/saved/0"),), None)
        assert await service.ask(job) == job
    assert len(stage.kie.looked) == 1


async def test_a_file_whose_disk_is_back_is_not_called_missing_any_more() -> None:
    """It kept its place, so nothing is left to be brought, but what was said of it was true then only."""
    unplugged = False

    async def to_a_drive(job: Job, urls: Sequence[str]) -> tuple[tuple[Output, ...], Trouble | None]:
        outputs, _ = await save(job, urls)
        return outputs, Trouble(category="not_saved", message="unplugged") if unplugged else None

    stage = Stage(save=to_a_drive)
    async with stage.service().open() as service:
        job = await finished(service, (await service.place(draft()))[0])
        unplugged = True
        await anyio.sleep(5)
        job = await stage.steps(await stage.ledger_with()).save_again(job)
        assert job.trouble is not None
        unplugged = False
        await anyio.sleep(5)
        again = await service.ask(job)
    assert (again.outputs, again.trouble) == (job.outputs, None)
    assert stage.rows() == [again]


async def test_whoever_asks_is_not_kept_waiting_by_a_slow_file_and_it_is_saved_all_the_same() -> None:
    turns: list[str] = []

    async def slowly(job: Job, urls: Sequence[str]) -> tuple[tuple[Output, ...], Trouble | None]:
        turns.append(job.id)
        if len(turns) == 1:
            return tuple(Output(url=url) for url in urls), OutputError("disk full").trouble
        await anyio.sleep(60)
        return await save(job, urls)

    async with Stage(save=slowly).service().open() as service:
        job = await finished(service, (await service.place(draft()))[0])
        await anyio.sleep(5)
        began = LoopClock().now()
        for _ in range(2):
            assert (await service.ask(job, seconds=3)).trouble is not None
        assert LoopClock().now() - began == pytest.approx(6, abs=0.1)
        await anyio.sleep(60)
        assert (await service.read(job.id)).trouble is None
    assert len(turns) == 2, "one download, however many ask"


async def test_jobs_are_listed_by_state() -> None:
    stage = Stage()
    async with stage.service().open() as service:
        first = await finished(service, (await service.place(draft("one")))[0])
        stage.kie.looks = [RUNNING]
        await service.place(draft("two"))
        assert await service.list_jobs(JobState.SUCCEEDED) == [first]
        assert len(await service.list_jobs(kind=Kind.IMAGE)) == 2
        assert await service.list_jobs(kind=Kind.SPEECH) == []


async def test_a_job_in_the_line_is_told_its_place_and_time() -> None:
    stage = Stage(Script(looks=[RUNNING]))
    async with stage.service().open() as service:
        jobs: list[Job] = []
        for number in range(40):
            jobs.append((await service.place(draft(f"order {number}")))[0])
            await anyio.sleep(0.001)
        await anyio.sleep(0.46)
        outlooks = [await service.outlook(await service.read(job.id)) for job in jobs]
    assert outlooks[0] == Expectation()
    assert [outlook.place for outlook in outlooks[17:22]] == [0, 0, 1, 2, 3]
    assert outlooks[18].sent_in_s == pytest.approx(STANDARD.send_window - 0.5, abs=0.02)
    assert outlooks[39].sent_in_s == pytest.approx(2 * STANDARD.send_window - 0.5, abs=0.02)


async def test_what_is_usual_is_told_once_enough_was_seen() -> None:
    stage = Stage(Script(looks=[RUNNING]))
    async with stage.service().open() as service:
        job, _ = await service.place(draft())
        for number in range(7):
            await stage.learn(job.bucket, 10.0 + number)
        assert (await service.outlook(job)).usual_s is None
        await stage.learn(job.bucket, 30.0)
        assert (await service.outlook(job)).usual_s == 14.0
