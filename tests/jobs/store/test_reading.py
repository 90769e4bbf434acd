"""Who only reads takes no lock that keeps others from writing, and is not kept from reading by one who writes."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path

import pytest

from kie_mcp.jobs.store.schema import connect
from kie_mcp.jobs.store.sqlite import SqliteLedger
from tests.support.scripted_kie import inline, make_job
from tests.support.virtual_time import START

pytestmark = pytest.mark.anyio


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
async def ledger(path: Path) -> AsyncGenerator[SqliteLedger]:
    opened = SqliteLedger(path, run=inline)
    await opened.open()
    await opened.reserve(make_job(task_id="task-1"), "w1")
    await opened.learn("short", 3.0, START)
    await opened.remember_upload("account", "digest", "https://kie.example/a", START)
    yield opened
    await opened.close()


async def read_all(ledger: SqliteLedger) -> None:
    """Read everything that can be read."""
    job = make_job(task_id="task-1")
    assert await ledger.read(job.id) == job
    assert await ledger.read_task("account", "task-1") == job
    assert await ledger.list_jobs("account") == [job]
    assert await ledger.find_ids("account", "job_", 5) == ([job.id], 1)
    assert (await ledger.read_queue(job)).place == 0
    assert await ledger.read_durations("short") == [3.0]
    assert await ledger.find_upload("account", "digest", START - 1) == "https://kie.example/a"
    assert await ledger.find_inputs_needed() == set()


async def test_everything_can_be_read_while_another_process_writes(ledger: SqliteLedger, path: Path) -> None:
    with closing(connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM jobs")
        await read_all(ledger)


async def test_reading_begins_no_transaction_that_writes(path: Path, ledger: SqliteLedger) -> None:
    del ledger  # it has filled the file
    said = list[str]()

    def traced(path: Path) -> sqlite3.Connection:
        db = connect(path)
        db.set_trace_callback(said.append)
        return db

    reader = SqliteLedger(path, run=inline, connect=traced)
    await reader.open()
    await read_all(reader)
    await reader.close()
    words = {sql.split()[0] for sql in said}
    assert words == {"PRAGMA", "BEGIN", "SELECT", "COMMIT"}
    assert not [sql for sql in said if "IMMEDIATE" in sql]


async def test_an_upload_of_long_ago_is_forgotten_with_the_next_one(ledger: SqliteLedger) -> None:
    await ledger.remember_upload("account", "another", "https://kie.example/b", START + 3 * 24 * 3600)
    assert await ledger.find_upload("account", "digest", START - 1) is None
