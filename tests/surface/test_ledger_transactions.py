"""How many transactions of the ledger an order costs, from the call to its answer: each waits for the disk."""

import sqlite3
from pathlib import Path

import anyio
import pytest

from kie_mcp.jobs.clock import SystemClock
from kie_mcp.jobs.store import schema
from kie_mcp.jobs.store.sqlite import SqliteLedger
from tests.support.sandbox_server import facts, settings, stand

pytestmark = pytest.mark.anyio


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


EACH_SECOND = 1.0
"""Transactions that each second more may cost: a sign of life every two seconds, and now and then a look."""


async def cost(folder: Path, tool: str, speed: float, **order: str) -> tuple[int, float]:
    """Return the transactions from the call until what it was told is written down too, and the seconds it took."""
    counter = Counter()
    ledger = SqliteLedger(settings(folder).ledger_path, connect=counter.connect)
    async with stand(folder, speed=speed, ledger=ledger, clock=SystemClock()) as here:
        await anyio.sleep(1.0)  # the first sign of life is the process's, not the order's
        before, began = counter.count, anyio.current_time()
        returned = await here.call(tool, **order)
        seconds = anyio.current_time() - began
        await anyio.sleep(0.2)
    assert facts(returned)["state"] == "succeeded"
    return counter.count - before, seconds


async def test_a_picture_of_two_seconds_costs_twelve_transactions_at_most(tmp_path: Path) -> None:
    count, seconds = await cost(tmp_path, "generate_image", 20.0, prompt="a fox")
    assert count <= 12 + max(seconds - 2, 0) * EACH_SECOND


@pytest.mark.slow
async def test_a_talking_video_in_one_call_of_17_seconds_costs_forty_transactions_at_most(tmp_path: Path) -> None:
    order = {"image_prompt": "a woman", "script": "Good morning, and welcome."}
    count, seconds = await cost(tmp_path, "create_talking_video", 6.0, **order)
    assert count <= 40 + max(seconds - 17, 0) * EACH_SECOND
