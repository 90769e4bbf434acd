"""What remembers the jobs, and the steps that a job may take.

Each change is one compare-and-set transaction: it names the phase the job was in and the epoch of the process that
cares for it, and changes nothing if either is no longer so. A process that cares for jobs is a *worker*; it says that
it is alive every few seconds, and the jobs of one that stopped saying so are free for the next.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from kie_mcp.errors import KieError, UnconfirmedError
from kie_mcp.jobs.job import Job, JobState, Kind, Phase

STEPS: Mapping[Phase, frozenset[Phase]] = {
    Phase.RESERVED: frozenset({Phase.RESERVED, Phase.SUBMITTING, Phase.FAILED}),
    Phase.SUBMITTING: frozenset({Phase.SUBMITTED, Phase.RESERVED, Phase.FAILED, Phase.UNCONFIRMED}),
    Phase.SUBMITTED: frozenset({Phase.SUBMITTED, Phase.RUNNING, Phase.SUCCEEDED, Phase.FAILED}),
    Phase.RUNNING: frozenset({Phase.RUNNING, Phase.SUCCEEDED, Phase.FAILED}),
    Phase.SUCCEEDED: frozenset({Phase.SUCCEEDED}),  # a file saved later
    Phase.FAILED: frozenset(),
    Phase.UNCONFIRMED: frozenset({Phase.SUBMITTED}),  # its id turned up after all
}
LEASE = 6.0
"""Seconds without a sign of life after which a worker counts as gone."""
JOIN_FOR = 24 * 3600.0
"""Seconds for which an order may join an equal job that nobody heard the end of: results live about as long."""
SIDE_BY_SIDE = 2.0
"""Seconds within which equal calls are two wishes: an assistant sends those at once, and a client that gives a call up,
often without saying so, waits for at least 5."""

LOST_CREATE = UnconfirmedError(
    "The process that sent this job stopped before Kie.ai's answer was written down. "
    "The job may exist and may have been charged."
).trouble


Gone = Callable[[str], bool]
"""Whether the process with that worker's name has certainly ended."""


def nobody_knows(worker: str) -> bool:
    """Say that no process is known to have ended: then its lease alone tells."""
    return worker == ""


class Caller(StrEnum):
    """What became of whoever ordered a job."""

    WAITING = "waiting"
    LEFT = "left"
    """Went away without an answer."""
    TOLD = "told"
    """Was told that it is not finished yet."""
    ANSWERED = "answered"
    """Was told how it ended."""
    CLOSED = "closed"
    """Somebody asked for another one all the same."""


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


class Ledger(Protocol):
    """Keeps jobs. Everything that changes something is durable when it returns."""

    async def open(self) -> None:
        """Make or migrate the store. Raises LedgerError if it cannot be used."""
        ...

    async def close(self) -> None:
        """Let go of the store."""
        ...

    async def reserve(
        self,
        job: Job,
        worker: str,
        *,
        parts: Mapping[str, Job] | None = None,
        new: bool = False,
        gone: Gone = nobody_knows,
        answered: Container[str] = (),
    ) -> tuple[Job, bool]:
        """Write a new job down, or find the one that this order joins; says whether it joined.

        *answered* holds the ids of jobs whose answer is on its way: those are not joined any more.
        *parts* are the jobs that make its inputs, by argument: written down, or joined, in the same step, if the job
        itself is new. All of a chain is there after a crash, or nothing of it.

        Raises KeyConflictError if the idempotency key stands for another order.
        """
        ...

    async def adopt(self, job: Job, worker: str) -> tuple[Job, bool]:
        """Write down a job that was made elsewhere, or find it by its task id; says whether it was there."""
        ...

    async def read(self, job_id: str) -> Job | None:
        """The job with that id."""
        ...

    async def read_task(self, account: str, task_id: str) -> Job | None:
        """The account's job with that id of Kie.ai's."""
        ...

    async def list_jobs(
        self,
        account: str,
        *,
        state: JobState | None = None,
        kind: Kind | None = None,
        limit: int = 20,
        after: str = "",
    ) -> list[Job]:
        """The account's jobs, newest first; with the id of one of them in *after*, those that come after it."""
        ...

    async def job_ids(self, account: str, prefix: str, limit: int) -> tuple[list[str], int]:
        """The ids of the account's jobs that begin so, newest first, and how many there are in all."""
        ...

    async def move(self, job: Job, *, was: Phase) -> Job:
        """Write the job as it is now. Raises StaleJobError if it was not in that phase and epoch any more."""
        ...

    async def mark(self, job: Job, now: float) -> float:
        """Step from reserved to submitting and count the send, if one may be sent; else the seconds to wait."""
        ...

    async def attach(self, job: Job, task_id: str, now: float, worker: str) -> Job:
        """Write down the task id, whoever cared for the job till now: an id is never lost."""
        ...

    async def queue(self, job: Job) -> Queue:
        """The line before this job."""
        ...

    async def hold(self, account: str, until: float) -> None:
        """Send nothing for this account before that time."""
        ...

    async def beat(self, worker: str, now: float) -> None:
        """Say that this worker is alive."""
        ...

    async def claim(self, account: str, worker: str, now: float) -> list[Job]:
        """Take over the unfinished jobs that no living worker cares for.

        A job whose worker died while submitting becomes unconfirmed here.
        """
        ...

    async def leave(self, worker: str) -> None:
        """Let go of all jobs of this worker."""
        ...

    async def hear(self, job_id: str, caller: Caller, worker: str) -> None:
        """Note what became of the caller."""
        ...

    async def durations(self, bucket: str) -> list[float]:
        """How long such jobs took, seconds, ascending."""
        ...

    async def learn(self, bucket: str, seconds: float, now: float) -> None:
        """Remember how long a job took."""
        ...

    async def upload(self, account: str, digest: str, since: float) -> str | None:
        """The URL under which these bytes were uploaded, if that was after *since*."""
        ...

    async def uploaded(self, account: str, digest: str, url: str, now: float) -> None:
        """Remember where these bytes were uploaded."""
        ...
