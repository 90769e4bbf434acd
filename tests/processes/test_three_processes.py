"""Three server processes on one ledger, at a faster pace: one payment a key, one look at a time, nobody's jobs lost.

What is counted in seconds of the ledger is exact. A machine that cannot keep up with the pace may deliver a create
call so late that it is refused, or stop a process for so long that another takes its jobs over: both are allowed for.
"""

import itertools
import random
import time
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import pytest

from kie_mcp.jobs.rate_limit import BUDGET
from tests.support.shared_ledger import House, opened, until
from tests.support.stdio_process import Server

KEYS = 60
PACE = 0.25
SLACK = 0.05
"""Seconds by which a packet may come late."""
TAKEN_OVER_IN = 10.0 * PACE


@pytest.fixture
def house(tmp_path: Path) -> Generator[House]:
    """One at a faster pace."""
    with opened(tmp_path, pace=PACE) as house:
        yield house


def gaps(house: House) -> dict[str, list[float]]:
    """Seconds between two looks, for each job of Kie.ai's."""
    looks: dict[str, list[float]] = defaultdict(list)
    for event in house.events("look"):
        looks[event.task].append(event.at)
    return {task: [later - sooner for sooner, later in itertools.pairwise(times)] for task, times in looks.items()}


def most_within(times: list[float], seconds: float) -> int:
    """The most of these that lie within so many seconds."""
    ordered = sorted(times)
    return max(sum(start <= at < start + seconds for at in ordered) for start in ordered)


def takeovers(house: House) -> int:
    """How often a job went from one process to another: more than it should on a machine that cannot keep up."""
    return sum(job.get("epoch", 0) for job in house.jobs().values())


def order_all(server: Server, seed: int) -> dict[int, int]:
    """Order each picture under its key, in an order of one's own; the calls by their keys."""
    keys = random.Random(seed).sample(range(KEYS), KEYS)
    return {
        key: server.order(f"picture {key} {{takes:{3 + key % 5}}}", wait_seconds=600, idempotency_key=f"key-{key}")
        for key in keys
    }


def test_the_same_sixty_keys_in_three_processes_are_sixty_jobs(house: House) -> None:
    servers = [house.server() for _ in range(3)]
    calls = [order_all(server, seed) for seed, server in enumerate(servers)]
    answers = [
        {key: server.end(number, timeout=60) for key, number in called.items()}
        for server, called in zip(servers, calls, strict=True)
    ]
    assert {answer["state"] for view in answers for answer in view.values()} == {"succeeded"}
    assert len({answer["job_id"] for view in answers for answer in view.values()}) == KEYS
    assert all(len({view[key]["job_id"] for view in answers}) == 1 for key in range(KEYS))
    listed = [server.call("list_jobs", limit=100)["jobs"] for server in servers]
    assert [{job["state"] for job in view} for view in listed] == [{"succeeded"}] * 3
    assert [len(view) for view in listed] == [KEYS] * 3

    assert house.made() == KEYS
    assert len(house.events("create")) == KEYS + len(house.events("too many"))
    assert len(house.files()) == KEYS
    assert len(house.events("file")) <= KEYS + takeovers(house)
    assert min(gap for one in gaps(house).values() for gap in one) >= house.timing.shortest_gap - SLACK
    sent = [job["sent_at"] for job in house.jobs().values()]
    assert most_within(sent, house.timing.send_window) <= BUDGET
    assert house.sound()


def test_the_jobs_of_a_killed_process_are_followed_by_another(house: House) -> None:
    servers = [house.server() for _ in range(3)]
    for number, server in enumerate(servers):
        for one in range(4):
            server.order(f"picture {number}.{one} {{takes:25}}", wait_seconds=0)
    until(lambda: len({event.task for event in house.events("look")}) == 12)
    killed_at = time.time()
    servers[0].kill()
    until(house.settled, 30)

    assert house.phases() == ["succeeded"] * 12
    assert house.made() == len(house.events("create")) == 12
    assert len(house.files()) == 12
    assert len(house.events("file")) <= 12 + takeovers(house)
    orphans = {event.task for event in house.events("made") if event.prompt.startswith("picture 0.")}
    first = {
        task: min(event.at for event in house.events("look") if event.task == task and event.at > killed_at)
        for task in orphans
    }
    assert max(first.values()) - killed_at <= TAKEN_OVER_IN
    assert min(gap for one in gaps(house).values() for gap in one) >= house.timing.shortest_gap - SLACK
    assert house.sound()
