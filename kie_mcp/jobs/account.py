"""Tells how an account stands: its balance, what was spent today and this month, and what may still be spent. Free."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import anyio

from kie_mcp.errors import KieError, UnavailableError
from kie_mcp.jobs.budget import DAY, NOTHING, Entry, Limits, Spending, Tally, Usage, day_of
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.job import JobState
from kie_mcp.jobs.store.protocols import Budget
from kie_mcp.jobs.timing import STANDARD, Timing

PATIENCE = 4.0
"""Seconds after which the rest is told without the balance: widely used clients give a call up after 5."""

BALANCE_AGE = 600.0
"""Seconds for which a balance is worth telling."""


class Balance(Protocol):
    """What is asked of Kie.ai."""

    async def credit(self) -> float:
        """Ask for the credits left. Raises NotCreatedError if there is no answer."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How an account stands. A day begins at 00:00 UTC."""

    now: float
    """Seconds since 1970."""
    balance: float | None
    """Kie.ai's credits that are left; None if that is not known."""
    problem: KieError | None
    """Why the balance is not known."""
    today: Mapping[str, Tally]
    """What was sent today or is still to be sent, by model."""
    month: Mapping[str, Tally]
    usage: Usage
    """The same of today, by whether it was sent."""
    in_flight: Mapping[JobState, int]
    limits: Limits

    @property
    def day_ends_at(self) -> float:
        """When the count of the day begins anew, in seconds since 1970."""
        return float((day_of(self.now) + 1) * DAY)

    @property
    def credits_left_today(self) -> float | None:
        """What the ceiling for the day leaves; None if there is none."""
        most = self.limits.credits_per_day
        # In floats 30 - 28.8 is 1.1999999999999993.
        return None if most is None else round(max(most - self.usage.both.total(self.limits), 0.0), 3)

    @property
    def jobs_left_today(self) -> int | None:
        """What the ceiling for the day leaves; None if there is none."""
        most = self.limits.jobs_per_day
        return None if most is None else max(most - self.usage.both.jobs, 0)


class AccountReader:
    """Reads how one account stands; Kie.ai is asked at most every two seconds.

    Args:
        store: Where what was spent is written down; None if there is nothing yet.
        kie: Kie.ai.
        clock: Tells the time, in seconds since 1970.
        account: Whose account it is.
        limits: What may be spent at most.
        timing: How long an answer of Kie.ai's is good for.
    """

    def __init__(
        self,
        store: Budget | None,
        kie: Balance,
        clock: Clock,
        *,
        account: str,
        limits: Limits,
        timing: Timing = STANDARD,
    ) -> None:
        self._store = store
        self._kie = kie
        self._clock = clock
        self._account = account
        self._limits = limits
        self._timing = timing
        self._asking = anyio.Lock()
        self._asked_at: float | None = None
        self._answer: tuple[float | None, KieError | None] = None, None

    @property
    def known_balance(self) -> float | None:
        """The credits left when Kie.ai was asked last, if that was in the last ten minutes."""
        is_recent = self._asked_at is not None and anyio.current_time() - self._asked_at < BALANCE_AGE
        return self._answer[0] if is_recent else None

    async def read(self) -> Account:
        """Return how the account stands, also if Kie.ai does not answer. Raises LedgerError."""
        balance, problem = await self._read_balance()
        now = self._clock.now()
        month = day_of(datetime.fromtimestamp(now, UTC).replace(day=1).timestamp())
        spending = await self._store.read_spending(self._account, month) if self._store else Spending()
        today = [entry for entry in spending.entries if entry.day in {None, day_of(now), day_of(now) + 1}]
        return Account(
            now=now,
            balance=balance,
            problem=problem,
            today=_sum_by_model(today),
            month=_sum_by_model(spending.entries),
            usage=Usage(
                sum((entry.tally for entry in today if entry.day is not None), NOTHING),
                sum((entry.tally for entry in today if entry.day is None), NOTHING),
            ),
            in_flight=spending.in_flight,
            limits=self._limits,
        )

    async def _read_balance(self) -> tuple[float | None, KieError | None]:
        async with self._asking:
            now = anyio.current_time()
            if self._asked_at is None or now - self._asked_at >= self._timing.shortest_gap:
                self._answer = await self._ask()
                self._asked_at = now
            return self._answer

    async def _ask(self) -> tuple[float | None, KieError | None]:
        try:
            with anyio.fail_after(PATIENCE):
                return await self._kie.credit(), None
        except TimeoutError:
            return None, UnavailableError("Kie.ai did not answer in time.", remedy="Call again in a minute.")
        except KieError as error:
            return None, error


def _sum_by_model(entries: Iterable[Entry]) -> dict[str, Tally]:
    """Return what these add up to, the dearest model first."""
    sums: dict[str, Tally] = {}
    for entry in entries:
        sums[entry.model] = sums.get(entry.model, NOTHING) + entry.tally
    return dict(sorted(sums.items(), key=lambda one: (-one[1].credits, one[0])))
