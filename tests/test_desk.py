"""The desk: orders taken, jobs seen through, watchers told."""

import re
from contextlib import aclosing
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import pytest
from killable import finished
from stage import DONE, RUNNING, Script, Stage, draft, inline
from virtual import START, VIRTUAL

from kie_mcp.errors import NotVisibleError
from kie_mcp.jobs.desk import HEARTBEAT, new_job_id
from kie_mcp.jobs.job import Phase
from kie_mcp.jobs.shift import AGAIN
from kie_mcp.jobs.sqlite import SqliteLedger

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> Any:
    """Time passes only when everybody sleeps."""
    return VIRTUAL


async def test_an_order_becomes_a_job_that_is_seen_through() -> None:
    stage = Stage(Script(looks=[RUNNING, DONE]))
    async with stage.desk().open() as desk:
        job, joined = await desk.place(draft())
        assert (joined, stage.rows()) == (False, [job]), "durable when it returns"
        done = await finished(desk, job)
    assert (done.id, done.phase, done.outputs[0].path) == (job.id, Phase.SUCCEEDED, "/saved/0")


async def test_a_watcher_sees_each_step() -> None:
    stage = Stage(Script(looks=[RUNNING, DONE]))
    async with stage.desk().open() as desk:
        job, _ = await desk.place(draft())
        async with aclosing(desk.watch(job.id)) as states:
            phases = [seen.phase async for seen in states]
    assert phases == [Phase.RESERVED, Phase.SUBMITTED, Phase.RUNNING, Phase.SUCCEEDED]


async def test_a_watcher_is_told_every_few_seconds_though_nothing_changes() -> None:
    """Some clients give up on silence."""
    stage = Stage(Script(looks=[NotVisibleError("404")]))
    told: list[float] = []
    async with stage.desk().open() as desk:
        job, _ = await desk.place(draft())
        with anyio.move_on_after(60):
            async with aclosing(desk.watch(job.id)) as states:
                async for _ in states:
                    told.append(anyio.current_time())  # noqa: PERF401 - what was told counts, not the whole list
    gaps = [later - earlier for earlier, later in pairwise(told)]
    assert max(gaps) <= HEARTBEAT + 1
    assert len(told) < 30


async def test_watching_what_is_done_tells_once() -> None:
    stage = Stage()
    async with stage.desk().open() as desk:
        job, _ = await desk.place(draft())
        await finished(desk, job)
        async with aclosing(desk.watch(job.id)) as states:
            assert [seen.phase async for seen in states] == [Phase.SUCCEEDED]


async def test_many_watchers_cost_no_more_looks_than_one() -> None:
    async def looks(watchers: int) -> int:
        stage = Stage(Script(looks=[RUNNING] * 5 + [DONE]))
        async with stage.desk().open() as desk, anyio.create_task_group() as group:
            job, _ = await desk.place(draft())
            for _ in range(watchers):
                group.start_soon(finished, desk, job)
        return len(stage.kie.looked)

    assert await looks(1) == await looks(50) == 6


async def test_a_caller_that_goes_away_takes_nothing_with_it() -> None:
    stage = Stage(Script(looks=[RUNNING] * 3 + [DONE]))
    async with stage.desk().open() as desk:
        job, _ = await desk.place(draft())
        with anyio.move_on_after(1):
            await finished(desk, job)
        await anyio.sleep(30)
    assert stage.rows()[0].phase is Phase.SUCCEEDED


async def test_what_was_left_unfinished_is_followed_again_at_the_next_start() -> None:
    stage = Stage(Script(looks=[RUNNING] * 2 + [DONE]))
    async with stage.desk("w1").open() as desk:
        job, _ = await desk.place(draft())
        await anyio.sleep(3)
    assert stage.rows()[0].phase is Phase.RUNNING
    async with stage.desk("w2").open() as desk:
        assert (await finished(desk, job)).phase is Phase.SUCCEEDED
    assert len(stage.kie.created) == 1


async def test_a_bug_in_the_care_for_one_job_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    class Odd(SqliteLedger):
        failures = 1

        async def durations(self, bucket: str) -> list[float]:
            self.failures -= 1
            if self.failures >= 0:
                raise ZeroDivisionError
            return await super().durations(bucket)

    stage = Stage()
    ledger = Odd(Path("ledger"), run=inline, connect=lambda _: stage.connection)
    async with stage.desk(ledger=ledger).open() as desk:
        first, _ = await desk.place(draft("one"))
        second, _ = await desk.place(draft("two"))
        assert (await finished(desk, second)).updated_at < START + AGAIN
        assert (await finished(desk, first)).updated_at >= START + AGAIN
    assert "trying again" in caplog.text
    assert len(stage.kie.created) == 2


async def test_ids_cannot_be_guessed() -> None:
    ids = {new_job_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(re.fullmatch(r"job_[a-z2-7]{26}", name) for name in ids)
