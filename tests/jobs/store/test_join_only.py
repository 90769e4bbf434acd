"""Joining without ordering: it finds what an order would join, and writes nothing down where it would be a new job."""

import pytest

from kie_mcp.jobs.job import Phase
from kie_mcp.jobs.joining import Caller
from kie_mcp.jobs.store.errors import KeyConflictError
from kie_mcp.jobs.store.protocols import Ledger, Note
from tests.support.scripted_kie import make_job

pytestmark = pytest.mark.anyio


async def test_where_nothing_can_be_joined_nothing_is_written_down(ledger: Ledger) -> None:
    assert await ledger.join(make_job(1), "w1") is None
    assert await ledger.join(make_job(1, idempotency_key="k"), "w1", new=True) is None
    assert await ledger.list_jobs("account") == []


@pytest.mark.parametrize("phase", [Phase.RESERVED, Phase.RUNNING, Phase.SUCCEEDED])
async def test_who_joins_is_a_caller_who_waits_again(phase: Phase, ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(phase=phase), "w1")
    await ledger.note({"job_1": Note(caller=Caller.LEFT)}, "w1")
    found = await other.join(make_job(2), "w2")
    assert found is not None
    assert found.id == "job_1"
    await other.beat("w2", found.created_at)
    assert await ledger.join(make_job(3), "w1") is None, "its caller lives, so a third call is a wish of its own"


async def test_a_key_finds_its_own_job_and_no_other(ledger: Ledger) -> None:
    await ledger.reserve(make_job(1, idempotency_key="k", phase=Phase.RUNNING), "w1")
    await ledger.note({"job_1": Note(caller=Caller.LEFT)}, "w1")
    same = await ledger.join(make_job(2, idempotency_key="k"), "w1", new=True)
    assert same is not None
    assert same.id == "job_1"
    assert await ledger.join(make_job(3, idempotency_key="l"), "w1") is None
    with pytest.raises(KeyConflictError):
        await ledger.join(make_job(4, idempotency_key="k", fingerprint="dog"), "w1")


async def test_the_wish_for_a_new_job_closes_no_unconfirmed_one_before_it_is_ordered(
    ledger: Ledger, other: Ledger
) -> None:
    await ledger.reserve(make_job(phase=Phase.UNCONFIRMED), "w1")
    await ledger.note({"job_1": Note(caller=Caller.ANSWERED, ends={Phase.UNCONFIRMED})}, "w1")
    assert await other.join(make_job(2), "w2", new=True) is None
    assert await other.join(make_job(3), "w2") is not None
