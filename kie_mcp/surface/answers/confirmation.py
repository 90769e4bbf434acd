"""What an order costs for the person who has to agree to it, and the words in which they are asked."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kie_mcp.errors import ConfirmationError
from kie_mcp.jobs.budget import NO_LIMITS, PER_JOB, Limits, Tally
from kie_mcp.jobs.draft import Draft
from kie_mcp.orders.kind import name_kind
from kie_mcp.surface.answers.costs import UNKNOWN, describe_cost, write_cost
from kie_mcp.text import CODE, one_line

SETTING = "KIE_CONFIRM_ABOVE_CREDITS"
TITLE = 60
"""How many characters of an order's text are shown."""
MOST_LINES = 10
"""How many jobs are told one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one call would cost, all of it."""

    words: str
    jobs: int
    known: float
    """At the most, of the jobs whose price is known."""
    most: float
    """The same, with each other job as what it counts as; those that count as nothing are left out."""
    unpriced: int = 0
    """Jobs whose price is not known and that count as nothing."""
    of_unknown_price: int = 0
    """All jobs whose price is not known."""

    @property
    def tally(self) -> Tally:
        """What it counts as for the ceilings."""
        return Tally(self.jobs, self.known, self.of_unknown_price)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What may be ordered unasked, and what the person is told beside the price."""

    above: float | None = None
    """They are asked above so many credits; None never asks."""
    agreed: float | None = None
    """The credits that they have agreed to already, as the caller says."""
    limits: Limits = NO_LIMITS
    balance: float | None = None
    """None if it is not known without asking for it."""

    def sum_prices(self, drafts: Sequence[Draft]) -> Price:
        """Sum up what these cost with their parts. A job of unknown price counts as the ceiling for a call."""
        estimates = [one.credits for one in _list_jobs(drafts)]
        known = sum(one.most for one in estimates if one)
        unknown, cap = estimates.count(None), self.limits.credits_per_job
        return Price(
            words=write_cost(describe_cost(estimates[0], parts=estimates[1:])) or UNKNOWN.removeprefix("cost "),
            jobs=len(estimates),
            known=known,
            most=known + unknown * (cap or 0.0),
            unpriced=unknown if cap is None else 0,
            of_unknown_price=unknown,
        )

    def allow(self, price: Price) -> bool:
        """Say whether it may be ordered unasked.

        Who has agreed to more than would be asked about has agreed to a price that nobody knows, too.
        """
        most = self.above if self.agreed is None else self.agreed
        if most is None:
            return True
        if price.unpriced and (self.agreed is None or self.agreed <= (self.above or 0.0)):
            return False
        return round(price.most - most, 6) <= 0


def write_question(drafts: Sequence[Draft], price: Price, terms: Terms) -> str:
    """Write the question: what it costs, what is ordered, and what there is to pay it with."""
    jobs = [_describe(one) for one in _list_jobs(drafts)]
    more = [f"- and {len(jobs) - MOST_LINES} more"] if len(jobs) > MOST_LINES else []
    lines = [f"Order this from Kie.ai? The price: {price.words}.", *jobs[:MOST_LINES], *more]
    if terms.balance is not None:
        lines.append(f"The balance was {_number(terms.balance)} credits when it was last looked at.")
    return "\n".join(lines)


def explain_silence(price: Price, terms: Terms, why: str) -> ConfirmationError:
    """Return the error for an order of which the person could not be asked: what it costs, and how to go on."""
    counted = price.of_unknown_price > price.unpriced
    counts = f" (a job of unknown price counts as {PER_JOB})" if counted else ""
    given = f"{_number(terms.agreed)} given. " if terms.agreed is not None else ""
    rule = (
        f"Above {_number(terms.above)} credits the person is asked first ({SETTING})" if terms.above is not None else ""
    )
    rule = rule or "The person has to agree"
    problem = f"{given}The price of this order is {price.words}{counts}. {rule}, and {why}. Nothing was ordered."
    raised = f", or they raise {SETTING}" if terms.above is not None else ""
    again = f"repeat the same call with agreed_credits={_find_enough(price, terms)}"
    remedy = f"Ask the person. If they agree, {again}{raised}."
    return ConfirmationError(problem, argument="agreed_credits" if terms.agreed is not None else "", remedy=remedy)


def _find_enough(price: Price, terms: Terms) -> str:
    """Return the lowest number of agreed credits that is enough, in hundredths."""
    if price.unpriced:
        return str(math.floor(max(price.most, terms.above or 0.0)) + 1)
    return f"{math.ceil(round(price.most * 100, 4)) / 100:.10g}"


def _list_jobs(drafts: Sequence[Draft]) -> Iterator[Draft]:
    for one in drafts:
        yield one
        yield from _list_jobs([*one.parts.values()])


def _describe(job: Draft) -> str:
    model = one_line(job.model, CODE)
    name = name_kind(job.kind, model)
    title = one_line(job.title, TITLE)
    return "".join(["- ", name, f", {model}" if model != name else "", f': "{title}"' if title else ""])


def _number(amount: float) -> str:
    return f"{amount:,.2f}".rstrip("0").rstrip(".")
