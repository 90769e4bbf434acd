"""A job, what is known of it, and one look at it: frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol

from kie_mcp.errors import Trouble
from kie_mcp.jobs.estimate import Estimate
from kie_mcp.orders.kind import Kind
from kie_mcp.urls import is_web_link

JSON = dict[str, Any]


class Phase(StrEnum):
    """How far a job has come; each step is durable before the next begins."""

    RESERVED = "reserved"
    """Written down; nothing was sent."""
    SUBMITTING = "submitting"
    """About to be sent, or sent: from here on it may have been charged."""
    SUBMITTED = "submitted"
    """Kie.ai gave it a task id."""
    RUNNING = "running"
    """A look has seen it."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"
    """The create call's answer was lost. Never sent again by itself."""


TRANSITIONS: Mapping[Phase, frozenset[Phase]] = {
    Phase.RESERVED: frozenset({Phase.RESERVED, Phase.SUBMITTING, Phase.FAILED}),
    Phase.SUBMITTING: frozenset({Phase.SUBMITTED, Phase.RESERVED, Phase.FAILED, Phase.UNCONFIRMED}),
    Phase.SUBMITTED: frozenset({Phase.SUBMITTED, Phase.RUNNING, Phase.SUCCEEDED, Phase.FAILED}),
    Phase.RUNNING: frozenset({Phase.RUNNING, Phase.SUCCEEDED, Phase.FAILED}),
    Phase.SUCCEEDED: frozenset({Phase.SUCCEEDED}),  # a file saved later
    Phase.FAILED: frozenset(),
    Phase.UNCONFIRMED: frozenset({Phase.SUBMITTED}),  # its id turned up after all
}
"""Where a job may go from each phase."""


