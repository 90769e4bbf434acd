"""What remembers the jobs, and the steps that a job may take.

Each change is one compare-and-set transaction: it names the phase the job was in and the epoch of the process that
cares for it, and changes nothing if either is no longer so. A process that cares for jobs is a *worker*; it says that
it is alive every few seconds, and the jobs of one that stopped saying so are free for the next.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from kie_mcp.errors import KieError, UnconfirmedError
from kie_mcp.jobs.job import FINAL, Job, JobState, Phase
from kie_mcp.jobs.joining import NOTHING_RECENT, Caller, Recent
from kie_mcp.orders.kind import Kind

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
STOPPED_FOR = 60.0
"""Seconds without a sign of life after which a job that was being sent is given up although its process still holds its
lock: such a process is stopped, or shut out of the ledger, and a create call takes less."""

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
        ended: Collection[str] = (),
        recent: Recent = NOTHING_RECENT,
    ) -> tuple[Job, bool]:
        """Write a new job down, or find the one that this order joins; says whether it joined.

        *recent* is what the process remembers of its calls, *ended* are workers whose processes certainly have ended.
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

    async def read_all(self, job_ids: Collection[str]) -> dict[str, Job]:
        """The jobs with these ids, as far as they are there."""
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

    async def move(self, job: Job, *, was: Phase, took: float | None = None) -> Job:
        """Write the job as it is now, and remember how many seconds it *took*, if that is known.

        Raises StaleJobError if it was not in that phase and epoch any more.
        """
        ...

    async def begin_look(self, job_id: str, now: float, gap: float) -> Job | None:
        """Note that a finished job is looked at now; None if it was so many seconds ago, by whichever process."""
        ...

    async def mark(self, job: Job, now: float) -> float:
        """Step from reserved to submitting and count the send, if one may be sent; else the seconds to wait."""
        ...

    async def attach(self, job: Job, task_id: str, now: float, worker: str) -> Job:
        """Write down the task id, whoever cared for the job till now: an id is never lost."""
        ...

    async def restore(self, job: Job) -> None:
        """Write a job down again that the ledger has lost; whoever comes next takes it over."""
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

    async def renew(self, account: str, worker: str, now: float) -> dict[str, float | None]:
        """Say that this worker is alive, and return who else has open jobs of the account, or calls, and until when.

        None is one whose lease is unknown; a job that nobody cares for has a worker without a name.
        """
        ...

    async def workers_with_calls(self) -> set[str]:
        """The workers whose callers wait."""
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

    async def note(self, notes: Mapping[str, Note], worker: str) -> None:
        """Note what became of callers, by job id."""
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

    async def inputs_needed(self) -> set[str]:
        """The SHA-256 of the callers' own files that jobs of any account, not sent yet, still need."""
        ...
