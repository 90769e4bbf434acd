"""The account's window: as many sends as Kie.ai takes, and never one more."""

from random import Random

import pytest

from kie_mcp.jobs.rate_limit import BUDGET, expected_wait, wait
from kie_mcp.jobs.timing import STANDARD


def schedule(arrivals: list[float], holds: list[tuple[float, float]]) -> list[float]:
    """When each of these is sent, first come first served. `holds`: from when, until when nothing may be sent."""
    sends: list[float] = []
    now = 0.0
    for arrival in arrivals:
        now = max(now, arrival)
        while seconds := wait(sends, now, max((until for since, until in holds if since <= now), default=0.0)):
            now += seconds
        sends.append(now)
    return sends


def busiest(sends: list[float]) -> int:
    """The most sends in any half-open window, a microsecond short for the rounding of sums."""
    most = first = 0
    for last, at in enumerate(sends):
        while sends[first] <= at - STANDARD.send_window + 1e-6:
            first += 1
        most = max(most, last - first + 1)
    return most


def arrivals(chance: Random) -> list[float]:
    at, all_of_them = 0.0, list[float]()
    for _ in range(chance.randint(1, 80)):
        at += chance.choice([0.0, 0.0, 0.001, 0.5, 3.0, 11.0]) * chance.random()
        all_of_them.append(at)
    return all_of_them


def test_no_window_ever_sees_more_than_the_budget() -> None:
    chance = Random(1)
    for _ in range(3000):
        began = chance.uniform(0, 30)
        sends = schedule(arrivals(chance), [(began, began + chance.uniform(0, 20))])
        assert sends == sorted(sends)
        assert busiest(sends) <= BUDGET


def test_the_budget_is_used_to_the_full() -> None:
    """Nobody waits without need: the first eighteen go at once, the next eighteen when the window is over."""
    assert schedule([0.0] * 40, []) == [0.0] * 18 + [STANDARD.send_window] * 18 + [2 * STANDARD.send_window] * 4


def test_the_window_leaves_a_margin_below_what_the_upstream_takes() -> None:
    """Twenty in ten seconds is the limit; each send follows its grant by up to half a second."""
    chance = Random(2)
    for _ in range(500):
        sent = sorted(at + chance.uniform(0, 0.5) for at in schedule(arrivals(chance), []))
        assert all(sum(at <= other < at + 10.0 for other in sent) <= 20 for at in sent)


def test_a_hold_keeps_everything_back() -> None:
    assert wait([], 100.0, 107.0) == 7.0
    assert wait([], 107.0, 107.0) == 0.0
    assert wait([100.0] * BUDGET, 101.0, 103.0) == pytest.approx(STANDARD.send_window - 1.0)


def test_an_order_in_the_line_is_told_when_it_goes() -> None:
    assert expected_wait([], 0.0, 0) == 0.0
    assert expected_wait([], 0.0, 17) == 0.0
    assert expected_wait([], 0.0, 18) == STANDARD.send_window
    assert expected_wait([0.0] * 18, 4.0, 0) == STANDARD.send_window - 4.0
    assert expected_wait([0.0] * 18, 4.0, 36, held_until=20.0) == pytest.approx(16.0 + 2 * STANDARD.send_window)


def test_what_is_told_is_what_happens() -> None:
    chance = Random(3)
    for _ in range(300):
        place = chance.randint(0, 60)
        sends = schedule(arrivals(chance), [])
        now = sends[-1] + chance.uniform(0, 5)
        assert expected_wait(sends, now, place) == pytest.approx(_sent_after(sends, now, place), abs=1e-6)


def _sent_after(sends: list[float], now: float, place: int) -> float:
    at, all_sends = now, list(sends)
    for _ in range(place + 1):
        while seconds := wait(all_sends, at):
            at += seconds
        all_sends.append(at)
    return at - now


def test_a_line_of_five_thousand_is_reckoned_at_once() -> None:
    """Each answer to a queued order reckons its place: the cost must not grow with the square of the line."""
    assert expected_wait([], 0.0, 5000) == pytest.approx(STANDARD.send_window * (5000 // BUDGET))
