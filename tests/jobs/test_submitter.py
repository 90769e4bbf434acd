"""Spending money: what each answer to the create call means, and that it is written down whatever happens."""

from dataclasses import replace
from typing import Any

import anyio
import pytest

from kie_mcp import errors
from kie_mcp.errors import BusyError, KieError, NotCreatedError, NotYetError, UnconfirmedError, UnreachableError
from kie_mcp.jobs.budget import Limits
from kie_mcp.jobs.job import Job, Phase, Prepared, Request
from kie_mcp.jobs.submitter import Prepare
from kie_mcp.jobs.timing import STANDARD
from tests.support.scripted_kie import Script, Stage, make_job
from tests.support.virtual_time import START, VIRTUAL

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> Any:
    """Time passes only when everybody sleeps."""
    return VIRTUAL


def every(error: type[KieError]) -> set[type[KieError]]:
    return {error}.union(*(every(kind) for kind in error.__subclasses__()))


EVERY = sorted(every(KieError), key=lambda error: error.__name__)
"""All that the program can raise, also what a future version adds."""


async def submitted(stage: Stage, job: Job | None = None) -> Job:
    """The job, as its submission leaves it; the disk says the same."""
    submission, job, _ = await stage.ordered(job)
    job = await submission.submit(job)
    assert stage.rows() == [job]
    return job


async def test_a_created_job_has_its_id_and_was_sent_once() -> None:
    stage = Stage()
    job = await submitted(stage)
    assert (job.phase, job.task_id, job.sent_at) == (Phase.SUBMITTED, "task-1", START)
    assert [request for _, request in stage.kie.created] == [Request("m", {"job": "job_1"})]
    assert stage.phases == [Phase.SUBMITTED]


async def test_it_is_marked_on_the_disk_before_it_is_sent() -> None:
    stage = Stage()
    seen: list[Phase] = []

    def look_at_the_disk() -> str:
        seen.append(stage.rows()[0].phase)
        return "task-1"

    stage.kie.creates = [look_at_the_disk]
    await submitted(stage)
    assert seen == [Phase.SUBMITTING]


@pytest.mark.parametrize("error", EVERY, ids=[error.__name__ for error in EVERY])
async def test_what_each_error_of_a_create_call_means(error: type[KieError]) -> None:
    """Only what certainly was not created is sent again or has failed; everything else may have been charged."""
    stage = Stage(Script(creates=[error("words"), "task-2"]))
    job = await submitted(stage)
    if issubclass(error, NotYetError):
        assert (job.phase, len(stage.kie.created)) == (Phase.SUBMITTED, 2)
        return
    assert len(stage.kie.created) == 1
    assert job.finished_at is not None
    assert job.trouble is not None
    if issubclass(error, NotCreatedError):
        assert (job.phase, job.trouble) == (Phase.FAILED, error("words").trouble)
        assert not job.trouble.may_have_been_charged
    else:
        assert job.phase is Phase.UNCONFIRMED
        assert job.trouble.may_have_been_charged
        assert job.trouble.category == "unconfirmed"


@pytest.mark.parametrize("error", [RuntimeError("?"), OSError(5), KeyError("taskId"), TimeoutError(), ValueError()])
async def test_an_error_that_nobody_thought_of_is_unconfirmed_and_not_repeated(error: Exception) -> None:
    stage = Stage(Script(creates=[error, "task-2"]))
    job = await submitted(stage)
    assert (job.phase, len(stage.kie.created)) == (Phase.UNCONFIRMED, 1)
    assert job.trouble is not None
    assert "may have been charged" in job.trouble.message
    assert "new=true" in job.trouble.remedy


async def test_a_busy_upstream_is_asked_again_after_the_time_it_names() -> None:
    stage = Stage(Script(creates=[BusyError("429", retry_after=3.0), "task-2"]))
    assert (await submitted(stage)).phase is Phase.SUBMITTED
    assert [at for at, _ in stage.kie.created] == [0.0, 3.0]
    assert stage.phases == [Phase.RESERVED, Phase.SUBMITTED], "and the waiting is seen by who waits"


