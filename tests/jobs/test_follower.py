"""Looking until done: whatever a look gives, the job lives on and says what is going on."""

from collections.abc import Sequence
from typing import Any

import anyio
import pytest

from kie_mcp.errors import (
    BusyError,
    CredentialError,
    CreditError,
    JobFailedError,
    KieError,
    LookError,
    NotVisibleError,
    OutputError,
    Trouble,
)
from kie_mcp.jobs.follower import KEPT_BY_KIE
from kie_mcp.jobs.job import Job, Look, Output, Phase, Verdict
from kie_mcp.jobs.timing import STANDARD
from tests.support.scripted_kie import DONE, RUNNING, URL, Script, Stage
from tests.support.virtual_time import START, VIRTUAL

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


async def noted(stage: Stage, seconds: float, **changes: Any) -> Job:
    """The job on the disk after it was followed for so long."""
    job, ledger = await stage.sent(**changes)
    with anyio.move_on_after(seconds):
        await stage.steps(ledger).follow(job)
    return stage.rows()[0]


async def test_a_job_that_was_answered_with_its_file_is_looked_at_and_saved_at_once() -> None:
    stage = Stage(Script(looks=[DONE]))
    job = await followed(stage, task_id=URL)
    assert (job.phase, job.outputs) == (Phase.SUCCEEDED, (Output(url=URL, path="/saved/0"),))
    assert stage.kie.looked == [(0.0, URL)]


async def test_a_success_is_saved_written_down_and_told() -> None:
    stage = Stage(Script(looks=[RUNNING, DONE]))
    job = await followed(stage)
    assert job.phase is Phase.SUCCEEDED
    assert job.outputs == (Output(url=URL, path="/saved/0"),)
    assert (job.credits_used, job.upstream_state, job.trouble) == (4.0, "success", None)
    assert stage.phases == [Phase.RUNNING, Phase.SUCCEEDED]
    assert [task for _, task in stage.kie.looked] == ["task-1", "task-1"]


async def test_a_success_is_saved_before_anyone_is_told() -> None:
    order: list[str] = []

    async def save(_: Job, urls: Sequence[str]) -> tuple[tuple[Output, ...], Trouble | None]:
        order.append(f"saving, told {len(stage.phases)}")
        await anyio.sleep(1)
        order.append(f"saved, told {len(stage.phases)}, on disk {stage.rows()[0].phase}")
        return tuple(Output(url=url) for url in urls), None

    stage = Stage(save=save)
    await followed(stage)
    assert order == ["saving, told 0", "saved, told 0, on disk submitted"]
    assert stage.phases == [Phase.SUCCEEDED]


async def test_a_success_that_cannot_be_saved_is_still_a_success_and_says_so() -> None:
    trouble = OutputError("disk full").trouble

    async def save(_: Job, urls: Sequence[str]) -> tuple[tuple[Output, ...], Trouble | None]:
        return tuple(Output(url=url) for url in urls), trouble

    job = await followed(Stage(save=save))
    assert (job.phase, job.trouble, job.outputs) == (Phase.SUCCEEDED, trouble, (Output(url=URL),))


async def test_a_failure_upstream_is_the_jobs_failure() -> None:
    trouble = JobFailedError("too dark").trouble
    job = await followed(Stage(Script(looks=[Look(verdict=Verdict.FAILED, state="fail", trouble=trouble)])))
    assert (job.phase, job.trouble, job.finished_at) == (Phase.FAILED, trouble, START + STANDARD.shortest_gap)


TROUBLES = [
    LookError("503"),
    LookError("reset"),
    LookError("no JSON"),
    NotVisibleError("404"),
    BusyError("429"),
    CredentialError("401"),
    RuntimeError("nobody thought of this"),
]


@pytest.mark.parametrize("error", TROUBLES, ids=lambda error: f"{type(error).__name__}({error})")
async def test_a_look_without_an_answer_changes_nothing_about_the_job(error: Exception) -> None:
    stage = Stage(Script(looks=[RUNNING, error, error, DONE]))
    job = await followed(stage)
    assert (job.phase, job.note, job.trouble) == (Phase.SUCCEEDED, "", None)
    assert len(stage.kie.looked) == 4


@pytest.mark.parametrize("error", TROUBLES, ids=lambda error: f"{type(error).__name__}({error})")
async def test_what_is_going_on_is_said(error: Exception) -> None:
    job = await noted(Stage(Script(looks=[error])), 200)
    assert job.phase is Phase.SUBMITTED
    told = job.trouble.message if job.trouble else job.note
    assert told == ("Looking failed; see the server's log." if isinstance(error, RuntimeError) else str(error))


async def test_trouble_is_said_at_once_however_young_the_job_is() -> None:
    """Only what Kie.ai does not know yet is no news."""
    assert (await noted(Stage(Script(looks=[LookError("503")])), 5)).note == "503"


