"""kill -9 of a real server at each durable point; another process goes on, and the client calls again."""

import os
import shutil
import time
from collections.abc import Generator
from concurrent.futures import Future

import pytest

from kie_mcp.jobs.job import Phase
from tests.processes.points import ARRIVED, POINTS, Point, looked, recorded
from tests.processes.stories import Story, told
from tests.support.shared_ledger import House, until
from tests.support.stdio_process import JSON

KEYED = ("before reserve", "reserved", "sent, before the reply", "recorded")
AT_ONCE = tuple(name for name, point in POINTS.items() if point.found is not Phase.SUCCEEDED)
LEGACY = tuple(name for name, point in POINTS.items() if point.reach not in {recorded, looked})
"""The points that there are where the answer to the create call is the picture: it needs no looking at."""
UNREAPED = "recorded"
CONTAINERS = os.geteuid() == 0 and shutil.which("unshare") is not None


def later(house: House, point: Point, key: str = "") -> None:
    """Another server starts when the lease of the dead one is over; the call is repeated when it has done its part."""
    arguments: JSON = {"idempotency_key": key} if key else {}
    first = point.server(house)
    with point.reach(house, lambda prompt: first.order(prompt, **arguments)) as prompt:
        first.kill()
    assert house.phases() == ([point.found] if point.found else [])
    house.lapse()
    second = house.server()
    if point.found:
        until(house.settled)
        assert house.phases() == [point.ends]
    answer = second.call("generate_image", prompt=prompt, wait_seconds=60, **arguments)
    assert answer.get("joined") == (True if point.found else None)
    check(house, point, answer)


def at_once(house: House, point: Point, *, reap: bool = True) -> None:
    """Another server is there already, and the call is repeated long before the dead one's lease is over."""
    first, other = point.server(house), house.server()
    with point.reach(house, first.order) as prompt:
        first.kill(reap=reap)
    check(house, point, other.call("generate_image", prompt=prompt, wait_seconds=60))


def contained(house: House) -> None:
    """Each in a container of its own, where every server has the same number."""
    command = ["unshare", "--pid", "--fork", "--kill-child", *house.command()]
    first, other = house.server(command=command), house.server(command=command)
    with recorded(house, first.order) as prompt:
        first.kill()
        time.sleep(ARRIVED)  # the server itself dies after its parent
    check(house, POINTS["recorded"], other.call("generate_image", prompt=prompt, wait_seconds=60))


def legacy(house: House, point: Point) -> None:
    """In the style in which Kie.ai answers with the picture in place of an id."""
    house.settings["KIE_API_STYLE"] = "legacy"
    later(house, point)
    assert house.events("look") == []


def check(house: House, point: Point, answer: JSON) -> None:
    """One job, one payment, one file, a sound ledger."""
    assert house.made() == point.made
    assert answer["state"] == point.ends
    assert house.phases() == [point.ends]
    assert len(house.files()) == (point.ends is Phase.SUCCEEDED)
    assert house.sound()


Outcomes = dict[tuple[str, str], Future[None]]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Generator[Outcomes]:
    """Everything that happens here."""
    stories: dict[tuple[str, str], Story] = {
        **{("later", name): lambda house, name=name: later(house, POINTS[name]) for name in POINTS},
        **{("keyed", name): lambda house, name=name: later(house, POINTS[name], "shelf-1") for name in KEYED},
        **{("at once", name): lambda house, name=name: at_once(house, POINTS[name]) for name in AT_ONCE},
        **{("legacy", name): lambda house, name=name: legacy(house, POINTS[name]) for name in LEGACY},
        **({("contained", "recorded"): contained} if CONTAINERS else {}),
        ("unreaped", UNREAPED): lambda house: at_once(house, POINTS[UNREAPED], reap=False),
    }
    with told(lambda: tmp_path_factory.mktemp("house"), stories) as outcomes:
        yield outcomes


@pytest.mark.parametrize("name", POINTS)
def test_killed_anywhere_a_job_is_paid_once_and_ends_in_another_process(outcomes: Outcomes, name: str) -> None:
    outcomes["later", name].result()


@pytest.mark.parametrize("name", KEYED)
def test_killed_anywhere_a_key_finds_its_job_again(outcomes: Outcomes, name: str) -> None:
    outcomes["keyed", name].result()


@pytest.mark.parametrize("name", LEGACY)
def test_killed_anywhere_a_legacy_picture_is_paid_once_and_ends_in_another_process(
    outcomes: Outcomes, name: str
) -> None:
    outcomes["legacy", name].result()


@pytest.mark.parametrize("name", AT_ONCE)
def test_a_repetition_at_once_joins_though_the_lease_is_not_over(outcomes: Outcomes, name: str) -> None:
    outcomes["at once", name].result()


def test_a_repetition_at_once_joins_though_nobody_has_reaped_the_dead(outcomes: Outcomes) -> None:
    """A client that kills its server and does not wait for it leaves a zombie, whose number is still taken."""
    outcomes["unreaped", UNREAPED].result()


@pytest.mark.skipif(not CONTAINERS, reason="no container can be made here")
def test_a_repetition_at_once_joins_though_both_servers_have_the_same_number(outcomes: Outcomes) -> None:
    outcomes["contained", "recorded"].result()


def test_the_job_of_a_killed_server_goes_on_at_once_whatever_its_lease_says(house: House) -> None:
    """Its lock says that it is gone, and the clock may have been set back since the lease was written."""
    first = house.server()
    first.order("{takes:4} cat")
    until(lambda: house.events("look"))
    house.write("UPDATE workers SET alive_until = alive_until + 3600")
    first.kill()
    house.server()
    until(lambda: house.reached(Phase.SUCCEEDED))
    assert house.made() == len(house.files()) == 1