class JobState(StrEnum):
    """What a caller sees."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"


STATES: Mapping[Phase, JobState] = {
    Phase.RESERVED: JobState.QUEUED,
    Phase.SUBMITTING: JobState.QUEUED,
    Phase.SUBMITTED: JobState.RUNNING,
    Phase.RUNNING: JobState.RUNNING,
    Phase.SUCCEEDED: JobState.SUCCEEDED,
    Phase.FAILED: JobState.FAILED,
    Phase.UNCONFIRMED: JobState.UNCONFIRMED,
}
NO_FILES = frozenset({"no_output", "bad_result"})
"""Categories of the trouble of a success that names no file."""
MISSING = frozenset({"not_saved", "expired"})
"""Categories of the trouble of a success whose files were not all there when they were saved last."""
UNFINISHED_STATES = frozenset({JobState.QUEUED, JobState.RUNNING})
FINAL = frozenset({Phase.SUCCEEDED, Phase.FAILED, Phase.UNCONFIRMED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A file that Kie.ai made: where it is there, and where it is here."""

    url: str
    """Empty for what Kie.ai answered in place of a file, which is saved as one."""
    path: str | None = None
    """Absolute path of the saved file; None while it is not saved."""
    mime_type: str | None = None
    bytes: int | None = None
    width: int | None = None
    """Pixels, like `height`; of pictures and videos."""
    height: int | None = None
    duration_s: float | None = None
    expires_at: float | None = None
    """When the link is expected to die, seconds since 1970."""
    note: str = ""
    """What is odd about the saved file, as a sentence; empty if nothing is."""
    role: str = ""
    """What it is beside the files that were ordered: `cover`, `first_frame` or `last_frame`; empty for those."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What Kie.ai was asked to do, and what is known of it. Times are seconds since 1970."""

    id: str
    account: str
    """Hash of base URL and key: jobs of different accounts never meet."""
    kind: Kind
    model: str
    """Kie.ai's id of the model."""
    order: JSON
    fingerprint: str
    """Equal for equal orders."""
    created_at: float
    updated_at: float
    phase: Phase = Phase.RESERVED
    bucket: str = ""
    """Jobs that take about as long: model, resolution, length."""
    idempotency_key: str | None = None
    task_id: str | None = None
    sent_at: float | None = None
    """When the create call began."""
    succeeded_at: float | None = None
    """When Kie.ai was first heard to say that it succeeded; its files may be named later."""
    finished_at: float | None = None
    not_before: float = 0.0
    """Kie.ai asked not to be called before."""
    looked_at: float | None = None
    upstream_state: str = ""
    """Kie.ai's own word for the state."""
    progress: float | None = None
    """Kie.ai's own figure, 0-1."""
    outputs: tuple[Output, ...] = ()
    data: JSON | None = None
    """An answer of Kie.ai's that is no file; None once it is saved as one."""
    took_s: float | None = None
    """Seconds from sending to its success, if somebody has measured them."""
    credits_estimated: float | None = None
    """What it should cost at the most; None if that is not known."""
    credits_least: float | None = None
    """What it should cost at the least; None if that is the same."""
    credits_used: float | None = None
    trouble: Trouble | None = None
    waiting_for: tuple[str, ...] = ()
    """Ids of the jobs whose outputs this one takes, as long as they are not finished."""
    parts: tuple[str, ...] = ()
    """Ids of the jobs that were ordered along with this one, in the same call, to make its inputs."""
    ready_at: float | None = None
    """When the last of them was."""
    note: str = ""
    """What is going on, in words, when it is not the usual."""
    title: str = ""
    """The first words of what it is of."""
    by_default: bool = False
    """Nobody named the model."""
    remark: str = ""
    """What there is to know about the order, as long as the job lives."""
    formerly: tuple[str, ...] = ()
    """Fingerprints that earlier versions gave to an equal order."""
    epoch: int = 0
    """Counts the processes that have cared for it: an older one may not write any more."""

    @property
    def estimate(self) -> Estimate | None:
        """What it should cost; None if that is not known."""
        if self.credits_estimated is None:
            return None
        least = self.credits_estimated if self.credits_least is None else self.credits_least
        return Estimate(least, self.credits_estimated)

    @property
    def state(self) -> JobState:
        """What a caller sees."""
        return STATES[self.phase]

    @property
    def done(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.phase in FINAL

    @property
    def is_made(self) -> bool:
        """Whether its success was seen, and its files are to be saved."""
        return not self.done and self.finished_at is not None

    @property
    def is_answered(self) -> bool:
        """Whether the create call was answered with the file itself: its link stands for Kie.ai's id."""
        return self.task_id is not None and is_web_link(self.task_id)

    @property
    def lost(self) -> bool:
        """Whether it has ended without making anything."""
        return self.done and self.phase is not Phase.SUCCEEDED

    @property
    def lacks_files(self) -> bool:
        """Whether it succeeded, and Kie.ai has not named a file of it yet."""
        named = any(output.url for output in self.outputs)
        unnamed = self.trouble is not None and self.trouble.category in NO_FILES
        return self.phase is Phase.SUCCEEDED and unnamed and not named

    @property
    def missed_files(self) -> bool:
        """Whether it succeeded, and files of it were not there when they were saved last; they may be by now."""
        return self.phase is Phase.SUCCEEDED and self.trouble is not None and self.trouble.category in MISSING


def with_estimate(job: Job, estimate: Estimate | None) -> Job:
    """Return the job with this estimate of what it costs."""
    most = estimate.most if estimate else None
    least = estimate.least if estimate and estimate.least != estimate.most else None
    return replace(job, credits_estimated=most, credits_least=least)


def advance(job: Job, phase: Phase, now: float, **changes: Any) -> Job:
    """Return the job a step further, changed as said."""
    return replace(job, phase=phase, updated_at=now, **changes)


class Verdict(StrEnum):
    """What one look says."""

    IN_FLIGHT = "in_flight"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The answer to one question to Kie.ai about one job."""

    verdict: Verdict
    state: str = ""
    """Kie.ai's own word, kept for people."""
    known_state: bool = True
    """False for a word never seen before, which is never taken for an end."""
    progress: float | None = None
    """0-1, only when Kie.ai gives one."""
    urls: tuple[str, ...] = ()
    extras: Mapping[str, str] = field(default_factory=dict[str, str])
    """What comes with the files: the role of each link, by the link."""
    data: JSON | None = None
    model: str | None = None
    credits: float | None = None
    created_at: float | None = None
    finished_at: float | None = None
    trouble: Trouble | None = None
    """Why it failed, or what is odd about the answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent to Kie.ai: the model's id and its input, as the model wants it."""

    model: str
    input: JSON = field(default_factory=dict[str, Any])
    own_links: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    """The links in it that may be fetched from here: of uploads and of outputs, never one that a caller gave."""
    contents: Mapping[str, bytes] = field(default_factory=dict[str, bytes], compare=False, repr=False)
    """What is behind links in it, where the call takes a file in place of a link."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A job that can be sent."""

    job: Job
    """The job with what is known of it by now; its estimate may be another one than when it was written down."""
    request: Request


class Upstream(Protocol):
    """What a job needs of Kie.ai."""

    async def create(self, request: Request) -> str:
        """Create a job and return Kie.ai's id of it; if Kie.ai answers with the file itself, its link.

        Raises NotCreatedError if it certainly was not created, UnconfirmedError if it may have been.
        """
        ...

    async def look(self, task_id: str) -> Look:
        """Ask how it is. Raises LookError, CredentialError or BusyError if there is no answer about the job."""
        ...

    async def credit(self) -> float:
        """Ask for the credits left: the free call that tells whether Kie.ai is there.

        Raises UnreachableError or UnavailableError if it is not, another NotCreatedError if it refuses.
        """
        ...
