"""Server processes over one disk: each can be killed, suspended, or cut off from the disk."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import TypeVar

import anyio

from kie_mcp.jobs.job import Job
from kie_mcp.jobs.service import JobService
from kie_mcp.jobs.store.errors import LedgerError
from kie_mcp.jobs.store.sqlite import SqliteLedger
from tests.support.scripted_kie import Stage

R = TypeVar("R")


class Process:
    """A desk over the stage's disk that can be killed, suspended, or cut off from its disk."""

    def __init__(self, stage: Stage, worker: str) -> None:
        self._stage, self._worker = stage, worker
        self._dead = False
        self._scope = anyio.CancelScope()
        self._awake = anyio.Event()
        self._awake.set()
        self.disk_fails = False
        ledger = SqliteLedger(Path("ledger"), run=self._run, connect=lambda _: stage.connection)
        self.service = stage.service(worker, ledger)

    async def _run(self, function: Callable[[], R], /) -> R:
        with anyio.CancelScope(shield=True):
            await self._awake.wait()
        if self._dead or self.disk_fails:
            raise LedgerError("The ledger cannot be used: disk I/O error.")
        return function()

    async def live(self, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        """Run until killed."""
        try:
            with self._scope:
                async with self.service.open():
                    task_status.started()
                    await anyio.sleep_forever()
        except LedgerError:
            if not self._dead:
                raise

    def kill(self) -> None:
        """Kill -9: nothing that it does from now on reaches the disk."""
        self._dead = True
        self._stage.ended.add(self._worker)
        self._scope.cancel()

    def suspend(self) -> None:
        """Stop it until it is woken."""
        self._awake = anyio.Event()

    def wake(self) -> None:
        """Let it go on."""
        self._awake.set()


@asynccontextmanager
async def processes(stage: Stage, number: int) -> AsyncGenerator[list[Process]]:
    """So many processes over one disk."""
    made = [Process(stage, f"w{n + 1}") for n in range(number)]
    async with anyio.create_task_group() as group:
        for process in made:
            await group.start(process.live)
        yield made
        group.cancel_scope.cancel()


async def finished(service: JobService, job: Job) -> Job:
    """The job, watched to its end."""
    async with aclosing(service.watch(job.id)) as states:
        async for seen in states:
            job = seen
    return job
