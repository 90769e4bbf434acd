"""Which answers count as heard: those that were written in time. An equal order after any other joins its job."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.types import CallToolResult

from tests.support.sandbox_server import Stand, facts, stand, text
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio
ORDER = {"prompt": "a fox"}


@pytest.fixture
def anyio_backend() -> Any:
    """Time passes faster than the world's."""
    return HURRIED


async def told(folder: Path, *, client: str, waits: list[float | None], **sandbox: Any) -> list[CallToolResult]:
    """What a client that listens to nothing is told by equal orders, one after the other."""
    given = [ORDER if wait is None else ORDER | {"wait_seconds": wait} for wait in waits]
    async with stand(folder, client=client, changes={"wait_seconds": None}, **sandbox) as here:
        return [await here.client.call_tool("generate_image", order) for order in given]


async def test_an_answer_later_than_its_client_is_known_to_stand_is_told_again_at_no_cost(tmp_path: Path) -> None:
    """The client asked for a longer wait than it can keep; it may have given up, and this is its repeat."""
    first, again, third = await told(tmp_path, client="tests", waits=[60, None, None], speed=1.0)
    assert facts(first)["state"] == facts(again)["state"] == "succeeded"
    assert facts(again)["job_id"] == facts(first)["job_id"]
    assert "joined" in text(again).partition("\n")[0]
    assert "new=true" in facts(again)["next"]
    assert facts(third)["job_id"] != facts(first)["job_id"], "that one was heard in time"


async def test_an_answer_that_a_slow_disk_made_late_is_told_again_though_nobody_asked_for_a_longer_wait(
    tmp_path: Path,
) -> None:
    async with stand(tmp_path, changes={"wait_seconds": 30.0}, speed=100.0) as here:
        made: list[dict[str, Any]] = []
        with closing(sqlite3.connect(here.settings.ledger_path, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            async with anyio.create_task_group() as group:
                group.start_soon(_order, here, made)
                await anyio.sleep(40)
                db.execute("ROLLBACK")
        for _ in range(2):
            await _order(here, made)
    first, again, third = made
    assert first["state"] == again["state"] == third["state"] == "succeeded"
    assert (again["job_id"], again["joined"]) == (first["job_id"], True)
    assert third["job_id"] != first["job_id"], "that one was heard in time"


async def _order(here: Stand, made: list[dict[str, Any]]) -> None:
    made.append(facts(await here.client.call_tool("generate_image", ORDER)))


async def test_an_answer_in_time_is_heard_also_if_the_client_asked_for_a_longer_wait(tmp_path: Path) -> None:
    first, second = await told(tmp_path, client="claude-code", waits=[600, None])
    assert facts(first)["state"] == "succeeded"
    assert facts(second)["job_id"] != facts(first)["job_id"]


async def test_a_call_that_comes_after_a_busy_moment_of_the_machine_is_heard_as_ever(tmp_path: Path) -> None:
    """A fraction of a second is many of this loop's: that the process stood still is told by the world's."""
    async with stand(tmp_path, client="claude-code") as here:
        made: list[str] = []
        for _ in range(2):
            time.sleep(0.3)  # noqa: ASYNC251 - the loop itself is held up
            answer = facts(await here.client.call_tool("generate_image", ORDER))
            assert answer["state"] == "succeeded"
            made.append(answer["job_id"])
    assert made[0] != made[1]
