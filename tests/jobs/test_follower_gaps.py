"""How often a job is looked at, what is learned from it, and what a failing ledger changes: nothing."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import pytest

from kie_mcp.catalog import registry
from kie_mcp.errors import OutputError, Trouble
from kie_mcp.jobs.job import Job, Look, Output, Phase, Verdict
from kie_mcp.jobs.polling import Spread
from kie_mcp.jobs.store.errors import LedgerError, StaleJobError
from kie_mcp.jobs.store.sqlite import SqliteLedger
from kie_mcp.jobs.timing import STANDARD
from kie_mcp.orders.kind import Kind
from tests.support.killable import finished
from tests.support.scripted_kie import DONE, RUNNING, URL, Script, Stage, draft, inline
from tests.support.scripted_kie import save as everything
from tests.support.virtual_time import START, VIRTUAL, LoopClock

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> Any:
    """Time passes only when everybody sleeps."""
    return VIRTUAL


async def followed(stage: Stage, **changes: Any) -> Job:
    """The job, followed to its end; the disk says the same."""
    job, ledger = await stage.sent(**changes)
    job = await stage.steps(ledger).follow(job)
    assert stage.rows() == [job]
    return job


async def test_a_nudge_brings_the_next_look_forward_but_never_closer_than_two_seconds() -> None:
    stage = Stage(Script(looks=[RUNNING]))
    job, ledger = await stage.sent(sent_at=START - 100)
    follower = stage.steps(ledger)
    with anyio.move_on_after(60):
        async with anyio.create_task_group() as group:
            group.start_soon(follower.follow, job)
            while True:
                await anyio.sleep(0.1)
                follower.nudge(job.id)
    assert {round(gap, 6) for gap in stage.gaps()} == {STANDARD.shortest_gap}


async def test_a_nudge_for_a_job_that_nobody_follows_is_nothing() -> None:
    stage = Stage()
    _, ledger = await stage.sent()
    stage.steps(ledger).nudge("job_unknown")


async def test_a_job_that_was_looked_at_just_now_is_not_looked_at_again_at_once() -> None:
    stage = Stage()
    await followed(stage, sent_at=START - 100, looked_at=START - 0.5)
    [(at, _)] = stage.kie.looked
    assert at >= STANDARD.shortest_gap - 0.5


async def test_a_job_that_was_taken_over_is_given_two_seconds_even_when_somebody_asks() -> None:
    """The other process may have looked and died before it could write that down."""
    stage = Stage()
    job, ledger = await stage.sent(sent_at=START - 100)
    [job] = await ledger.claim("account", "w2", START + STANDARD.lease)
    follower = stage.steps(ledger)
    async with anyio.create_task_group() as group:
        group.start_soon(follower.follow, job)
        await anyio.sleep(0.1)
        follower.nudge(job.id)
    assert [at for at, _ in stage.kie.looked] == [STANDARD.shortest_gap]


async def test_a_job_that_another_process_took_is_not_even_looked_at() -> None:
    stage = Stage()
    job, ledger = await stage.sent()
    await ledger.claim("account", "w2", START + STANDARD.lease)
    with pytest.raises(StaleJobError):
        await stage.steps(ledger).follow(job)
    assert stage.kie.looked == []


# What is learned, and what the ledger forgets to do.


async def test_a_duration_is_learned_by_kies_clock_if_it_tells() -> None:
    stage = Stage(Script(looks=[Look(verdict=Verdict.SUCCEEDED, created_at=START - 3, finished_at=START + 9.5)]))
    _, ledger = await stage.sent()
    await stage.steps(ledger).follow(stage.rows()[0])
    assert await ledger.read_durations("short") == [12.5]


async def test_a_duration_is_learned_by_our_clock_if_it_was_watched() -> None:
    stage = Stage(Script(looks=[RUNNING, DONE]))
    _, ledger = await stage.sent()
    await stage.steps(ledger).follow(stage.rows()[0])
    [seconds] = await ledger.read_durations("short")
    assert seconds == pytest.approx(4.0)


async def test_nothing_is_learned_from_a_job_that_nobody_watched() -> None:
    stage = Stage()
    _, ledger = await stage.sent(sent_at=START - 5000)
    await stage.steps(ledger).follow(stage.rows()[0])
    assert await ledger.read_durations("short") == []


async def test_what_cannot_be_learned_keeps_no_end_from_being_written_down() -> None:
    """Else what was saved would be saved again, and the job's end be told only then."""

    class Forgetful(SqliteLedger):
        async def learn(self, bucket: str, seconds: float, now: float) -> None:
            raise LedgerError("The ledger cannot be used: disk full.")

    stage, saved = Stage(Script(looks=[RUNNING, DONE])), list[str]()

    async def save(job: Job, urls: Sequence[str]) -> tuple[tuple[Output, ...], Trouble | None]:
        saved.extend(urls)
        return await everything(job, urls)

    stage.save = save
    ledger = Forgetful(Path("ledger"), run=inline, connect=lambda _: stage.connection)
    async with stage.service(ledger=ledger).open() as service:
        job, _ = await service.place(draft())
        with anyio.fail_after(10):
            done = await finished(service, job)
        await anyio.sleep(60)
    assert (done.phase, saved) == (Phase.SUCCEEDED, [URL])
    assert stage.rows() == [done]
    assert len(stage.kie.looked) == 2


