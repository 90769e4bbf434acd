"""One server process: the real desk over the seed's ledger, with an end that nothing inside can prevent."""

import asyncio
from collections.abc import Callable, Collection, Sequence, Set
from pathlib import Path
from random import Random
from sqlite3 import Connection
from typing import Protocol, TypeVar

import anyio
import anyio.lowlevel

from kie_mcp.errors import NotCreatedError, OutputError
from kie_mcp.errors import Trouble as Told
from kie_mcp.jobs.assembly import make_service
from kie_mcp.jobs.events import JobEvents
from kie_mcp.jobs.job import Job, Look, Output, Prepared, Request
from kie_mcp.jobs.polling import Spread
from kie_mcp.jobs.service import JobService
from kie_mcp.jobs.store.errors import LedgerError
from kie_mcp.orders.kind import Kind
from tests.simulation.faults import Trouble
from tests.simulation.kie import Kie
from tests.simulation.product import Product

R = TypeVar("R")
ACCOUNT = "account"
ELSEWHERE = Spread(median=11, sigma=0.4, shortest=5, longest=30)
"""What is known of such jobs before any was seen; here it is right for few of them."""
READING = 0.001
"""Seconds that it takes to read one message."""


class Killed(BaseException):
    """The process has no more instructions to run; no `except Exception` may see it."""


class Surroundings(Protocol):
    """What a process finds around it."""

    random: Random
    trouble: Trouble
    kie: Kie
    product: Product
    connection: Connection
    disk: dict[str, set[str]]
    """Paths by link."""
    ledger_down_until: float
    ended: set[str]
    """Names of the processes that have ended."""

    def now(self) -> float:
        """Virtual seconds since the beginning."""
        ...

    def wall_clock(self) -> float:
        """Seconds since 1970, as the machine's clock has it."""
        ...

    def note(self, *words: object) -> None:
        """Write a line into the trace."""
        ...

    def interrupted(self, sent: Set[str] = frozenset()) -> None:
        """Remember the jobs that are marked just now, and those of `sent` whose id is not written down."""
        ...

    def new_id(self) -> str:
        """Give the next job's id."""
        ...


class WallClock:
    """The machine's clock, which somebody may set."""

    def __init__(self, world: Surroundings) -> None:
        self._world = world

    def now(self) -> float:
        """Seconds since 1970."""
        return self._world.wall_clock()


