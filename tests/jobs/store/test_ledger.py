"""The ledger's contract: what is written is read, each step is compare-and-set, and a dead worker's jobs move."""

from dataclasses import replace

import pytest

from kie_mcp.jobs.job import TRANSITIONS, Job, JobState, Phase, advance
from kie_mcp.jobs.polling import KEPT
from kie_mcp.jobs.rate_limit import BUDGET
from kie_mcp.jobs.store.errors import LedgerError, StaleJobError
from kie_mcp.jobs.store.protocols import Ledger
from kie_mcp.jobs.timing import STANDARD
from kie_mcp.orders.kind import Kind
from tests.support.scripted_kie import make_job
from tests.support.virtual_time import START

pytestmark = pytest.mark.anyio


async def sent(ledger: Ledger, job: Job, now: float = START) -> Job:
    """The job, reserved and marked."""
    await ledger.reserve(job, "w1")
    assert await ledger.mark(job, now) == 0.0
    return advance(job, Phase.SUBMITTING, now, sent_at=now)


# What is written is what is read.


async def test_a_job_comes_back_as_it_was_written(ledger: Ledger, other: Ledger) -> None:
    job = make_job(idempotency_key="k", credits_estimated=4.0, credits_least=3.0, waiting_for=("job_0",), note="é")
    assert await ledger.reserve(job, "w1") == (job, False)
    assert await other.read(job.id) == job
    assert await other.read("job_unknown") is None


async def test_jobs_are_listed_newest_first_by_account_state_and_kind(ledger: Ledger) -> None:
    jobs = [make_job(n, fingerprint=f"f{n}", created_at=START + n, kind=kind) for n, kind in enumerate(Kind)]
    for job in [*jobs, make_job(9, account="another", fingerprint="f9")]:
        await ledger.reserve(job, "w1")
    await ledger.move(advance(jobs[1], Phase.FAILED, START), was=Phase.RESERVED)
    assert [job.id for job in await ledger.list_jobs("account")] == ["job_3", "job_2", "job_1", "job_0"]
    assert [job.id for job in await ledger.list_jobs("account", limit=2)] == ["job_3", "job_2"]
    assert [job.id for job in await ledger.list_jobs("account", state=JobState.FAILED)] == ["job_1"]
    assert [job.id for job in await ledger.list_jobs("account", kind=Kind.SPEECH)] == ["job_1"]


# Each step is compare-and-set.


async def test_every_legal_step_is_taken_and_no_other(ledger: Ledger) -> None:
    for number, (was, then) in enumerate((was, then) for was in Phase for then in Phase):
        job = make_job(number, fingerprint=f"f{number}", phase=was)
        await ledger.reserve(job, "w1")
        after = advance(job, then, START + 1)
        if then in TRANSITIONS[was]:
            assert await ledger.move(after, was=was) == after
            assert await ledger.read(job.id) == after
        else:
            with pytest.raises(LedgerError, match=f"cannot go from {was} to {then}"):
                await ledger.move(after, was=was)
            assert await ledger.read(job.id) == job


async def test_a_step_from_a_phase_that_is_over_is_refused(ledger: Ledger) -> None:
    job = make_job()
    await ledger.reserve(job, "w1")
    await ledger.move(advance(job, Phase.FAILED, START), was=Phase.RESERVED)
    with pytest.raises(StaleJobError):
        await ledger.move(advance(job, Phase.SUBMITTING, START), was=Phase.RESERVED)
    with pytest.raises(StaleJobError):
        await ledger.mark(job, START)
    known = await ledger.read(job.id)
    assert known is not None
    assert known.phase is Phase.FAILED


async def test_only_one_of_two_processes_marks_a_job(ledger: Ledger, other: Ledger) -> None:
    job = make_job()
    await ledger.reserve(job, "w1")
    assert await ledger.mark(job, START) == 0.0
    with pytest.raises(StaleJobError):
        await other.mark(job, START)
    assert len((await ledger.read_queue(job)).sends) == 1, "and the refused one is not counted as a send"


async def test_a_process_that_lost_a_job_writes_no_more(ledger: Ledger, other: Ledger) -> None:
    job = make_job(phase=Phase.RUNNING, task_id="t")
    await ledger.reserve(job, "w1")
    await other.beat("w2", START + STANDARD.lease)
    [taken] = await other.claim("account", "w2", START + STANDARD.lease)
    assert taken.epoch == job.epoch + 1
    with pytest.raises(StaleJobError):
        await ledger.move(advance(job, Phase.SUCCEEDED, START), was=Phase.RUNNING)
    assert (await other.move(advance(taken, Phase.SUCCEEDED, START), was=Phase.RUNNING)).done