async def test_repeated_trouble_backs_off_to_half_a_minute() -> None:
    stage = Stage(Script(looks=[LookError("503")]))
    await noted(stage, 200)
    assert stage.gaps()[:6] == [4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


async def test_one_good_look_ends_the_backing_off() -> None:
    stage = Stage(Script(looks=[LookError("503")] * 4 + [RUNNING, LookError("503"), DONE]))
    await followed(stage)
    assert stage.gaps()[-1] == 4.0


async def test_a_job_that_is_not_visible_yet_is_no_news() -> None:
    """Within ninety seconds of sending Kie.ai may not know it; after that it is said."""
    assert (await noted(Stage(Script(looks=[NotVisibleError("404")])), STANDARD.invisible_for - 1)).note == ""
    assert (await noted(Stage(Script(looks=[NotVisibleError("404")])), STANDARD.invisible_for + 31)).note == "404"


async def test_a_job_that_is_never_visible_is_not_failed() -> None:
    job = await noted(Stage(Script(looks=[NotVisibleError("404")])), 3600)
    assert (job.phase, job.trouble) == (Phase.SUBMITTED, None)


async def test_a_refused_key_pauses_the_looks_and_is_said() -> None:
    stage = Stage(Script(looks=[CredentialError("401")]))
    job = await noted(stage, 200)
    assert job.phase is Phase.SUBMITTED
    assert job.trouble is not None
    assert (job.trouble.category, job.trouble.message) == ("key", "401")
    assert CredentialError.remedy in job.trouble.remedy
    assert 'get_job_status(job_id="task-1")' in job.trouble.remedy
    assert set(stage.gaps()) == {STANDARD.overdue_gap}


USERS = [
    CredentialError("401"),
    LookError("no credits", remedy="Top up."),
    LookError("no proxy", remedy="Check HTTPS_PROXY."),
    CreditError("402"),
]


@pytest.mark.parametrize("error", USERS, ids=str)
async def test_what_only_the_user_can_mend_is_said_with_what_to_do_and_goes_when_it_is_mended(error: KieError) -> None:
    stage = Stage(Script(looks=[error]))
    job = await noted(stage, 5)
    assert not job.done
    assert job.trouble is not None
    assert error.remedy.rstrip(".") in job.trouble.remedy
    assert job.trouble.may_have_been_charged
    stage.kie.looks = [RUNNING]
    with anyio.move_on_after(100):
        await stage.steps(await stage.ledger_with()).follow(job)
    [job] = stage.rows()
    assert (job.phase, job.trouble, job.note) == (Phase.RUNNING, None, "")


@pytest.mark.parametrize("error", [LookError("503"), BusyError("429"), NotVisibleError("404")], ids=str)
async def test_what_mends_itself_is_no_trouble_of_the_users(error: KieError) -> None:
    assert (await noted(Stage(Script(looks=[error])), 200)).trouble is None


async def test_a_busy_upstream_is_looked_at_after_the_time_it_names() -> None:
    stage = Stage(Script(looks=[BusyError("429", retry_after=17.0), BusyError("429", retry_after=0.5), DONE]))
    await followed(stage)
    assert stage.gaps() == [17.0, STANDARD.shortest_gap]


async def test_a_state_never_seen_before_is_no_end() -> None:
    strange = Look(verdict=Verdict.IN_FLIGHT, state="pondering", known_state=False)
    job = await noted(Stage(Script(looks=[strange])), 5)
    assert (job.phase, job.upstream_state) == (Phase.RUNNING, "pondering")
    assert job.note == 'Kie.ai reports a state that this version does not know: "pondering".'
    assert (await followed(Stage(Script(looks=[strange, DONE])))).note == ""


async def test_what_takes_far_too_long_is_looked_at_every_minute_and_says_so() -> None:
    stage = Stage(Script(looks=[RUNNING]))
    job = await noted(stage, 1500)
    assert job.phase is Phase.RUNNING
    assert job.note.startswith("Still not finished after ")
    assert stage.gaps()[-1] == STANDARD.overdue_gap
    assert stage.gaps()[-10] < STANDARD.overdue_gap


async def test_what_usually_takes_long_has_three_times_as_long() -> None:
    stage = Stage(Script(looks=[RUNNING]))
    job, ledger = await stage.sent()
    for _ in range(10):
        await ledger.learn(job.bucket, 600.0, START)
    with anyio.move_on_after(1790):
        await stage.steps(ledger).follow(job)
    assert stage.rows()[0].note == ""
    assert max(stage.gaps()) < STANDARD.overdue_gap


async def test_what_kie_has_forgotten_after_two_weeks_has_expired() -> None:
    stage = Stage(Script(looks=[NotVisibleError("404")]))
    job = await followed(stage, sent_at=START - KEPT_BY_KIE - 1)
    assert job.phase is Phase.FAILED
    assert job.trouble is not None
    assert (job.trouble.category, job.trouble.may_have_been_charged) == ("expired", True)
    assert "14 days" in job.trouble.message


@pytest.mark.parametrize("error", [LookError("no network"), CredentialError("401"), BusyError("429")])
async def test_no_network_after_two_weeks_is_not_the_end(error: Exception) -> None:
    """A laptop that was away for a holiday has no network in its first second."""
    stage = Stage(Script(looks=[error, DONE]))
    assert (await followed(stage, sent_at=START - KEPT_BY_KIE - 1)).phase is Phase.SUCCEEDED
