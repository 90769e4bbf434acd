"""What a store of jobs can do: six small protocols, and the ledger that is all of them.

Each change is one compare-and-set transaction, durable when it returns: it names the phase the job was in and the epoch
of the process that cares for it, and changes nothing if either is no longer so. A process that cares for jobs is a
*worker*; it says that it is alive every few seconds, and the jobs of one that stopped saying so are free for the next.
Only values go in: what must be asked of others, such as whether a process lives, is asked before.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from kie_mcp.jobs.budget import NO_LIMITS, Limits, Spending
from kie_mcp.jobs.job import FINAL, Job, JobState, Phase
from kie_mcp.jobs.joining import NOTHING_RECENT, Caller, Recent
from kie_mcp.orders.kind import Kind

NOTHING_KNOWN: Mapping[str, bool | None] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a caller was told of a job."""

    caller: Caller
    ends: Collection[Phase] = FINAL
    """The ends that the caller was told of: if the job has come to another one, the caller was not told its end."""
    at: float = 0.0
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job that is to be written down, and those that make its inputs, by the names that its order has for them."""

    job: Job
    parts: Mapping[str, Job] = field(default_factory=dict[str, Job])

    @property
    def all(self) -> tuple[Job, ...]:
        """The job and its parts, the parts first."""
        return (*self.parts.values(), self.job)


@dataclass(frozen=True, slots=True)
class Queue:
    """How long the line is that a reserved job stands in."""

    place: int
    """Jobs before it."""
    sends: Sequence[float]
    """The account's recent sends, ascending, seconds since 1970."""
    held_until: float
    """Kie.ai asked not to be called before."""


class JobStore(Protocol):
    """Keeps jobs, and what became of those who ordered them."""

    async def reserve(
        self,
        job: Job,
        worker: str,
        *,
        parts: Mapping[str, Job] | None = None,
        new: bool = False,
        ended: Collection[str] = (),
        recent: Recent = NOTHING_RECENT,
        limits: Limits = NO_LIMITS,
    ) -> tuple[Job, bool]:
        """Do for one job what `reserve_all` does for several."""
        ...

    async def reserve_all(
        self,
        ordered: Sequence[NewJob],
        worker: str,
        *,
        new: bool = False,
        ended: Collection[str] = (),
        recent: Recent = NOTHING_RECENT,
        limits: Limits = NO_LIMITS,
    ) -> list[tuple[Job, bool]]:
        """Write the jobs of one call down; return each, or the one that its order joins, and whether it was there.

        *recent* is what the process remembers of its calls, *ended* are workers whose processes certainly have ended.
        The parts of a job are written down, or joined, in the same step, if the job itself is new. All that a call
        orders is there after a crash, or nothing of it.

        Raises KeyConflictError if an idempotency key stands for another order, BudgetError if what is new does not fit
        into the limits; then nothing at all is changed.
        """
        ...

    async def join(
        self,
        job: Job,
        worker: str,
        *,
        new: bool = False,
        ended: Collection[str] = (),
        recent: Recent = NOTHING_RECENT,
    ) -> Job | None:
        """Find the job that this order joins, as `reserve` does; None if it would be written down, which is not done.

        Raises KeyConflictError if the idempotency key stands for another order.
        """
        ...

    async def adopt(self, job: Job, worker: str) -> tuple[Job, bool]:
        """Write down a job that was made elsewhere, or find it by its task id; return it, and whether it was there."""
        ...

    async def read(self, job_id: str) -> Job | None:
        """Return the job with that id."""
        ...

    async def read_all(self, job_ids: Collection[str]) -> dict[str, Job]:
        """Return the jobs with these ids, as far as they are there."""
        ...

    async def read_task(self, account: str, task_id: str) -> Job | None:
        """Return the account's job with that id of Kie.ai's."""
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
        """List the account's jobs, newest first; with *after*, those that come after the job with that id."""
        ...

    async def find_ids(self, account: str, prefix: str, limit: int) -> tuple[list[str], int]:
        """Return the ids of the account's jobs that begin so, newest first, and how many there are in all."""
        ...

    async def move(self, job: Job, *, was: Phase) -> Job:
        """Write the job as it is now; if that is its success, remember how long it took.

        Raises StaleJobError if it was not in that phase and epoch any more.
        """
        ...

    async def begin_look(self, job_id: str, now: float, gap: float) -> Job | None:
        """Note that a finished job is looked at now; return None if some process looked less than *gap* seconds ago."""
        ...

    async def attach(self, job: Job, task_id: str, now: float, worker: str) -> Job:
        """Write down the task id, whoever cared for the job till now: an id is never lost."""
        ...

    async def restore(self, job: Job) -> None:
        """Write a job down again that the ledger has lost; whoever comes next takes it over."""
        ...

    async def note(self, notes: Mapping[str, Note], worker: str) -> None:
        """Note what became of callers, by job id."""
        ...

    async def find_inputs_needed(self) -> set[str]:
        """Return the SHA-256 of the callers' own files that jobs of any account, not sent yet, still need."""
        ...


