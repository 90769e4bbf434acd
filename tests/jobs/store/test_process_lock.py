"""Whether another process has ended, by the lock on its file; what nobody knows is not taken for an end."""

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import anyio
import pytest

from kie_mcp.jobs.store.errors import LedgerError
from kie_mcp.jobs.store.process_lock import ProcessLock
from kie_mcp.jobs.store.sqlite import SqliteLedger
from kie_mcp.jobs.timing import STANDARD
from tests.support.scripted_kie import inline, make_job
from tests.support.virtual_time import START

HOLD = """
import sys
from pathlib import Path
from kie_mcp.jobs.store.process_lock import ProcessLock
with ProcessLock(Path(sys.argv[1])) as other:
    print(other.worker, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where processes meet."""
    return tmp_path / "workers"


@pytest.fixture
def other(folder: Path) -> Generator[tuple[str, subprocess.Popen[str]]]:
    """Another process that is there, and its name."""
    command = [sys.executable, "-c", HOLD, str(folder)]
    path = {"PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen(  # noqa: S603 - our own
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **path}
    ) as process:
        assert process.stdout
        yield process.stdout.readline().strip(), process
        process.kill()


def test_a_process_lives_as_long_as_it_holds_its_lock(folder: Path, other: tuple[str, subprocess.Popen[str]]) -> None:
    name, process = other
    with ProcessLock(folder) as here:
        assert here.has_ended(name) is False
        assert here.has_ended(here.worker) is False
        process.kill()
        process.wait()
        assert (folder / name).exists(), "whoever is killed leaves its file"
        assert here.has_ended(name) is True
    with ProcessLock(folder) as here:
        assert not (folder / name).exists()
        assert here.has_ended(name) is True


def test_of_a_folder_that_was_deleted_nobody_is_read_to_have_ended(
    folder: Path, other: tuple[str, subprocess.Popen[str]]
) -> None:
    """Both live; each would take the other's jobs, and take away what it says of itself."""
    name, _ = other
    with ProcessLock(folder) as here:
        shutil.rmtree(folder)
        assert here.has_ended(name) is None
        folder.mkdir()
        assert here.has_ended(name) is None, "it was made anew by somebody else"
        assert here.has_ended(here.worker) is False


@pytest.mark.anyio
async def test_two_servers_whose_state_folder_was_deleted_leave_each_other_their_jobs(
    tmp_path: Path, folder: Path, other: tuple[str, subprocess.Popen[str]]
) -> None:
    """Then the lease tells, which is carried over with the jobs."""
    name, _ = other
    ledger = SqliteLedger(tmp_path / "jobs.sqlite3", run=inline)
    await ledger.open()
    await ledger.beat(name, START)
    await ledger.reserve(make_job(), name)
    with ProcessLock(folder) as here:
        shutil.rmtree(folder)
        ledger.path.unlink()
        assert await ledger.claim("account", here.worker, START + 1, await here.find_ended([name])) == []
        assert (
            len(await ledger.claim("account", here.worker, START + STANDARD.lease, await here.find_ended([name]))) == 1
        )
    await ledger.close()


def test_a_lock_that_could_not_be_held_is_held_as_soon_as_it_can_be(tmp_path: Path, folder: Path) -> None:
    folder.write_text("no folder")
    here = ProcessLock(folder)
    with pytest.raises(LedgerError):
        here.__enter__()
    anyio.run(here.find_ended, ())
    folder.unlink()
    anyio.run(here.find_ended, ())
    assert (folder / here.worker).exists()
    here.__exit__(None, None, None)
    anyio.run(here.find_ended, ())
    assert not (folder / here.worker).exists()
