"""How an account stands, as fields and as the same in text: what `get_account` answers and `kie-mcp account` prints."""

from collections.abc import Mapping
from dataclasses import replace

from kie_mcp.errors import KieError, Trouble
from kie_mcp.jobs.account import Account
from kie_mcp.jobs.budget import NOTHING, Tally, describe_rest_of_day
from kie_mcp.jobs.estimate import Estimate, format_credits
from kie_mcp.market.success_rate import SuccessRate
from kie_mcp.surface.answers.costs import write_amount, write_dollars
from kie_mcp.surface.answers.schema import Fields, SpentFields
from kie_mcp.text import clean, code
from kie_mcp.timestamps import iso


class SuccessRateFields(Fields):
    """How often the jobs of a model have succeeded lately, in percent; what is not known is left out."""

    model: str
    last_hour: float | None = None
    last_day: float | None = None
    points: int | None = None
    """From how many steps of ten minutes this is known; 0 if there was no job."""
    error: Trouble | None = None
    """Why it is not known."""


class AccountFields(Fields):
    """How an account stands. Days and months begin at 00:00 UTC."""

    credits_left: float | None = None
    """The balance at Kie.ai; left out if that did not answer."""
    today: SpentFields
    """With what is not sent yet."""
    this_month: SpentFields
    in_flight: dict[str, int]
    """How many jobs are not finished, by state."""
    ceilings: dict[str, float] | None = None
    """By the names of the settings, in small letters, and what they leave."""
    day_ends_at: str
    success_rate: SuccessRateFields | None = None
    """Of the model that was asked about."""
    error: Trouble | None = None
    """Why the balance is not known."""
    sandbox: bool | None = None


def describe_account(account: Account, *, sandbox: bool, rate: SuccessRate | None = None) -> AccountFields:
    """Collect the facts of an account, and of a model's success rate if that was asked for."""
    limits = account.limits
    ceilings = {
        "max_credits_per_job": limits.credits_per_job,
        "max_credits_per_day": limits.credits_per_day,
        "credits_left_today": account.credits_left_today,
        "max_jobs_per_day": limits.jobs_per_day,
        "jobs_left_today": account.jobs_left_today,
    }
    return AccountFields(
        credits_left=account.balance,
        today=_spent(account.today, reserved=account.usage.reserved),
        this_month=_spent(account.month),
        in_flight={str(state): number for state, number in sorted(account.in_flight.items())},
        ceilings={name: value for name, value in ceilings.items() if value is not None} or None,
        day_ends_at=iso(account.day_ends_at),
        success_rate=_describe_rate(rate) if rate else None,
        error=_trouble(account.problem) if account.problem else None,
        sandbox=sandbox or None,
    )


def write_account(account: Account, facts: AccountFields) -> str:
    """Write the same as text."""
    error = facts.error
    balance = "not known" if facts.credits_left is None else write_amount(_exactly(facts.credits_left))
    lines = [f"balance: {balance}"]
    if error:
        lines += [f"problem: {error.message}", *([f"what to do: {error.remedy}"] if error.remedy else [])]
    is_same = (facts.today.jobs, facts.today.by_model) == (facts.this_month.jobs, facts.this_month.by_model)
    month = "the same" if is_same and facts.today.jobs else _line(facts.this_month)
    lines += [f"today (UTC): {_line(facts.today)}", f"this month: {month}"]
    flight = ", ".join(f"{number} {state}" for state, number in facts.in_flight.items())
    lines += [f"in flight: {flight or 'none'}", f"ceilings: {_ceilings(account)}"]
    if facts.success_rate:
        lines.append(_write_rate(facts.success_rate))
    if facts.sandbox:
        lines.append("sandbox: a stand-in for Kie.ai answers here; no money is involved")
    return "\n".join(lines)


def _describe_rate(rate: SuccessRate) -> SuccessRateFields:
    return SuccessRateFields(
        model=code(rate.model, 100),
        last_hour=rate.last_hour,
        last_day=rate.last_day,
        points=None if rate.problem else rate.points,
        error=_trouble(rate.problem) if rate.problem else None,
    )


def _write_rate(rate: SuccessRateFields) -> str:
    begin = f"success rate of {rate.model}:"
    if rate.error:
        return " ".join(filter(None, [begin, "not known:", rate.error.message, rate.error.remedy]))
    if rate.last_day is None:
        return f"{begin} no data"
    hour = "no data" if rate.last_hour is None else f"{_number(rate.last_hour)} %"
    return f"{begin} {hour} in the last hour, {_number(rate.last_day)} % in the last day ({rate.points} points)"


def _trouble(problem: KieError) -> Trouble:
    return replace(problem.trouble, upstream_message=clean(problem.upstream_message))


def _ceilings(account: Account) -> str:
    limits = account.limits
    words = [] if limits.credits_per_job is None else [f"{_number(limits.credits_per_job)} credits a call"]
    if account.credits_left_today is not None:
        words.append(
            f"{_number(limits.credits_per_day or 0)} credits a day, {_number(account.credits_left_today)} left"
        )
    if account.jobs_left_today is not None:
        words.append(f"{limits.jobs_per_day} jobs a day, {account.jobs_left_today} left")
    ends = f"the day ends at {iso(account.day_ends_at)}, in {describe_rest_of_day(account.now)}"
    return "; ".join([*words, ends]) if words else f"none; {ends}"


def _spent(tallies: Mapping[str, Tally], *, reserved: Tally = NOTHING) -> SpentFields:
    facts = _sum(sum(tallies.values(), NOTHING))
    facts.not_sent_yet = _sum(reserved) if reserved.jobs else None
    facts.by_model = {code(model, 100): _sum(tally) for model, tally in tallies.items()} or None
    return facts


def _sum(tally: Tally) -> SpentFields:
    return SpentFields(jobs=tally.jobs, credits=round(tally.credits, 3), of_unknown_price=tally.unpriced or None)


def _line(spent: SpentFields) -> str:
    waiting = [f"of this not sent yet: {_words(spent.not_sent_yet)}"] if spent.not_sent_yet else []
    models = [f"{model}: {_words(one)}" for model, one in (spent.by_model or {}).items()]
    return "; ".join([f"{_words(spent)} ({write_dollars(_exactly(spent.credits))})", *waiting, *models])


def _words(spent: SpentFields) -> str:
    unknown = f" and {spent.of_unknown_price} of unknown price" if spent.of_unknown_price else ""
    return f"{spent.jobs} job{'' if spent.jobs == 1 else 's'}, {format_credits(_exactly(spent.credits))}{unknown}"


def _exactly(amount: float) -> Estimate:
    return Estimate(round(amount, 3), round(amount, 3))


def _number(amount: float) -> str:
    return f"{amount:,.3f}".rstrip("0").rstrip(".")
