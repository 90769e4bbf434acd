"""At most ten looks in a second, however many jobs there are, and those that somebody waits for go first."""

from dataclasses import replace
from typing import Any

import anyio
import pytest

from kie_mcp.jobs.job import Look, Phase
from kie_mcp.jobs.look_limit import AT_ONCE, FAIR, LookLimiter
from kie_mcp.jobs.store.sqlite import SqliteLedger
from kie_mcp.jobs.timing import STANDARD
from tests.support.killable import finished, processes
from tests.support.scripted_kie import DONE, RUNNING, Script, Stage, draft, inline, make_job
from tests.support.virtual_time import START, VIRTUAL, LoopClock

pytestmark = pytest.mark.anyio

CROWD = 1000


@pytest.fixture
def anyio_backend() -> Any:
    """Time passes only when everybody sleeps."""
    return VIRTUAL


def busiest(times: list[float]) -> int:
    """The most looks in any one second."""
    return max(sum(at <= other < at + 1 for other in times[n : n + 50]) for n, at in enumerate(times))


async def crowded(jobs: int = CROWD, looks: tuple[Look, ...] = (RUNNING,)) -> Stage:
    """A stage whose ledger holds so many unfinished jobs that nobody cares for."""
    stage = Stage(Script(looks=looks))
    left = {"phase": Phase.RUNNING, "sent_at": START, "created_at": START}
    await stage.ledger_with(*(make_job(n, task_id=f"old-{n}", fingerprint=f"{n}", **left) for n in range(jobs)))
    return stage


async def test_thousands_of_jobs_are_looked_at_ten_times_a_second_and_each_in_its_turn() -> None:
    stage = await crowded()
    async with stage.service().open():
        await anyio.sleep(10 + CROWD * STANDARD.looks_apart)
    assert busiest([at for at, _ in stage.kie.looked]) == 10
    assert {task for _, task in stage.kie.looked} == {f"old-{n}" for n in range(CROWD)}


async def test_a_few_jobs_are_looked_at_without_delay() -> None:
    stage = await crowded(AT_ONCE)
    async with stage.service().open():
        await anyio.sleep(30)
    assert len({at for at, _ in stage.kie.looked[:AT_ONCE]}) == 1


async def test_whoever_asks_is_not_kept_waiting_by_thousands_of_others() -> None:
    stage = await crowded()
    async with stage.service().open() as service:
        await anyio.sleep(30)
        seen = {task for _, task in stage.kie.looked}
        last = next(name for n in range(CROWD) if (name := f"old-{n}") not in seen)
        job = await service.find(last)
        asked = LoopClock().now() - START
        await service.ask(job)
        await anyio.sleep(1)
    [looked] = [at for at, task in stage.kie.looked if task == last]
    assert looked - asked <= 3 * STANDARD.looks_apart


async def test_whoever_asks_before_the_job_is_taken_over_gets_a_look_within_a_short_call() -> None:
    """Some clients start a server for each call: else none of their calls would ever see the job go on."""
    stage = Stage(Script(looks=(RUNNING,)))
    async with processes(stage, 1) as [first]:
        job, _ = await first.service.place(draft())
        await anyio.sleep(120)  # by then a job is looked at every 3.6 s
        first.kill()
    before = len(stage.kie.looked)
    async with stage.service("w2").open() as service:
        await service.ask(job)
        await anyio.sleep(2.5)
    assert len(stage.kie.looked) == before + 1


async def test_a_new_order_whose_caller_waits_is_looked_at_as_ever() -> None:
    stage = await crowded()
    async with stage.service().open() as service:
        await anyio.sleep(20)
        job, _ = await service.place(draft())
        ordered = LoopClock().now()
        stage.kie.looks = [lambda: DONE if stage.kie.looked[-1][1] == "task-1" else RUNNING]
        done = await finished(service, job)
    assert done.updated_at - ordered <= 3


async def test_what_a_waiting_callers_job_waits_for_is_looked_at_first_too() -> None:
    stage = await crowded()
    async with stage.service().open() as service:
        part, _ = await service.place(draft("part"))
        job, _ = await service.place(replace(draft("whole"), waiting_for=(part.id,)))
        stage.kie.looks = [lambda: DONE if stage.kie.looked[-1][1].startswith("task-") else RUNNING]
        with anyio.fail_after(30):
            assert (await finished(service, job)).phase is Phase.SUCCEEDED


async def test_followers_never_stand_before_a_caller_at_the_ledger() -> None:
    """The times of such jobs are read once for all of them, and one transaction of theirs is under way at most."""

    class Slow(SqliteLedger):
        under_way = most = reads = 0

        async def transact(self, work: Any, **how: Any) -> Any:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            await anyio.sleep(0.01)
            self.under_way -= 1
            return await super().transact(work, **how)

        async def read_durations(self, bucket: str) -> list[float]:
            self.reads += 1
            return await super().read_durations(bucket)

    stage = await crowded()
    ledger = Slow(stage.ledger().path, run=inline, connect=lambda _: stage.connection)
    async with stage.service(ledger=ledger).open():
        await anyio.sleep(30)
    assert ledger.reads <= 2
    assert ledger.most <= 3, "a follower's, the sign of life, and what closes the ledger"


@pytest.mark.parametrize("crowd", [1, 2, 5])
async def test_one_that_nobody_waits_for_has_its_turn_among_many_that_somebody_does(crowd: int) -> None:
    """As many as ask over and over, each as soon as it was answered: every fourth turn is another's."""
    looks, gone, began = LookLimiter(), list[str](), 0

    async def go(name: str, *, urgent: bool) -> None:
        await looks.turn(name, urgent=urgent)
        gone.append(name)

    async def ask_on() -> None:
        while True:
            await go("asked", urgent=True)

    async with anyio.create_task_group() as group:
        for _ in range(crowd + 1):
            group.start_soon(ask_on)
        await anyio.sleep(1)
        began = len(gone)
        for name in ("first", "second"):
            group.start_soon(lambda name=name: go(name, urgent=False))
        await anyio.sleep(3 * FAIR * STANDARD.looks_apart)
        group.cancel_scope.cancel()
    turns = {name: number for number, name in enumerate(gone[began:]) if name != "asked"}
    assert list(turns) == ["first", "second"]
    assert turns["first"] <= FAIR + 1, "one was under way"
    assert turns["second"] - turns["first"] == FAIR


async def test_a_waiter_that_gives_up_leaves_its_turn_to_the_next() -> None:
    looks, gone = LookLimiter(), list[str]()

    async def go(name: str) -> None:
        await looks.turn(name)
        gone.append(name)

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(go, f"{number}")
        with anyio.move_on_after(STANDARD.looks_apart / 2):
            await looks.turn("impatient", urgent=True)
        with looks.prefer(["19"]):
            await anyio.sleep(2 * STANDARD.looks_apart)
    assert len(gone) == 20
    assert gone.index("19") < 8
