"""The service: orders taken, jobs seen through, watchers told."""

import re
from contextlib import aclosing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import pytest

from kie_mcp.errors import BudgetError, BusyError, NotVisibleError
from kie_mcp.jobs.budget import Limits
from kie_mcp.jobs.draft import Draft
from kie_mcp.jobs.estimate import Estimate
from kie_mcp.jobs.job import Job, Phase
from kie_mcp.jobs.job_ids import new_job_id
from kie_mcp.jobs.store.errors import LedgerError
from kie_mcp.jobs.store.sqlite import SqliteLedger
from kie_mcp.jobs.timing import STANDARD
from kie_mcp.orders.order import ImageOrder
from kie_mcp.orders.part_file import PartFile
from tests.support.killable import finished
from tests.support.scripted_kie import DONE, RUNNING, Script, Stage, draft, inline
from tests.support.virtual_time import START, VIRTUAL

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> Any:
    """Time passes only when everybody sleeps."""
    return VIRTUAL


async def test_an_order_becomes_a_job_that_is_seen_through() -> None:
    stage = Stage(Script(looks=[RUNNING, DONE]))
    async with stage.service().open() as service:
        job, joined = await service.place(draft())
        assert (joined, stage.rows()) == (False, [job]), "durable when it returns"
        done = await finished(service, job)
    assert (done.id, done.phase, done.outputs[0].path) == (job.id, Phase.SUCCEEDED, "/saved/0")


async def test_a_watcher_sees_each_step() -> None:
    stage = Stage(Script(looks=[RUNNING, DONE]))
    async with stage.service().open() as service:
        job, _ = await service.place(draft())
        async with aclosing(service.watch(job.id)) as states:
            phases = [seen.phase async for seen in states]
    assert phases == [Phase.RESERVED, Phase.SUBMITTED, Phase.RUNNING, Phase.SUCCEEDED]


async def test_a_watcher_is_told_every_few_seconds_though_nothing_changes() -> None:
    """Some clients give up on silence."""
    stage = Stage(Script(looks=[NotVisibleError("404")]))
    told: list[float] = []
    async with stage.service().open() as service:
        job, _ = await service.place(draft())
        with anyio.move_on_after(60):
            async with aclosing(service.watch(job.id)) as states:
                async for _ in states:
                    told.append(anyio.current_time())  # noqa: PERF401 - what was told counts, not the whole list
    gaps = [later - earlier for earlier, later in pairwise(told)]
    assert max(gaps) <= STANDARD.told_every + 1
    assert len(told) < 30


async def test_watching_what_is_done_tells_once() -> None:
    stage = Stage()
    async with stage.service().open() as service:
        job, _ = await service.place(draft())
        await finished(service, job)
        async with aclosing(service.watch(job.id)) as states:
            assert [seen.phase async for seen in states] == [Phase.SUCCEEDED]


async def test_many_watchers_cost_no_more_looks_than_one() -> None:
    async def looks(watchers: int) -> int:
        stage = Stage(Script(looks=[RUNNING] * 5 + [DONE]))
        async with stage.service().open() as service, anyio.create_task_group() as group:
            job, _ = await service.place(draft())
            for _ in range(watchers):
                group.start_soon(finished, service, job)
        return len(stage.kie.looked)

    assert await looks(1) == await looks(50) == 6


async def test_a_caller_that_goes_away_takes_nothing_with_it() -> None:
    stage = Stage(Script(looks=[RUNNING] * 3 + [DONE]))
    async with stage.service().open() as service:
        job, _ = await service.place(draft())
        with anyio.move_on_after(1):
            await finished(service, job)
        await anyio.sleep(30)
    assert stage.rows()[0].phase is Phase.SUCCEEDED


async def test_what_was_left_unfinished_is_followed_again_at_the_next_start() -> None:
    stage = Stage(Script(looks=[RUNNING] * 2 + [DONE]))
    async with stage.service("w1").open() as service:
        job, _ = await service.place(draft())
        await anyio.sleep(3)
    assert stage.rows()[0].phase is Phase.RUNNING
    async with stage.service("w2").open() as service:
        assert (await finished(service, job)).phase is Phase.SUCCEEDED
    assert len(stage.kie.created) == 1