# Who cares for what.


async def test_the_jobs_of_a_living_worker_are_left_alone(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(), "w1")
    assert await other.claim("account", "w2", START + STANDARD.lease - 0.1) == []
    await ledger.beat("w1", START + STANDARD.lease - 0.1)
    assert await other.claim("account", "w2", START + STANDARD.lease + 1) == []


async def test_the_jobs_of_a_dead_worker_are_taken_over_once(ledger: Ledger, other: Ledger) -> None:
    phases = [Phase.RESERVED, Phase.SUBMITTED, Phase.RUNNING]
    for number, phase in enumerate(phases):
        await ledger.reserve(make_job(number, fingerprint=f"f{number}", phase=phase), "w1")
    now = START + STANDARD.lease
    await other.beat("w2", now)
    taken = await other.claim("account", "w2", now)
    assert [(job.phase, job.epoch) for job in taken] == [(phase, 1) for phase in phases]
    assert await other.claim("account", "w2", now) == []


async def test_finished_jobs_and_those_of_other_accounts_are_not_taken_over(ledger: Ledger, other: Ledger) -> None:
    for number, phase in enumerate([Phase.SUCCEEDED, Phase.FAILED, Phase.UNCONFIRMED]):
        await ledger.reserve(make_job(number, fingerprint=f"f{number}", phase=phase), "w1")
    await ledger.reserve(make_job(9, account="another"), "w1")
    assert await other.claim("account", "w2", START + STANDARD.lease) == []


async def test_what_was_being_sent_when_its_worker_died_is_unconfirmed(ledger: Ledger, other: Ledger) -> None:
    job = await sent(ledger, make_job())
    [taken] = await other.claim("account", "w2", START + STANDARD.lease)
    assert taken.phase is Phase.UNCONFIRMED
    assert taken.trouble is not None
    assert taken.trouble.may_have_been_charged
    assert taken.finished_at == START + STANDARD.lease
    with pytest.raises(StaleJobError):
        await ledger.move(advance(job, Phase.RESERVED, START), was=Phase.SUBMITTING)


LIVES: dict[str, bool | None] = {"w1": False}
"""Its lock is held."""


async def test_what_a_living_process_is_sending_is_not_lost_by_its_lease_alone(ledger: Ledger, other: Ledger) -> None:
    """It is stopped, or shut out of the ledger, and may come back with Kie.ai's id."""
    job = await sent(ledger, make_job())
    for silence in (0.0, STANDARD.stopped_for - 1):
        assert await other.claim("account", "w2", START + STANDARD.lease + silence, LIVES) == []
    assert (await ledger.attach(job, "task-1", START + STANDARD.lease + 20, "w1")).phase is Phase.SUBMITTED


async def test_what_a_process_was_sending_that_has_stood_still_for_long_is_unconfirmed(
    ledger: Ledger, other: Ledger
) -> None:
    await sent(ledger, make_job())
    [taken] = await other.claim("account", "w2", START + STANDARD.lease + STANDARD.stopped_for, LIVES)
    assert taken.phase is Phase.UNCONFIRMED


async def test_a_process_that_stands_still_is_followed_for_by_another(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(phase=Phase.RUNNING, task_id="t"), "w1")
    assert await other.claim("account", "w2", START + STANDARD.lease + 1, LIVES, patient=True) == []
    assert len(await other.claim("account", "w2", START + STANDARD.lease + 1, LIVES)) == 1


@pytest.mark.parametrize("patient", [True, False])
async def test_the_jobs_of_a_process_that_has_ended_are_free_whatever_its_lease_says(
    patient: bool, ledger: Ledger, other: Ledger
) -> None:
    """Its lock tells, also after the clock was set."""
    for number, phase in enumerate([Phase.SUBMITTING, Phase.RUNNING]):
        await ledger.reserve(make_job(number, fingerprint=f"f{number}", phase=phase), "w1")
    taken = await other.claim("account", "w2", START - 3600, {"w1": True}, patient=patient)
    assert [job.phase for job in taken] == [Phase.UNCONFIRMED, Phase.RUNNING]


