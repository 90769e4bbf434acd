"""When to look: few looks, little delay, and no harm from a wrong estimate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from statistics import mean

import pytest

from kie_mcp.jobs.polling import (
    EARLY,
    ENOUGH,
    KEPT,
    Spread,
    expect,
    first_look,
    fraction,
    next_look,
    quantile,
    trouble_gap,
)
from kie_mcp.jobs.timing import STANDARD

ROUND_TRIP = 0.15
JOBS = 3000


@dataclass
class Figures:
    """What a kind of job cost to follow."""

    looks: float
    """A job, on average."""
    mean_lag: float
    """Seconds from the end to knowing it."""
    p95_lag: float


def lognormal(median: float, sigma: float, span: tuple[float, float], n: int, chance: Random) -> list[float]:
    drawn: list[float] = []
    while len(drawn) < n:
        seconds = median * chance.lognormvariate(0, sigma)
        if span[0] <= seconds <= span[1]:
            drawn.append(seconds)
    return drawn


def images(n: int, chance: Random) -> list[float]:
    return lognormal(11, 0.4, (5, 30), n, chance)


def videos(n: int, chance: Random) -> list[float]:
    return lognormal(170, 0.55, (60, 600), n, chance)


def looks_at(
    duration: float, learned: Sequence[float], chance: Random, early_gap: float = STANDARD.early_gap
) -> list[float]:
    """When the looks at one job begin, until one sees its end."""
    looks = [first_look(learned)]
    while looks[-1] + ROUND_TRIP / 2 < duration:
        age = looks[-1] + ROUND_TRIP
        looks.append(age + next_look(age, learned, chance.uniform(-1, 1), early_gap=early_gap))
    return looks


def follow(*kinds: tuple[Sequence[float], Sequence[float]], early_gap: float = STANDARD.early_gap) -> Figures:
    """Follow jobs of these durations, each lot by what was learned for it."""
    chance = Random(7)
    followed = [(looks_at(one, learned, chance, early_gap), one) for durations, learned in kinds for one in durations]
    lags = sorted(looks[-1] + ROUND_TRIP - duration for looks, duration in followed)
    return Figures(mean(len(looks) for looks, _ in followed), mean(lags), quantile(lags, 0.95))


def test_an_image_costs_at_most_five_looks_and_is_known_soon() -> None:
    chance = Random(1)
    figures = follow((images(JOBS, chance), sorted(images(KEPT, chance))))
    assert figures.looks <= 5
    assert figures.mean_lag < 1.3


def test_a_video_costs_at_most_thirty_looks_and_is_known_soon() -> None:
    """Over several tables of learned durations: each is a sample, and its luck counts for a look or two."""
    chance = Random(2)
    figures = follow(*((videos(JOBS // 4, chance), sorted(videos(KEPT, chance))) for _ in range(12)))
    assert figures.looks <= 30
    assert figures.p95_lag < 5


@pytest.mark.parametrize("kind", [images, videos])
def test_an_estimate_twice_too_long_does_no_harm(kind: Callable[[int, Random], list[float]]) -> None:
    """The gate is at fifteen seconds, and one early gap is the most that a wrong estimate costs."""
    chance = Random(3)
    learned = [2 * seconds for seconds in sorted(kind(KEPT, chance))]
    assert first_look(learned) <= STANDARD.latest_first_look == 15.0
    figures = follow((kind(JOBS, chance), learned))
    assert figures.mean_lag < 6
    assert figures.p95_lag < STANDARD.early_gap


def test_without_experience_a_job_is_still_followed_at_a_fair_price() -> None:
    chance = Random(4)
    image, video = follow((images(JOBS, chance), [])), follow((videos(JOBS, chance), []))
    assert image.mean_lag < 1.4
    assert video.p95_lag < 5.3
    assert image.looks <= 6.5
    assert video.looks <= 70


@pytest.mark.parametrize(("kind", "sigma", "most"), [(images, 0.4, 5.5), (videos, 0.55, 40)])
def test_what_is_known_elsewhere_does_nearly_as_well_as_experience(
    kind: Callable[[int, Random], list[float]], sigma: float, most: float
) -> None:
    median, span = (11, (5, 30)) if kind is images else (170, (60, 600))
    known = expect(Spread(median=median, sigma=sigma, shortest=span[0], longest=span[1]), [])
    figures = follow((kind(JOBS, Random(8)), known), early_gap=STANDARD.longest_gap)
    assert figures.looks <= most
    assert figures.p95_lag <= STANDARD.longest_gap


def test_what_is_known_elsewhere_gives_way_to_what_is_seen_here() -> None:
    spread = Spread(median=100, sigma=0.5, shortest=50, longest=300)
    seen = [[10.0] * number for number in range(ENOUGH + 1)]
    mixed = [expect(spread, one) for one in seen]
    assert [sorted(one) for one in mixed] == [list(one) for one in mixed]
    assert [sum(value > 10 for value in one) for one in mixed] == [40, 35, 30, 25, 20, 15, 10, 5, 0]
    assert mixed[-1] == seen[-1]
    assert expect(None, [3.0]) == [3.0]
    assert quantile(mixed[0], 0.5) == pytest.approx(100, rel=0.05)


def test_the_gap_is_never_under_two_seconds_and_over_five_only_before_anything_is_expected() -> None:
    chance = Random(5)
    for _ in range(20_000):
        learned = sorted(chance.uniform(0.1, 900) for _ in range(chance.choice([0, 1, ENOUGH - 1, ENOUGH, 50])))
        elapsed = chance.uniform(0, 2000)
        early = len(learned) >= ENOUGH and elapsed < quantile(learned, EARLY)
        gap = next_look(elapsed, learned, chance.uniform(-1, 1))
        assert STANDARD.shortest_gap <= gap <= (STANDARD.early_gap if early else STANDARD.longest_gap)


def test_the_first_look_is_between_two_and_fifteen_seconds() -> None:
    chance = Random(6)
    for _ in range(2000):
        learned = sorted(chance.uniform(0.1, 900) for _ in range(chance.randint(0, 50)))
        assert STANDARD.shortest_gap <= first_look(learned) <= STANDARD.latest_first_look


def test_a_few_durations_say_nothing_yet() -> None:
    assert first_look([300.0] * (ENOUGH - 1)) == STANDARD.shortest_gap
    assert first_look([10.0] * ENOUGH) == 10.0


def test_a_job_older_than_any_before_is_looked_at_by_its_own_age() -> None:
    assert next_look(100.0, [10.0] * ENOUGH) == pytest.approx(3.0)


def test_trouble_doubles_the_gap_up_to_half_a_minute() -> None:
    assert [trouble_gap(failures) for failures in range(6)] == [2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert trouble_gap(10_000) == 30.0


def test_a_quantile_is_one_of_the_durations() -> None:
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.5) == 3.0
    assert quantile([1.0], 0.99) == 1.0
    assert quantile([1.0, 2.0], 1.0) == 2.0


def test_the_fraction_grows_all_the_time_and_never_reaches_the_end() -> None:
    fractions = [fraction(elapsed, 60.0) for elapsed in range(0, 6000, 7)]
    assert fractions == sorted(set(fractions))
    assert fractions[0] == 0.0
    assert fractions[-1] < 1.0
    assert fraction(5.0, 0.0) == 0.0
