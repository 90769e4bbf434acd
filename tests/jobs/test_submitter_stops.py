"""The server stops, the disk is full, another process was quicker: what was paid for is written down all the same."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import pytest

from kie_mcp import errors
from kie_mcp.errors import BusyError, KieError, UnconfirmedError
from kie_mcp.jobs.budget import NO_LIMITS, Limits
from kie_mcp.jobs.job import Job, Phase
from kie_mcp.jobs.store.errors import LedgerError, StaleJobError
from kie_mcp.jobs.store.sqlite import SqliteLedger
from kie_mcp.jobs.timing import STANDARD
from tests.support.scripted_kie import Script, Stage, Steps, inline, make_job
from tests.support.virtual_time import START, VIRTUAL

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> Any:
    """Time passes only when everybody sleeps."""
    return VIRTUAL


async def slowly(seconds: float, answer: Any = "task-1") -> Any:
    """An answer that takes its time."""
    await anyio.sleep(seconds)
    return answer


async def stopped_after(seconds: float, stage: Stage) -> float:
    """Stop in the middle of submitting; the seconds that it takes."""
    submission, job, _ = await stage.ordered()
    began = anyio.current_time()
    async with anyio.create_task_group() as group:
        group.start_soon(submission.submit, job)
        await anyio.sleep(seconds)
        submission.stop()
        group.cancel_scope.cancel()
    return anyio.current_time() - began - seconds


async def test_a_cancelled_create_call_is_waited_for_and_its_id_written_down() -> None:
    stage = Stage(Script(creates=[lambda: slowly(8.0)]))
    assert await stopped_after(1.0, stage) == pytest.approx(7.0)
    assert [(job.phase, job.task_id) for job in stage.rows()] == [(Phase.SUBMITTED, "task-1")]


async def test_a_create_call_that_outlives_its_last_moments_is_unconfirmed() -> None:
    stage = Stage(Script(creates=[lambda: slowly(30.0)]))
    assert await stopped_after(1.0, stage) == pytest.approx(STANDARD.shutdown_grace)
    [job] = stage.rows()
    assert job.phase is Phase.UNCONFIRMED
    assert job.trouble is not None
    assert "The server stopped before Kie.ai answered" in job.trouble.message


async def test_a_refusal_in_the_last_moments_is_a_refusal() -> None:
    stage = Stage(Script(creates=[lambda: slowly(8.0, errors.CreditError("402"))]))
    await stopped_after(1.0, stage)
    assert [job.phase for job in stage.rows()] == [Phase.FAILED]


async def test_a_job_that_waits_is_left_as_it_is() -> None:
    stage = Stage(Script(creates=[BusyError("429", retry_after=60.0)]))
    assert await stopped_after(1.0, stage) == 0.0
    assert [(job.phase, job.not_before) for job in stage.rows()] == [(Phase.RESERVED, START + 60.0)]


async def test_nothing_is_sent_once_it_stops() -> None:
    """Stopped in the middle of marking: it is on the disk as being sent, but was not, and says so."""
    stage = Stage()
    marking = anyio.Event()

    class Slow(SqliteLedger):
        async def mark(self, job: Job, now: float, limits: Limits = NO_LIMITS) -> float:
            seconds = 0.0
            with anyio.CancelScope(shield=True):
                seconds = await super().mark(job, now, limits)
                marking.set()
                await anyio.sleep(1.0)
            return seconds

    ledger = Slow(Path("ledger"), run=inline, connect=lambda _: stage.connection)
    await ledger.open()
    job, _ = await ledger.reserve(make_job(), "w1")
    submission = stage.steps(ledger)

    async def submit() -> None:
        with suppress(StaleJobError):
            await submission.submit(job)

    async with anyio.create_task_group() as group:
        group.start_soon(submit)
        await marking.wait()
        submission.stop()
        group.cancel_scope.cancel()
    assert stage.kie.created == []
    assert [job.phase for job in stage.rows()] == [Phase.RESERVED]


# The ledger fails.


class Failing(SqliteLedger):
    """Refuses some calls of one kind, as a full disk does."""

    failures: int = 0
    of: str = ""

    async def _or_fail(self, kind: str) -> None:
        if kind == self.of and self.failures:
            self.failures -= 1
            raise LedgerError("The ledger cannot be used: disk full.")

    async def attach(self, job: Job, task_id: str, now: float, worker: str) -> Job:
        await self._or_fail("attach")
        return await super().attach(job, task_id, now, worker)

    async def move(self, job: Job, *, was: Phase) -> Job:
        await self._or_fail("move")
        return await super().move(job, was=was)

    async def hold(self, account: str, until: float) -> None:
        await self._or_fail("hold")
        await super().hold(account, until)


async def failing(stage: Stage, of: str, failures: int) -> tuple[Steps, Job]:
    ledger = Failing(Path("ledger"), run=inline, connect=lambda _: stage.connection)
    ledger.of, ledger.failures = of, failures
    await ledger.open()
    job, _ = await ledger.reserve(make_job(), "w1")
    return stage.steps(ledger), job


@pytest.mark.parametrize("failures", [1, 5, 20])
async def test_an_id_is_written_down_as_soon_as_the_ledger_can(failures: int) -> None:
    stage = Stage()
    submission, job = await failing(stage, "attach", failures)
    job = await submission.submit(job)
    assert (job.task_id, len(stage.kie.created)) == ("task-1", 1)
    assert stage.rows() == [job]


@pytest.mark.parametrize("error", [errors.CreditError("402"), UnconfirmedError("reset")])
async def test_how_a_create_call_ended_is_written_down_as_soon_as_the_ledger_can(error: KieError) -> None:
    stage = Stage(Script(creates=[error]))
    submission, job = await failing(stage, "move", 4)
    job = await submission.submit(job)
    assert (job.trouble, len(stage.kie.created)) == (error.trouble, 1)
    assert stage.rows() == [job]


@pytest.mark.parametrize("of", ["move", "hold"])
async def test_a_busy_answer_is_not_forgotten_when_the_ledger_fails(of: str) -> None:
    stage = Stage(Script(creates=[BusyError("429", retry_after=1.0), "task-2"]))
    submission, job = await failing(stage, of, 3)
    assert (await submission.submit(job)).phase is Phase.SUBMITTED
    assert len(stage.kie.created) == 2


async def test_a_job_that_went_on_elsewhere_is_let_go_before_anything_is_sent() -> None:
    stage = Stage()
    submission, job, ledger = await stage.ordered()
    await ledger.claim("account", "w2", START + 100)
    with pytest.raises(StaleJobError):
        await submission.submit(job)
    assert stage.kie.created == []


async def test_an_id_that_came_after_another_process_gave_the_job_up_is_kept() -> None:
    stage = Stage(Script(creates=[lambda: slowly(20.0)]))
    submission, job, ledger = await stage.ordered()
    async with anyio.create_task_group() as group:
        group.start_soon(submission.submit, job)
        await anyio.sleep(10.0)
        await ledger.claim("account", "w2", START + 10)
        assert [job.phase for job in stage.rows()] == [Phase.UNCONFIRMED]
    assert [(job.phase, job.task_id, job.epoch) for job in stage.rows()] == [(Phase.SUBMITTED, "task-1", 1)]
