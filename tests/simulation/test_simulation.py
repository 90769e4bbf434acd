"""Hundreds of bad days: whatever goes wrong in one, nothing is paid twice and nothing is lost."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.simulation.invariants import violations
from tests.simulation.world import Seen, live

SEEDS, ALL_DAY = 200, 50
"""Days that are lived through, and how many of them whenever the quick tests run."""
STEP = 10


@pytest.fixture(autouse=True)
def in_silence() -> Iterator[None]:
    """What goes wrong here is meant to: its log would fill the memory of the test run."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@cache
def day(seed: int) -> Seen:
    """One seed, lived through once for all tests."""
    return live(seed)


@pytest.mark.parametrize(
    "first", [pytest.param(at, marks=[pytest.mark.slow] if at >= ALL_DAY else []) for at in range(0, SEEDS, STEP)]
)
def test_no_rule_is_broken_on_a_bad_day(first: int) -> None:
    """Replay one with `python -m tests.simulation.run --seed N`."""
    broken = {seed: words for seed in range(first, first + STEP) if (words := violations(day(seed)))}
    assert not broken


@pytest.mark.parametrize("seed", [3, 44, 73, 150])
def test_the_same_seed_is_the_same_day(seed: int) -> None:
    first, second = day(seed), live(seed)
    assert first.trace == second.trace
    assert first.fingerprint == second.fingerprint


@pytest.mark.slow
@pytest.mark.parametrize("hashing", ["1", "77"])
def test_a_seed_is_the_same_day_in_every_process(hashing: str) -> None:
    """What failed in one run can be replayed: neither addresses nor the hashes of strings decide anything."""
    crowded = 31
    command = [sys.executable, "-m", "tests.simulation.run", "--seed", str(crowded)]
    root = Path(__file__).parents[2]
    replay = subprocess.run(  # noqa: S603 - our own module
        command, cwd=root, env={**os.environ, "PYTHONHASHSEED": hashing}, capture_output=True, text=True, check=True
    )
    assert replay.stdout.split()[-1] == day(crowded).fingerprint


def test_other_seeds_are_other_days() -> None:
    assert len({day(seed).fingerprint for seed in range(10)}) == 10


@pytest.mark.slow
def test_the_days_are_bad_enough() -> None:
    """What the dice are there for does happen: else the rules prove nothing."""
    lines = "\n".join(line for seed in range(SEEDS) for line in day(seed).trace)
    troubles = ("killed", "suspended", "leaves", "the ledger fails", "the clock is set")
    for happening in (*troubles, "429", "502 after the work", "read timeout"):
        assert lines.count(happening) >= 5, happening
    for ending in ("succeeded", "failed", "unconfirmed", "saved", "at after ledger", "at create answered", "404"):
        assert lines.count(ending) >= 3, ending
