"""What one call orders is written down in one step: all of it, or nothing."""

import anyio
import pytest

from kie_mcp.errors import BudgetError
from kie_mcp.jobs.budget import Limits
from kie_mcp.jobs.job import Job
from kie_mcp.jobs.joining import Caller
from kie_mcp.jobs.store.errors import KeyConflictError
from kie_mcp.jobs.store.protocols import Ledger, NewJob, Note
from kie_mcp.jobs.timing import STANDARD
from tests.support.scripted_kie import make_job
from tests.support.virtual_time import START

pytestmark = pytest.mark.anyio

LATER = START + STANDARD.duplicate_window


def batch(first: int, *, at: float = START, **changes: object) -> list[NewJob]:
    """Make four jobs, numbered from *first* on, whose orders are those of every other four."""
    return [
        NewJob(make_job(first + place, fingerprint=f"f{place}", credits_estimated=4.0, created_at=at, **changes))
        for place in range(4)
    ]


def ids(placed: list[tuple[Job, bool]]) -> list[str]:
    return [job.id for job, _ in placed]


async def count(ledger: Ledger) -> int:
    return len(await ledger.list_jobs(make_job().account, limit=100))


async def test_all_are_written_down_in_their_order(ledger: Ledger) -> None:
    placed = await ledger.reserve_all(batch(1), "w1")
    assert placed == [(one.job, False) for one in batch(1)]
    assert await count(ledger) == 4


async def test_a_repetition_joins_them_one_by_one(ledger: Ledger, other: Ledger) -> None:
    first = await ledger.reserve_all(batch(1)[:3], "w1")
    await ledger.note({job.id: Note(caller=Caller.LEFT, at=START) for job, _ in first}, "w1")
    again = await other.reserve_all(batch(11, at=LATER), "w2")
    assert [joined for _, joined in again] == [True, True, True, False]
    assert ids(again) == [*ids(first), "job_14"]


async def test_the_sum_has_to_fit_into_the_day_or_nothing_is_written_down(ledger: Ledger, other: Ledger) -> None:
    with pytest.raises(BudgetError) as refused:
        await ledger.reserve_all(batch(1), "w1", limits=Limits(credits_per_day=15.0))
    assert "up to 16 credits" in refused.value.message
    assert await count(ledger) == 0
    limits = Limits(credits_per_day=16.0)
    assert len(await ledger.reserve_all(batch(1), "w1", limits=limits)) == 4
    with pytest.raises(BudgetError):
        await other.reserve_all(batch(11), "w2", limits=limits)
    assert await count(ledger) == 4


async def test_the_ceiling_for_a_job_is_one_for_each(ledger: Ledger) -> None:
    with pytest.raises(BudgetError):
        await ledger.reserve_all(batch(1), "w1", limits=Limits(credits_per_job=3.0))
    assert await count(ledger) == 0
    assert len(await ledger.reserve_all(batch(1), "w1", limits=Limits(credits_per_job=4.0))) == 4


async def test_what_is_joined_needs_no_budget_and_a_refusal_leaves_it_as_it_was(ledger: Ledger, other: Ledger) -> None:
    first = await ledger.reserve_all(batch(1)[:2], "w1")
    await ledger.note({job.id: Note(caller=Caller.LEFT, at=START) for job, _ in first}, "w1")
    with pytest.raises(BudgetError):
        await other.reserve_all(batch(11, at=LATER), "w2", limits=Limits(credits_per_day=15.0))
    joined = await other.reserve_all(batch(11, at=START)[:2], "w2", limits=Limits(credits_per_day=8.0))
    assert ids(joined) == ids(first)
    assert await count(ledger) == 2


async def test_a_key_that_stands_for_another_order_refuses_all(ledger: Ledger) -> None:
    await ledger.reserve(make_job(1, fingerprint="another", idempotency_key="k#3"), "w1")
    keyed = [NewJob(make_job(10 + n, fingerprint=f"f{n}", idempotency_key=f"k#{n}")) for n in (1, 2, 3)]
    with pytest.raises(KeyConflictError):
        await ledger.reserve_all(keyed, "w1")
    assert await count(ledger) == 1


async def test_of_two_batches_at_once_only_the_one_that_fits_is_there(ledger: Ledger, other: Ledger) -> None:
    refused: list[str] = []

    async def order(store: Ledger, worker: str, first: int) -> None:
        jobs = [NewJob(make_job(first + n, fingerprint=f"{worker}{n}", credits_estimated=4.0)) for n in range(4)]
        try:
            await store.reserve_all(jobs, worker, limits=Limits(credits_per_day=30.0))
        except BudgetError:
            refused.append(worker)

    async with anyio.create_task_group() as group:
        group.start_soon(order, ledger, "w1", 1)
        group.start_soon(order, other, "w2", 11)
    assert len(refused) == 1
    assert await count(ledger) == 4
