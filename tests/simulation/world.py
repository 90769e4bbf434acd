"""One seed: a world of processes, clients and a Kie.ai, and everything that goes wrong in it."""

import asyncio
import hashlib
import sqlite3
from collections.abc import Callable, Coroutine, Set
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import anyio

from kie_mcp.jobs.job import FINAL, Job, Phase
from kie_mcp.jobs.store import schema
from kie_mcp.jobs.store.job_json import load
from kie_mcp.jobs.store.job_queries import UNSENT
from tests.simulation.client import Call, Client, Intent, ask, intent
from tests.simulation.faults import Trouble
from tests.simulation.kie import ELSEWHERE, Kie, Task
from tests.simulation.order import OrderedLoop, by_birth
from tests.simulation.process import Process
from tests.simulation.product import Product
from tests.support.virtual_time import START

SETTLING = 240.0
"""Seconds after the last trouble and the end of the last task in which everything must have come to rest."""
HOUR = 3600.0
QUIET = 15.0
"""Seconds that a settled world is watched, for what comes late."""


class _Lasting(sqlite3.Connection):
    """A disk: it survives whoever opened it, and ends with the last who knows of it."""

    def close(self) -> None:
        """Do nothing."""

    def __del__(self) -> None:
        super().close()


def _disk() -> sqlite3.Connection:
    # Whichever thread collects the garbage closes it.
    connection = sqlite3.connect(":memory:", isolation_level=None, factory=_Lasting, check_same_thread=False)
    schema.migrate(connection, Path("ledger"))
    return connection


def _count(row: sqlite3.Row) -> tuple[int, float | None, bool]:
    return row["counted_jobs"], row["counted_credits"], row["counted_day"] != UNSENT


@dataclass
class Seen:
    """What a seed left behind."""

    seed: int
    kie: Kie
    jobs: list[Job]
    intents: list[Intent]
    disk: dict[str, set[str]]
    interrupted: set[str]
    """Jobs whose process was killed, suspended or left while they were being sent."""
    stuck: bool
    jumps: list[float]
    """When the wall clock was set, in virtual seconds."""
    seconds: float
    trace: list[str]
    counted: list[tuple[int, float | None, bool]]
    """What each job counts as in the ledger: jobs, credits, and whether that is to a day that is over or begun."""

    @property
    def fingerprint(self) -> str:
        """Equal if the same things happened at the same times."""
        return hashlib.sha256("\n".join(self.trace).encode()).hexdigest()


