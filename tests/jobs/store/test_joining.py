"""Which orders join a job that is there: the rules that keep a repeated call from being paid twice."""

from typing import Any

import pytest

from kie_mcp.jobs.job import Phase, advance
from kie_mcp.jobs.joining import Caller, Recent
from kie_mcp.jobs.store.errors import KeyConflictError
from kie_mcp.jobs.store.protocols import Ledger, Note
from kie_mcp.jobs.timing import STANDARD
from tests.support.scripted_kie import make_job
from tests.support.virtual_time import START

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
@pytest.mark.parametrize("phase", [Phase.SUCCEEDED, Phase.FAILED])
async def test_an_equal_order_joins_what_nobody_has_heard_the_end_of(
    caller: Caller, joins: bool, phase: Phase, ledger: Ledger, other: Ledger
) -> None:
    await ledger.reserve(make_job(phase=phase), "w1")
    await ledger.note({"job_1": Note(caller=caller)}, "w1")
    assert await caller_of(other) is joins


@pytest.mark.parametrize("caller", [Caller.LEFT, Caller.TOLD, Caller.ANSWERED, Caller.LATE])
@pytest.mark.parametrize("phase", [Phase.RESERVED, Phase.SUBMITTING, Phase.SUBMITTED, Phase.RUNNING])
async def test_a_job_that_still_runs_is_joined_at_any_age(
    caller: Caller, phase: Phase, ledger: Ledger, other: Ledger
) -> None:
    """Whatever its caller was told, it was less than the end."""
    await ledger.reserve(make_job(phase=phase), "w1")
    await ledger.note({"job_1": Note(caller=caller)}, "w1")
    assert await caller_of(other, created_at=START + 3 * STANDARD.join_for)


@pytest.mark.parametrize("caller", [Caller.ANSWERED, Caller.LATE])
async def test_whoever_was_told_unconfirmed_is_owed_the_end_of_a_job_whose_id_came_late(
    caller: Caller, ledger: Ledger, other: Ledger
) -> None:
    job = make_job(phase=Phase.SUBMITTING)
    await ledger.reserve(job, "w1")
    lost = await ledger.move(advance(job, Phase.UNCONFIRMED, START), was=Phase.SUBMITTING)
    await ledger.note({"job_1": Note(caller=caller, ends={Phase.UNCONFIRMED})}, "w1")
    late = await ledger.attach(lost, "task", START, "w1")
    await ledger.move(advance(late, Phase.SUCCEEDED, START), was=Phase.SUBMITTED)
    assert await caller_of(other, created_at=START + 60)


async def test_an_end_that_is_the_last_no_more_when_it_has_reached_its_caller_is_not_the_end_that_is_owed(
    ledger: Ledger, other: Ledger
) -> None:
    """The answer was on its way when the id came after all."""
    await ledger.reserve(make_job(phase=Phase.SUCCEEDED), "w1")
    await ledger.note({"job_1": Note(caller=Caller.ANSWERED, ends={Phase.UNCONFIRMED})}, "w1")
    assert await caller_of(other, created_at=START + 60)


# Clocks that are set.

OTHER_CLOCKS = [-30 * STANDARD.join_for, -3600.0, -STANDARD.duplicate_window, -1.0, -0.1]


@pytest.mark.parametrize("jump", OTHER_CLOCKS)
@pytest.mark.parametrize("caller", [Caller.WAITING, Caller.LEFT, Caller.TOLD])
async def test_a_clock_that_was_set_back_makes_no_call_new(
    jump: float, caller: Caller, ledger: Ledger, other: Ledger
) -> None:
    await ledger.reserve(make_job(finished_at=START, phase=Phase.SUCCEEDED), "w1")
    await ledger.note({"job_1": Note(caller=caller)}, "w1")
    assert await caller_of(other, created_at=START + jump)


@pytest.mark.parametrize("jump", [*OTHER_CLOCKS, 0.0, 60.0, 30 * STANDARD.join_for])
async def test_calls_side_by_side_in_one_process_are_two_wishes_by_a_clock_that_nobody_sets(
    jump: float, ledger: Ledger
) -> None:
    await ledger.reserve(make_job(), "w1")
    for number, age, joins in ((2, STANDARD.duplicate_window - 0.1, False), (3, STANDARD.duplicate_window, True)):
        recent = Recent(taken={"job_1": age, "job_2": age})
        job = make_job(number, created_at=START + jump)
        assert (await ledger.reserve(job, "w1", recent=recent))[1] is joins


async def test_a_clock_set_forward_by_days_does_not_age_what_this_process_took(ledger: Ledger) -> None:
    await ledger.reserve(make_job(phase=Phase.SUCCEEDED, finished_at=START), "w1")
    await ledger.note({"job_1": Note(caller=Caller.TOLD)}, "w1")
    later = make_job(2, created_at=START + 3 * STANDARD.join_for)
    assert (await ledger.reserve(later, "w1", recent=Recent(taken={"job_1": 5.0})))[1]


