"""Whether an order joins an equal job that is there: pure rules, the same for every ledger.

Whoever was told less than the end of a job is owed it, so an equal order of theirs joins that job instead of paying for
another. Ages are never negative: a clock that was set back makes nothing new.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kie_mcp.jobs.job import FINAL, Phase
from kie_mcp.jobs.timing import STANDARD, Timing


class Caller(StrEnum):
    """What became of whoever ordered a job."""

    WAITING = "waiting"
    LEFT = "left"
    """Went away without an answer."""
    TOLD = "told"
    """Was told that it is not finished yet, or an end that was not the last."""
    LATE = "late"
    """Was told how it ended, later than that client is known to wait."""
    ANSWERED = "answered"
    """Was told how it ended."""
    CLOSED = "closed"
    """Somebody asked for another one all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """What one process remembers of its calls by a clock that does not jump: by job id, seconds before this call."""

    taken: Mapping[str, float] = field(default_factory=dict[str, float])
    """When the order was taken here."""
    answered: Mapping[str, float] = field(default_factory=dict[str, float])
    """When an end was told; negative if that was after this call had come."""
    leaving: Mapping[str, Phase] = field(default_factory=dict[str, Phase])
    """The jobs whose end is being told just now, and which end that is."""
    awake: float = math.inf
    """When the process had stood still for long: what came meanwhile is read all at once."""


NOTHING_RECENT = Recent()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An equal job as the ledger has it; times are in seconds since 1970."""

    id: str
    phase: Phase
    caller: Caller
    created_at: float
    finished_at: float | None
    told_at: float | None
    """When its caller was told last."""
    caller_lives: bool
    """Whether the process that its caller asked is there."""


def may_join(job: Candidate, now: float, recent: Recent = NOTHING_RECENT, timing: Timing = STANDARD) -> bool:
    """Return whether an equal order of this moment joins the job."""
    if job.phase is Phase.UNCONFIRMED:  # nobody knows whether it exists: only new=true makes another
        return job.caller is not Caller.CLOSED
    if recent.leaving.get(job.id) is job.phase:
        return False
    if job.phase in FINAL and _since_end(job, now, recent) >= timing.join_for:
        return False
    return _is_owed(job, now, recent, timing)


def _is_owed(job: Candidate, now: float, recent: Recent, timing: Timing) -> bool:
    match job.caller:
        case Caller.WAITING:
            return not job.caller_lives or not _is_side_by_side(job, now, recent, timing)
        case Caller.LEFT | Caller.TOLD:
            return True
        case Caller.LATE:
            return _youngest(recent.answered.get(job.id), now, job.told_at) < timing.unheard_for
        case Caller.ANSWERED:  # this call came before, so it is no wish for another one
            return recent.answered.get(job.id, 0.0) < 0 and not _is_side_by_side(job, now, recent, timing)
        case Caller.CLOSED:
            return False


def _is_side_by_side(job: Candidate, now: float, recent: Recent, timing: Timing) -> bool:
    """Return whether the order comes together with the one that the job was made for; a later one repeats it."""
    age = recent.taken.get(job.id, now - job.created_at)
    return 0 <= age < timing.duplicate_window <= recent.awake


def _since_end(job: Candidate, now: float, recent: Recent) -> float:
    return _youngest(recent.taken.get(job.id), now, job.finished_at or job.created_at)


def _youngest(steady: float | None, now: float, at: float | None) -> float:
    """Return the age by either clock, the smaller: the one of the wall may have been set forward."""
    ages = [age for age in (steady, None if at is None else max(now - at, 0.0)) if age is not None]
    return min(ages, default=0.0)
