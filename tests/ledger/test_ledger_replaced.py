"""A ledger that is moved away, replaced or migrated under a running server: noticed, said, and no paid job is lost."""

import logging
import shutil
import sqlite3
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import anyio
import pytest
from stage import RUNNING, Script, Stage, inline, make_job
from virtual import START, VIRTUAL

from kie_mcp.jobs import schema
from kie_mcp.jobs.job import Job, Phase, stepped
from kie_mcp.jobs.joining import Caller
from kie_mcp.jobs.ledger import LedgerError, Note, StaleJobError
from kie_mcp.jobs.sqlite import SqliteLedger

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
    await ledger.hear("job_0", Note(caller=Caller.ANSWERED, ends={Phase.SUCCEEDED}), "w1")
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


async def test_a_backup_that_is_put_back_does_not_send_a_job_again(file: SqliteLedger) -> None:
    """There it waits; in truth it was sent since."""
    backup = file.path.with_name("backup")
    shutil.copy(file.path, backup)
    sent = stepped(make_job(1, fingerprint="1"), Phase.SUBMITTING, START + 1)
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
    done = stepped(make_job(2, fingerprint="2", phase=Phase.RUNNING, task_id="task-2"), Phase.SUCCEEDED, START + 5)
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
    sent = stepped(make_job(3, fingerprint="3"), Phase.SUBMITTING, START + 1)
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
        await stage.follower(ledger).follow(job)
    assert "task-1" in caplog.text
    taken: list[Job] = await ledger.claim("account", "w2", START)
    assert [(one.id, one.task_id, one.epoch) for one in taken] == [("job_1", "task-1", 1)]
