"""Several desks over one ledger: killed, suspended, leaving, and callers who repeat themselves."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

import anyio
import pytest

from kie_mcp.jobs.job import Phase
from kie_mcp.jobs.joining import Caller
from kie_mcp.jobs.service import JobService
from kie_mcp.jobs.store.errors import LedgerError
from kie_mcp.jobs.timing import STANDARD
from tests.support.killable import Process, finished, processes
from tests.support.scripted_kie import DONE, RUNNING, Script, Stage, draft
from tests.support.virtual_time import START, VIRTUAL

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> Any:
    """Time passes only when everybody sleeps."""
    return VIRTUAL


async def test_a_call_that_is_repeated_after_it_was_cut_joins() -> None:
    stage = Stage(Script(looks=[RUNNING] * 5 + [DONE]))
    async with stage.service().open() as service:
        job, _ = await service.place(draft())
        await service.note(job, Caller.LEFT)
        assert (await service.place(draft()))[0].id == job.id
        assert (await service.place(draft()))[0].id != job.id, "that one waits side by side"
        await anyio.sleep(1)
    assert len(stage.kie.created) == 2


@pytest.mark.parametrize("written", [True, False], ids=["answered", "leaving"])
async def test_a_repeat_is_judged_by_when_it_came_and_not_by_when_its_files_were_checked(written: bool) -> None:
    """It came before the answer to the first call had left, so it was made by somebody who had none."""
    stage = Stage(Script(looks=[RUNNING, DONE]))
    async with stage.service().open() as service:
        job, _ = await service.place(draft())
        await anyio.sleep(2.5)
        held_up = service.now()
        done = await finished(service, job)
        service.start_answer(done)
        if written:
            await service.note(done, Caller.ANSWERED)
        await anyio.sleep(1)
        assert (await service.place(draft(), came=held_up))[0].id == job.id
        service.start_answer(done)
        await service.note(done, Caller.ANSWERED)
        await anyio.sleep(1)
        assert (await service.place(draft(), came=service.now()))[0].id != job.id
        await anyio.sleep(1)
    assert len(stage.kie.created) == 2


async def test_a_call_that_is_cut_while_it_is_written_down_has_left() -> None:
    """Its repetition is judged only when that is known."""
    stage = Stage(Script(looks=[RUNNING]))
    async with processes(stage, 1) as [process], anyio.create_task_group() as group:

        async def impatient() -> None:
            with anyio.move_on_after(5):
                await process.service.place(draft())

        process.suspend()  # the disk is busy elsewhere
        group.start_soon(impatient)
        await anyio.sleep(6)
        group.start_soon(process.service.place, draft())
        await anyio.sleep(4)
        process.wake()
        await anyio.sleep(1)
        assert len(stage.rows()) == len(stage.kie.created) == 1


async def test_what_a_caller_heard_is_written_down_when_the_disk_works_again() -> None:
    stage = Stage(Script(looks=[RUNNING]))
    async with processes(stage, 1) as [process]:
        job, _ = await process.service.place(draft())
        process.disk_fails = True
        await process.service.note(job, Caller.LEFT)
        await anyio.sleep(3)
        process.disk_fails = False
        assert await process.service.place(draft()) == (stage.rows()[0], True)


async def test_killed_and_asked_the_same_at_once_is_paid_once() -> None:
    stage = Stage(Script(looks=[RUNNING]))
    async with processes(stage, 2) as [first, second]:
        job, _ = await first.service.place(draft())
        await anyio.sleep(1)
        first.kill()
        assert (await second.service.place(draft()))[0].id == job.id
        await anyio.sleep(30)
    assert len(stage.kie.created) == 1


async def test_whoever_joins_a_job_of_another_process_does_not_follow_it_too() -> None:
    stage = Stage(Script(looks=[RUNNING]))
    async with processes(stage, 2) as [first, second]:
        job, _ = await first.service.place(draft())
        await first.service.note(job, Caller.LEFT)
        await anyio.sleep(2.5)
        joined, _ = await second.service.place(draft())
        assert (joined.id, joined.phase) == (job.id, Phase.RUNNING)
        await anyio.sleep(60)
    assert min(stage.gaps()) >= STANDARD.shortest_gap


async def test_jobs_of_a_killed_process_move_within_ten_seconds() -> None:
    stage = Stage(Script(looks=[RUNNING]))
    async with processes(stage, 3) as [first, second, _]:
        job, _ = await first.service.place(draft())
        await anyio.sleep(5)
        first.kill()
        seen = len(stage.kie.looked)
        await anyio.sleep(10)
        assert len(stage.kie.looked) > seen
        await anyio.sleep(60)
        assert (await second.service.read(job.id)).phase is Phase.RUNNING
    assert len(stage.kie.created) == 1
    assert min(stage.gaps()) >= 2.0


async def test_jobs_of_a_process_that_left_move_with_the_next_sign_of_life() -> None:
    stage = Stage(Script(looks=[RUNNING]))
    async with processes(stage, 1) as [_]:
        async with stage.service("w9").open() as service:
            await service.place(draft())
            await anyio.sleep(5)
        seen = len(stage.kie.looked)
        await anyio.sleep(STANDARD.heartbeat + STANDARD.shortest_gap + 0.5)
        assert len(stage.kie.looked) > seen


async def test_a_watcher_in_one_process_sees_what_another_does() -> None:
    stage = Stage(Script(looks=[RUNNING, DONE]))
    async with processes(stage, 2) as [first, second]:
        job, _ = await first.service.place(draft())
        done = await finished(second.service, job)
        assert done.phase is Phase.SUCCEEDED
        assert anyio.current_time() + START - done.updated_at <= 1.0


async def test_a_suspended_process_wakes_up_and_lets_go_of_what_went_on_without_it() -> None:
    stage = Stage(Script(looks=[RUNNING]))
    async with processes(stage, 2) as [first, second]:
        job, _ = await first.service.place(draft())
        await anyio.sleep(5)
        first.suspend()
        await anyio.sleep(60)
        first.wake()
        await anyio.sleep(60)
        assert (await second.service.read(job.id)).epoch == 1
    assert min(stage.gaps()) >= 2.0, "never looked at by both"


async def test_when_all_wake_up_together_nobody_takes_from_the_others() -> None:
    """The lid was closed: each finds the others silent for an hour."""
    stage = Stage(Script(looks=[RUNNING]))
    async with processes(stage, 3) as everybody:
        for number, process in enumerate(everybody):
            await process.service.place(draft(f"order {number}"))
        await anyio.sleep(3)
        for process in everybody:
            process.suspend()
        await anyio.sleep(3600)
        for process in everybody:
            process.wake()
        await anyio.sleep(30)
    assert [job.epoch for job in stage.rows()] == [0, 0, 0]


async def test_a_leaving_process_keeps_its_job_while_it_is_being_sent() -> None:
    stage = Stage()

    async def slow() -> str:
        await anyio.sleep(13)
        return "task-1"

    stage.kie.creates = [slow]
    phases: set[Phase] = set()
    async with (
        processes(stage, 1) as [other],
        anyio.create_task_group() as group,
        stage.service("w9").open() as service,
    ):
        job, _ = await service.place(draft())
        await anyio.sleep(0.5)

        async def listen() -> None:
            phases.update([(await other.service.read(job.id)).phase])

        async def watch() -> None:
            with anyio.move_on_after(12):
                while True:
                    await listen()
                    await anyio.sleep(0.5)

        group.start_soon(watch)
    assert phases == {Phase.SUBMITTING}, "nobody said unconfirmed"
    assert stage.rows()[0].task_id == "task-1"


async def test_an_order_that_comes_while_the_process_leaves_is_left_to_the_next_one() -> None:
    """What is started in a group that is being cancelled is never cancelled, and keeps the processor busy."""
    answered = anyio.Event()

    async def slow() -> str:
        await answered.wait()
        return "task-1"

    stage, busy = Stage(Script(creates=[slow], looks=[RUNNING])), list[str]()
    try:
        async with stage.service().open() as service, anyio.create_task_group() as group:
            await service.place(draft("one"))
            await anyio.sleep(1)
            group.start_soon(service.stop)
            await anyio.wait_all_tasks_blocked()
            late, _ = await service.place(draft("two"))
            busy = [task.name for task in anyio.get_running_tasks() if task.name == f"job {late.id}"]
            answered.set()
        assert busy == []
    finally:
        answered.set()
    assert [job.phase for job in stage.rows()] == [Phase.SUBMITTED, Phase.RESERVED]
    assert len(stage.kie.created) == 1


async def test_three_desks_given_the_same_keys_create_each_once() -> None:
    stage = Stage(Script(looks=[DONE]))
    async with AsyncExitStack() as stack:
        desks = [await stack.enter_async_context(stage.service(f"w{n}").open()) for n in range(3)]

        async def order(service: JobService, numbers: Sequence[int]) -> None:
            for number in numbers:
                job, _ = await service.place(draft(f"order {number}"), idempotency_key=f"key {number}")
                await finished(service, job)

        async with anyio.create_task_group() as group:
            for service, numbers in zip(desks, (range(20), range(19, -1, -1), range(0, 40, 2)), strict=True):
                group.start_soon(order, service, [number % 20 for number in numbers])
    assert len(stage.kie.created) == len(stage.rows()) == 20


async def test_a_ledger_that_cannot_be_opened_is_said_and_nothing_is_left_behind() -> None:
    stage = Stage()
    process = Process(stage, "w1")
    process.disk_fails = True
    with pytest.raises(LedgerError):
        async with process.service.open():
            pytest.fail("it opened")


async def test_a_ledger_that_is_opened_anyway_is_used_as_soon_as_it_can_be() -> None:
    stage = Stage()
    process = Process(stage, "w1")
    process.disk_fails = True
    async with process.service.open(anyway=True) as service:
        with pytest.raises(LedgerError):
            await service.place(draft())
        process.disk_fails = False
        job, _ = await service.place(draft())
        assert (await finished(service, job)).phase is Phase.SUCCEEDED
    assert len(stage.kie.created) == 1
