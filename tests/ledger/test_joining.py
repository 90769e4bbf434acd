"""Which orders join a job that is there: the rules that keep a repeated call from being paid twice."""

from typing import Any

import pytest
from stage import make_job
from virtual import START

from kie_mcp.jobs.job import Phase
from kie_mcp.jobs.ledger import JOIN_FOR, SIDE_BY_SIDE, Caller, KeyConflictError, Ledger

pytestmark = pytest.mark.anyio


async def caller_of(ledger: Ledger, **changes: Any) -> bool:
    """Whether an equal order of another process joins."""
    _, joined = await ledger.reserve(make_job(99, **changes), "w2")
    return joined


@pytest.mark.parametrize(
    ("caller", "joins"),
    [
        (Caller.WAITING, False),
        (Caller.LEFT, True),
        (Caller.TOLD, True),
        (Caller.ANSWERED, False),
        (Caller.CLOSED, False),
    ],
)
@pytest.mark.parametrize("phase", [Phase.RESERVED, Phase.RUNNING, Phase.SUCCEEDED, Phase.FAILED])
async def test_an_equal_order_joins_what_nobody_has_heard_the_end_of(
    caller: Caller, joins: bool, phase: Phase, ledger: Ledger, other: Ledger
) -> None:
    await ledger.reserve(make_job(phase=phase), "w1")
    await ledger.hear("job_1", caller, "w1")
    assert await caller_of(other) is joins


@pytest.mark.parametrize(
    ("caller", "joins"),
    [
        (Caller.WAITING, True),
        (Caller.LEFT, True),
        (Caller.TOLD, True),
        (Caller.ANSWERED, True),
        (Caller.CLOSED, False),
    ],
)
async def test_an_equal_order_joins_an_unconfirmed_job_also_when_that_was_told(
    caller: Caller, joins: bool, ledger: Ledger, other: Ledger
) -> None:
    """Only new=true spends again."""
    await ledger.reserve(make_job(phase=Phase.UNCONFIRMED), "w1")
    await ledger.hear("job_1", caller, "w1")
    assert await caller_of(other) is joins


async def test_an_unconfirmed_job_is_joined_however_old_it_is(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(phase=Phase.UNCONFIRMED), "w1")
    await ledger.hear("job_1", Caller.ANSWERED, "w1")
    assert await caller_of(other, created_at=START + 30 * JOIN_FOR)


async def test_orders_of_other_words_or_other_accounts_do_not_join(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(), "w1")
    await ledger.hear("job_1", Caller.LEFT, "w1")
    assert not (await other.reserve(make_job(2, fingerprint="cat"), "w2"))[1]
    assert not (await other.reserve(make_job(3, account="another"), "w2"))[1]


async def test_a_day_later_nobody_joins_what_was_left(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(), "w1")
    await ledger.hear("job_1", Caller.LEFT, "w1")
    assert not await caller_of(other, created_at=START + JOIN_FOR)


async def test_whoever_joins_waits_and_the_third_is_side_by_side(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(), "w1")
    await ledger.hear("job_1", Caller.LEFT, "w1")
    job, joined = await other.reserve(make_job(2), "w2")
    assert (job.id, joined) == ("job_1", True)
    assert not (await ledger.reserve(make_job(3), "w1"))[1]


async def test_the_newest_of_several_is_joined(ledger: Ledger, other: Ledger) -> None:
    for number in (1, 2, 3):
        await ledger.reserve(make_job(number, created_at=START + number / 2), "w1")
    for number in (1, 2, 3):
        await ledger.hear(f"job_{number}", Caller.LEFT, "w1")
    assert (await other.reserve(make_job(4, created_at=START + 2), "w2"))[0].id == "job_3"


async def test_a_call_that_comes_later_repeats_one_that_was_given_up_without_a_word(
    ledger: Ledger, other: Ledger
) -> None:
    """Some clients never say that they have stopped waiting: whether the first still does, nobody here can know."""
    await ledger.reserve(make_job(), "w1")
    assert not await caller_of(other, created_at=START + SIDE_BY_SIDE - 0.1)
    for number in (3, 4):
        later = make_job(number, created_at=START + number * SIDE_BY_SIDE)
        assert (await other.reserve(later, "w2"))[0].id == "job_99"


async def test_a_job_whose_answer_is_on_its_way_is_not_joined(ledger: Ledger) -> None:
    await ledger.reserve(make_job(), "w1")
    later = make_job(2, created_at=START + 60)
    assert (await ledger.reserve(later, "w1", answered={"job_1"})) == (later, False)


async def test_a_process_known_to_have_ended_needs_no_lease_to_run_out(ledger: Ledger, other: Ledger) -> None:
    """Killed, started again and asked the same at once: the order was paid for already."""
    await ledger.reserve(make_job(), "w1")
    job, joined = await other.reserve(make_job(2, created_at=START + 0.1), "w2", gone={"w1"}.__contains__)
    assert (job.id, joined) == ("job_1", True)


async def test_a_caller_of_a_process_that_left_has_left(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(), "w1")
    await ledger.leave("w1")
    assert await caller_of(other, created_at=START + 0.1)


async def test_new_makes_another_and_closes_the_unconfirmed_that_was_told(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(phase=Phase.UNCONFIRMED), "w1")
    await ledger.hear("job_1", Caller.ANSWERED, "w1")
    assert (await other.reserve(make_job(2), "w2", new=True)) == (make_job(2), False)
    await other.hear("job_2", Caller.ANSWERED, "w2")
    await other.hear("job_1", Caller.ANSWERED, "w2")  # somebody asks how the old one is
    assert not (await other.reserve(make_job(3), "w2"))[1], "closed stays closed"


async def test_new_does_not_take_from_others_the_unconfirmed_job_that_they_were_not_told_of(
    ledger: Ledger, other: Ledger
) -> None:
    await ledger.reserve(make_job(1, phase=Phase.UNCONFIRMED), "w1")
    await ledger.hear("job_1", Caller.LEFT, "w1")
    await ledger.reserve(make_job(2, phase=Phase.UNCONFIRMED), "w1", new=True)
    await ledger.hear("job_2", Caller.ANSWERED, "w1")
    await ledger.reserve(make_job(3), "w1", new=True)
    assert (await other.reserve(make_job(4), "w2"))[0].id == "job_1"


# Idempotency keys.


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("caller", list(Caller))
async def test_the_same_key_is_the_same_job_for_ever(
    phase: Phase, caller: Caller, ledger: Ledger, other: Ledger
) -> None:
    await ledger.reserve(make_job(phase=phase, idempotency_key="k"), "w1")
    await ledger.hear("job_1", caller, "w1")
    again = make_job(2, idempotency_key="k", created_at=START + 10 * JOIN_FOR)
    assert (await other.reserve(again, "w2"))[0].id == "job_1"


async def test_the_same_key_for_another_order_is_refused(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(idempotency_key="k"), "w1")
    with pytest.raises(KeyConflictError, match=r"'k' stands for another order, job job_1"):
        await other.reserve(make_job(2, idempotency_key="k", fingerprint="cat"), "w2")
    assert not (await other.reserve(make_job(3, idempotency_key="k", account="another"), "w2"))[1]


async def test_another_key_is_another_job(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(idempotency_key="k"), "w1")
    await ledger.hear("job_1", Caller.LEFT, "w1")
    assert not (await other.reserve(make_job(2, idempotency_key="l"), "w2"))[1]
