"""Bugs that are planted are found: a simulation that finds nothing proves nothing."""

import logging
from collections.abc import Iterator

import pytest

from tests.simulation.bugs import BUGS
from tests.simulation.invariants import violations
from tests.simulation.world import live

DAYS = 200
"""How many days the search for a bug may take."""
EXPECTED = {
    "retry after a read timeout": "at_most_one_creation_a_job",
    "retry on 502": "at_most_one_creation_a_job",
    "mark after send": "at_most_one_creation_a_job",
    "resend after a crash": "at_most_one_creation_a_job",
    "looks too close": "looks_keep_their_distance",
    "trust the clock": "at_most_one_job_an_intent",
    "take late for heard": "at_most_one_job_an_intent",
    "take unconfirmed for the end": "at_most_one_job_an_intent",
}
"""Which rule each planted bug breaks."""
LATE = {"trust the clock": 40, "resend after a crash": 40, "take unconfirmed for the end": 20}
"""Where the search begins for bugs that few days show, so that it does not live through those before."""


@pytest.fixture(autouse=True)
def in_silence() -> Iterator[None]:
    """What goes wrong here is meant to: its log would fill the memory of the test run."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.slow
@pytest.mark.parametrize("bug", sorted(BUGS))
def test_a_planted_bug_is_found(bug: str) -> None:
    rule, first = EXPECTED[bug], LATE.get(bug, 0)
    found = (
        seed
        for seed in range(first, first + DAYS)
        if any(words.startswith(rule) for words in violations(live(seed, BUGS[bug])))
    )
    assert next(found, None) is not None
