"""The budget in the ledger: nothing that does not fit is written down, and what is known is counted."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kie_mcp.errors import BudgetError, Trouble
from kie_mcp.jobs.budget import DAY, Entry, Limits, Tally, count, day_of
from kie_mcp.jobs.job import FINAL, Job, JobState, Phase, advance
from kie_mcp.jobs.joining import Caller
from kie_mcp.jobs.store import schema
from kie_mcp.jobs.store.protocols import Ledger, Note
from kie_mcp.jobs.timing import STANDARD
from tests.support.scripted_kie import disk, ledger_on, make_job
from tests.support.virtual_time import START

pytestmark = pytest.mark.anyio

TEN = Limits(credits_per_day=10.0)
TODAY = day_of(START)
LATER = START + STANDARD.duplicate_window
"""So late that an equal order is no second wish."""
VIDEO = {
    "kind": "talking_video",
    "model": "infinitalk/from-audio",
    "image": {"part": "face"},
    "audio": {"part": "voice"},
    "prompt": "she speaks",
    "resolution": "480p",
}
Make = Callable[[], Ledger]


def priced(number: int, amount: float | None = 4.0, **changes: Any) -> Job:
    return make_job(number, fingerprint=f"f{number}", credits_estimated=amount, **changes)


async def place(ledger: Ledger, job: Job, limits: Limits = TEN, **how: Any) -> Job:
    return (await ledger.reserve(job, "w1", limits=limits, **how))[0]


async def send(ledger: Ledger, job: Job, now: float = START, limits: Limits = TEN) -> Job:
    assert await ledger.mark(job, now, limits) == 0.0
    return await ledger.attach(job, f"task of {job.id}", now, "w1")


async def finish(ledger: Ledger, job: Job, phase: Phase, **changes: Any) -> Job:
    return await ledger.move(advance(job, phase, START, **changes), was=job.phase)


async def spent(ledger: Ledger) -> Tally:
    return sum((entry.tally for entry in (await ledger.read_spending("account", 0)).entries), Tally())


async def test_a_job_that_does_not_fit_any_more_is_not_written_down(ledger: Ledger, other: Ledger) -> None:
    await place(ledger, priced(1))
    await place(other, priced(2))
    with pytest.raises(BudgetError, match="2 left"):
        await place(ledger, priced(3))
    assert await ledger.read("job_3") is None
    await place(other, priced(4, 2.0))
    assert await spent(ledger) == Tally(3, 10.0)


async def test_each_account_has_its_own_budget(ledger: Ledger) -> None:
    await place(ledger, priced(1, 10.0))
    await place(ledger, priced(2, 10.0, account="another"))


async def test_limits_belong_to_whoever_asks(ledger: Ledger, other: Ledger) -> None:
    await place(ledger, priced(1, 30.0), Limits(credits_per_day=100.0))
    with pytest.raises(BudgetError):
        await place(other, priced(2), TEN)
    await place(other, priced(2), Limits())


async def test_jobs_are_counted_too(ledger: Ledger) -> None:
    two = Limits(jobs_per_day=2)
    for number in (1, 2):
        await place(ledger, priced(number, None), two)
    with pytest.raises(BudgetError, match="KIE_MAX_JOBS_PER_DAY allows 2 a day"):
        await place(ledger, priced(3, 0.0), two)


async def test_an_order_that_joins_costs_nothing_anew(ledger: Ledger, other: Ledger) -> None:
    await place(ledger, priced(1, 10.0, idempotency_key="k"))
    found, joined = await other.reserve(priced(1, 10.0, id="other", idempotency_key="k"), "w2", limits=TEN)
    assert (found.id, joined) == ("job_1", True)


def chain(first: int, created_at: float = START, **prices: float | None) -> tuple[Job, dict[str, Job]]:
    """A talking video with its parts."""
    cost = {"video": 6.0, "face": 3.0, "voice": 1.0} | prices
    parts = {
        name: make_job(first + number, fingerprint=name, credits_estimated=cost[name], created_at=created_at)
        for number, name in enumerate(("face", "voice"), 1)
    }
    video = make_job(first, order=VIDEO, credits_estimated=cost["video"], fingerprint="film", created_at=created_at)
    return video, parts


async def test_a_call_with_its_parts_fits_or_nothing_of_it_is_there(ledger: Ledger) -> None:
    video, parts = chain(1)
    for limits in (Limits(credits_per_day=9.9), Limits(credits_per_job=9.9), Limits(jobs_per_day=2)):
        with pytest.raises(BudgetError):
            await place(ledger, video, limits, parts=parts)
        assert await ledger.list_jobs("account") == []
    await place(ledger, video, Limits(credits_per_day=10.0, credits_per_job=10.0, jobs_per_day=3), parts=parts)
    assert await spent(ledger) == Tally(3, 10.0)


async def test_a_refusal_undoes_what_its_call_had_joined_too(ledger: Ledger, other: Ledger) -> None:
    """The voice of the refused call would have joined one whose caller had left: it can be joined as before."""
    _, parts = chain(1)
    await place(ledger, parts["voice"])
    await ledger.note({parts["voice"].id: Note(caller=Caller.LEFT)}, "w1")
    video, parts = chain(11, LATER)
    with pytest.raises(BudgetError):
        await place(other, video, Limits(credits_per_day=9.0), parts=parts)
    # Had the refused call's caller stayed noted as waiting, this equal order at the same moment would be another wish.
    [again] = [part for part in chain(21, LATER)[1].values() if part.fingerprint == "voice"]
    assert (await other.reserve(again, "w2", limits=TEN))[1]


async def test_a_refused_new_order_leaves_the_unconfirmed_one_to_be_joined(ledger: Ledger) -> None:
    await place(ledger, priced(1, phase=Phase.UNCONFIRMED))
    await ledger.note({"job_1": Note(caller=Caller.ANSWERED, ends=FINAL, at=START)}, "w1")
    again = replace(priced(1, 10.0), id="job_2", created_at=LATER)
    with pytest.raises(BudgetError):
        await place(ledger, again, new=True)
    assert (await place(ledger, again)).id == "job_1"


async def test_parts_that_are_joined_count_nothing_anew(ledger: Ledger) -> None:
    _, parts = chain(1)
    for part in parts.values():
        await place(ledger, part)
        await ledger.note({part.id: Note(caller=Caller.LEFT)}, "w1")
    video, parts = chain(11, LATER)
    assert await place(ledger, video, Limits(credits_per_day=10.0, credits_per_job=6.0), parts=parts)
    assert await spent(ledger) == Tally(3, 10.0)


async def test_a_job_of_unknown_price_takes_as_much_of_the_day_as_one_may_cost(ledger: Ledger) -> None:
    limits = Limits(credits_per_job=4.0, credits_per_day=10.0)
    for number in (1, 2):
        await place(ledger, priced(number, None), limits)
    with pytest.raises(BudgetError, match="8 for jobs not sent yet, 2 left"):
        await place(ledger, priced(3, None), limits)
    await place(ledger, priced(3, 2.0), limits)
    with pytest.raises(BudgetError, match="Its price is not known"):
        await place(ledger, priced(4, None), Limits(credits_per_day=1000.0))


async def test_what_a_job_really_cost_makes_room_or_takes_it(ledger: Ledger) -> None:
    sent = [await send(ledger, await place(ledger, priced(number, 5.0))) for number in (1, 2)]
    with pytest.raises(BudgetError):
        await place(ledger, priced(3, 2.0))
    await finish(ledger, sent[0], Phase.SUCCEEDED, credits_used=3.0)
    await place(ledger, priced(3, 2.0))
    await finish(ledger, sent[1], Phase.FAILED)
    await place(ledger, priced(4, 5.0))
    with pytest.raises(BudgetError, match="3 for jobs sent since 00:00 UTC, 7 for jobs not sent yet"):
        await place(ledger, priced(5, 0.1))


async def test_what_is_unconfirmed_counts_and_what_was_refused_does_not(ledger: Ledger) -> None:
    for number, phase in ((1, Phase.UNCONFIRMED), (2, Phase.FAILED)):
        job = await place(ledger, priced(number, 5.0))
        assert await ledger.mark(job, START, TEN) == 0.0
        await finish(ledger, advance(job, Phase.SUBMITTING, START, sent_at=START), phase)
    assert await spent(ledger) == Tally(1, 5.0)


async def test_what_its_worker_left_while_sending_counts(ledger: Ledger, other: Ledger) -> None:
    assert await ledger.mark(await place(ledger, priced(1, 10.0)), START, TEN) == 0.0
    [lost] = await other.claim("account", "w2", START + 1, {"w1": True})
    assert lost.phase is Phase.UNCONFIRMED
    with pytest.raises(BudgetError):
        await place(other, priced(2))


async def test_a_day_begins_with_all_that_is_not_sent_yet(ledger: Ledger) -> None:
    first, second = [await place(ledger, priced(number, 5.0)) for number in (1, 2)]
    await send(ledger, first)
    tomorrow = START + DAY
    with pytest.raises(BudgetError, match="0 for jobs sent since 00:00 UTC, 5 for jobs not sent yet"):
        await place(ledger, priced(3, 6.0, created_at=tomorrow))
    await send(ledger, second, tomorrow)
    with pytest.raises(BudgetError, match="5 for jobs sent since 00:00 UTC, 0 for jobs not sent yet"):
        await place(ledger, priced(3, 6.0, created_at=tomorrow))
    await place(ledger, priced(3, 5.0, created_at=tomorrow))
    entries = (await ledger.read_spending("account", TODAY)).entries
    assert [(entry.day, entry.tally) for entry in entries] == [
        (TODAY, Tally(1, 5.0)),
        (TODAY + 1, Tally(1, 5.0)),
        (None, Tally(1, 5.0)),
    ]


async def test_what_is_sent_again_the_next_day_is_counted_there_and_must_fit(ledger: Ledger) -> None:
    """It was refused as one too many just before midnight."""
    job, tomorrow = await place(ledger, priced(1, 5.0)), START + DAY
    assert await ledger.mark(job, START, TEN) == 0.0
    waiting = await finish(ledger, advance(job, Phase.SUBMITTING, START, sent_at=START), Phase.RESERVED, sent_at=None)
    other = await place(ledger, priced(2, 6.0, created_at=tomorrow))
    with pytest.raises(BudgetError, match="0 for jobs sent since 00:00 UTC, 6 for jobs not sent yet"):
        await ledger.mark(waiting, tomorrow, TEN)
    await send(ledger, other, tomorrow)
    with pytest.raises(BudgetError, match="6 for jobs sent since 00:00 UTC, 0 for jobs not sent yet"):
        await ledger.mark(waiting, tomorrow, TEN)
    assert await ledger.mark(waiting, tomorrow + DAY, TEN) == 0.0


async def test_at_its_sending_a_job_is_counted_with_what_is_known_by_then(ledger: Ledger) -> None:
    short, long, third = [await place(ledger, priced(number, 3.0)) for number in (1, 2, 3)]
    assert await ledger.mark(replace(short, credits_estimated=2.0), START, TEN) == 0.0
    with pytest.raises(
        BudgetError, match=r"takes up to 6 credits.*2 for jobs sent since 00:00 UTC, 3 for jobs not sent yet"
    ):
        await ledger.mark(replace(long, credits_estimated=6.0), START, TEN)
    assert await ledger.read("job_2") == long
    assert await ledger.mark(replace(long, credits_estimated=5.0), START, TEN) == 0.0
    assert (await ledger.read_all(["job_2"]))["job_2"].credits_estimated == 5.0
    assert await ledger.mark(third, START, TEN) == 0.0


async def test_what_is_reserved_goes_although_others_have_reserved_more_than_there_is(
    ledger: Ledger, other: Ledger
) -> None:
    mine = await place(ledger, priced(1, 5.0))
    await place(other, priced(2, 50.0), Limits())
    assert await ledger.mark(mine, START, TEN) == 0.0


async def test_a_job_that_has_become_dearer_must_fit_with_the_parts_of_its_call(ledger: Ledger) -> None:
    video, parts = chain(1)
    limits = Limits(credits_per_job=10.0)
    video = await place(ledger, video, limits, parts=parts)
    with pytest.raises(BudgetError, match=r"up to 10\.5 credits"):
        await ledger.mark(replace(video, credits_estimated=6.5), START, limits)
    assert await ledger.mark(video, START, limits) == 0.0


async def test_parts_of_an_earlier_call_are_not_counted_to_this_one(ledger: Ledger) -> None:
    _, parts = chain(1)
    for part in parts.values():
        await place(ledger, part)
        await ledger.note({part.id: Note(caller=Caller.LEFT)}, "w1")
    video, parts = chain(11, LATER)
    video = await place(ledger, video, Limits(credits_per_job=7.0), parts=parts)
    assert await ledger.mark(replace(video, credits_estimated=7.0), LATER, Limits(credits_per_job=7.0)) == 0.0


async def test_a_paid_job_is_written_down_whatever_the_budget(ledger: Ledger) -> None:
    sent = await send(ledger, await place(ledger, priced(1, 10.0)))
    await finish(ledger, sent, Phase.SUCCEEDED, credits_used=25.0)
    await ledger.adopt(make_job(2, order={}, phase=Phase.SUBMITTED, task_id="elsewhere"), "w1")
    await ledger.restore(priced(3, 10.0, phase=Phase.RUNNING, task_id="task-3"))
    assert await spent(ledger) == Tally(2, 35.0)


async def test_an_id_that_comes_for_a_job_not_known_as_sent_counts_it_to_that_day(ledger: Ledger) -> None:
    await ledger.attach(await place(ledger, priced(1, 5.0)), "task-1", START, "w1")
    [entry] = (await ledger.read_spending("account", TODAY)).entries
    assert entry == Entry("m", TODAY, Tally(1, 5.0))


async def test_what_was_spent_is_told_by_model_and_day_with_what_is_in_flight(ledger: Ledger) -> None:
    for number, (model, day) in enumerate([("a", -40), ("a", -1), ("a", 0), ("b", 0), ("b", 0)], 1):
        job = await place(ledger, priced(number, float(number), model=model), Limits())
        await send(ledger, job, START + day * DAY, Limits())
    await place(ledger, priced(6, None, model="b"), Limits())
    told = await ledger.read_spending("account", TODAY - 1)
    assert told.entries == (
        Entry("a", TODAY - 1, Tally(1, 2.0)),
        Entry("a", TODAY, Tally(1, 3.0)),
        Entry("b", TODAY, Tally(2, 9.0)),
        Entry("b", None, Tally(1, 0.0, 1)),
    )
    assert told.in_flight == {JobState.QUEUED: 1, JobState.RUNNING: 5}
    assert (await ledger.read_spending("another", 0)).entries == ()


PERHAPS = Trouble(category="expired", message="x", may_have_been_charged=True)
STORED = [
    *(priced(number, phase=phase, task_id="t", sent_at=START) for number, phase in enumerate(Phase)),
    priced(20),
    priced(21, None),
    priced(22, phase=Phase.FAILED),
    priced(23, phase=Phase.FAILED, task_id="t", sent_at=START - DAY, trouble=PERHAPS),
    priced(24, phase=Phase.SUCCEEDED, task_id="t", credits_used=3.5, created_at=START - 2 * DAY),
    priced(25, phase=Phase.RUNNING, task_id="t", order={}),
]


async def test_older_rows_are_filled_from_their_records() -> None:
    """As they would be written down today."""
    today = disk()
    ledger = ledger_on(today)
    await ledger.open()
    for job in STORED:
        await ledger.reserve(job, "w1")
    older = sqlite3.connect(":memory:", isolation_level=None)
    for statement in ";".join(schema.MIGRATIONS[:3]).split(";"):
        older.execute(statement)
    older.execute("PRAGMA user_version = 3")
    names = [row["name"] for row in older_columns(older)]
    for row in today.execute(f"SELECT {', '.join(names)} FROM jobs"):  # noqa: S608 - ours
        older.execute(f"INSERT INTO jobs ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", tuple(row))  # noqa: S608
    older.execute("UPDATE jobs SET record = '{' WHERE id = 'job_20'")
    schema.migrate(older, Path("ledger"))
    new = (
        "SELECT id, model, counted_day, counted_jobs, CASE WHEN counted_jobs THEN counted_credits END AS counted"
        " FROM jobs"
    )
    rows = {row["id"]: tuple(row) for row in older.execute(new)}
    assert rows.pop("job_20") == ("job_20", None, None, 0, None), "what cannot be read hides no other"
    assert rows == {row["id"]: tuple(row) for row in today.execute(new) if row["id"] != "job_20"}
    assert sum(row[3] for row in rows.values()) == sum(count(job).jobs for job in STORED) - 1
    older.close()


def older_columns(db: sqlite3.Connection) -> list[sqlite3.Row]:
    db.row_factory = sqlite3.Row
    return db.execute("PRAGMA table_info(jobs)").fetchall()


async def test_the_sums_read_the_days_they_are_of_and_not_the_whole_history() -> None:
    connection, said = disk(), list[str]()
    ledger = ledger_on(connection)
    await ledger.open()
    connection.set_trace_callback(said.append)
    await send(ledger, await place(ledger, priced(1)))
    await ledger.read_spending("account", TODAY)
    connection.set_trace_callback(None)
    sums = [sql for sql in said if "unpriced" in sql and "WHERE id" not in sql]
    assert len(sums) == 3
    for sql in sums:
        plan = [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
        assert any("jobs_by_day" in step and "counted_day" in step for step in plan), plan


async def test_without_limits_nothing_more_is_read() -> None:
    connection, said = disk(), list[str]()
    ledger = ledger_on(connection)
    await ledger.open()
    connection.set_trace_callback(said.append)
    await send(ledger, await place(ledger, priced(1), Limits()), limits=Limits())
    connection.set_trace_callback(None)
    assert not [sql for sql in said if "unpriced" in sql]