class Process:
    """A process. It touches the world through `gate` only, so a dead one changes nothing and a suspended one waits."""

    def __init__(self, world: Surroundings, name: str) -> None:
        self.name = name
        self.ready = anyio.Event()
        self._one_at_a_time = anyio.Lock(fast_acquire=True)
        self._sent: set[str] = set()
        self._inbox: list[Callable[[], None]] = []
        self._world = world
        self._dead = False
        self._death = anyio.Event()
        self._leaving = anyio.Event()
        self._asleep: anyio.Event | None = None
        self._scope = anyio.CancelScope()
        self.service = self._assemble()

    @property
    def usable(self) -> bool:
        """Whether a client can call it."""
        return self.ready.is_set() and not self._dead and not self._leaving.is_set()

    async def live(self) -> None:
        """Run until killed or asked to leave."""
        try:
            with self._scope:
                await self._serve()
        except* Killed:
            pass
        finally:
            if self._world.now() < self._world.ledger_down_until:  # then its last words could not be written
                self._world.interrupted(self._sent)
            self._world.ended.add(self.name)

    async def _serve(self) -> None:
        while not self._leaving.is_set():
            try:
                async with self.service.open():
                    self.ready.set()
                    await self._leaving.wait()
            except LedgerError as error:
                self._world.note(self.name, "ledger", error)
                await anyio.sleep(1)

    def kill(self) -> None:
        """Kill -9."""
        if not self._dead:
            self._world.note(self.name, "killed")
            self._world.interrupted()
            self._world.interrupted(self._sent)
            self._world.ended.add(self.name)
            self._dead = True
            self._death.set()
            self.wake()
            self._scope.cancel()

    def leave(self) -> None:
        """Standard input was closed."""
        self._world.note(self.name, "leaves")
        self._leaving.set()

    def suspend(self) -> None:
        """Stop until `wake`."""
        if self._asleep is None and not self._dead:
            self._world.note(self.name, "suspended")
            self._world.interrupted()
            self._asleep = anyio.Event()

    def wake(self) -> None:
        """Go on where it stopped."""
        if self._asleep is not None:
            self._world.note(self.name, "wakes")
            self._asleep.set()
            self._asleep = None
            letters, self._inbox = self._inbox, []
            for number, letter in enumerate(letters):
                asyncio.get_running_loop().call_later(number * READING, letter)

    def deliver(self, letter: Callable[[], None]) -> None:
        """What a client sends is read when the process is awake, in the order of sending."""
        if self._asleep is None:
            letter()
        else:
            self._inbox.append(letter)

    async def gate(self) -> None:
        """Pass as a living process that is awake."""
        while self._asleep is not None and not self._dead:
            with anyio.CancelScope(shield=True):
                await self._asleep.wait()
        if self._dead:
            raise Killed

    async def rest(self, seconds: float) -> None:
        """Wait, but not beyond death."""
        with anyio.move_on_after(seconds):
            await self._death.wait()
        await self.gate()

    async def passes(self, point: str) -> None:
        """A point at which it may be killed."""
        if self._world.trouble.kills_at(point, self._world.now()):
            self._world.note(self.name, "at", point)
            self.kill()
        await self.gate()

    async def run(self, function: Callable[[], R], /) -> R:
        """The ledger's runner: no thread, but one at a time, begun means finished, and a point before and after."""
        await anyio.lowlevel.checkpoint_if_cancelled()
        async with self._one_at_a_time:
            with anyio.CancelScope(shield=True):
                return await self._finish(function)
        raise Killed  # never: nobody cancels that scope

    async def _finish(self, function: Callable[[], R]) -> R:
        await self.passes("before ledger")
        if seconds := self._world.trouble.lock(self._world.now()):
            await self.rest(seconds)
        if self._world.now() < self._world.ledger_down_until:
            raise LedgerError("The ledger cannot be used: disk I/O error.")
        result = function()
        await anyio.lowlevel.cancel_shielded_checkpoint()  # a thread's answer takes a turn of the loop, too
        await self.passes("after ledger")
        return result

    async def create(self, request: Request) -> str:
        """Call Kie.ai."""
        await self.gate()
        job_id = str(request.input["job"])
        self._sent.add(job_id)
        try:
            return await self._world.kie.create(self, request)
        except NotCreatedError:
            self._sent.discard(job_id)
            raise

    async def look(self, task_id: str) -> Look:
        """Ask Kie.ai."""
        await self.gate()
        return await self._world.kie.look(self, task_id)

    async def credit(self) -> float:
        """Make the free call."""
        await self.gate()
        return await self._world.kie.credit(self)

    async def prepare(self, job: Job) -> Prepared:
        """What is sent; the job's id travels along so that the truth can be told."""
        await self.gate()
        return Prepared(job, Request(job.model, {**job.order, "job": job.id}))

    async def save(self, job: Job, urls: Sequence[str]) -> tuple[tuple[Output, ...], Told | None]:
        """Save what is at the links: by name of the job, so the same again falls on the same place."""
        await self.passes("saving")
        await self.rest(self._world.random.uniform(0.1, 1.5))
        if self._world.trouble.save_fails(self._world.now()):
            return tuple(Output(url=url) for url in urls), OutputError("disk full").trouble
        outputs = tuple(Output(url=url, path=f"/{job.id}-{index}") for index, url in enumerate(urls))
        for output in outputs:
            self._world.disk.setdefault(output.url, set()).add(str(output.path))
        self._world.note(self.name, "saved", job.id)
        await self.passes("saved")
        return outputs, None

    async def saved(self, job: Job) -> bool:
        """Whether the files of the job are on the disk."""
        return all(output.path in self._world.disk.get(output.url, ()) for output in job.outputs)

    async def tell_ended(self, workers: Collection[str]) -> dict[str, bool | None]:
        """Tell which of these have certainly ended; the others live."""
        return {worker: worker in self._world.ended for worker in workers}

    def _assemble(self) -> JobService:
        world, product, events, clock = self._world, self._world.product, JobEvents(), WallClock(self._world)
        return make_service(
            product.ledger(Path("ledger"), self.run, lambda _: world.connection),
            product.upstream(self),
            self.prepare,
            self.save,
            events,
            clock,
            account=ACCOUNT,
            worker=self.name,
            kind_of=lambda _: Kind.OTHER,
            saved=self.saved,
            ended=self.tell_ended,
            elsewhere=lambda _: ELSEWHERE,
            new_id=world.new_id,
            loop=product.loop,
            chance=Random(world.random.random()),
            real=anyio.current_time,
        )