@dataclass
class World:
    """The surroundings of everybody in a seed."""

    seed: int
    product: Product = field(default_factory=Product)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.rush = self.random.random() < 0.04
        kills = self.random.choice([0, 0, 1, 2, 3, 4])
        self.trouble = Trouble(self.random, calm_at=self.random.uniform(40.0, 150.0), kills=kills)
        self.kie = Kie(self)
        self.connection = _disk()
        self.disk: dict[str, set[str]] = {}
        self.trace: list[str] = []
        self._slots: list[Process] = []
        self._interrupted: set[str] = set()
        self.ended: set[str] = set()
        self.ledger_down_until = 0.0
        self.runner = 0.0
        self.jumps: list[float] = []
        self._ids = 0
        self._clients = 0
        self._misfortunes = 1
        self._intents: list[Intent] = []
        self._group: anyio.abc.TaskGroup

    def wall_clock(self) -> float:
        """Seconds since 1970, as the machine's clock has it."""
        return START + self.now() + self.runner

    def now(self) -> float:
        """Virtual seconds since the beginning."""
        return asyncio.get_running_loop().time()

    def note(self, *words: object) -> None:
        """Write a line into the trace."""
        self.trace.append(f"{self.now():9.3f} " + " ".join(str(word) for word in words if word != ""))

    def new_id(self) -> str:
        """Give the next job's id."""
        self._ids += 1
        return f"job_{self._ids}"

    def later(self, seconds: float, what: Task) -> None:
        """Let a task begin at Kie.ai after so many seconds, whatever becomes of the caller."""
        asyncio.get_running_loop().call_later(seconds, self.kie.begin, what)

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run something beside everything else."""
        self._group.start_soon(work)

    def interrupted(self, sent: Set[str] = frozenset()) -> None:
        """Remember the jobs that are marked just now, and those of `sent` whose id is not written down."""
        for row in self._rows("task_id IS NULL"):
            if row["phase"] == Phase.SUBMITTING or row["id"] in sent:
                self._interrupted.add(row["id"])

    async def process(self, slot: int | None = None) -> Process:
        """The process of this slot once it can be called, or one of the dice's choice."""
        while True:
            candidates = self._slots if slot is None else [self._slots[slot]]
            if usable := [process for process in candidates if process.usable]:
                break
            await anyio.sleep(0.1)
        return self.random.choice(usable)

    async def run(self) -> Seen:
        """Live through the seed."""
        stuck = True
        async with anyio.create_task_group() as self._group:
            for slot in range(self.random.choice([1, 2, 3])):
                self._slots.append(Process(self, f"p{slot}.0"))
                self._group.start_soon(self._keep_running, slot)
            for client in self._make_clients():
                self._group.start_soon(self._patron, client)
            self._group.start_soon(self._misfortune)
            if self.random.random() < 0.2:
                self._group.start_soon(self._stranger)
            stuck = not await self._settled()
            self.note("the end")
            self._group.cancel_scope.cancel()
            for process in self._slots:
                process.kill()
        rows = self._rows("1")
        jobs = [load(row) for row in rows]
        seconds = self.now()
        kept = (self.disk, self._interrupted, stuck, self.jumps)
        return Seen(
            self.seed, self.kie, jobs, self._intents, *kept, seconds, self.trace, counted=list(map(_count, rows))
        )

    async def _settled(self) -> bool:
        """Wait until nothing is left to do, and for a while after; False if that takes too long."""
        quiet = 0
        while quiet < QUIET:
            ends = [task.rests_at for task in self.kie.tasks.values()]
            if self.now() > max(self.trouble.calm_at, *ends, 0.0) + SETTLING:
                return False
            await anyio.sleep(1)
            busy = self._clients or self._misfortunes or self._unfinished()
            quiet = 0 if busy else quiet + 1
        return True

    def _unfinished(self) -> bool:
        return bool(self._rows(f"phase NOT IN ({', '.join(repr(phase.value) for phase in FINAL)})"))

    def _rows(self, where: str) -> list[sqlite3.Row]:
        return self.connection.execute(f"SELECT * FROM jobs WHERE {where} ORDER BY rowid").fetchall()  # noqa: S608

    def _make_clients(self) -> list[Client]:
        chance = self.random
        for number in range(chance.randint(22, 28) if self.rush else chance.randint(1, 6)):
            twin = self._intents[-1] if self._intents and chance.random() < 0.1 else None
            video = not self.rush and chance.random() < 0.15
            seconds = chance.uniform(60, 600) if video else chance.uniform(5, 30)
            self._intents.append(intent(number, chance, seconds=seconds, twin_of=twin))
        return [Client(self, meant, chance.randrange(len(self._slots))) for meant in self._intents]

    async def _patron(self, client: Client) -> None:
        self._clients += 1
        await anyio.sleep(0 if self.rush else self.random.choice([0.0, 1.0, 30.0]) * self.random.random())
        await client.run()
        self._clients -= 1

    async def _stranger(self) -> None:
        """Somebody asks everywhere at once for what was made on Kie.ai's page."""
        await anyio.sleep(self.random.uniform(0, 30))
        task = Task("made-there", ELSEWHERE, self.random.uniform(5, 60), 0.0, succeeds=True)
        self.kie.begin(task)
        for process in [process for process in self._slots if process.usable]:
            process.deliver(partial(self.start, partial(ask, Call(), process, task.id, 20.0)))

    async def _keep_running(self, slot: int) -> None:
        """A client starts its server again when that is gone."""
        for life in range(1, 100):
            await self._slots[slot].live()
            await anyio.sleep(self.random.choice([0.1, 2.0, 12.0]))
            self._slots[slot] = Process(self, f"p{slot}.{life}")
            self.note(self._slots[slot].name, "starts")

    async def _misfortune(self) -> None:
        """What befalls whole processes, at times of no one's choosing."""
        chance, trouble = self.random, self.trouble
        while self.now() < trouble.calm_at:
            await anyio.sleep(chance.expovariate(1 / 25))
            if self.now() < trouble.calm_at:
                await self._befall(chance.choice(["kill", "leave", "suspend", "suspend all", "outage", "clock"]))
        self._misfortunes = 0

    def _set_clock(self, seconds: float) -> None:
        """Somebody sets the wall clock of the machine."""
        self.note("the clock is set by", seconds)
        self.runner += seconds
        self.jumps.append(self.now())

    async def _befall(self, what: str) -> None:
        process, seconds = self.random.choice(self._slots), self.random.choice([0.5, 5.0, 9.0, 40.0, 90.0])
        if what == "kill" and self.trouble.kills:
            self.trouble.kills -= 1
            process.kill()
        elif what == "leave":
            process.leave()
        elif what == "clock":
            self._set_clock(self.random.choice([-7200.0, -90.0, -3.0, -1.5, 1.5, 90.0, 7200.0, 20 * HOUR]))
        elif what == "outage":
            self.note("the ledger fails for", seconds)
            self.ledger_down_until = self.now() + seconds
        elif what.startswith("suspend"):
            sleepers = self._slots[:] if what == "suspend all" else [process]
            for sleeper in sleepers:
                sleeper.suspend()
            await anyio.sleep(seconds)
            for sleeper in sleepers:
                sleeper.wake()


def live(seed: int, product: Product | None = None) -> Seen:
    """Live through one seed and return what it left behind."""
    with by_birth(), asyncio.Runner(loop_factory=OrderedLoop) as runner:
        return runner.run(World(seed, product or Product()).run())
