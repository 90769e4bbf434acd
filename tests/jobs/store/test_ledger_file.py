"""The ledger's file: private, refused when newer, brought up to date when older, whole after a failure."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kie_mcp.jobs.joining import Caller
from kie_mcp.jobs.store import schema
from kie_mcp.jobs.store.errors import LedgerError
from kie_mcp.jobs.store.protocols import Ledger, Note
from kie_mcp.jobs.store.sqlite import SqliteLedger
from kie_mcp.jobs.timing import STANDARD
from tests.support.scripted_kie import disk, inline, ledger_on, make_job
from tests.support.virtual_time import START

pytestmark = pytest.mark.anyio


async def test_the_ledger_is_private(tmp_path: Path) -> None:
    path = tmp_path / "made" / "state" / "ledger.db"
    ledger = SqliteLedger(path, run=inline)
    await ledger.open()
    await ledger.reserve(make_job(), "w1")
    await ledger.close()
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_ledger_that_others_could_read_is_made_private(tmp_path: Path) -> None:
    (path := tmp_path / "ledger.db").touch(mode=0o666)
    schema.connect(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_newer_ledger_is_refused_with_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    connection = schema.connect(path)
    connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(LedgerError, match="written by a newer kie-mcp") as caught:
        await SqliteLedger(path, run=inline).open()
    assert "Update kie-mcp" in caught.value.remedy
    with closing(sqlite3.connect(path)) as untouched:
        assert untouched.execute("PRAGMA user_version").fetchone()[0] == len(schema.MIGRATIONS) + 1


def reads_all(step: str) -> bool:
    """Whether a step of SQLite's plan reads every job; an index of the calls that wait holds few."""
    return step.startswith("SCAN jobs") and "jobs_by_worker" not in step


async def test_no_order_and_no_sign_of_life_reads_the_whole_history() -> None:
    """With 50,000 jobs an order would take half a second."""
    connection, said = disk(), list[str]()
    ledger = ledger_on(connection)
    await ledger.open()
    connection.set_trace_callback(said.append)
    await ledger.reserve(make_job(), "w1")
    for number in (2, 3):
        await ledger.reserve(make_job(number, idempotency_key=f"k{number}"), "w2", new=number == 3)
    await ledger.mark(make_job(), START)
    await ledger.note({"job_1": Note(caller=Caller.LEFT)}, "w1")
    await ledger.claim("account", "w2", START)
    await ledger.list_jobs("account")
    connection.set_trace_callback(None)
    asked = [sql for sql in said if "jobs" in sql and not sql.startswith("INSERT")]
    plans = {sql: [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")] for sql in asked}
    assert len(plans) >= 10
    assert not {sql: plan for sql, plan in plans.items() if any(map(reads_all, plan))}
    equal = [plan for sql, plan in plans.items() if "alive_until FROM jobs" in sql]
    assert equal
    assert all(any("jobs_by_order" in step for step in plan) for plan in equal)


async def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    first = SqliteLedger(path, run=inline)
    await first.open()
    await first.reserve(make_job(), "w1")
    await first.close()
    second = SqliteLedger(path, run=inline)
    await second.open()
    await second.open()
    assert await second.read("job_1") == make_job()
    await second.close()
    await second.close()


async def test_a_file_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path) -> None:
    """From each version there was, with what was in it."""
    for version in range(len(schema.MIGRATIONS)):
        path = tmp_path / f"{version}.db"
        old = sqlite3.connect(path)
        for statement in ";".join(schema.MIGRATIONS[:version]).split(";"):
            old.execute(statement)
        old.execute(f"PRAGMA user_version = {version}")
        old.commit()
        old.close()
        ledger = SqliteLedger(path, run=inline)
        await ledger.open()
        await ledger.reserve(make_job(), "w1")
        assert await ledger.read("job_1") == make_job()
        await ledger.close()


async def test_what_is_no_ledger_is_said_to_be_none(tmp_path: Path) -> None:
    (path := tmp_path / "ledger.db").write_bytes(b"no database" * 1000)
    with pytest.raises(LedgerError, match="cannot be used") as caught:
        await SqliteLedger(path, run=inline).open()
    assert "KIE_STATE_DIR" in caught.value.remedy


async def test_the_journal_never_draws_an_older_sqlite_into_the_mode_that_corrupts(tmp_path: Path) -> None:
    connection = schema.connect(tmp_path / "ledger.db")
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "truncate"
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    connection.close()


async def test_a_closed_ledger_says_so(ledger: Ledger) -> None:
    await ledger.close()
    with pytest.raises(LedgerError, match="not open"):
        await ledger.read("job_1")


async def test_a_failing_transaction_changes_nothing_and_the_next_one_works(ledger: Ledger) -> None:
    await ledger.reserve(make_job(), "w1")
    with pytest.raises(LedgerError):
        await ledger.reserve(make_job(), "w1", new=True)  # the id is taken
    assert (await ledger.reserve(make_job(2), "w1", new=True))[0].id == "job_2"


async def test_a_row_that_cannot_be_read_hides_no_other(caplog: pytest.LogCaptureFixture) -> None:
    connection = disk()
    ledger = ledger_on(connection)
    await ledger.open()
    for number in (1, 2):
        await ledger.reserve(make_job(number, fingerprint=f"f{number}"), "w1")
    connection.execute("UPDATE jobs SET record = '{' WHERE id = 'job_1'")
    assert [job.id for job in await ledger.list_jobs("account")] == ["job_2"]
    assert [job.id for job in await ledger.claim("account", "w2", START + STANDARD.lease)] == ["job_2"]
    assert "job_1 cannot be read" in caplog.text


async def test_it_works_in_threads_too(tmp_path: Path) -> None:
    """As the server runs it: the loop is never kept waiting for the disk."""
    ledger = SqliteLedger(tmp_path / "ledger.db")
    await ledger.open()
    await ledger.reserve(make_job(), "w1")
    assert await ledger.read("job_1") == make_job()
    await ledger.close()
