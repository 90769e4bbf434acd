"""How many transactions of the ledger an order costs, from the call to its answer: each waits for the disk."""

import sqlite3
from pathlib import Path

import anyio
import pytest

from kie_mcp.jobs.store import schema
from kie_mcp.jobs.store.sqlite import SqliteLedger
from tests.support.sandbox_server import facts, settings, stand
from tests.support.virtual_time import BRISK

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> object:
    return BRISK


class Counter:
    """Opens a ledger's file and counts the transactions on it."""

    count = 0

    def connect(self, path: Path) -> sqlite3.Connection:
        """Open the file."""
        db = schema.connect(path)
        db.set_trace_callback(self._see)
        return db

    def _see(self, statement: str) -> None:
        self.count += statement.startswith("BEGIN")


async def cost(folder: Path, tool: str, speed: float, **order: str) -> int:
    """Return the transactions from the call until what it was told is written down too."""
    counter = Counter()
    ledger = SqliteLedger(settings(folder).ledger_path, connect=counter.connect)
    async with stand(folder, speed=speed, ledger=ledger) as here:
        await anyio.sleep(1.0)  # the first sign of life is the process's, not the order's
        before = counter.count
        returned = await here.call(tool, **order)
        await anyio.sleep(0.2)
    assert facts(returned)["state"] == "succeeded"
    return counter.count - before


async def test_a_picture_costs_few_transactions(tmp_path: Path) -> None:
    assert await cost(tmp_path, "generate_image", 20.0, prompt="a fox") <= 40


async def test_a_talking_video_in_one_call_costs_few_transactions(tmp_path: Path) -> None:
    order = {"image_prompt": "a woman", "script": "Good morning, and welcome."}
    assert await cost(tmp_path, "create_talking_video", 6.0, **order) <= 120
