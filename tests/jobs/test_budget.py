"""What a job counts as, and what a refusal says."""
# ruff: noqa: E501 (whole sentences)

from dataclasses import replace
from typing import Any

import pytest
from inline_snapshot import snapshot

from kie_mcp.errors import BudgetError, Trouble
from kie_mcp.jobs.budget import (
    DAY,
    NO_LIMITS,
    Limits,
    Tally,
    Usage,
    check_call,
    check_day,
    count,
    day_of,
    describe_rest_of_day,
    explain_count,
)
from kie_mcp.jobs.job import Phase
from tests.support.scripted_kie import make_job
from tests.support.virtual_time import START

ALONE = Usage()
MORNING = 20_000 * DAY + 6.8 * 3600
PERHAPS = Trouble(category="expired", message="older than 14 days", may_have_been_charged=True)


def counted(phase: Phase = Phase.RESERVED, **changes: Any) -> Tally:
    """What a job counts as that was estimated at 12 credits, if it is not said otherwise."""
    known: dict[str, Any] = {"credits_estimated": 12.0, "task_id": "task-1"}
    return count(make_job(phase=phase, **known | changes))


def refusal(asked: Tally, others: Usage = ALONE, **limits: Any) -> str:
    """Return what is said, in two lines."""
    with pytest.raises(BudgetError) as caught:
        allow(asked, others, **limits)
    return f"{caught.value.message}\n{caught.value.remedy}"


def allow(asked: Tally, others: Usage = ALONE, **limits: Any) -> None:
    """See it allowed."""
    check_call(asked, Limits(**limits))
    check_day(asked, others, Limits(**limits), MORNING)


@pytest.mark.parametrize("phase", [Phase.RESERVED, Phase.SUBMITTING, Phase.SUBMITTED, Phase.RUNNING, Phase.UNCONFIRMED])
def test_a_job_counts_its_estimate_until_it_is_known_what_it_cost(phase: Phase) -> None:
    assert counted(phase) == Tally(1, 12.0)


def test_what_it_really_cost_takes_the_place_of_the_estimate() -> None:
    assert counted(Phase.SUCCEEDED, credits_used=7.5) == Tally(1, 7.5)
    assert counted(Phase.SUCCEEDED, credits_used=0.0) == Tally(1, 0.0)
    assert counted(Phase.SUCCEEDED) == Tally(1, 12.0)
    assert counted(Phase.FAILED, credits_used=3.0) == Tally(1, 3.0)


def test_a_charge_that_is_named_before_the_end_only_adds() -> None:
    assert counted(Phase.RUNNING, credits_used=0.0) == Tally(1, 12.0)
    assert counted(Phase.RUNNING, credits_used=15.0) == Tally(1, 15.0)
    assert counted(Phase.RUNNING, credits_used=0.0, credits_estimated=None) == Tally(1, 0.0, 1)


def test_a_failure_without_cost_counts_no_credits_and_one_that_was_never_made_not_as_a_job() -> None:
    assert counted(Phase.FAILED) == Tally(1, 0.0)
    assert counted(Phase.FAILED, task_id=None) == Tally()
    assert counted(Phase.FAILED, trouble=PERHAPS) == Tally(1, 12.0)


def test_a_job_whose_price_is_not_known_counts_as_much_as_one_may_cost() -> None:
    unpriced = counted(credits_estimated=None)
    assert unpriced == Tally(1, 0.0, 1)
    assert unpriced.total(Limits(credits_per_job=50.0)) == 50.0
    assert (Tally(2, 8.0, 1) + Tally(1, 4.0)).total(Limits(credits_per_job=50.0)) == 62.0


def test_what_was_made_elsewhere_counts_nothing() -> None:
    assert counted(Phase.SUCCEEDED, order={}, credits_used=80.0) == Tally()


def test_what_just_fits_is_allowed() -> None:
    allow(Tally(3, 50.0), credits_per_job=50.0)
    allow(Tally(1, 4.0), Usage(Tally(10, 60.0), Tally(3, 36.0)), credits_per_day=100.0, jobs_per_day=14)
    allow(Tally(1, 0.1), Usage(Tally(9, sum([0.1] * 9))), credits_per_day=1.0)
    allow(Tally(1, 0.0), Usage(Tally(1, 400.0)), credits_per_day=100.0)
    allow(Tally(9, 1e6, 9))