async def test_a_bug_in_the_care_for_one_job_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    class Odd(SqliteLedger):
        failures = 1

        async def read_durations(self, bucket: str) -> list[float]:
            self.failures -= 1
            if self.failures >= 0:
                raise ZeroDivisionError
            return await super().read_durations(bucket)

    stage = Stage()
    ledger = Odd(Path("ledger"), run=inline, connect=lambda _: stage.connection)
    async with stage.service(ledger=ledger).open() as service:
        first, _ = await service.place(draft("one"))
        second, _ = await service.place(draft("two"))
        assert (await finished(service, second)).updated_at < START + STANDARD.error_gap
        assert (await finished(service, first)).updated_at >= START + STANDARD.error_gap
    assert "trying again" in caplog.text
    assert len(stage.kie.created) == 2


# A disk that answers too late: it was given up, and has written all the same.


class Late(SqliteLedger):
    """Says of its first call of one kind that nothing was written."""

    of = ""

    async def _answer_late(self, kind: str) -> None:
        if self.of == kind:
            self.of = ""
            raise LedgerError("The ledger cannot be used: its disk does not answer.")

    async def reserve_all(self, *args: Any, **given: Any) -> list[tuple[Job, bool]]:
        """Write down what a call orders."""
        found = await super().reserve_all(*args, **given)
        await self._answer_late("reserve")
        return found

    async def adopt(self, job: Job, worker: str) -> tuple[Job, bool]:
        """Write down a job that was made elsewhere."""
        found = await super().adopt(job, worker)
        await self._answer_late("adopt")
        return found

    async def read(self, job_id: str) -> Job | None:
        """Read a job."""
        found = await super().read(job_id)
        if found:
            await self._answer_late("read")
        return found

    async def move(self, job: Job, *, was: Phase) -> Job:
        """Write down a step."""
        moved = await super().move(job, was=was)
        await self._answer_late("move")
        return moved


def late(stage: Stage, of: str) -> Late:
    """A ledger on the stage's disk that answers too late once."""
    ledger = Late(Path("ledger"), run=inline, connect=lambda _: stage.connection)
    ledger.of = of
    return ledger


@pytest.mark.parametrize("creates", [[BusyError("429", retry_after=1.0), "task-2"], ["task-1"]], ids=["back", "on"])
async def test_a_step_that_was_written_down_too_late_is_not_taken_for_one_of_another_process(
    creates: list[Any],
) -> None:
    """Repeated it does not fit any more; the job is still in the care of this process, which nobody else takes over."""
    stage = Stage(Script(creates=creates, looks=[RUNNING, DONE]))
    async with stage.service(ledger=late(stage, "move")).open() as service:
        job, _ = await service.place(draft())
        with anyio.fail_after(60):
            done = await finished(service, job)
    assert (done.phase, done.epoch) == (Phase.SUCCEEDED, 0)
    assert len(stage.kie.created) == len(creates)


