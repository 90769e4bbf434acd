"""What clients do: order, lose patience, call again, ask, and expect to pay once for what they meant once."""

import math
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

import anyio

from kie_mcp.errors import KieError
from kie_mcp.jobs.draft import Draft
from kie_mcp.jobs.estimate import Estimate
from kie_mcp.jobs.job import Job, Phase
from kie_mcp.jobs.joining import Caller
from kie_mcp.jobs.service import JobService
from kie_mcp.jobs.timing import STANDARD
from kie_mcp.orders.kind import Kind
from tests.simulation.process import Killed, Process


class Surroundings(Protocol):
    """What a client finds around it."""

    random: Random

    def note(self, *words: object) -> None:
        """Write a line into the trace."""
        ...

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run something beside everything else."""
        ...

    async def process(self, slot: int | None = None) -> Process:
        """The process of this slot once it can be called, or one of the dice's choice."""
        ...


@dataclass
class Intent:
    """What a user means to buy once, whatever happens to the calls."""

    name: str
    draft: Draft
    key: str = ""
    silent_after: float = 0.0
    """Seconds after which its client gives a call up without a word, though it asked for a longer wait; 0: never."""
    calls: int = 0
    again: int = 0
    """Calls with new=true: each may buy one more."""
    heard: list["Call"] = field(default_factory=list["Call"])

    @property
    def allowed(self) -> int:
        """Jobs that it may have bought: an answer that got lost behind the server's back may cost another one."""
        return 1 + self.again + sum(call.late or (call.ended and not call.received) for call in self.heard)


@dataclass
class Call:
    """One call of a tool, on the server's side."""

    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    over: anyio.Event = field(default_factory=anyio.Event)
    late_at: float = math.inf
    """When an end was told that came later than that."""
    waking: bool = False
    """Whether its process had stood still when it was read."""
    stands: float = 0.0
    """Seconds that its client is known to wait, if it asked for more; 0 if it did not."""
    job: Job | None = None
    """What was answered; None if there was no answer."""
    ended: bool = False
    """Whether the ledger was told that the caller heard the end; only then can a lost answer not be seen."""
    received: bool = False
    read: bool = False
    """Whether the process has read it; one that sleeps has not."""
    late: bool = False
    """Whether it was read after the client had heard the end elsewhere: then it is one more order."""


class Client:
    """One user with one intent, and a server of their own to order at; any may be asked how it is."""

    def __init__(self, world: Surroundings, intent: Intent, slot: int) -> None:
        self._slot = slot
        self._world = world
        self._intent = intent

    async def run(self) -> None:
        """Order until there is an end, with all the impatience that the dice give."""
        chance = self._world.random
        job = await self._order(new=False)
        while job is None or not job.done:
            if job is None or chance.random() < 0.2:
                await anyio.sleep(chance.choice([0.0, 0.3, 3.0, 20.0]))
                job = await self._order(new=False) or job
            else:
                await anyio.sleep(chance.choice([0.0, 1.0, 15.0]))
                job = await self._ask(job) or job
        if job.phase is Phase.UNCONFIRMED and chance.random() < 0.6:
            await anyio.sleep(chance.choice([5.0, 30.0, 120.0]))
            job = await self._order(new=False) or job
        if chance.random() < 0.3:
            await self._ask(job)
        if not self._intent.key and chance.random() < 0.1:
            await self._order(new=True)

    async def _order(self, *, new: bool) -> Job | None:
        intent, process = self._intent, await self._world.process(self._slot)
        intent.calls += 1
        for earlier in intent.heard:  # the server was down for the minute in which a late answer counts as unheard
            earlier.ended |= anyio.current_time() - earlier.late_at >= STANDARD.unheard_for
        intent.again += new
        self._world.note(intent.name, "orders at", process.name, "new" if new else "", intent.key)
        call, wait = Call(), self._patience()
        call.stands = intent.silent_after
        process.deliver(lambda: self._world.start(lambda: place(call, process, intent, wait, new=new)))
        return await self._hear(call, process)

    async def _ask(self, job: Job) -> Job | None:
        process = await self._world.process()
        call, wait = Call(stands=self._intent.silent_after), self._patience()
        process.deliver(lambda: self._world.start(lambda: ask(call, process, job.task_id or job.id, wait)))
        return await self._hear(call, process)

    async def _hear(self, call: Call, process: Process) -> Job | None:
        """Wait for the answer; a client that cuts the call has none, and the server sees its handler cancelled."""
        self._intent.heard.append(call)
        gives_up = self._world.random.choice([0.05, 0.5, 5.0, 30.0, 60.0, 60.0])
        with anyio.move_on_after(call.stands or gives_up):
            await call.over.wait()
        if not call.over.is_set():
            if not call.stands:
                process.deliver(call.scope.cancel)
            return None
        if call.job is not None:
            call.received = True
            for other in self._intent.heard:
                other.late |= call.job.done and not other.read
            self._world.note(self._intent.name, "hears", call.job.id, call.job.phase)
        return call.job

    def _patience(self) -> float:
        wait = self._world.random.choice([0.0, 3.0, 20.0, 45.0])
        return 45.0 if self._intent.silent_after else wait


async def place(call: Call, process: Process, intent: Intent, wait: float, *, new: bool) -> None:
    """What the generating tools do."""
    service, call.read = process.service, True
    call.waking = service.is_waking
    try:
        with call.scope:
            job, _ = await service.place(intent.draft, idempotency_key=intent.key, new=new)
            try:
                call.job = await _until(call, service, job, wait)
            except BaseException:
                await service.note(job, Caller.LEFT)
                raise
    except (KieError, RuntimeError, Killed):
        pass
    finally:
        call.over.set()


async def ask(call: Call, process: Process, name: str, wait: float) -> None:
    """What get_job_status does."""
    service, call.read = process.service, True
    call.waking = service.is_waking
    try:
        with call.scope:
            call.job = await _until(call, service, await service.ask(await service.find(name)), wait)
    except (KieError, RuntimeError, Killed):
        pass
    finally:
        call.over.set()


async def _until(call: Call, service: JobService, job: Job, wait: float) -> Job:
    began = anyio.current_time()
    with anyio.move_on_after(wait):
        async with aclosing(service.watch(job.id)) as states:
            async for seen in states:
                job = seen
    await service.outlook(job)
    late = call.waking or (bool(call.stands) and anyio.current_time() - began > call.stands)
    call.ended = job.done and not late
    call.late_at = anyio.current_time() if late else call.late_at
    await service.note(job, (Caller.LATE if late else Caller.ANSWERED) if job.done else Caller.TOLD)
    return job


def intent(number: int, chance: Random, *, seconds: float, twin_of: Intent | None = None) -> Intent:
    """What somebody means to buy."""
    draft = Draft(
        kind=Kind.IMAGE,
        model="m",
        order={"seconds": seconds, "succeeds": chance.random() < 0.85},
        fingerprint=f"order-{number}",
        bucket="long" if seconds > 30 else "short",
        credits=Estimate(4.0, 4.0),
    )
    key = f"key-{number}" if chance.random() < 0.25 else ""
    silent = chance.choice([5.0, 10.0, 30.0]) if chance.random() < 0.2 else 0.0
    return Intent(f"client-{number}", twin_of.draft if twin_of else draft, "" if twin_of else key, silent)