def test_a_call_that_costs_more_than_one_may_is_refused() -> None:
    assert refusal(Tally(3, 62.25), credits_per_job=50.0) == snapshot("""\
What this call orders costs up to 62.25 credits, and KIE_MAX_CREDITS_PER_JOB allows 50 for a call, its parts included. Nothing was sent or charged.
Order less, or a cheaper model; or ask the user to raise KIE_MAX_CREDITS_PER_JOB.\
""")


def test_what_does_not_fit_into_the_day_is_refused_with_all_that_one_must_know() -> None:
    others = Usage(Tally(10, 60.0), Tally(3, 36.5))
    assert refusal(Tally(1, 12.0), others, credits_per_day=100.0) == snapshot("""\
This takes up to 12 credits. KIE_MAX_CREDITS_PER_DAY allows 100 a day: 60 for jobs sent since 00:00 UTC, 36.5 for jobs not sent yet, 3.5 left. Nothing was sent or charged.
Order less; or wait for the next day, which begins at 00:00 UTC, in 17 h 12 min; or ask the user to raise KIE_MAX_CREDITS_PER_DAY.\
""")
    assert refusal(Tally(1, 12.0), others, jobs_per_day=13) == snapshot("""\
This takes up to 1 job. KIE_MAX_JOBS_PER_DAY allows 13 a day: 10 sent since 00:00 UTC, 3 not sent yet, 0 left. Nothing was sent or charged.
Order less; or wait for the next day, which begins at 00:00 UTC, in 17 h 12 min; or ask the user to raise KIE_MAX_JOBS_PER_DAY.\
""")


def test_nobody_is_asked_to_wait_for_a_day_on_which_it_would_not_fit_either() -> None:
    assert refusal(Tally(1, 1200.0), credits_per_day=1000.0) == snapshot("""\
This takes up to 1,200 credits. KIE_MAX_CREDITS_PER_DAY allows 1,000 a day: 0 for jobs sent since 00:00 UTC, 0 for jobs not sent yet, 1,000 left. Nothing was sent or charged.
Order less; or ask the user to raise KIE_MAX_CREDITS_PER_DAY.\
""")


def test_a_price_that_is_not_known_needs_a_cap_for_the_job_to_be_counted() -> None:
    assert refusal(Tally(1, 0.0, 1), credits_per_day=100.0) == snapshot("""\
Its price is not known before it runs, so it cannot be counted by KIE_MAX_CREDITS_PER_DAY. Nothing was sent or charged.
Ask the user to set KIE_MAX_CREDITS_PER_JOB too: a job of unknown price counts as that much. Or order something whose price is known.\
""")
    allow(Tally(1, 0.0, 1), credits_per_day=100.0, credits_per_job=100.0)
    allow(Tally(1, 0.0, 1), jobs_per_day=1)
    assert "51 credits" in refusal(Tally(2, 1.0, 1), Usage(Tally(1, 50.0)), credits_per_day=100.0, credits_per_job=50.0)


def test_what_others_of_unknown_price_count_as_is_counted_too() -> None:
    others = Usage(Tally(1, 0.0, 1), Tally(1, 0.0, 1))
    assert "40 for jobs sent since 00:00 UTC, 40 for jobs not sent yet" in refusal(
        Tally(1, 21.0), others, credits_per_day=100.0, credits_per_job=40.0
    )


def test_the_answer_says_what_a_job_of_unknown_price_counts_as() -> None:
    unpriced, limits = make_job(), Limits(credits_per_job=50.0)
    assert explain_count(unpriced, limits) == snapshot(
        "Its price is not known before it runs; it counts as 50 credits (KIE_MAX_CREDITS_PER_JOB)."
    )
    assert explain_count(unpriced, NO_LIMITS) == ""
    assert explain_count(replace(unpriced, credits_estimated=4.0), limits) == ""
    assert explain_count(replace(unpriced, phase=Phase.FAILED), limits) == ""


def test_days_are_those_of_utc() -> None:
    assert [day_of(at) for at in (0.0, DAY - 0.001, DAY, START)] == [0, 0, 1, int(START // DAY)]
    left = {at: describe_rest_of_day(at) for at in (0.0, 1.0, DAY - 3600, DAY - 61, DAY - 1)}
    assert left == {0.0: "24 h", 1.0: "24 h", DAY - 3600: "1 h", DAY - 61: "2 min", DAY - 1: "1 min"}