async def test_the_newest_of_several_is_the_one_that_was_written_down_last_whatever_the_clock_says(
    ledger: Ledger, other: Ledger
) -> None:
    await ledger.reserve(make_job(1, created_at=START), "w1")
    await ledger.reserve(make_job(2, created_at=START - 3600), "w1", new=True)
    for name in ("job_1", "job_2"):
        await ledger.note({name: Note(caller=Caller.LEFT)}, "w1")
    assert (await other.reserve(make_job(3, created_at=START - 3599), "w2"))[0].id == "job_2"


# Answers that went out late.


async def test_an_answer_that_went_out_late_counts_as_not_heard_for_a_minute(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(phase=Phase.SUCCEEDED), "w1")
    await ledger.note({"job_1": Note(caller=Caller.LATE, ends={Phase.SUCCEEDED}, at=START + 40)}, "w1")
    assert await caller_of(other, created_at=START + 39 + STANDARD.unheard_for)


async def test_a_minute_after_a_late_answer_an_equal_order_is_another_wish(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(phase=Phase.SUCCEEDED), "w1")
    await ledger.note({"job_1": Note(caller=Caller.LATE, ends={Phase.SUCCEEDED}, at=START + 40)}, "w1")
    assert not await caller_of(other, created_at=START + 40 + STANDARD.unheard_for)


async def test_the_minute_of_a_late_answer_is_one_of_a_clock_that_nobody_sets(ledger: Ledger) -> None:
    await ledger.reserve(make_job(phase=Phase.SUCCEEDED), "w1")
    await ledger.note({"job_1": Note(caller=Caller.LATE, ends={Phase.SUCCEEDED}, at=START)}, "w1")
    recent = Recent(answered={"job_1": STANDARD.unheard_for - 1})
    assert (await ledger.reserve(make_job(2, created_at=START + STANDARD.join_for / 2), "w1", recent=recent))[1]


async def test_what_was_heard_in_time_is_not_unheard_because_it_is_told_once_more(
    ledger: Ledger, other: Ledger
) -> None:
    await ledger.reserve(make_job(phase=Phase.SUCCEEDED), "w1")
    for caller in (Caller.ANSWERED, Caller.LATE):
        await ledger.note({"job_1": Note(caller=caller, ends={Phase.SUCCEEDED}, at=START)}, "w1")
    assert not await caller_of(other, created_at=START + 5)


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
    await ledger.note({"job_1": Note(caller=caller)}, "w1")
    assert await caller_of(other) is joins


async def test_an_unconfirmed_job_is_joined_however_old_it_is(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(phase=Phase.UNCONFIRMED), "w1")
    await ledger.note({"job_1": Note(caller=Caller.ANSWERED)}, "w1")
    assert await caller_of(other, created_at=START + 30 * STANDARD.join_for)


async def test_orders_of_other_words_or_other_accounts_do_not_join(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(), "w1")
    await ledger.note({"job_1": Note(caller=Caller.LEFT)}, "w1")
    assert not (await other.reserve(make_job(2, fingerprint="cat"), "w2"))[1]
    assert not (await other.reserve(make_job(3, account="another"), "w2"))[1]


async def test_a_day_later_nobody_joins_what_was_left(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(phase=Phase.SUCCEEDED, finished_at=START + 60), "w1")
    await ledger.note({"job_1": Note(caller=Caller.LEFT)}, "w1")
    assert not await caller_of(other, created_at=START + 60 + STANDARD.join_for)


async def test_what_took_longer_than_a_day_may_be_joined_for_a_day_from_its_end(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(phase=Phase.SUCCEEDED, finished_at=START + 2 * STANDARD.join_for), "w1")
    await ledger.note({"job_1": Note(caller=Caller.LEFT)}, "w1")
    assert await caller_of(other, created_at=START + 2.9 * STANDARD.join_for)


async def test_whoever_joins_waits_and_the_third_is_side_by_side(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(), "w1")
    await ledger.note({"job_1": Note(caller=Caller.LEFT)}, "w1")
    job, joined = await other.reserve(make_job(2), "w2")
    assert (job.id, joined) == ("job_1", True)
    assert not (await ledger.reserve(make_job(3), "w1"))[1]


async def test_the_newest_of_several_is_joined(ledger: Ledger, other: Ledger) -> None:
    for number in (1, 2, 3):
        await ledger.reserve(make_job(number, created_at=START + number / 2), "w1")
    for number in (1, 2, 3):
        await ledger.note({f"job_{number}": Note(caller=Caller.LEFT)}, "w1")
    assert (await other.reserve(make_job(4, created_at=START + 2), "w2"))[0].id == "job_3"


async def test_a_call_that_comes_later_repeats_one_that_was_given_up_without_a_word(
    ledger: Ledger, other: Ledger
) -> None:
    """Some clients never say that they have stopped waiting: whether the first still does, nobody here can know."""
    await ledger.reserve(make_job(), "w1")
    assert not await caller_of(other, created_at=START + STANDARD.duplicate_window - 0.1)
    for number in (3, 4):
        later = make_job(number, created_at=START + number * STANDARD.duplicate_window)
        assert (await other.reserve(later, "w2"))[0].id == "job_99"


