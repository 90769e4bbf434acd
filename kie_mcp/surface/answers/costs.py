"""What a job costs, with all that was ordered along with it: as fields, and in words, in credits and in dollars."""

import math
from collections.abc import Sequence

from kie_mcp.catalog.model import CREDIT_USD
from kie_mcp.jobs.estimate import Estimate, format_credits
from kie_mcp.jobs.job import Job, Phase
from kie_mcp.surface.answers.schema import CreditFields

UNKNOWN = "cost not known before it is made"


def find_cost(job: Job) -> Estimate | None:
    """Return what the job has cost, or should cost; 0 for one that failed at no known cost, None if nobody knows."""
    if job.credits_used is not None:
        return Estimate(job.credits_used, job.credits_used)
    return Estimate(0.0, 0.0) if job.phase is Phase.FAILED else job.estimate


def describe_cost(
    estimate: Estimate | None, *, used: float | None = None, parts: Sequence[Estimate | None] = (), itself: bool = True
) -> CreditFields | None:
    """Return the fields about a cost; None if nothing is known of it.

    Args:
        estimate: What the job should have cost.
        used: What it has cost; None if that is not known yet.
        parts: What the jobs that were ordered along with it cost.
        itself: Whether the job itself costs anything: one that has failed may not.
    """
    own = Estimate(used, used) if used is not None else estimate if itself else Estimate(0.0, 0.0)
    known = [one for one in (own, *parts) if one is not None]
    least, most = sum(one.least for one in known), sum(one.most for one in known)
    is_whole = len(known) == 1 + len(parts)
    is_range = least != most or not is_whole
    fields = CreditFields(
        least=estimate.least if estimate and estimate.least != estimate.most else None,
        estimated=estimate.most if estimate else None,
        used=used,
        usd=_to_dollars(used if used is not None else estimate.most if estimate and itself else None),
        in_all_least=round(least, 3) if parts and known and is_range else None,
        in_all=round(most, 3) if parts and is_whole else None,
        in_all_usd=_to_dollars(most) if parts and is_whole else None,
    )
    return fields if fields.as_json() else None


def describe_sum(
    costs: Sequence[Estimate | None], *, estimates: Sequence[Estimate | None], used: bool = False
) -> CreditFields | None:
    """Return the fields about what several jobs cost together; None if nothing is known of it.

    Args:
        costs: What each costs by what is known now.
        estimates: What each should have cost.
        used: Whether all these costs are what was used.
    """
    total = _add_up(costs)
    if total is None:
        known = sum(one.least for one in costs if one)
        return CreditFields(in_all_least=round(known, 3)) if any(costs) else None
    expected = _add_up(estimates) if used else total
    return CreditFields(
        least=expected.least if expected and expected.least != expected.most else None,
        estimated=expected.most if expected else None,
        used=total.most if used else None,
        usd=_to_dollars(total.most),
    )


def _add_up(costs: Sequence[Estimate | None]) -> Estimate | None:
    known = [one for one in costs if one is not None]
    if len(known) < len(costs):
        return None
    return Estimate(round(sum(one.least for one in known), 3), round(sum(one.most for one in known), 3))


def write_sum(price: CreditFields | None) -> str:
    """Write what several jobs cost together in words: "about 16 credits ($0.08) in all"."""
    words = write_cost(price) or UNKNOWN
    return words if price is None or "in all" in words else f"{words} in all"


def write_cost(price: CreditFields | None) -> str:
    """Write a cost in words, once for all: "about 7-10 credits ($0.04-$0.05) in all"; empty if nothing is known."""
    if price is None:
        return ""
    about = "about " if price.used is None else ""
    if price.in_all is not None:
        least = price.in_all if price.in_all_least is None else price.in_all_least
        return f"{about}{write_amount(Estimate(least, price.in_all))} in all"
    if price.in_all_least is not None:
        known = Estimate(price.in_all_least, price.in_all_least)
        return f"at least {write_amount(known)} in all: the rest is {UNKNOWN.removeprefix('cost ')}"
    most = price.estimated if price.used is None else price.used
    if most is None:
        return ""
    least = price.least if price.used is None and price.least is not None else most
    return about + write_amount(Estimate(least, most))


def write_amount(amount: Estimate) -> str:
    """Write an amount of credits, and what it is in dollars: "7-10 credits ($0.04-$0.05)"."""
    return f"{format_credits(amount)} ({write_dollars(amount)})"


def write_dollars(amount: Estimate) -> str:
    """Write credits as dollars, a range in whole cents, rounded outwards."""
    least, most = amount.least * CREDIT_USD, amount.most * CREDIT_USD
    if 0 < most < 0.005:
        return "under $0.01"
    low, high = (least, most) if least == most else (math.floor(least * 100) / 100, math.ceil(most * 100) / 100)
    return f"${high:,.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"${low:,.2f}-${high:,.2f}"


def _to_dollars(amount: float | None) -> float | None:
    return None if amount is None else round(amount * CREDIT_USD, 4)
