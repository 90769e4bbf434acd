"""What must be true of every seed, whatever went wrong in it."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise

from kie_mcp.jobs.job import Job, Phase
from kie_mcp.jobs.timing import STANDARD
from tests.simulation.kie import ELSEWHERE, LIMIT, PRICE, WINDOW, Task
from tests.simulation.world import Seen

CLOSEST = 1.9
"""Seconds between two looks at one task, at least: the least that may be meant is 2, and the way takes its time."""


def violations(seen: Seen) -> list[str]:
    """What was broken, in words."""
    return [f"{rule.__name__}: {words}" for rule in RULES for words in rule(seen)]


def at_most_one_creation_a_job(seen: Seen) -> Iterator[str]:
    """A job is one task, or none."""
    tasks = Counter(task.job_id for task in seen.kie.tasks.values())
    yield from (f"{job_id} was created {n} times" for job_id, n in tasks.items() if n > 1)
    rows = Counter(job.task_id for job in seen.jobs if job.task_id)
    yield from (f"{task_id} has {n} jobs" for task_id, n in rows.items() if n > 1)


def at_most_one_job_an_intent(seen: Seen) -> Iterator[str]:
    """Identical repeats after a lost call join; only what was meant twice is bought twice."""
    jobs = Counter(job.fingerprint for job in seen.jobs)
    allowed = Counter({"": 1})  # what was made elsewhere, however many ask for it
    for intent in seen.intents:
        allowed[intent.draft.fingerprint] += intent.allowed
    yield from (f"{order}: {n} jobs, {allowed[order]} meant" for order, n in jobs.items() if n > allowed[order])
    keys = Counter(job.idempotency_key for job in seen.jobs if job.idempotency_key)
    yield from (f"{key} stands for {n} jobs" for key, n in keys.items() if n > 1)


def nothing_is_stuck(seen: Seen) -> Iterator[str]:
    """Long after the last trouble every job has an end and every client an answer."""
    yield from (f"{job.id} ({job.task_id}) is still {job.phase}" for job in seen.jobs if not job.done)
    if seen.stuck and all(job.done for job in seen.jobs):
        yield "a client still waits"


def the_verdict_is_right(seen: Seen) -> Iterator[str]:
    """Each job ends as its task did, and unconfirmed only if its answer was lost."""
    tasks = {task.job_id: task for task in seen.kie.tasks.values()}
    for job in seen.jobs:
        task = seen.kie.tasks.get(job.task_id or "") or tasks.get(job.id)
        yield from (f"{job.id} ({task.id if task else 'no task'}): {words}" for words in _wrong(seen, job, task))


def _wrong(seen: Seen, job: Job, task: Task | None) -> Iterator[str]:
    if job.phase is Phase.SUCCEEDED and not (task and task.succeeds):
        yield "succeeded, which its task did not"
    named_in_time = task and task.unnamed_for < STANDARD.files_named_within and not seen.jumps
    if job.phase is Phase.SUCCEEDED and not job.outputs and named_in_time:
        yield "has no file, though they were named in time"
    if job.phase is Phase.FAILED and task and (task.succeeds or not job.task_id):
        yield "failed, although its task exists" + (" and succeeded" if task.succeeds else "")
    if job.phase is Phase.UNCONFIRMED and job.id not in seen.kie.lost | seen.interrupted:
        yield "unconfirmed, although its create call was answered"
    if task and not job.task_id and job.phase is not Phase.UNCONFIRMED:
        yield f"{job.phase}, and its task is not known"


def every_task_is_accounted_for(seen: Seen) -> Iterator[str]:
    """What was charged is what the jobs say, but for the unconfirmed ones, which say that they may have been."""
    charged = PRICE * sum(task.job_id != ELSEWHERE for task in seen.kie.tasks.values())
    known = sum(PRICE for job in seen.jobs if job.task_id and job.order)
    perhaps = sum(PRICE for job in seen.jobs if job.phase is Phase.UNCONFIRMED)
    if not known <= charged <= known + perhaps:
        yield f"{charged} credits charged, {known} known, {perhaps} unconfirmed"
    orphans = {task.job_id for task in seen.kie.tasks.values()} - {job.id for job in seen.jobs} - {ELSEWHERE}
    yield from (f"a task for {job_id}, which is not in the ledger" for job_id in orphans)


def the_budget_counts_what_was_charged(seen: Seen) -> Iterator[str]:
    """Each job counts what Kie.ai has charged for it, or may have, to the day on which it was sent."""
    tasks = {task.job_id for task in seen.kie.tasks.values()}
    for job, (jobs, credits_, is_dated) in zip(seen.jobs, seen.counted, strict=True):
        charged = (1, PRICE) if job.order else (0, 0.0)
        if job.phase is Phase.FAILED:
            charged = int(job.task_id is not None), job.credits_used or 0.0
        if (jobs, credits_) != charged:
            yield f"{job.id}, {job.phase}, counts as {jobs} jobs and {credits_} credits"
        if jobs and not is_dated:
            yield f"{job.id}, {job.phase}, counts to every day"
        if job.id in tasks and not jobs:
            yield f"{job.id}, {job.phase}, has a task and does not count"


def looks_keep_their_distance(seen: Seen) -> Iterator[str]:
    """Whoever looks, and however many processes there are."""
    for task in seen.kie.tasks.values():
        # Whoever asks for what was made elsewhere looks at it before anybody knows that it is followed.
        looks = [at for at in task.looks if task.job_id != ELSEWHERE or at > task.looks[0] + 5]
        for earlier, later in pairwise(looks):
            if later - earlier < CLOSEST:
                yield f"{task.id} was looked at {later - earlier:.2f} s after the last look, at {later:.3f}"


def nothing_is_saved_twice(seen: Seen) -> Iterator[str]:
    """A file has one name."""
    yield from (f"{url} is at {sorted(paths)}" for url, paths in seen.disk.items() if len(paths) > 1)
    for job in seen.jobs:
        yield from (
            f"{job.id} says {output.path}, which is not there"
            for output in job.outputs
            if output.path and output.path not in seen.disk.get(output.url, ())
        )


def the_window_is_respected(seen: Seen) -> Iterator[str]:
    """Kie.ai itself never counts too many create calls."""
    arrivals = seen.kie.arrivals
    for at in arrivals:
        if (n := sum(at <= other < at + WINDOW for other in arrivals)) > LIMIT:
            yield f"{n} create calls in the {WINDOW:.0f} s from {at:.3f}"


RULES: tuple[Callable[[Seen], Iterator[str]], ...] = (
    at_most_one_creation_a_job,
    at_most_one_job_an_intent,
    nothing_is_stuck,
    the_verdict_is_right,
    every_task_is_accounted_for,
    the_budget_counts_what_was_charged,
    looks_keep_their_distance,
    nothing_is_saved_twice,
    the_window_is_respected,
)