async def test_a_job_whose_answer_is_on_its_way_is_not_joined(ledger: Ledger) -> None:
    await ledger.reserve(make_job(phase=Phase.SUCCEEDED), "w1")
    later = make_job(2, created_at=START + 60)
    leaving = Recent(leaving={"job_1": Phase.SUCCEEDED})
    assert (await ledger.reserve(later, "w1", recent=leaving)) == (later, False)


async def test_a_job_whose_earlier_end_is_on_its_way_is_joined(ledger: Ledger) -> None:
    """It was unconfirmed when the answer left."""
    await ledger.reserve(make_job(phase=Phase.RUNNING), "w1")
    leaving = Recent(leaving={"job_1": Phase.UNCONFIRMED})
    assert (await ledger.reserve(make_job(2, created_at=START + 60), "w1", recent=leaving))[1]


async def test_a_process_known_to_have_ended_needs_no_lease_to_run_out(ledger: Ledger, other: Ledger) -> None:
    """Killed, started again and asked the same at once: the order was paid for already."""
    await ledger.reserve(make_job(), "w1")
    job, joined = await other.reserve(make_job(2, created_at=START + 0.1), "w2", ended={"w1"})
    assert (job.id, joined) == ("job_1", True)


async def test_a_caller_of_a_process_that_left_has_left(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(), "w1")
    await ledger.leave("w1")
    assert await caller_of(other, created_at=START + 0.1)


async def test_new_makes_another_and_closes_the_unconfirmed_that_was_told(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(phase=Phase.UNCONFIRMED), "w1")
    await ledger.note({"job_1": Note(caller=Caller.ANSWERED)}, "w1")
    another = make_job(2, phase=Phase.SUCCEEDED)
    assert (await other.reserve(another, "w2", new=True)) == (another, False)
    await other.note({"job_2": Note(caller=Caller.ANSWERED)}, "w2")
    await other.note({"job_1": Note(caller=Caller.ANSWERED)}, "w2")  # somebody asks how the old one is
    assert not (await other.reserve(make_job(3), "w2"))[1], "closed stays closed"


async def test_new_does_not_take_from_others_the_unconfirmed_job_that_they_were_not_told_of(
    ledger: Ledger, other: Ledger
) -> None:
    await ledger.reserve(make_job(1, phase=Phase.UNCONFIRMED), "w1")
    await ledger.note({"job_1": Note(caller=Caller.LEFT)}, "w1")
    await ledger.reserve(make_job(2, phase=Phase.UNCONFIRMED), "w1", new=True)
    await ledger.note({"job_2": Note(caller=Caller.ANSWERED)}, "w1")
    await ledger.reserve(make_job(3), "w1", new=True)
    assert (await other.reserve(make_job(4), "w2"))[0].id == "job_1"


# Idempotency keys.


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("caller", list(Caller))
async def test_the_same_key_is_the_same_job_for_ever(
    phase: Phase, caller: Caller, ledger: Ledger, other: Ledger
) -> None:
    await ledger.reserve(make_job(phase=phase, idempotency_key="k"), "w1")
    await ledger.note({"job_1": Note(caller=caller)}, "w1")
    again = make_job(2, idempotency_key="k", created_at=START + 10 * STANDARD.join_for)
    assert (await other.reserve(again, "w2"))[0].id == "job_1"


async def test_the_same_key_for_another_order_is_refused(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(idempotency_key="k"), "w1")
    with pytest.raises(KeyConflictError, match=r"'k' stands for another order, job job_1"):
        await other.reserve(make_job(2, idempotency_key="k", fingerprint="cat"), "w2")
    assert not (await other.reserve(make_job(3, idempotency_key="k", account="another"), "w2"))[1]


async def test_another_key_is_another_job(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(idempotency_key="k"), "w1")
    await ledger.note({"job_1": Note(caller=Caller.LEFT)}, "w1")
    assert not (await other.reserve(make_job(2, idempotency_key="l"), "w2"))[1]


async def test_an_order_joins_what_an_earlier_version_called_otherwise(ledger: Ledger, other: Ledger) -> None:
    """Placed before an update and repeated after it, it is paid for once."""
    for number, phase in enumerate((Phase.RUNNING, Phase.UNCONFIRMED)):
        name = f"former {number}"
        await ledger.reserve(make_job(number, phase=phase, fingerprint=name), "w1")
        await ledger.note({f"job_{number}": Note(caller=Caller.TOLD)}, "w1")
        found, joined = await other.reserve(make_job(9 + number, fingerprint=f"now {number}", formerly=(name,)), "w2")
        assert (found.id, joined) == (f"job_{number}", True)


async def test_a_key_stands_for_the_same_order_after_an_update(ledger: Ledger, other: Ledger) -> None:
    await ledger.reserve(make_job(1, idempotency_key="k", fingerprint="former"), "w1")
    found, joined = await other.reserve(make_job(2, idempotency_key="k", fingerprint="now", formerly=("former",)), "w2")
    assert (found.id, joined) == ("job_1", True)
