"""When to look again: pure functions of the time a job has taken and the times that such jobs took before.

As long as too few were seen here, what is known of such jobs elsewhere, a `Spread`, stands in for those that miss.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from kie_mcp.jobs.timing import STANDARD, Timing

CHANCE = 0.1
"""Look when the chance that it got done since the last look is this."""
EARLY = 0.01
"""Until the time in which this share of such jobs was done, a job is looked at only now and then."""
ENOUGH = 8
"""Durations before they say anything."""
KEPT = 200
"""Durations remembered for each kind of job."""
JITTER = 0.1
WEIGHT = 5
"""Values that stand for one duration where seen and expected ones are mixed, so that the expected ones lie close."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How long a kind of job takes elsewhere, in seconds: lognormal around its median, cut off at both ends."""

    median: float
    sigma: float
    shortest: float
    longest: float

    def durations(self, count: int) -> list[float]:
        """Return so many durations, ascending, spread as the jobs' are."""
        normal = NormalDist(sigma=self.sigma)
        drawn = [self.median * math.exp(normal.inv_cdf((one + 0.5) / count)) for one in range(count)]
        return [min(max(seconds, self.shortest), self.longest) for seconds in drawn]


def expect(elsewhere: Spread | None, durations: Sequence[float]) -> Sequence[float]:
    """Return what to expect, ascending: the durations seen here, filled up with those known from elsewhere.

    Each that is seen takes the place of one from elsewhere; as soon as enough are seen, they alone count.
    """
    missing = ENOUGH - len(durations)
    if elsewhere is None or missing <= 0:
        return durations
    seen = [seconds for seconds in durations for _ in range(WEIGHT)]
    return sorted([*elsewhere.durations(WEIGHT * missing), *seen])


def first_look(durations: Sequence[float], timing: Timing = STANDARD) -> float:
    """Return the seconds from sending to the first look. `durations` are those of such jobs, ascending."""
    if len(durations) < ENOUGH:
        return timing.shortest_gap
    return min(max(quantile(durations, 0.05), timing.shortest_gap), timing.latest_first_look)


def next_look(
    elapsed: float,
    durations: Sequence[float],
    jitter: float = 0.0,
    *,
    early_gap: float | None = None,
    timing: Timing = STANDARD,
) -> float:
    """Return the seconds from this look to the next. `elapsed` is the job's age in seconds, `jitter` is in -1..1.

    `early_gap` is the longest gap, in seconds, as long as no such job is expected to be done; by default `timing`'s.
    """
    if len(durations) < ENOUGH or elapsed >= durations[-1]:
        return _clip(0.03 * elapsed, jitter, timing)
    early = quantile(durations, EARLY) - elapsed
    if early > 0:
        return min(max(early, timing.shortest_gap), timing.early_gap if early_gap is None else early_gap)
    return _clip(_until_likely(elapsed, durations), jitter, timing)


def _clip(gap: float, jitter: float, timing: Timing) -> float:
    return min(max(gap * (1 + JITTER * jitter), timing.shortest_gap), timing.longest_gap)


def _until_likely(elapsed: float, durations: Sequence[float]) -> float:
    """Return the seconds until the share CHANCE of the jobs that took longer than `elapsed` would be done."""
    done = bisect_right(durations, elapsed)
    share = CHANCE * (len(durations) - done)
    return durations[min(done + int(share), len(durations) - 1)] - elapsed


def quantile(durations: Sequence[float], share: float) -> float:
    """Return the duration that this share of the jobs did not exceed; `durations` ascending, not empty."""
    return durations[min(int(share * len(durations)), len(durations) - 1)]


def trouble_gap(failures: int, timing: Timing = STANDARD) -> float:
    """Return the seconds to the next call after that many in a row got no answer: doubling, at most 30."""
    return min(timing.shortest_gap * 2.0 ** min(failures, 8), timing.trouble_gap)


def fraction(elapsed: float, usual: float) -> float:
    """Return how far a job has probably come, 0-1: it grows all the time and never reaches 1."""
    share = elapsed / usual if usual > 0 else 0.0
    return 0.9 * share if share <= 1 else 1 - 0.1 / share