async def test_a_busy_upstream_that_names_no_time_is_asked_again_after_ten_seconds() -> None:
    stage = Stage(Script(creates=[BusyError("429"), BusyError("429", retry_after=0.0), "task-3"]))
    await submitted(stage)
    assert [at for at, _ in stage.kie.created] == [0.0, STANDARD.busy_pause, STANDARD.busy_pause]


async def test_one_busy_answer_holds_the_other_jobs_of_the_account_too() -> None:
    stage = Stage(Script(creates=[BusyError("429", retry_after=5.0), "task-2"]))
    submission, job, ledger = await stage.ordered()
    second, _ = await ledger.reserve(make_job(2, fingerprint="cat"), "w1")
    async with anyio.create_task_group() as group:
        group.start_soon(submission.submit, job)
        await anyio.sleep(0.1)
        group.start_soon(submission.submit, second)
    assert [at for at, _ in stage.kie.created] == [0.0, 5.0, 5.0]


async def test_an_upstream_that_stays_busy_is_never_given_up() -> None:
    stage = Stage(Script(creates=[*[BusyError("429")] * 200, "task"]))
    assert (await submitted(stage)).phase is Phase.SUBMITTED
    assert stage.kie.created[-1][0] == 200 * STANDARD.busy_pause


async def test_a_connection_that_is_never_made_is_tried_for_a_quarter_of_an_hour() -> None:
    stage = Stage(Script(creates=[UnreachableError("no route")], credits=[UnreachableError("no route"), 1.0]))
    job = await submitted(stage)
    assert job.phase is Phase.FAILED
    assert job.trouble is not None
    assert job.trouble.message == "The job could not be sent for 15 minutes; nothing was charged. no route"
    gaps = [later[0] - at[0] for at, later in zip(stage.kie.created, stage.kie.created[1:], strict=False)]
    assert gaps[:3] == [2.0, 4.0, 8.0]
    assert all(gap <= 30.0 + STANDARD.probe_gap * 2 for gap in gaps)
    assert STANDARD.wanted_for < stage.kie.created[-1][0] < STANDARD.wanted_for + 60


async def test_after_trouble_upon_trouble_free_calls_go_first() -> None:
    """Five lost answers within half a minute; then nothing is created until a free call is answered."""
    stage = Stage(
        Script(creates=[UnconfirmedError("502")] * 5 + ["task-6"], credits=[UnreachableError("down")] * 3 + [1.0])
    )
    submission, job, ledger = await stage.ordered()
    await submission.submit(job)
    for number in range(2, 6):
        await submission.submit((await ledger.reserve(make_job(number), "w1", new=True))[0])
    sixth, _ = await ledger.reserve(make_job(6), "w1", new=True)
    assert (await submission.submit(sixth)).phase is Phase.SUBMITTED
    assert stage.kie.asked == [10.0, 20.0, 30.0, 40.0]
    assert stage.kie.created[-1][0] == 40.0


@pytest.mark.parametrize(
    "answer", [errors.CredentialError("401"), BusyError("429", retry_after=0.0), errors.CreditError("402")]
)
async def test_a_refusal_is_no_trouble_for_the_circuit(answer: KieError) -> None:
    stage = Stage(Script(creates=[answer] * 10 + ["task"]))
    submission, job, ledger = await stage.ordered()
    for number in range(1, 12):
        await submission.submit(job)
        job, _ = await ledger.reserve(make_job(number + 1, fingerprint=f"f{number}"), "w1")
    assert stage.kie.asked == []


async def test_with_an_open_circuit_the_whole_line_asks_no_more_than_one_job_would() -> None:
    stage = Stage(
        Script(creates=[UnconfirmedError("502")] * 5 + ["task"], credits=[UnreachableError("down")] * 6 + [1.0])
    )
    submission, job, ledger = await stage.ordered()
    await submission.submit(job)
    for number in range(2, 6):
        await submission.submit((await ledger.reserve(make_job(number), "w1", new=True))[0])
    async with anyio.create_task_group() as group:
        for number in range(6, 16):
            group.start_soon(submission.submit, (await ledger.reserve(make_job(number), "w1", new=True))[0])
    assert len(stage.kie.asked) <= 10
    assert len(stage.kie.created) == 15


