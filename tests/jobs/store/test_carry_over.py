"""A ledger that is moved away, replaced or migrated under a running server: noticed, said, and no paid job is lost."""

import logging
import shutil
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pytest

from kie_mcp.errors import BudgetError
from kie_mcp.jobs.budget import Limits
from kie_mcp.jobs.job import Job, Phase, advance
from kie_mcp.jobs.joining import Caller
from kie_mcp.jobs.store import schema
from kie_mcp.jobs.store.errors import LedgerError, StaleJobError
from kie_mcp.jobs.store.protocols import Note
from kie_mcp.jobs.store.sqlite import SqliteLedger
from kie_mcp.jobs.timing import STANDARD
from tests.support.scripted_kie import RUNNING, Script, Stage, inline, make_job
from tests.support.virtual_time import START, VIRTUAL

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> Any:
    """Time passes only when everybody sleeps."""
    return VIRTUAL


@pytest.fixture
async def file(tmp_path: Path) -> AsyncGenerator[SqliteLedger]:
    """A ledger in a file, with a worker, a job that waits, one that runs, one that is being sent, and an old one."""
    ledger = SqliteLedger(tmp_path / "jobs.sqlite3", run=inline)
    await ledger.open()
    await ledger.beat("w1", START)
    for number, changes in enumerate(
        (
            {"phase": Phase.SUCCEEDED, "created_at": START - 90_000},
            {},
            {"phase": Phase.RUNNING, "task_id": "task-2"},
            {"phase": Phase.SUBMITTING},
        )
    ):
        await ledger.reserve(make_job(number, fingerprint=str(number), **changes), "w1")
    await ledger.note({"job_0": Note(caller=Caller.ANSWERED, ends={Phase.SUCCEEDED})}, "w1")
    yield ledger
    await ledger.close()


async def phases(ledger: SqliteLedger) -> dict[str, str]:
    return {job.id: str(job.phase) for job in await ledger.list_jobs("account")}


UNFINISHED = {"job_1": "reserved", "job_2": "running", "job_3": "submitting"}


async def test_jobs_that_are_not_finished_outlive_a_file_that_is_moved_away(
    file: SqliteLedger, caplog: pytest.LogCaptureFixture
) -> None:
    file.path.rename(file.path.with_name("elsewhere"))

    assert await phases(file) == UNFINISHED
    assert await phases(file) == UNFINISHED
    assert file.path.is_file()
    (told,) = caplog.messages
    assert "was moved away or replaced while this server runs" in told
    assert "job_2 (Kie.ai's id: task-2)" in told


async def test_a_file_that_is_deleted_with_its_folder_is_made_anew(file: SqliteLedger) -> None:
    shutil.rmtree(file.path.parent)
    assert await phases(file) == UNFINISHED
    assert await file.claim("account", "w2", START) == []  # who cares for them is known still


async def test_a_place_that_cannot_be_looked_at_is_said_to_be_so_and_costs_no_id(file: SqliteLedger) -> None:
    """What the system says is no word of SQLite's: whoever writes until it is written has to know it, too."""
    folder = file.path.parent
    shutil.rmtree(folder)
    folder.write_text("a file in its place")
    sent = make_job(3, fingerprint="3", phase=Phase.SUBMITTING)
    for _ in range(2):
        with pytest.raises(LedgerError, match="cannot be used") as caught:
            await file.attach(sent, "task-3", START + 2, "w1")
        assert "KIE_STATE_DIR" in caught.value.remedy
    folder.unlink()
    assert (await file.attach(sent, "task-3", START + 2, "w1")).task_id == "task-3"
    assert await phases(file) == UNFINISHED | {"job_3": "submitted"}


async def ended(ledger: SqliteLedger, name: str, caller: Caller, **changes: Any) -> None:
    """Let a job of the day before yesterday have ended, and its caller have been told that or not."""
    old = {
        "phase": Phase.SUCCEEDED,
        "created_at": START - 2 * STANDARD.join_for,
        "finished_at": START - 2 * STANDARD.join_for,
    }
    job = make_job(0, id=name, fingerprint=name, **old | changes)
    await ledger.reserve(job, "w1")
    await ledger.note({name: Note(caller=caller, ends={job.phase}, at=START)}, "w1")


