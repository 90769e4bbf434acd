"""What the tests of the core play on: a scripted Kie.ai, and a ledger in memory that outlives its processes."""

import inspect
import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import anyio

from kie_mcp.errors import Trouble
from kie_mcp.jobs.assembly import make_service
from kie_mcp.jobs.budget import NO_LIMITS, Limits
from kie_mcp.jobs.draft import Draft
from kie_mcp.jobs.durable_writes import DurableWriter
from kie_mcp.jobs.events import JobEvents
from kie_mcp.jobs.follower import Follower, Save
from kie_mcp.jobs.job import Job, Look, Output, Phase, Prepared, Request, Verdict
from kie_mcp.jobs.lifecycle import Due, Known, Step, next_step
from kie_mcp.jobs.look_limit import LookLimiter
from kie_mcp.jobs.polling import Spread
from kie_mcp.jobs.service import JobService
from kie_mcp.jobs.step_loop import NextStep, StepLoop
from kie_mcp.jobs.store import schema
from kie_mcp.jobs.store.job_json import load
from kie_mcp.jobs.store.sqlite import SqliteLedger
from kie_mcp.jobs.submitter import Prepare, Submitter
from kie_mcp.jobs.timing import Timing
from kie_mcp.orders.kind import Kind
from tests.support.virtual_time import START, LoopClock

R = TypeVar("R")
URL = "https://files.example/a.png"
RUNNING = Look(verdict=Verdict.IN_FLIGHT, state="generating")
DONE = Look(verdict=Verdict.SUCCEEDED, state="success", urls=(URL,), credits=4.0)


class Lasting(sqlite3.Connection):
    """A disk: it survives whoever opened it, and ends with the last who knows of it."""

    def close(self) -> None:
        """Do nothing."""

    def __del__(self) -> None:
        super().close()


def disk() -> sqlite3.Connection:
    """Give a ledger's file that is in memory."""
    # Whichever thread collects the garbage closes it.
    connection = sqlite3.connect(":memory:", isolation_level=None, factory=Lasting, check_same_thread=False)
    schema.migrate(connection, Path("ledger"))
    return connection


async def inline(function: Callable[[], R], /) -> R:
    """Run it here, without a thread."""
    return function()


def ledger_on(connection: sqlite3.Connection) -> SqliteLedger:
    """Give the real ledger over that disk."""
    return SqliteLedger(Path("ledger"), run=inline, connect=lambda _: connection)


def make_job(number: int = 1, **changes: Any) -> Job:
    """Give a job that was just ordered."""
    known: dict[str, Any] = {
        "id": f"job_{number}",
        "account": "account",
        "kind": Kind.IMAGE,
        "model": "m",
        "order": {"prompt": "a fox"},
        "fingerprint": "fox",
        "bucket": "short",
        "created_at": START,
        "updated_at": START,
    }
    return Job(**known | changes)


def draft(fingerprint: str = "fox", **changes: Any) -> Draft:
    """Give an order that was checked."""
    known: dict[str, Any] = {"kind": Kind.IMAGE, "model": "m", "order": {"prompt": fingerprint}, "bucket": "short"}
    return Draft(fingerprint=fingerprint, **known | changes)


@dataclass
class Script:
    """A Kie.ai that answers as it is told: each answer is a value, an error, or what makes one. The last one stays."""

    creates: Sequence[Any] = ()
    looks: Sequence[Any] = (DONE,)
    credits: Sequence[Any] = (100.0,)
    created: list[tuple[float, Request]] = field(default_factory=list[tuple[float, Request]])
    looked: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    asked: list[float] = field(default_factory=list[float])

    async def create(self, request: Request) -> str:
        """Create, or not."""
        self.created.append((LoopClock().now() - START, request))
        return await _play(self.creates, len(self.created), otherwise=f"task-{len(self.created)}")

    async def look(self, task_id: str) -> Look:
        """Say how it is."""
        self.looked.append((LoopClock().now() - START, task_id))
        return await _play(self.looks, len(self.looked), otherwise=DONE)

    async def credit(self) -> float:
        """Say what is left."""
        self.asked.append(LoopClock().now() - START)
        return await _play(self.credits, len(self.asked), otherwise=100.0)


async def _play(script: Sequence[Any], turn: int, *, otherwise: Any) -> Any:
    answer = script[min(turn, len(script)) - 1] if script else otherwise
    if callable(answer):
        answer = answer()
    if inspect.isawaitable(answer):
        answer = await answer
    if isinstance(answer, BaseException):
        raise answer
    return answer


async def prepare(job: Job) -> Prepared:
    """Give what is sent."""
    return Prepared(job, Request(job.model, {"job": job.id}))


async def save(_: Job, urls: Sequence[str]) -> tuple[tuple[Output, ...], Trouble | None]:
    """Save everything."""
    return tuple(Output(url=url, path=f"/saved/{number}") for number, url in enumerate(urls)), None


