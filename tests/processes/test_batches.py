"""kill -9 of a real server with several pictures in flight; the next one goes on, and the client calls again."""

from kie_mcp.jobs.job import Phase
from tests.support.shared_ledger import House, until
from tests.support.stdio_process import JSON

ORDER: JSON = {"prompt": "{takes:4} cat", "count": 4, "wait_seconds": 60}


def in_flight(house: House) -> bool:
    """Whether all are at work: one that is killed while it is sent is unconfirmed, as any job."""
    return sum("task_id" in job for job in house.jobs().values()) == 4


def test_a_batch_that_is_killed_goes_on_and_the_same_call_joins_it(house: House) -> None:
    first = house.server()
    first.begin("generate_image", **ORDER)
    until(lambda: in_flight(house))
    first.kill()
    known = set(house.jobs())

    second = house.server()
    answer = second.call("generate_image", **ORDER, timeout=60)

    assert (answer["state"], [job["joined"] for job in answer["jobs"]]) == ("succeeded", [True] * 4)
    assert {job["job_id"] for job in answer["jobs"]} == known
    assert len(house.events("create")) == house.made() == len(house.files()) == 4
    assert house.reached(Phase.SUCCEEDED)
    assert house.sound()


def test_a_batch_that_is_killed_before_it_is_sent_is_there_as_a_whole(house: House) -> None:
    first = house.server()
    first.call("list_jobs")
    house.hold()
    first.begin("generate_image", **ORDER)
    until(lambda: house.jobs())
    assert len(house.jobs()) == 4
    first.kill()
    house.write("DELETE FROM accounts")

    second = house.server()
    until(lambda: house.reached(Phase.SUCCEEDED), 40)

    answer = second.call("generate_image", **ORDER, timeout=60)
    assert [job["joined"] for job in answer["jobs"]] == [True] * 4
    assert house.made() == 4
