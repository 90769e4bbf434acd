"""What happens next to a job, and when: a pure function of the job, of what else is known, and of the time.

Each step does one thing, and may be taken again after a crash. Who takes the steps is not known here: a loop in one
process does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from kie_mcp.errors import Trouble
from kie_mcp.jobs import unsent_messages
from kie_mcp.jobs.job import Job, Phase, advance
from kie_mcp.jobs.look_results import gap_for_files
from kie_mcp.jobs.polling import ENOUGH, Spread, expect, first_look, next_look, quantile
from kie_mcp.jobs.rate_limit import hold
from kie_mcp.jobs.timing import STANDARD, Timing
from kie_mcp.jobs.unsent_messages import LOST_CREATE


class Step(StrEnum):
    """What can be done for a job."""

    WAIT = "wait"
    """Nothing: decide anew when the seconds are over, or when one of the jobs that it waits for has changed."""
    WRITE = "write"
    """Write it down as it is in `Due.job`."""
    PROBE = "probe"
    """Ask with a free call whether Kie.ai is well again."""
    CREATE = "create"
    """Prepare what is sent, mark the job, send it, and write down what came of it."""
    LOOK = "look"
    """Ask Kie.ai how it is, and write that down; of a success, go on to `SAVE`."""
    SAVE = "save"
    """Save its files, and write down where they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The next step."""

    step: Step
    seconds: float = 0.0
    """Seconds until it is due."""
    job: Job | None = None
    """What `WRITE` writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known beside the job itself."""

    inputs: Mapping[str, Job] = field(default_factory=dict[str, Job])
    """The jobs whose outputs it takes, as far as they are in the ledger."""
    durations: Sequence[float] = ()
    """How long such jobs took here, seconds, ascending."""
    elsewhere: Spread | None = None
    """How long they take elsewhere."""
    circuit_open: bool = False
    """Whether nothing may be created just now."""
    pause: float | None = None
    """Seconds that the last look asks for, if it got no answer."""
    jitter: float = 0.0
    """In -1..1."""
    is_asked: bool = False
    """Whether somebody wants to know now."""


def next_step(job: Job, known: Known, now: float, timing: Timing = STANDARD) -> Due | None:
    """Return what to do next for the job; None if it is done. `now` is in seconds since 1970."""
    match job.phase:
        case Phase.RESERVED if job.waiting_for:
            return _while_inputs_are_made(job, known.inputs, now, timing)
        case Phase.RESERVED:
            return _before_sending(job, known, now, timing)
        case Phase.SUBMITTING:  # whoever was sending it is gone
            return _end(job, Phase.UNCONFIRMED, LOST_CREATE, now)
        case Phase.SUBMITTED | Phase.RUNNING if job.is_made:
            return Due(step=Step.SAVE, seconds=_rest_of(known.pause or 0.0, job.looked_at, now))
        case Phase.SUBMITTED | Phase.RUNNING:
            return Due(step=Step.LOOK, seconds=_until_look(job, known, now, timing))
        case _:
            return None


def is_overdue(age: float, durations: Sequence[float], timing: Timing = STANDARD) -> bool:
    """Return whether a job of that age, in seconds, is late, by what such jobs took before."""
    usual = 3 * quantile(durations, 0.99) if durations else 0.0
    return age > max(timing.overdue_after, usual)


def age(job: Job, at: float) -> float:
    """Return the seconds from its sending to that time."""
    return max(at - (job.sent_at or job.created_at), 0.0)


def was_wanted_too_long(job: Job, now: float, timing: Timing = STANDARD) -> bool:
    """Return whether the job could have been sent for so long that nobody wants it any more."""
    return now - (job.ready_at or job.created_at) > timing.wanted_for


def _while_inputs_are_made(job: Job, inputs: Mapping[str, Job], now: float, timing: Timing) -> Due:
    """Wait for the jobs whose outputs this one takes; it fails with them, and then nothing was sent or charged."""
    others = {name: inputs.get(name) for name in job.waiting_for}
    for name, other in others.items():
        if other is None or other.lost:
            return _end(job, Phase.FAILED, unsent_messages.describe_lost_input(job, name, other), now)
    left = tuple(name for name, other in others.items() if other and not other.done)
    if left == job.waiting_for:
        return Due(step=Step.WAIT, seconds=timing.inputs_gap)
    return Due(step=Step.WRITE, job=replace(job, waiting_for=left, ready_at=now, updated_at=now))


def _before_sending(job: Job, known: Known, now: float, timing: Timing) -> Due:
    if seconds := hold(job.not_before, now, timing):
        return Due(step=Step.WAIT, seconds=seconds)
    circuit_note = unsent_messages.circuit_note(timing)
    if known.circuit_open and job.note != circuit_note:
        return Due(step=Step.WRITE, job=replace(job, note=circuit_note))
    if now - job.updated_at > timing.wanted_for or (known.circuit_open and was_wanted_too_long(job, now, timing)):
        return _end(job, Phase.FAILED, unsent_messages.describe_giving_up(job, timing), now)
    return Due(step=Step.PROBE if known.circuit_open else Step.CREATE)


def _end(job: Job, phase: Phase, trouble: Trouble, now: float) -> Due:
    return Due(step=Step.WRITE, job=advance(job, phase, now, trouble=trouble, finished_at=now, note=""))


def _until_look(job: Job, known: Known, now: float, timing: Timing) -> float:
    """Return the seconds until the next look; if somebody asks, it comes as soon as that is allowed."""
    soonest = _rest_of(timing.shortest_gap, job.looked_at, now)
    if known.is_asked:
        return soonest
    if job.is_answered and known.pause is None:
        return 0.0  # Kie.ai is not asked: what was made is known
    if job.looked_at is None:
        gap = first_look(expect(known.elsewhere, known.durations), timing)
        return _rest_of(gap, job.sent_at or job.created_at, now)
    return max(_rest_of(_gap(job, job.looked_at, known, timing), job.looked_at, now), soonest)


def _gap(job: Job, looked_at: float, known: Known, timing: Timing) -> float:
    """Return the seconds from the last look to the next."""
    if known.pause is not None:
        return known.pause
    if job.succeeded_at is not None:
        return gap_for_files(job, looked_at, timing)
    elapsed = age(job, looked_at)
    if is_overdue(elapsed, known.durations, timing):
        return timing.overdue_gap
    # Only what was seen here warrants a long gap.
    early_gap = timing.early_gap if len(known.durations) >= ENOUGH else timing.longest_gap
    durations = expect(known.elsewhere, known.durations)
    return next_look(elapsed, durations, known.jitter, early_gap=early_gap, timing=timing)


def _rest_of(seconds: float, since: float | None, now: float) -> float:
    """Return what is left of the seconds that began then: a clock that was set makes it neither more nor negative."""
    return 0.0 if since is None else min(max(since + seconds - now, 0.0), seconds)
