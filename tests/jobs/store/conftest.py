"""The same store seen by two processes, in a file and in memory."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from kie_mcp.jobs.store.protocols import Ledger
from kie_mcp.jobs.store.sqlite import SqliteLedger
from tests.support.scripted_kie import disk, inline, ledger_on
from tests.support.virtual_time import START

Make = Callable[[], Ledger]


@pytest.fixture(params=["file", "memory"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Open one more view of the same store, as another process does."""
    if request.param == "file":
        return lambda: SqliteLedger(tmp_path / "state" / "ledger.db", run=inline)
    connection = disk()
    return lambda: ledger_on(connection)


@pytest.fixture
async def ledger(make: Make) -> AsyncIterator[Ledger]:
    """One process's view."""
    opened = make()
    await opened.open()
    await opened.beat("w1", START)
    yield opened
    await opened.close()


@pytest.fixture
async def other(make: Make, ledger: Ledger) -> AsyncIterator[Ledger]:
    """The view of another process."""
    opened = make()
    await opened.open()
    await opened.beat("w2", START)
    yield opened
    await opened.close()