async def test_what_cannot_be_prepared_has_failed_and_nothing_was_sent() -> None:
    stage = Stage()
    submission, job, ledger = await stage.ordered()

    async def prepare(job: Job) -> Prepared:
        raise errors.OrderError("no such file")

    submission = stage.steps(ledger, prepare=prepare)
    job = await submission.submit(job)
    assert (job.phase, stage.kie.created) == (Phase.FAILED, [])
    assert job.trouble == errors.OrderError("no such file").trouble


@pytest.mark.parametrize(
    "error", [UnreachableError("no route"), BusyError("429", retry_after=2.0), errors.OutputError("503")]
)
async def test_what_cannot_be_prepared_just_now_is_prepared_again(error: KieError) -> None:
    stage = Stage()
    _, job, ledger = await stage.ordered()
    failures = [error, error]

    async def prepare(job: Job) -> Prepared:
        if failures:
            raise failures.pop()
        return Prepared(job, Request("m"))

    job = await stage.steps(ledger, prepare=prepare).submit(job)
    assert (job.phase, len(stage.kie.created)) == (Phase.SUBMITTED, 1)
    assert stage.kie.created[0][0] >= 4.0


async def test_a_bug_in_preparing_does_not_say_more_than_it_knows() -> None:
    stage = Stage()
    _, job, ledger = await stage.ordered()

    async def prepare(job: Job) -> Prepared:
        raise ZeroDivisionError("secret")

    job = await stage.steps(ledger, prepare=prepare).submit(job)
    assert job.trouble is not None
    assert job.trouble.message == "The job could not be prepared; nothing was sent."


async def test_what_was_being_sent_when_the_process_died_is_never_sent_again() -> None:
    stage = Stage()
    submission, job, ledger = await stage.ordered()
    await ledger.mark(job, START)
    [job] = stage.rows()
    job = await submission.submit(job)
    assert (job.phase, stage.kie.created) == (Phase.UNCONFIRMED, [])


async def test_eighteen_go_at_once_and_the_nineteenth_waits() -> None:
    stage = Stage()
    submission, job, ledger = await stage.ordered()
    async with anyio.create_task_group() as group:
        group.start_soon(submission.submit, job)
        for number in range(2, 25):
            group.start_soon(submission.submit, (await ledger.reserve(make_job(number), "w1", new=True))[0])
    assert [round(at, 3) for at, _ in stage.kie.created] == [0.0] * 18 + [10.5] * 6


def dearer(amount: float | None) -> Prepare:
    """Learn only while it is prepared what a job costs."""

    async def prepare(job: Job) -> Prepared:
        return Prepared(replace(job, credits_estimated=amount), Request("m"))

    return prepare


async def test_a_job_is_sent_with_what_is_known_of_its_price_by_then() -> None:
    stage = Stage(limits=Limits(credits_per_day=10.0))
    _, job, ledger = await stage.ordered(make_job(credits_estimated=4.0))
    job = await stage.steps(ledger, prepare=dearer(9.0)).submit(job)
    assert (job.phase, job.credits_estimated) == (Phase.SUBMITTED, 9.0)
    assert stage.rows() == [job]


@pytest.mark.parametrize("limits", [Limits(credits_per_day=10.0), Limits(credits_per_job=10.0)])
async def test_a_job_that_turns_out_too_dear_fails_and_nothing_is_sent(limits: Limits) -> None:
    stage = Stage(limits=limits)
    _, job, ledger = await stage.ordered(make_job(credits_estimated=4.0))
    job = await stage.steps(ledger, prepare=dearer(11.0)).submit(job)
    assert (job.phase, job.credits_estimated, stage.kie.created) == (Phase.FAILED, 11.0, [])
    assert job.trouble is not None
    assert (job.trouble.category, job.trouble.may_have_been_charged) == ("budget", False)
    assert "11 credits" in job.trouble.message
    assert "raise KIE_MAX_CREDITS" in job.trouble.remedy
    assert (await ledger.read_spending("account", 0)).entries == ()
