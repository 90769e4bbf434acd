"""What is left of the ceilings, as it is told."""

from kie_mcp.jobs.account import Account
from kie_mcp.jobs.budget import Limits, Tally, Usage


def test_what_is_left_is_told_without_the_dust_of_floats() -> None:
    account = Account(
        now=0.0,
        balance=None,
        problem=None,
        today={},
        month={},
        usage=Usage(Tally(36, sum([0.8] * 36))),
        in_flight={},
        limits=Limits(credits_per_day=30.0, jobs_per_day=40),
    )
    assert (account.credits_left_today, account.jobs_left_today) == (1.2, 4)
