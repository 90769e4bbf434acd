"""Ceilings on what is spent, and what each job counts as: pure rules, the same for every store.

A job counts from the moment it is written down: to the day on which it is sent, and until then to the day of today.
A day begins at 00:00 UTC. What a job really cost replaces its estimate as soon as that is known. Only what is not sent
yet can be refused.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kie_mcp.errors import BudgetError
from kie_mcp.jobs.job import Job, JobState, Phase

DAY = 24 * 3600
"""Seconds of a day."""
PER_JOB, PER_DAY, JOBS_PER_DAY = "KIE_MAX_CREDITS_PER_JOB", "KIE_MAX_CREDITS_PER_DAY", "KIE_MAX_JOBS_PER_DAY"
"""The settings that a refusal names."""
_FREE = "Nothing was sent or charged."


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What may be spent at most; None is no limit."""

    credits_per_job: float | None = None
    """Of what one call orders: a job, together with the parts that are made along with it. It is also what a job of
    unknown price counts as."""
    credits_per_day: float | None = None
    jobs_per_day: int | None = None

    @property
    def is_daily(self) -> bool:
        """Whether it matters what else is spent on the same day."""
        return self.credits_per_day is not None or self.jobs_per_day is not None


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Tally:
    """How many jobs, and what they have cost or will cost."""

    jobs: int = 0
    credits: float = 0.0
    """Of those whose price is known."""
    unpriced: int = 0
    """Jobs whose price is not known."""

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.jobs + other.jobs, self.credits + other.credits, self.unpriced + other.unpriced)

    def total(self, limits: Limits) -> float:
        """Return the credits that they count as: of one whose price is not known, as many as one job may cost."""
        return self.credits + self.unpriced * (limits.credits_per_job or 0.0)


NOTHING = Tally()


@dataclass(frozen=True, slots=True)
class Usage:
    """What counts on one day."""

    spent: Tally = NOTHING
    """What has been sent, whether it is finished or not."""
    reserved: Tally = NOTHING
    """What is written down and not sent yet."""

    @property
    def both(self) -> Tally:
        """What has been sent and what will be."""
        return self.spent + self.reserved


@dataclass(frozen=True, slots=True)
class Entry:
    """What the jobs of one model count as on one day."""

    model: str
    day: int | None
    """The number of the UTC day; None for what is not sent yet, which counts to today."""
    tally: Tally


@dataclass(frozen=True, slots=True)
class Spending:
    """What an account has spent since some day, and what it has reserved."""

    entries: Sequence[Entry] = ()
    in_flight: Mapping[JobState, int] = field(default_factory=dict[JobState, int])
    """How many jobs are not finished, by state."""


def day_of(seconds: float) -> int:
    """Return the number of the UTC day of that time, which is given in seconds since 1970."""
    return math.floor(seconds / DAY)


def count(job: Job) -> Tally:
    """Return what the job counts as. What was made elsewhere counts nothing, and a failure without cost no credits."""
    if not job.order or (job.phase is Phase.FAILED and job.task_id is None):
        return NOTHING
    cost = _expected_cost(job)
    return Tally(1, 0.0, 1) if cost is None else Tally(1, cost)


def count_all(jobs: Iterable[Job]) -> Tally:
    """Return what these jobs count as together."""
    return sum(map(count, jobs), NOTHING)


def _expected_cost(job: Job) -> float | None:
    if job.phase is Phase.FAILED and job.credits_used is None:
        perhaps = job.trouble is not None and job.trouble.may_have_been_charged
        return job.credits_estimated if perhaps else 0.0
    if job.done:
        return job.credits_estimated if job.credits_used is None else job.credits_used
    # Kie.ai may name a part of the charge, or 0, before the end.
    return max(filter(None, (job.credits_estimated, job.credits_used)), default=job.credits_estimated)


def check_call(asked: Tally, limits: Limits) -> None:
    """Check what one call orders, all of it. Raises BudgetError if that may cost more than one job may."""
    most = limits.credits_per_job
    if most is None or not _is_over(asked.credits, most):
        return
    what = f"What this call orders costs up to {_credits(asked.credits)}"
    raise BudgetError(
        f"{what}, and {PER_JOB} allows {_number(most)} for a call, its parts included. {_FREE}",
        remedy=f"Order less, or a cheaper model; or ask the user to raise {PER_JOB}.",
    )


def check_day(asked: Tally, others: Usage, limits: Limits, now: float) -> None:
    """Check whether what is asked for fits beside all others of its day. Raises BudgetError if it does not.

    `now` is in seconds since 1970.
    """
    if asked.unpriced and limits.credits_per_day is not None and limits.credits_per_job is None:
        raise BudgetError(
            f"Its price is not known before it runs, so it cannot be counted by {PER_DAY}. {_FREE}",
            remedy=f"Ask the user to set {PER_JOB} too: a job of unknown price counts as that much. Or order something"
            " whose price is known.",
        )
    spent, reserved = (part.total(limits) for part in (others.spent, others.reserved))
    if (most := limits.credits_per_day) is not None:
        _check_sum(PER_DAY, most, asked.total(limits), spent, reserved, now, unit="credit")
    if (jobs := limits.jobs_per_day) is not None:
        _check_sum(JOBS_PER_DAY, jobs, asked.jobs, others.spent.jobs, others.reserved.jobs, now, unit="job")


def explain_count(job: Job, limits: Limits) -> str:
    """Say what a job that is not done counts as, if its price is not known; else empty."""
    most = limits.credits_per_job
    if most is None or job.done or not count(job).unpriced:
        return ""
    return f"Its price is not known before it runs; it counts as {_credits(most)} ({PER_JOB})."


def _check_sum(
    setting: str, most: float, asked: float, spent: float, reserved: float, now: float, *, unit: str
) -> None:
    if not asked or not _is_over(spent + reserved + asked, most):
        return
    left = max(most - spent - reserved, 0.0)
    of = "" if unit == "job" else "for jobs "
    known = f"{_number(spent)} {of}sent since 00:00 UTC, {_number(reserved)} {of}not sent yet, {_number(left)} left"
    later = f"or wait for the next day, which begins at 00:00 UTC, in {describe_rest_of_day(now)}; "
    raise BudgetError(
        f"This takes up to {_plural(asked, unit)}. {setting} allows {_number(most)} a day: {known}. {_FREE}",
        remedy=f"Order less; {'' if _is_over(asked, most) else later}or ask the user to raise {setting}.",
    )


def describe_rest_of_day(now: float) -> str:
    """Say how long the UTC day still lasts: "5 h 12 min"."""
    minutes = math.ceil(((day_of(now) + 1) * DAY - now) / 60)
    hours, rest = divmod(minutes, 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{rest} min"] if rest or not hours else [])])


def _is_over(amount: float, most: float) -> bool:
    return round(amount - most, 6) > 0  # ten times 0.1 is not more than 1


def _number(amount: float) -> str:
    whole, _, rest = f"{amount:,.2f}".partition(".")
    return f"{whole}.{rest}".rstrip("0").rstrip(".")


def _credits(amount: float) -> str:
    return _plural(amount, "credit")


def _plural(amount: float, unit: str) -> str:
    return f"{_number(amount)} {unit}{'' if amount == 1 else 's'}"