async def test_a_job_that_another_process_has_taken_over_is_let_go(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    stage = Stage(Script(looks=[RUNNING]))
    async with stage.service().open() as service:
        job, _ = await service.place(draft())
        await anyio.sleep(10)
        other = stage.ledger()
        await other.open()
        [taken] = await other.claim("account", "w2", START + 10, {"w1": True})
        await other.beat("w2", START + 3600)
        await anyio.sleep(STANDARD.error_gap + 5)
        looks = len(stage.kie.looked)
        await anyio.sleep(60)
    assert (taken.id, len(stage.kie.looked)) == (job.id, looks)
    assert f"job {job.id} goes on in another process" in caplog.text


async def test_an_order_that_was_written_down_too_late_is_sent_when_it_is_repeated() -> None:
    """Else it would stand in the ledger as an order of this process, and nobody would care for it."""
    stage = Stage()
    async with stage.service(ledger=late(stage, "reserve")).open() as service:
        with pytest.raises(LedgerError):
            await service.place(draft())
        await anyio.sleep(30)
        assert stage.kie.created == []
        job, joined = await service.place(draft())
        with anyio.fail_after(60):
            assert (await finished(service, job)).phase is Phase.SUCCEEDED
    assert joined
    assert len(stage.rows()) == len(stage.kie.created) == 1


def draft_of_parts() -> Draft:
    """An order, and the one that makes a file of it."""
    order = ImageOrder(model="m", prompt="a fox", images=(PartFile(part="face"),)).model_dump(mode="json")
    return replace(draft("film"), order=order, parts={"face": draft("face")})


async def test_the_parts_of_an_order_that_was_written_down_too_late_are_sent_for_the_next_one_that_takes_them() -> None:
    stage = Stage()
    whole = draft_of_parts()
    async with stage.service(ledger=late(stage, "reserve")).open() as service:
        with pytest.raises(LedgerError):
            await service.place(whole)
        await anyio.sleep(30)
        job, joined = await service.place(replace(whole, fingerprint="another film"))
        with anyio.fail_after(60):
            assert (await finished(service, job)).phase is Phase.SUCCEEDED
    assert not joined
    assert [job.fingerprint for job in stage.rows()] == ["face", "film", "another film"]
    assert len(stage.kie.created) == 2


async def test_a_disk_that_hangs_again_while_such_a_job_is_taken_up_costs_none_that_was_ordered() -> None:
    stage = Stage()
    ledger = late(stage, "reserve")
    whole = draft_of_parts()
    async with stage.service(ledger=ledger).open() as service:
        with pytest.raises(LedgerError):
            await service.place(whole)
        await anyio.sleep(30)
        ledger.of = "read"
        with pytest.raises(LedgerError):
            await service.place(replace(whole, fingerprint="another film"))
        await anyio.sleep(30)
        job, joined = await service.place(replace(whole, fingerprint="another film"))
        with anyio.fail_after(60):
            assert (await finished(service, job)).phase is Phase.SUCCEEDED
    assert joined


async def test_a_queued_order_that_was_written_down_too_late_is_sent_when_somebody_asks_for_it() -> None:
    """By its id in the list of jobs, as is said to whoever has lost an answer."""
    stage = Stage()
    async with stage.service(ledger=late(stage, "reserve")).open() as service:
        with pytest.raises(LedgerError):
            await service.place(draft())
        [listed] = await service.list_jobs()
        with anyio.fail_after(60):
            assert (await finished(service, await service.find(listed.id))).phase is Phase.SUCCEEDED
    assert len(stage.kie.created) == 1


async def test_a_job_made_elsewhere_that_was_written_down_too_late_is_followed_when_it_is_asked_for_again() -> None:
    stage = Stage(Script(looks=[RUNNING, DONE]))
    async with stage.service(ledger=late(stage, "adopt")).open() as service:
        with pytest.raises(LedgerError):
            await service.find("made-there")
        await anyio.sleep(30)
        with anyio.fail_after(60):
            assert (await finished(service, await service.find("made-there"))).phase is Phase.SUCCEEDED
    assert len(stage.rows()) == 1


async def test_ids_cannot_be_guessed() -> None:
    ids = {new_job_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(re.fullmatch(r"job_[a-z2-7]{26}", name) for name in ids)


async def test_an_order_that_does_not_fit_into_the_budget_is_refused_and_nothing_is_left_of_it() -> None:
    stage = Stage(limits=Limits(credits_per_day=9.0))
    async with stage.service().open() as service:
        for name in ("fox", "cat"):
            await service.place(draft(name, credits=Estimate(3.0, 4.0)))
        with pytest.raises(BudgetError, match="1 left"):
            await service.place(draft("dog", credits=Estimate(3.0, 4.0)))
        jobs = await service.list_jobs()
        assert [(await finished(service, job)).phase for job in jobs] == [Phase.SUCCEEDED] * 2
        await service.place(draft("owl", credits=Estimate(1.0, 1.0)))
    assert [job.fingerprint for job in stage.rows()] == ["fox", "cat", "owl"]


async def test_a_call_joins_a_job_without_ordering_one() -> None:
    stage = Stage(Script(looks=[RUNNING]))
    async with stage.service().open() as service:
        job, _ = await service.place(draft())
        await anyio.sleep(STANDARD.duplicate_window + 1)
        with anyio.CancelScope() as scope:
            scope.cancel()
            await service.join(draft())
        found = await service.join(draft())
        assert await service.join(draft("dog")) is None
    assert found is not None
    assert (found.id, len(stage.rows())) == (job.id, 1)
