"""What remembers the jobs, and the steps that a job may take.

Each change is one compare-and-set transaction: it names the phase the job was in and the epoch of the process that
cares for it, and changes nothing if either is no longer so. A process that cares for jobs is a *worker*; it says that
it is alive every few seconds, and the jobs of one that stopped saying so are free for the next.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from kie_mcp.errors import KieError, UnconfirmedError
from kie_mcp.jobs.job import FINAL, Phase
from kie_mcp.jobs.joining import Caller

STEPS: Mapping[Phase, frozenset[Phase]] = {
    Phase.RESERVED: frozenset({Phase.RESERVED, Phase.SUBMITTING, Phase.FAILED}),
    Phase.SUBMITTING: frozenset({Phase.SUBMITTED, Phase.RESERVED, Phase.FAILED, Phase.UNCONFIRMED}),
    Phase.SUBMITTED: frozenset({Phase.SUBMITTED, Phase.RUNNING, Phase.SUCCEEDED, Phase.FAILED}),
    Phase.RUNNING: frozenset({Phase.RUNNING, Phase.SUCCEEDED, Phase.FAILED}),
    Phase.SUCCEEDED: frozenset({Phase.SUCCEEDED}),  # a file saved later
    Phase.FAILED: frozenset(),
    Phase.UNCONFIRMED: frozenset({Phase.SUBMITTED}),  # its id turned up after all
}

NOTHING_KNOWN: Mapping[str, bool | None] = {}
LOST_CREATE = UnconfirmedError(
    "The process that sent this job stopped before Kie.ai's answer was written down. "
    "The job may exist and may have been charged."
).trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a caller was told of a job."""

    caller: Caller
    ends: Collection[Phase] = FINAL
    """The ends that the caller was told of: if the job has come to another one, the caller was not told its end."""
    at: float = 0.0
    """Seconds since 1970."""


class LedgerError(KieError):
    """The ledger cannot be used."""

    category = "ledger"


class StaleJobError(LedgerError):
    """Another process has moved the job meanwhile; whoever sees this lets go of it."""


class KeyConflictError(LedgerError):
    """An idempotency key is used again for another order."""

    category = "invalid_argument"
    remedy = "Repeat the order exactly, or choose another idempotency_key."


@dataclass(frozen=True, slots=True)
class Queue:
    """How long the line is that a reserved job stands in."""

    place: int
    """Jobs before it."""
    sends: Sequence[float]
    """The account's recent sends, ascending, seconds since 1970."""
    held_until: float
    """Kie.ai asked not to be called before."""