async def test_what_an_equal_order_could_join_is_carried_over_however_old_and_nothing_else(file: SqliteLedger) -> None:
    for caller in (Caller.LEFT, Caller.TOLD, Caller.LATE, Caller.ANSWERED, Caller.CLOSED):
        await ended(file, f"ended_{caller}", caller)
        await ended(file, f"keyed_{caller}", caller, idempotency_key=f"key_{caller}")
        await ended(file, f"doubt_{caller}", caller, phase=Phase.UNCONFIRMED)
    before = set(await phases(file))
    file.path.unlink()

    carried = set(await phases(file))
    assert before - carried == {"job_0", "ended_answered", "ended_closed"}
    for caller in ("answered", "closed"):
        again = make_job(9, fingerprint=f"keyed_{caller}", idempotency_key=f"key_{caller}")
        assert (await file.reserve(again, "w2"))[0].id == f"keyed_{caller}"
    for name in ("doubt_answered", "doubt_left"):
        assert (await file.reserve(make_job(9, fingerprint=name), "w2"))[0].id == name


async def test_an_end_that_nobody_heard_is_joined_in_the_new_file_too(file: SqliteLedger) -> None:
    """It ended just now; the order is days old."""
    await ended(file, "slow", Caller.LEFT, finished_at=START - 60)
    file.path.unlink()
    assert (await file.reserve(make_job(9, fingerprint="slow"), "w2"))[0].id == "slow"


async def test_a_key_that_stands_for_another_job_there_stays_with_that_one_and_both_are_kept(
    file: SqliteLedger,
) -> None:
    await ended(file, "mine", Caller.ANSWERED, idempotency_key="key")
    other = SqliteLedger(file.path.with_name("other"), run=inline)
    await other.open()
    await ended(other, "theirs", Caller.ANSWERED, idempotency_key="key")
    await other.close()
    other.path.rename(file.path)

    assert {"mine", "theirs"} <= set(await phases(file))
    again = make_job(9, fingerprint="theirs", idempotency_key="key")
    assert (await file.reserve(again, "w2"))[0].id == "theirs"


