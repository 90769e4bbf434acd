"""How a server process ends: soon, without a traceback, and with everything written down."""

import signal
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future

import pytest

from kie_mcp.jobs.job import Phase
from kie_mcp.jobs.timing import STANDARD
from tests.processes.stories import Story, told
from tests.support.shared_ledger import House, until
from tests.support.stdio_process import Server

SOON = 10.0
"""Seconds to end when nothing is in flight: 2 on a machine of its own, which these processes do not have."""
HELD = 4.0
"""Seconds for which Kie.ai holds the answer to a create call."""
STARTED = 2.5
"""Seconds after which a process waits for its ledger, on a busy machine."""
PACE = 0.2
Leave = Callable[[Server], None]
WAYS: dict[str, Leave] = {
    "closed": Server.close_input,
    "unread": Server.close_output,
    "SIGTERM": lambda server: server.process.send_signal(signal.SIGTERM),
    "SIGINT": lambda server: server.process.send_signal(signal.SIGINT),
}


def ends(server: Server, within: float = SOON) -> float:
    """Seconds until it has ended in good order."""
    code, seconds = server.wait(within + 5)
    assert (code, server.said) == (0, "")
    assert seconds <= within
    return seconds


def idle(house: House, leave: Leave) -> None:
    server = house.server()
    leave(server)
    ends(server)


def following(house: House, leave: Leave) -> None:
    server = house.server()
    for number in range(3):
        server.order(f"cat {number} {{takes:15}}")  # so that the first look finds it running
    until(lambda: house.phases() == ["running"] * 3)  # a look that is heard of is not yet written down
    leave(server)
    ends(server)

    looks = len(house.events("look"))
    time.sleep(1.5 * STANDARD.shortest_gap)
    assert len(house.events("look")) == looks, "an orphan still looks"
    assert house.phases() == ["running"] * 3

    house.server()
    until(house.settled)
    assert house.phases() == ["succeeded"] * 3
    assert house.made() == len(house.files()) == len(house.events("file")) == 3


def creating(house: House, leave: Leave) -> None:
    server = house.server()
    server.order("{late:go} cat")
    until(house.made)
    leave(server)
    time.sleep(HELD)
    assert server.process.poll() is None
    house.say("go")
    ends(server)
    assert house.phases() == [Phase.SUBMITTED]
    assert [job["task_id"] for job in house.jobs().values()] == [event.task for event in house.events("made")]

    house.server()
    until(house.settled)
    assert house.phases() == ["succeeded"]
    assert house.made() == len(house.files()) == 1


def hanging(house: House, leave: Leave) -> None:
    house.pace = PACE
    server = house.server("--signals")
    server.order("{late:never} cat")
    until(house.made)
    leave(server)
    assert ends(server, house.timing.shutdown_grace + SOON) >= house.timing.shutdown_grace - 0.2
    assert house.phases() == [Phase.UNCONFIRMED]

    answer = house.server("--signals").call("generate_image", prompt="{late:never} cat", wait_seconds=60)
    assert (answer["state"], answer["joined"]) == ("unconfirmed", True)
    assert house.made() == 1


def in_line(house: House, leave: Leave) -> None:
    server = house.server()
    house.hold(3)
    server.order("cat")
    until(lambda: house.reached(Phase.RESERVED))
    leave(server)
    ends(server)
    time.sleep(3)
    assert not house.events("create")

    house.server()
    until(house.settled)
    assert house.phases() == ["succeeded"]
    assert house.made() == 1


def starting(house: House, leave: Leave) -> None:
    """Its ledger is busy; it may say how it was ended, but not by a traceback."""
    house.server().tidy()
    with house.locked():
        server = house.server(greet=False)
        server.hello()
        time.sleep(STARTED)
        leave(server)
        time.sleep(0.2)
    code, seconds = server.wait(SOON + 5)
    assert server.said == ""
    assert code in {0, -signal.SIGTERM, -signal.SIGINT}
    assert seconds <= SOON + STARTED


Outcomes = dict[tuple[Callable[[House, Leave], None], str], Future[None]]
every_way = pytest.mark.parametrize("way", WAYS)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Generator[Outcomes]:
    """Everything that happens here."""
    stories: dict[tuple[Callable[[House, Leave], None], str], Story] = {
        (story, way): lambda house, story=story, leave=leave: story(house, leave)
        for story in (idle, starting, following, creating, hanging, in_line)
        for way, leave in WAYS.items()
    }
    with told(lambda: tmp_path_factory.mktemp("house"), stories) as outcomes:
        yield outcomes


@every_way
def test_an_idle_server_ends_soon(outcomes: Outcomes, way: str) -> None:
    outcomes[idle, way].result()


@every_way
def test_a_server_that_is_told_to_leave_while_it_starts_ends_soon(outcomes: Outcomes, way: str) -> None:
    outcomes[starting, way].result()


@every_way
def test_a_server_that_follows_ends_soon_and_the_next_one_goes_on(outcomes: Outcomes, way: str) -> None:
    """Nobody looks in between."""
    outcomes[following, way].result()


@every_way
def test_a_create_call_in_flight_is_written_down_before_the_process_ends(outcomes: Outcomes, way: str) -> None:
    outcomes[creating, way].result()


@every_way
def test_a_create_call_that_hangs_is_given_its_last_moments_and_ends_unconfirmed(outcomes: Outcomes, way: str) -> None:
    outcomes[hanging, way].result()


@every_way
def test_nothing_is_sent_once_the_server_leaves_and_the_next_one_sends_it(outcomes: Outcomes, way: str) -> None:
    outcomes[in_line, way].result()
