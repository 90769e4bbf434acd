"""What a process remembers of its calls: which answer was on its way before a call came, and when it stood still."""

from dataclasses import dataclass

import pytest

from kie_mcp.jobs.caller_times import CallTimes
from kie_mcp.jobs.job import Phase
from kie_mcp.jobs.timing import STANDARD
from tests.support.scripted_kie import make_job

DONE = make_job(phase=Phase.SUCCEEDED)
LEAVING = {DONE.id: Phase.SUCCEEDED}
BEAT = 2.0


@dataclass
class Hands:
    """A clock of the loop and one of the world, turned by hand; the loop's may be the faster one."""

    factor: float = 1.0
    real: float = 0.0

    def calls(self) -> CallTimes:
        """Calls by these clocks, of a process that has just said that it runs."""
        calls = CallTimes(steady=lambda: self.real * self.factor, real=lambda: self.real)
        calls.beat()
        return calls


@pytest.fixture
def hands() -> Hands:
    return Hands()


def test_an_answer_on_its_way_is_known_to_a_call_that_came_after_it(hands: Hands) -> None:
    """Its caller may have it already: the call is another wish."""
    calls = hands.calls()
    calls.start_answer(DONE)
    hands.real += 1
    assert calls.recent(came=calls.now()).leaving == LEAVING


def test_an_answer_that_left_after_a_call_had_come_is_none_that_this_call_could_know(hands: Hands) -> None:
    """The call was held up in a check: it was made by somebody without that answer, so it repeats the order."""
    calls = hands.calls()
    came = calls.now()
    hands.real += 1
    calls.start_answer(DONE)
    hands.real += 1
    assert calls.recent(came).leaving == {}
    assert calls.recent(calls.now()).leaving == LEAVING


def test_an_answer_that_nobody_saw_leave_counts_as_not_given(hands: Hands) -> None:
    calls = hands.calls()
    calls.start_answer(DONE)
    for _ in range(3):
        hands.real += BEAT
        calls.beat()
    assert hands.real > STANDARD.answer_leaves_within
    assert calls.recent(calls.now()).leaving == {}


def test_an_answer_whose_fate_is_written_down_is_on_its_way_no_more(hands: Hands) -> None:
    calls = hands.calls()
    calls.start_answer(DONE)
    calls.settle(DONE.id)
    assert calls.recent(calls.now()).leaving == {}


@pytest.mark.parametrize("factor", [1.0, 20.0])
def test_a_process_has_stood_still_after_seconds_of_the_world_without_a_sign(factor: float) -> None:
    hands = Hands(factor)
    calls = hands.calls()
    calls.take(DONE, calls.now())
    hands.real += 3600
    assert calls.is_waking
    recent = calls.recent(calls.now())
    assert recent.awake < STANDARD.duplicate_window
    assert recent.taken == {DONE.id: 0.0}, "nothing ages meanwhile"


@pytest.mark.parametrize("factor", [1.0, 20.0])
def test_a_machine_that_is_busy_for_a_moment_stands_not_still_however_fast_the_loop_goes(factor: float) -> None:
    hands = Hands(factor)
    calls = hands.calls()
    calls.take(DONE, calls.now())
    hands.real += STANDARD.stood_still - 0.1
    assert not calls.is_waking
    assert calls.recent(calls.now()).taken == {DONE.id: (STANDARD.stood_still - 0.1) * factor}