async def test_what_was_learned_says_when_to_look_first() -> None:
    stage = Stage()
    job, ledger = await stage.sent()
    for seconds in range(9, 19):
        await ledger.learn(job.bucket, float(seconds), START)
    await stage.steps(ledger).follow(job)
    assert [at for at, _ in stage.kie.looked] == [9.0]


async def test_a_ledger_that_fails_for_a_while_stops_nobody_from_looking() -> None:
    class Failing(SqliteLedger):
        failures = 3

        async def move(self, job: Job, *, was: Phase) -> Job:
            self.failures -= 1
            if self.failures >= 0:
                raise LedgerError("The ledger cannot be used: disk full.")
            return await super().move(job, was=was)

    stage = Stage(Script(looks=[RUNNING, RUNNING, DONE]))
    job, ledger = await stage.sent()
    failing = Failing(ledger.path, run=inline, connect=lambda _: stage.connection)
    await failing.open()
    job = await stage.steps(failing).follow(job)
    assert job.phase is Phase.SUCCEEDED
    assert stage.rows() == [job]
    assert min(stage.gaps()) >= STANDARD.shortest_gap


# What is known of such jobs elsewhere, on a ledger that has seen none.

PICTURES, FILMS = (registry.models(kind)[0].lasts for kind in (Kind.IMAGE, Kind.TALKING_VIDEO))


async def looks(seconds: float, elsewhere: Spread | None, learned: Sequence[float] = ()) -> list[float]:
    """When a job that takes so long is looked at, until its end is seen."""
    began = LoopClock().now()

    def by_now() -> Look:
        return DONE if LoopClock().now() - began >= seconds else RUNNING

    stage = Stage(Script(looks=[by_now]))
    job, ledger = await stage.sent(sent_at=began)
    for one in learned:
        await ledger.learn(job.bucket, one, START)
    await stage.steps(ledger, elsewhere=elsewhere).follow(job)
    return [at - (began - START) for at, _ in stage.kie.looked]


@pytest.mark.parametrize(
    ("seconds", "elsewhere", "before", "after"), [(11, PICTURES, 6, 4), (20, PICTURES, 10, 9), (170, FILMS, 65, 32)]
)
async def test_the_first_jobs_are_looked_at_less_often_by_what_is_known_elsewhere_and_ends_are_seen_as_soon(
    seconds: float, elsewhere: Spread, before: int, after: int
) -> None:
    blind, told = await looks(seconds, None), await looks(seconds, elsewhere)
    assert (len(blind), len(told)) == (before, after)
    assert told[-1] - seconds <= STANDARD.longest_gap
    assert max(late - early for early, late in pairwise(told)) <= STANDARD.longest_gap
    assert told[0] <= STANDARD.latest_first_look


async def test_what_was_seen_here_takes_the_place_of_what_is_known_elsewhere_job_by_job() -> None:
    """Here a film takes 30 s: the first look comes sooner with each that was seen, and the 8th leaves nothing else."""
    first = [(await looks(30, Spread(median=40, sigma=0.3, shortest=14, longest=90), [4.0] * n))[0] for n in (0, 1, 8)]
    assert first[0] > first[1] == first[2] == 4.0
    assert await looks(30, FILMS, [4.0] * 8) == await looks(30, None, [4.0] * 8)


async def test_what_is_known_elsewhere_may_be_wrong_and_does_no_harm() -> None:
    for seconds in (1.0, 6.0, 40.0, 900.0):
        for elsewhere in (PICTURES, FILMS):
            seen = await looks(seconds, elsewhere)
            assert seen[-1] - seconds <= (STANDARD.latest_first_look if len(seen) == 1 else STANDARD.longest_gap)


# Saving again.


async def test_files_that_are_missing_are_saved_again() -> None:
    stage = Stage()
    lost = OutputError("disk full").trouble
    done, ledger = await stage.sent(phase=Phase.SUCCEEDED, outputs=(Output(url=URL),), trouble=lost, finished_at=START)
    job = await stage.steps(ledger).save_again(done)
    assert (job.outputs, job.trouble) == ((Output(url=URL, path="/saved/0"),), None)
    assert stage.rows() == [job]
    assert stage.kie.looked == []