async def test_what_could_not_be_carried_over_is_carried_over_with_the_next_call(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Till then nothing is written: an order would be paid for again."""
    opened: list[sqlite3.Connection] = []

    def connect(path: Path) -> sqlite3.Connection:
        db = schema.connect(path)
        if len(opened) in {1, 2}:  # the disk is full
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            db.execute(f"PRAGMA max_page_count = {pages}")
        opened.append(db)
        return db

    ledger = SqliteLedger(tmp_path / "jobs.sqlite3", run=inline, connect=connect)
    await ledger.open()
    jobs = [make_job(n, fingerprint=str(n), order={"prompt": "a fox" * 1000}) for n in range(5)]
    for job in jobs:
        await ledger.reserve(job, "w1")
    ledger.path.rename(tmp_path / "elsewhere")
    for _ in range(2):
        with pytest.raises(LedgerError, match="full"):
            await ledger.reserve(make_job(9, fingerprint="0"), "w2")
    assert [job.id for job in await ledger.list_jobs("account")] == [job.id for job in reversed(jobs)]
    assert ["They were written" in told for told in caplog.messages] == [False, True]
    for given_up in opened[1:3]:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            given_up.execute("SELECT 1")
    await ledger.close()


async def test_a_job_that_cannot_be_read_keeps_no_other_from_being_carried_over(file: SqliteLedger) -> None:
    backup = file.path.with_name("backup")
    shutil.copy(file.path, backup)
    with closing(sqlite3.connect(backup)) as db, db:
        db.execute("UPDATE jobs SET record = '{' WHERE id IN ('job_1', 'job_3')")
    with closing(sqlite3.connect(file.path)) as db, db:
        db.execute("UPDATE jobs SET record = '{' WHERE id IN ('job_2', 'job_3')")
    backup.rename(file.path)
    assert await phases(file) == {"job_0": "succeeded", "job_1": "reserved", "job_2": "running"}


async def test_an_id_finds_its_job_that_a_backup_has_called_unsent_again(file: SqliteLedger) -> None:
    """The create call was under way when the file was put back."""
    with closing(sqlite3.connect(file.path)) as db:
        waiting = db.execute("SELECT record FROM jobs WHERE id = 'job_1'").fetchone()
    sent = advance(make_job(1, fingerprint="1"), Phase.SUBMITTING, START + 1, sent_at=START + 1)
    assert await file.mark(make_job(1, fingerprint="1"), START + 1) == 0
    with closing(sqlite3.connect(file.path)) as db, db:  # copied over it
        db.execute("UPDATE jobs SET phase = 'reserved', record = ? WHERE id = 'job_1'", waiting)

    attached = await file.attach(sent, "task-1", START + 2, "w1")
    assert (attached.phase, attached.task_id) == (Phase.SUBMITTED, "task-1")
    assert await file.attach(sent, "task-1", START + 3, "w1") == attached, "written twice, as after a late answer"
    with pytest.raises(StaleJobError):
        await file.mark(make_job(1, fingerprint="1"), START + 3)


async def test_a_backup_that_is_put_back_does_not_send_a_job_again(file: SqliteLedger) -> None:
    """There it waits; in truth it was sent since."""
    backup = file.path.with_name("backup")
    shutil.copy(file.path, backup)
    sent = advance(make_job(1, fingerprint="1"), Phase.SUBMITTING, START + 1)
    assert await file.mark(make_job(1, fingerprint="1"), START + 1) == 0
    await file.attach(sent, "task-1", START + 2, "w1")
    backup.rename(file.path)

    assert (await phases(file))["job_1"] == "submitted"
    assert (await phases(file))["job_0"] == "succeeded"
    job = await file.read("job_1")
    assert job
    assert job.task_id == "task-1"


async def test_several_servers_notice_it_one_after_the_other(file: SqliteLedger) -> None:
    other = SqliteLedger(file.path, run=inline)
    await other.open()
    file.path.rename(file.path.with_name("elsewhere"))
    done = advance(make_job(2, fingerprint="2", phase=Phase.RUNNING, task_id="task-2"), Phase.SUCCEEDED, START + 5)
    await file.move(done, was=Phase.RUNNING)
    assert (await phases(other))["job_2"] == "succeeded"
    await other.close()


async def test_what_is_no_ledger_in_its_place_is_said_with_the_jobs_that_are_not_finished(
    file: SqliteLedger, caplog: pytest.LogCaptureFixture
) -> None:
    file.path.rename(file.path.with_name("elsewhere"))
    file.path.write_bytes(b"no database" * 1000)
    with pytest.raises(LedgerError, match="cannot be used"):
        await phases(file)
    with pytest.raises(LedgerError, match="cannot be used") as caught:
        await phases(file)
    assert "Move it aside" in caught.value.remedy
    assert "https://kie.ai/logs" in caught.value.remedy
    (told,) = caplog.messages
    assert "job_2 (Kie.ai's id: task-2)" in told

    file.path.unlink()
    assert await phases(file) == UNFINISHED


async def test_a_newer_version_that_migrates_it_is_noticed_and_nothing_is_written_any_more(
    file: SqliteLedger, caplog: pytest.LogCaptureFixture
) -> None:
    newer = sqlite3.connect(file.path)
    newer.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    newer.close()
    with pytest.raises(LedgerError, match="written by a newer kie-mcp"):
        await file.beat("w1", START + 2)
    with pytest.raises(LedgerError, match="written by a newer kie-mcp") as caught:
        await phases(file)
    assert "restart the client" in caught.value.remedy
    (told,) = caplog.messages
    assert "job_2 (Kie.ai's id: task-2)" in told


async def test_an_empty_file_that_is_copied_over_it_is_a_new_ledger(file: SqliteLedger) -> None:
    file.path.write_bytes(b"")
    assert await phases(file) == {}


async def test_an_id_that_comes_when_the_job_is_forgotten_is_written_down(file: SqliteLedger) -> None:
    file.path.write_bytes(b"")
    sent = advance(make_job(3, fingerprint="3"), Phase.SUBMITTING, START + 1)
    attached = await file.attach(sent, "task-3", START + 2, "w1")
    assert (attached.phase, attached.task_id) == (Phase.SUBMITTED, "task-3")
    assert await file.read_task("account", "task-3") == attached


async def test_a_job_that_the_ledger_forgot_is_written_down_again_and_followed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage = Stage(Script(looks=[RUNNING]))
    job, ledger = await stage.sent()
    stage.connection.execute("DELETE FROM jobs")
    with caplog.at_level(logging.WARNING), pytest.raises(StaleJobError), anyio.fail_after(600):
        await stage.steps(ledger).follow(job)
    assert "task-1" in caplog.text
    taken: list[Job] = await ledger.claim("account", "w2", START)
    assert [(one.id, one.task_id, one.epoch) for one in taken] == [("job_1", "task-1", 1)]


async def test_what_counts_against_the_day_is_carried_over_however_old_the_order_is(file: SqliteLedger) -> None:
    """It stood in line for more than a day, and has ended."""
    limits = Limits(credits_per_day=10.0)
    for number, sent_at in ((8, START - 90_000), (9, START + 5)):
        await ended(file, f"old_{number}", Caller.ANSWERED, sent_at=sent_at, credits_estimated=7.0)
    file.path.unlink()
    with pytest.raises(BudgetError, match="7 for jobs sent"):
        await file.reserve(make_job(10, fingerprint="new", credits_estimated=4.0), "w1", limits=limits)
    assert set(await phases(file)) == {*UNFINISHED, "old_9"}
