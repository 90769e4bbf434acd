"""A scripted Kie.ai: what it was asked, what it made of it, and the truth about every task."""

from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from kie_mcp.errors import (
    BusyError,
    CredentialError,
    JobFailedError,
    LookError,
    NotVisibleError,
    RefusedError,
    UnconfirmedError,
    UnreachableError,
)
from kie_mcp.errors import Trouble as Told
from kie_mcp.jobs.job import Look, Request, Verdict
from kie_mcp.jobs.timing import STANDARD
from tests.simulation.faults import WORKS, CreateFault, LookFault, Trouble

LIMIT, WINDOW = 20, 10.0
"""Create calls that it takes in so many seconds."""
NO_FILE = Told(category="no_output", message="no file")
PRICE = 4.0
"""Credits of a job."""
ELSEWHERE = "elsewhere"
"""Stands for the job of a task that was not made here."""
LOST = {
    CreateFault.TIMEOUT: "read timeout",
    CreateFault.HANG: "read timeout",
    CreateFault.RESET_BEFORE: "reset",
    CreateFault.RESET_AFTER: "reset",
    CreateFault.BAD_GATEWAY_BEFORE: "502",
    CreateFault.BAD_GATEWAY_AFTER: "502",
    CreateFault.NO_ID: "no id in the answer",
}


class Place(Protocol):
    """The process that a call comes from: it can be killed or suspended in the middle."""

    @property
    def name(self) -> str:
        """Its name in the trace."""
        ...

    async def rest(self, seconds: float) -> None:
        """Wait as that process, so never past its death."""
        ...

    async def passes(self, point: str) -> None:
        """A point at which it may be killed."""
        ...


class Surroundings(Protocol):
    """What the world does for those who live in it."""

    random: Random
    trouble: Trouble

    def now(self) -> float:
        """Virtual seconds since the beginning."""
        ...

    def later(self, seconds: float, what: "Task") -> None:
        """Let the task begin after so many seconds, whatever becomes of the caller."""
        ...

    def note(self, *words: object) -> None:
        """Write a line into the trace."""
        ...


@dataclass
class Task:
    """What Kie.ai makes for one job."""

    id: str
    job_id: str
    """The job of ours, carried in the input; the real one does not know it."""
    duration: float
    hidden_for: float
    succeeds: bool
    unnamed_for: float = 0.0
    """Seconds after its end in which no file is named."""
    created_at: float = 0.0
    looks: list[float] = field(default_factory=list[float])

    @property
    def visible_at(self) -> float:
        """Before that it is answered as unknown."""
        return self.created_at + self.hidden_for

    @property
    def ends_at(self) -> float:
        """When it is done."""
        return self.created_at + self.duration

    @property
    def rests_at(self) -> float:
        """When its files are named, or nobody waits for that any more."""
        return self.ends_at + min(self.unnamed_for, STANDARD.files_named_within + STANDARD.files_gap)


