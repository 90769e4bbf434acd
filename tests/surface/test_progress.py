"""Progress always increases, and reaches its end only when the job does."""

import itertools
import random
from dataclasses import replace

import pytest

from kie_mcp.jobs.job import Job, Phase
from kie_mcp.surface.progress import Progress
from tests.support.every_state import BEGAN, TALK, UNSENT, done, job

pytestmark = pytest.mark.anyio

Told = list[tuple[float, float | None, str | None]]


async def history(moments: list[tuple[Job, float]], usual_s: float | None) -> Told:
    """Return the notifications for a job that is in these states at these times."""
    told: Told = []

    async def report(progress: float, total: float | None = None, message: str | None = None) -> None:
        told.append((progress, total, message))

    progress = Progress(report, usual_s)
    for seen, now in moments:
        await progress.report(seen, now)
    return told


def lives(chance: random.Random) -> tuple[list[tuple[Job, float]], float | None]:
    """Make up the life of a job: clocks jump, percentages come, go and fall."""
    now, seen = BEGAN, job(Phase.RESERVED, **UNSENT)
    moments: list[tuple[Job, float]] = []
    for _ in range(chance.randint(1, 200)):
        now += chance.choice([0.0, 0.001, 1.0, 5.0, 60.0, 4000.0, -30.0])
        if seen.phase is Phase.RESERVED and chance.random() < 0.3:
            seen = replace(seen, phase=Phase.SUBMITTING, sent_at=now)
        elif seen.phase is Phase.SUBMITTING and chance.random() < 0.2:
            seen = replace(seen, phase=Phase.RESERVED, sent_at=None, note="Kie.ai counts too many requests.")
        elif seen.phase is not Phase.RESERVED:
            figure = chance.choice([None, 0.0, 1.0, chance.random()])
            seen = replace(seen, phase=Phase.RUNNING, upstream_state="generating", progress=figure)
        moments.append((seen, now))
    return moments, chance.choice([None, 0.5, 20.0, 180.0])


@pytest.mark.parametrize("seed", range(50))
async def test_it_strictly_increases_and_never_reaches_the_end_before_the_job(seed: int) -> None:
    moments, usual_s = lives(random.Random(seed))
    told = await history(moments, usual_s)
    values = [value for value, _, _ in told]
    totals = {total for _, total, _ in told}
    assert len(told) == len(moments)
    assert values[0] > 0
    assert all(later > earlier for earlier, later in itertools.pairwise(values))
    assert len(totals) == 1
    assert totals == {None} or max(values) < 1.0
    assert all(message and message.startswith("image: ") for _, _, message in told)


async def test_a_job_that_is_done_needs_no_progress() -> None:
    assert await history([(done(), BEGAN + 12), (done(Phase.FAILED), BEGAN + 12)], None) == []


async def test_without_anything_learned_no_total_is_invented() -> None:
    """The value is the seconds since the order."""
    told = await history([(job(Phase.RUNNING), BEGAN + 5), (job(Phase.RUNNING), BEGAN + 10)], None)
    assert [(value, total) for value, total, _ in told] == [(5.0, None), (10.0, None)]


async def test_kies_own_percentage_is_used() -> None:
    moments = [(job(Phase.RUNNING, progress=share), BEGAN + 5) for share in (0.2, 0.6, 1.0)]
    told = await history(moments, None)

    assert [value for value, _, _ in told] == pytest.approx([0.198, 0.594, 0.99])
    assert {total for _, total, _ in told} == {1.0}


async def test_the_usual_time_gives_an_honest_share() -> None:
    moments = [(job(Phase.RUNNING), BEGAN + 1 + seconds) for seconds in (10, 20, 40, 400)]
    told = await history(moments, 20.0)
    assert [round(value, 4) for value, _, _ in told] == [0.45, 0.9, 0.95, 0.995]


async def test_a_person_can_read_it() -> None:
    moments = [
        (job(Phase.RESERVED, **UNSENT), BEGAN),
        (job(Phase.RESERVED, **UNSENT, note="Kie.ai counts too many requests (code 429)."), BEGAN + 1),
        (job(Phase.SUBMITTING, task_id=None), BEGAN + 2),
        (job(Phase.SUBMITTED, **TALK), BEGAN + 3),
        (job(Phase.RUNNING, **TALK, upstream_state="generating"), BEGAN + 49),
        (job(Phase.RUNNING, note="Kie.ai did not answer about the job (ReadTimeout)."), BEGAN + 60),
    ]
    told = await history(moments, 180.0)
    assert [message for _, _, message in told] == [
        "image: waiting to be sent",
        "image: Kie.ai counts too many requests (code 429).",
        "image: ordering",
        "talking video: ordered, 2 s, usually 3 min",
        "talking video: generating, 48 s, usually 3 min",
        "image: Kie.ai did not answer about the job (ReadTimeout), 59 s, usually 3 min",
    ]