async def has_paths(job: Job) -> bool:
    """Take what was saved once for still being there."""
    return all(output.path for output in job.outputs)


@dataclass
class Stage:
    """The core, put together over one disk."""

    kie: Script = field(default_factory=Script)
    connection: sqlite3.Connection = field(default_factory=disk)
    save: Save = save
    ended: set[str] = field(default_factory=set[str])
    """Workers that have certainly ended."""
    limits: Limits = NO_LIMITS
    phases: list[Phase] = field(default_factory=list[Phase])
    """What waiters were woken for."""

    def ledger(self) -> SqliteLedger:
        """Give another view of the disk."""
        return ledger_on(self.connection)

    def steps(
        self,
        ledger: SqliteLedger,
        worker: str = "w1",
        *,
        prepare: Prepare = prepare,
        elsewhere: Spread | None = None,
    ) -> "Steps":
        """Give what takes the steps of jobs; `elsewhere`: how long such jobs take, as far as that is known."""
        return Steps(self, ledger, worker, prepare, elsewhere)

    def service(self, worker: str = "w1", ledger: SqliteLedger | None = None) -> JobService:
        """Give a process's desk."""
        return make_service(
            ledger or self.ledger(),
            self.kie,
            prepare,
            self.save,
            JobEvents(),
            LoopClock(),
            account="account",
            worker=worker,
            kind_of=lambda _: Kind.OTHER,
            saved=has_paths,
            ended=self.tell_ended,
            chance=Random(1),
            real=anyio.current_time,
            limits=self.limits,
        )

    async def ordered(self, job: Job | None = None) -> tuple["Steps", Job, SqliteLedger]:
        """Give a reserved job, and what sends it."""
        ledger = await self.ledger_with()
        await ledger.beat("w1", START)
        job, _ = await ledger.reserve(job or make_job(), "w1")
        return self.steps(ledger), job, ledger

    async def sent(self, **changes: Any) -> tuple[Job, SqliteLedger]:
        """Give a job that was sent just now."""
        ledger = await self.ledger_with()
        known: dict[str, Any] = {"phase": Phase.SUBMITTED, "task_id": "task-1", "sent_at": START}
        job = make_job(**known | changes)
        await ledger.beat("w1", START)
        await ledger.reserve(job, "w1")
        return job, ledger

    async def tell_ended(self, workers: Collection[str]) -> dict[str, bool | None]:
        """Tell which of these have certainly ended; the others live."""
        return {worker: worker in self.ended for worker in workers}

    def rows(self) -> list[Job]:
        """Give what is on the disk."""
        return [load(row) for row in self.connection.execute("SELECT * FROM jobs ORDER BY rowid")]

    async def ledger_with(self, *jobs: Job) -> SqliteLedger:
        """Give a ledger into which these jobs were written."""
        ledger = self.ledger()
        await ledger.open()
        for job in jobs:
            await ledger.reserve(job, "w0")
        return ledger

    async def learn(self, bucket: str, seconds: float) -> None:
        """Let one such job have taken so long."""
        await (await self.ledger_with()).learn(bucket, seconds, START)

    def gaps(self) -> list[float]:
        """Seconds between the looks."""
        return [later - earlier for (earlier, _), (later, _) in pairwise(self.kie.looked)]


class Steps:
    """What takes the steps of jobs over one ledger: the first ones only, or all."""

    def __init__(
        self, stage: Stage, ledger: SqliteLedger, worker: str, prepare: Prepare, elsewhere: Spread | None
    ) -> None:
        def tell(job: Job) -> None:
            stage.phases.append(job.phase)

        def loop(decide: NextStep) -> StepLoop:
            return StepLoop(
                *(ledger, submitter, self._follower, writer, looks, JobEvents(), clock),
                elsewhere=lambda _: elsewhere,
                chance=Random(1),
                next_step=decide,
            )

        clock, looks, writer = LoopClock(), LookLimiter(), DurableWriter(ledger, tell, worker)
        submitter = Submitter(ledger, stage.kie, prepare, clock, writer, worker, limits=stage.limits)
        self._follower = Follower(ledger, stage.kie, stage.save, clock, tell, looks)
        self._sending, self._all = loop(_step_before_looks), loop(next_step)
        self.stop = submitter.stop
        self.nudge = self._all.nudge
        self.save_again = self._follower.save_again

    async def submit(self, job: Job) -> Job:
        """Send the job; return it submitted, failed or unconfirmed."""
        return await self._sending.run(job)

    async def follow(self, job: Job) -> Job:
        """Bring the job to its end."""
        return await self._all.run(job)


def _step_before_looks(job: Job, known: Known, now: float, timing: Timing) -> Due | None:
    due = next_step(job, known, now, timing)
    return None if due and due.step in {Step.LOOK, Step.SAVE} else due
