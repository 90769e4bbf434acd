"""A script, a description and the video of both in one call; the server is killed in the middle of it."""

import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import anyio
import pytest

from kie_mcp.jobs.job import Phase
from kie_mcp.kie.client import KieClient
from tests.support.shared_ledger import ROOT, House, until
from tests.support.stdio_process import JSON

ORDER: JSON = {"image_prompt": "a fox in a red coat", "script": "Good morning to you.", "wait_seconds": 60}


@pytest.fixture
def house(tmp_path: Path) -> Generator[House]:
    """Servers whose upstream is a sandbox in a process of its own."""
    command = [sys.executable, "-m", "kie_mcp", "sandbox", "--port", "0", "--speed", "30", "--credits", "1000"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT, text=True)  # noqa: S603
    try:
        assert process.stdout
        house = House(tmp_path)
        house.url = next(word for line in process.stdout for word in line.split() if word.startswith("http://"))
        yield house
        for server in house.servers:
            server.tidy()
    finally:
        process.terminate()
        process.wait()
        if process.stdout:
            process.stdout.close()


def credits_left(url: str) -> float:
    async def ask() -> float:
        async with KieClient("tests", base_url=url, upload_base_url=url) as kie:
            return await kie.credit()

    return anyio.run(ask)


def nothing_sent(house: House) -> bool:
    return house.reached(Phase.RESERVED)


def parts_sent(house: House) -> bool:
    return [job["kind"] for job in house.jobs().values() if "task_id" in job] == ["image", "speech"]


def film_sent(house: House) -> bool:
    return sum("task_id" in job for job in house.jobs().values()) == 3


@pytest.mark.parametrize("point", [nothing_sent, parts_sent, film_sent])
def test_the_next_start_finishes_a_whole_chain_that_is_paid_once(house: House, point: Callable[[House], bool]) -> None:
    first = house.server()
    if point is nothing_sent:
        house.hold()
    first.begin("create_talking_video", **ORDER)
    until(lambda: point(house))
    first.kill()
    house.write("DELETE FROM accounts")
    house.lapse()
    second = house.server()
    until(house.settled, timeout=60)
    film = second.call("create_talking_video", **ORDER)
    assert (film["state"], film["joined"]) == ("succeeded", True)
    assert house.phases() == [Phase.SUCCEEDED] * 3
    assert len(house.files()) == 3
    spent = sum(job["credits_used"] for job in house.jobs().values())
    assert 1000 - credits_left(house.url) == pytest.approx(spent)
    assert house.sound()