async def test_whoever_leaves_frees_its_jobs_at_once(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(), "w1")
    await ledger.leave("w1")
    assert [job.id for job in await other.claim("account", "w2", START)] == ["job_1"]


# An id is never lost.


async def test_a_task_id_is_attached_to_what_was_sent(ledger: Ledger, other: Ledger) -> None:
    job = await sent(ledger, make_job())
    attached = await ledger.attach(job, "task-1", START + 1, "w1")
    assert (attached.phase, attached.task_id) == (Phase.SUBMITTED, "task-1")
    assert await other.read_task("account", "task-1") == attached
    assert await other.read_task("another", "task-1") is None


async def test_a_late_id_is_attached_to_a_job_that_was_given_up(ledger: Ledger, other: Ledger) -> None:
    """Its process slept, another one said unconfirmed, and then the answer came after all."""
    job = await sent(ledger, make_job())
    await other.beat("w2", START + STANDARD.lease)
    await other.claim("account", "w2", START + STANDARD.lease)
    attached = await ledger.attach(job, "task-1", START + 60, "w1")
    assert (attached.phase, attached.trouble, attached.finished_at) == (Phase.SUBMITTED, None, None)


async def test_a_late_id_brings_the_job_back_into_the_care_of_who_has_it(ledger: Ledger, other: Ledger) -> None:
    """Else it would belong to a living process that does not follow it."""
    job = await sent(ledger, make_job())
    await other.beat("w2", START + STANDARD.lease)
    await other.claim("account", "w2", START + STANDARD.lease)
    await ledger.attach(job, "task-1", START + STANDARD.lease, "w1")
    later = START + 60
    await other.beat("w2", later)
    assert [taken.id for taken in await other.claim("account", "w2", later)] == [job.id], "w1 is dead by now"


async def test_a_job_has_one_id_for_ever(ledger: Ledger) -> None:
    job = await sent(ledger, make_job())
    await ledger.attach(job, "task-1", START, "w1")
    with pytest.raises(StaleJobError):
        await ledger.attach(job, "task-2", START, "w1")
    with pytest.raises(LedgerError, match="task-3"):
        await ledger.attach(make_job(7), "task-3", START, "w1")


async def test_a_job_made_elsewhere_is_written_down_once(ledger: Ledger, other: Ledger) -> None:
    job = make_job(1, task_id="task-1", phase=Phase.SUBMITTED, fingerprint="")
    assert await ledger.adopt(job, "w1") == (job, False)
    assert await other.adopt(replace(job, id="job_2"), "w2") == (job, True)


# The account's window.


async def test_the_window_is_shared_by_all_processes(ledger: Ledger, other: Ledger) -> None:
    for number in range(BUDGET):
        view = (ledger, other)[number % 2]
        job = make_job(number, fingerprint=f"f{number}")
        await view.reserve(job, "w1")
        assert await view.mark(job, START + number / 10) == 0.0
    job = make_job(50, fingerprint="one more")
    await other.reserve(job, "w2")
    assert await other.mark(job, START + 2) == pytest.approx(STANDARD.send_window - 2)
    assert (await other.read_queue(job)).place == 0
    assert await other.mark(job, START + STANDARD.send_window) == 0.0


async def test_a_hold_keeps_all_processes_of_the_account_back(ledger: Ledger, other: Ledger) -> None:
    await ledger.hold("account", START + 7)
    await ledger.hold("account", START + 3)
    mine, foreign = make_job(1), make_job(2, account="another")
    await other.reserve(mine, "w2")
    await other.reserve(foreign, "w2")
    assert await other.mark(mine, START) == 7.0
    assert await other.mark(foreign, START) == 0.0


async def test_the_line_is_counted_by_age(ledger: Ledger) -> None:
    for number in range(3):
        await ledger.reserve(make_job(number, fingerprint=f"f{number}", created_at=START + number), "w1")
    assert [(await ledger.read_queue(make_job(n, created_at=START + n))).place for n in range(3)] == [0, 1, 2]


# What was learned.


async def test_durations_are_kept_in_order_and_the_oldest_are_forgotten(ledger: Ledger, other: Ledger) -> None:
    for number in range(KEPT + 5):
        await ledger.learn("short", float(KEPT + 5 - number), START + number)
    await ledger.learn("long", 300.0, START)
    durations = await other.read_durations("short")
    assert durations == [float(seconds) for seconds in range(1, KEPT + 1)]
    assert await other.read_durations("long") == [300.0]
    assert await other.read_durations("unknown") == []
