"""How often the jobs of a model have succeeded lately, as Kie.ai says. Free, and never an error."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import anyio

from kie_mcp.errors import KieError, OrderError, UnavailableError
from kie_mcp.jobs.account import Account, AccountReader
from kie_mcp.kie.model_answers import SuccessPoint
from kie_mcp.market.service import Market

PATIENCE = 4.0
"""Seconds after which nothing is told of it: widely used clients give a call up after 5."""
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessRate:
    """How often a model's jobs succeeded, in percent; None if there were none, or if that is not known."""

    model: str
    last_hour: float | None = None
    last_day: float | None = None
    points: int = 0
    """From how many steps, of ten minutes each, this is known."""
    problem: KieError | None = None
    """Why nothing is known."""


async def read_both(reader: AccountReader, market: Market, model_id: str) -> tuple[Account, SuccessRate | None]:
    """Read the account, and side by side the success rate of a model if one is named. Raises LedgerError."""
    rates: list[SuccessRate] = []
    failures: list[KieError] = []
    accounts: list[Account] = []

    async def read_rate() -> None:
        rates.append(await read_success_rate(market, model_id))

    async with anyio.create_task_group() as group:
        if model_id:
            group.start_soon(read_rate)
        try:
            accounts.append(await reader.read())
        except KieError as error:  # it leaves the group as it is, not in a bundle
            failures.append(error)
    if failures:
        raise failures[0]
    return accounts[0], next(iter(rates), None)


async def read_success_rate(market: Market, model_id: str) -> SuccessRate:
    """Ask how often the model's jobs have succeeded; what goes wrong is told as a value."""
    try:
        with anyio.fail_after(PATIENCE):
            model = await market.find(model_id)
            return _summarize(model.id, await market.read_success_rate(model.id))
    except TimeoutError:
        problem = UnavailableError("Kie.ai did not answer in time.", remedy="Call again in a minute.")
        return SuccessRate(model=model_id, problem=problem)
    except OrderError as error:
        return SuccessRate(model=model_id, problem=error.with_facts(argument="success_rate_of"))
    except KieError as error:
        return SuccessRate(model=model_id, problem=error)


def _summarize(model: str, points: Sequence[SuccessPoint]) -> SuccessRate:
    known = [(end, one.percent) for one in points if (end := _read_time(one.end)) and one.percent is not None]
    newest = max((end for one in points if (end := _read_time(one.end))), default=None)
    return SuccessRate(
        model=model,
        last_hour=_mean(percent for end, percent in known if newest and end > newest - HOUR),
        last_day=_mean(percent for _, percent in known),
        points=len(known),
    )


def _read_time(text: str) -> datetime | None:
    """Read a time, which is UTC if it does not say otherwise; None if it is none."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _mean(percents: Iterable[float]) -> float | None:
    listed = list(percents)
    return round(sum(listed) / len(listed), 1) if listed else None