class RateWindow(Protocol):
    """Says when an account may send, and counts what it sends."""

    async def mark(self, job: Job, now: float, limits: Limits = NO_LIMITS) -> float:
        """Step from reserved to submitting and count the send, if one may be sent; else return the seconds to wait.

        The job is written as it is given, with what is known of its price by now. Raises BudgetError if it does not fit
        into the limits any more.
        """
        ...

    async def read_queue(self, job: Job) -> Queue:
        """Return the line before this job."""
        ...

    async def hold(self, account: str, until: float) -> None:
        """Send nothing for this account before that time."""
        ...


class Leases(Protocol):
    """Says which process cares for which jobs, and which of them live."""

    async def beat(self, worker: str, now: float) -> None:
        """Say that this worker is alive."""
        ...

    async def renew(self, account: str, worker: str, now: float) -> dict[str, float | None]:
        """Say that this worker is alive, and return who else has open jobs of the account, or calls, and until when.

        None is one whose lease is unknown; a job that nobody cares for has a worker without a name.
        """
        ...

    async def find_waiting_workers(self) -> set[str]:
        """Return the workers whose callers wait."""
        ...

    async def claim(
        self,
        account: str,
        worker: str,
        now: float,
        ended: Mapping[str, bool | None] = NOTHING_KNOWN,
        *,
        patient: bool = False,
    ) -> list[Job]:
        """Take over the unfinished jobs whose worker has ended or, unless *patient*, gives no sign of life.

        *ended* is what is known of the processes of workers: whether they have ended, or None.

        A job whose worker died while submitting becomes unconfirmed here. One that is stopped may still come back with
        Kie.ai's id, so it gets more time.
        """
        ...

    async def leave(self, worker: str) -> None:
        """Let go of all jobs of this worker."""
        ...


class Durations(Protocol):
    """Remembers how long jobs took."""

    async def read_durations(self, bucket: str) -> list[float]:
        """Return how long such jobs took, seconds, ascending."""
        ...

    async def learn(self, bucket: str, seconds: float, now: float) -> None:
        """Remember how long a job took."""
        ...


class Budget(Protocol):
    """Says what was spent; `reserve` and `mark` hold it to the limits that they are given."""

    async def read_spending(self, account: str, since: int) -> Spending:
        """Return what counts from that UTC day on, and what is not sent yet, by model and day."""
        ...


class Uploads(Protocol):
    """Remembers what was uploaded."""

    async def find_upload(self, account: str, digest: str, since: float) -> str | None:
        """Return the URL under which these bytes were uploaded, if that was after *since*."""
        ...

    async def remember_upload(self, account: str, digest: str, url: str, now: float) -> None:
        """Remember where these bytes were uploaded."""
        ...


class Ledger(JobStore, RateWindow, Leases, Durations, Budget, Uploads, Protocol):
    """All that a process needs to remember, in one place."""

    async def open(self) -> None:
        """Make or migrate the store. Raises LedgerError if it cannot be used."""
        ...

    async def close(self) -> None:
        """Let go of the store."""
        ...