class Kie:
    """The one upstream of a seed."""

    def __init__(self, world: Surroundings) -> None:
        self._world = world
        self.tasks: dict[str, Task] = {}
        self.arrivals: list[float] = []
        self.lost: set[str] = set()
        """Jobs whose create answer was lost on the way."""
        self._ids = 0

    def begin(self, task: Task) -> None:
        """The work begins, and is charged."""
        task.created_at = self._world.now()
        self.tasks[task.id] = task
        self._world.note("kie", "begins", task.id, task.job_id)

    async def create(self, place: Place, request: Request) -> str:
        """Create a job, if the dice let it."""
        world, job_id = self._world, str(request.input["job"])
        fault = world.trouble.create(world.now())
        world.note(place.name, "create", job_id, fault)
        if fault is CreateFault.CONNECT:
            await place.rest(world.random.choice([0.01, 10.0]))
            raise UnreachableError("The connection was refused.")
        await place.rest(world.random.uniform(0.02, 0.2))
        self.arrivals.append(world.now())
        if sum(at > world.now() - WINDOW for at in self.arrivals) > LIMIT:
            fault = CreateFault.BUSY
        if fault in LOST:
            self.lost.add(job_id)
        task = self._task(request, job_id)
        if fault in WORKS:
            world.later(world.random.uniform(0.0, 0.3), task)
        await place.passes("create sent")
        return await self._answer(place, fault, task)

    def _task(self, request: Request, job_id: str) -> Task:
        self._ids += 1
        return Task(
            id=f"task-{self._ids}",
            job_id=job_id,
            duration=float(request.input["seconds"]),
            hidden_for=self._world.random.choice([0.0, 0.5, 3.0, 20.0]),
            succeeds=bool(request.input["succeeds"]),
            unnamed_for=self._world.random.choice([0.0, 0.0, 0.0, 0.0, 3.0, 60.0, 600.0]),
        )

    async def _answer(self, place: Place, fault: CreateFault, task: Task) -> str:
        world = self._world
        seconds = {CreateFault.TIMEOUT: 30.0, CreateFault.HANG: 30.0, CreateFault.SLOW: 12.0}
        await place.rest(seconds.get(fault, world.random.uniform(0.3, 1.0)))
        await place.passes("create answered")
        if fault in {CreateFault.BUSY, CreateFault.BUSY_SILENT}:
            raise BusyError("429", retry_after=7.0 if fault is CreateFault.BUSY else None)
        if fault is CreateFault.REFUSED:
            raise RefusedError("422")
        if fault in LOST:
            raise UnconfirmedError(LOST[fault])
        return task.id

    async def credit(self, place: Place) -> float:
        """Say what is left; it fails as create calls do."""
        await place.rest(0.1)
        if self._world.trouble.create(self._world.now()) is CreateFault.CONNECT:
            raise UnreachableError("The connection was refused.")
        return 1000.0

    async def look(self, place: Place, task_id: str) -> Look:
        """Say how a task is, if the dice let it."""
        world = self._world
        task, fault = self.tasks[task_id], world.trouble.look(world.now())
        task.looks.append(world.now())
        world.note(place.name, "look", task_id, fault)
        await place.rest(15.0 if fault is LookFault.HANG else world.random.uniform(0.05, 0.3))
        await place.passes("look answered")
        if world.now() < task.visible_at or fault is LookFault.NOT_FOUND:
            raise NotVisibleError("404")
        _raise(fault)
        return self._truth(task, known_state=fault is not LookFault.UNKNOWN_STATE)

    def _truth(self, task: Task, *, known_state: bool) -> Look:
        if not known_state:
            return Look(verdict=Verdict.IN_FLIGHT, state="pondering", known_state=False)
        if self._world.now() < task.ends_at:
            return Look(verdict=Verdict.IN_FLIGHT, state="generating")
        if not task.succeeds:
            return Look(verdict=Verdict.FAILED, state="fail", credits=PRICE, trouble=JobFailedError("too dark").trouble)
        if self._world.now() < task.ends_at + task.unnamed_for:
            return Look(verdict=Verdict.SUCCEEDED, state="success", credits=PRICE, trouble=NO_FILE)
        return Look(verdict=Verdict.SUCCEEDED, state="success", credits=PRICE, urls=(f"https://kie.test/{task.id}/0",))


def _raise(fault: LookFault) -> None:
    errors: dict[LookFault, Exception] = {
        LookFault.SERVER: LookError("503"),
        LookFault.BUSY: BusyError("429", retry_after=5.0),
        LookFault.RESET: LookError("reset"),
        LookFault.HANG: LookError("no answer within 15 s"),
        LookFault.MALFORMED: LookError("no JSON"),
        LookFault.KEY: CredentialError("401"),
        LookFault.SURPRISE: RuntimeError("nobody thought of this"),
    }
    if fault in errors:
        raise errors[fault]
