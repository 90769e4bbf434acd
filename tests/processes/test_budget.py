"""Three server processes on one ledger with one budget: whoever comes first is served, and nobody pays more."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.support.shared_ledger import House, opened, until
from tests.support.stdio_process import Server

PACE = 0.25
EACH, ALLOWED = 11, 10
"""Pictures that each of them orders, and how many fit for all of them together."""
PRICE = 4.0


@pytest.fixture
def house(tmp_path: Path) -> Generator[House]:
    """One at a faster pace."""
    with opened(tmp_path, pace=PACE) as house:
        yield house


def start(house: House, *, credits_a_day: float = 1000.0, jobs_a_day: int = 1000) -> Server:
    """Start a server with these ceilings."""
    return house.server(KIE_MAX_CREDITS_PER_DAY=str(credits_a_day), KIE_MAX_JOBS_PER_DAY=str(jobs_a_day))


@pytest.mark.parametrize("ceiling", [{"credits_a_day": ALLOWED * PRICE + 3}, {"jobs_a_day": ALLOWED}])
def test_of_all_that_three_processes_order_at_once_only_what_fits_is_paid(house: House, ceiling: Any) -> None:
    servers = [start(house, **ceiling) for _ in range(3)]
    calls = [
        [server.order(f"picture {number}.{one} {{takes:2}}", wait_seconds=600) for one in range(EACH)]
        for number, server in enumerate(servers)
    ]
    answers = [
        server.end(number, timeout=60) for server, called in zip(servers, calls, strict=True) for number in called
    ]
    made = [answer for answer in answers if "job_id" in answer]
    refused = [answer["error"] for answer in answers if "job_id" not in answer]
    assert [answer["state"] for answer in made] == ["succeeded"] * ALLOWED
    assert len(refused) == 3 * EACH - ALLOWED
    assert {error["category"] for error in refused} == {"budget"}
    assert not any(error["may_have_been_charged"] for error in refused)
    assert house.made() == len(house.events("create")) == len(house.jobs()) == ALLOWED

    for server in servers:
        account = server.call("get_account")
        assert (account["today"]["jobs"], account["today"]["credits"]) == (ALLOWED, ALLOWED * PRICE)
        assert 3 in account["ceilings"].values() or 0 in account["ceilings"].values()


def test_what_a_killed_process_had_reserved_is_not_given_away(house: House) -> None:
    """Its jobs are still to be sent, by another."""
    first, second = (start(house, credits_a_day=3 * PRICE) for _ in range(2))
    first.call("list_jobs")
    house.hold(3.0)
    for number in range(2):
        first.order(f"picture {number} {{takes:2}}", wait_seconds=0)
    until(lambda: len(house.jobs()) == 2)
    first.kill()
    assert second.call("generate_image", prompt="one more {takes:2}", wait_seconds=0)["job_id"]
    assert second.call("generate_image", prompt="too many", wait_seconds=0)["error"]["category"] == "budget"
    until(house.settled, 30)
    assert house.made() == 3
