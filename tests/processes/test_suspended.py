"""SIGSTOP, as a closed laptop or a paused terminal: another process takes over, and the sleeper wakes up into it."""

import signal
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kie_mcp.jobs.job import Phase
from tests.processes.test_three_processes import SLACK, gaps
from tests.support.shared_ledger import House, opened, until
from tests.support.stdio_process import Server

PACE = 0.25


@pytest.fixture
def house(tmp_path: Path) -> Generator[House]:
    """One at a faster pace."""
    with opened(tmp_path, pace=PACE) as house:
        yield house


@contextmanager
def asleep(house: House, server: Server) -> Generator[None]:
    """The process stands still meanwhile, and not within a transaction, which would hold everybody else up."""
    server.process.send_signal(signal.SIGSTOP)
    while not house.free():
        server.process.send_signal(signal.SIGCONT)
        time.sleep(0.05)
        server.process.send_signal(signal.SIGSTOP)
    yield
    server.process.send_signal(signal.SIGCONT)


def check(house: House, answer: dict[str, object]) -> None:
    """One payment, one file, and everybody sees the same."""
    assert answer["state"] == "succeeded"
    assert house.phases() == ["succeeded"]
    assert house.made() == len(house.events("create")) == 1
    assert len(house.files()) == 1
    assert house.sound()


def test_a_sleeper_that_followed_finds_its_job_followed_by_another(house: House) -> None:
    sleeper, other = house.server(), house.server()
    call = sleeper.order("cat {takes:30}")
    until(lambda: house.events("look"))
    with asleep(house, sleeper):
        looks = len(house.events("look"))
        until(lambda: len(house.events("look")) > looks)
    check(house, sleeper.end(call))
    job = next(iter(house.jobs()))
    check(house, other.call("get_job_status", job_id=job))
    assert len(house.events("file")) == 1
    assert min(gap for one in gaps(house).values() for gap in one) >= house.timing.shortest_gap - SLACK


def test_a_sleeper_wakes_up_after_the_end(house: House) -> None:
    sleeper, _ = house.server(), house.server()
    call = sleeper.order("cat {takes:15}")  # so that the first look finds it running
    until(lambda: house.events("look"))
    with asleep(house, sleeper):
        until(house.settled)
    check(house, sleeper.end(call))
    assert len(house.events("file")) == 1


def test_the_id_that_a_sleeper_wakes_up_with_is_not_lost(house: House) -> None:
    """It slept with its create call in flight; meanwhile the job had to be called unconfirmed."""
    sleeper, other = house.server(), house.server()
    call = sleeper.order("{late:go} cat")
    until(house.made)
    with asleep(house, sleeper):
        until(lambda: house.reached(Phase.UNCONFIRMED), timeout=2 * (house.timing.lease + house.timing.stopped_for))
        house.say("go")
        answer = other.call("generate_image", prompt="{late:go} cat", wait_seconds=0)
        assert (answer["state"], answer["joined"]) == ("unconfirmed", True)
    until(lambda: house.reached(Phase.SUCCEEDED))
    assert sleeper.end(call)["job_id"] == answer["job_id"]
    check(house, other.call("get_job_status", job_id=answer["job_id"]))


def test_a_create_call_in_a_sleeper_is_not_called_lost_by_a_process_that_starts_meanwhile(house: House) -> None:
    """Its lock says that it lives."""
    sleeper = house.server()
    call = sleeper.order("{late:go} cat")
    until(house.made)
    with asleep(house, sleeper):
        other = house.server()
        time.sleep(2 * house.timing.lease)
        answer = other.call("generate_image", prompt="{late:go} cat", wait_seconds=0)
        assert (answer["state"], answer["joined"]) == ("queued", True)
        house.say("go")
    check(house, sleeper.end(call))
    check(house, other.call("get_job_status", job_id=answer["job_id"]))


def test_whoever_was_told_unconfirmed_joins_the_job_whose_id_came_late(house: House) -> None:
    sleeper, other = house.server(), house.server()
    sleeper.order("{late:go} cat")
    until(house.made)
    with asleep(house, sleeper):
        until(lambda: house.reached(Phase.UNCONFIRMED), timeout=2 * (house.timing.lease + house.timing.stopped_for))
        answer = other.call("generate_image", prompt="{late:go} cat", wait_seconds=0)
        assert answer["state"] == "unconfirmed"
        until(lambda: house.callers() == ["answered"])
        house.say("go")
    until(lambda: house.reached(Phase.SUCCEEDED))
    again = other.call("generate_image", prompt="{late:go} cat")
    assert again["joined"]
    check(house, again)


def test_a_sleeper_that_was_about_to_send_does_not_send_what_another_has_sent(house: House) -> None:
    sleeper, _ = house.server(), house.server()
    house.hold(3 * house.timing.lease)
    call = sleeper.order("cat")
    until(lambda: house.reached(Phase.RESERVED))
    with asleep(house, sleeper):
        until(house.made)
    check(house, sleeper.end(call))


def test_a_sleeper_that_was_saving_leaves_one_whole_file(house: House) -> None:
    sleeper, _ = house.server(), house.server()
    call = sleeper.order("{file:go} cat")
    until(lambda: house.events("file"))
    with asleep(house, sleeper):
        until(lambda: len(house.events("file")) == 2)
        house.say("go")
        until(house.settled)
        written = house.files()[0].stat()
    check(house, sleeper.end(call))
    time.sleep(house.timing.lease)
    assert house.files()[0].stat().st_mtime_ns == written.st_mtime_ns, "saved twice"
    assert house.phases() == ["succeeded"]
