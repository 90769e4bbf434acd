"""Bugs that such a program has easily, planted in place of its parts to show that the simulation finds them."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import anyio

from kie_mcp.errors import UnconfirmedError
from kie_mcp.jobs.budget import NO_LIMITS, Limits
from kie_mcp.jobs.job import Job, Look, Phase, Request, Upstream, advance
from kie_mcp.jobs.joining import NOTHING_RECENT, Caller, Recent
from kie_mcp.jobs.step_loop import StepLoop
from kie_mcp.jobs.store.job_json import dump, load
from kie_mcp.jobs.store.protocols import NewJob, Note
from kie_mcp.jobs.store.sqlite import SqliteLedger
from tests.simulation.product import Product


class _Retrying:
    """Sends again after an answer that was lost in one of these ways."""

    def __init__(self, upstream: Upstream, ways: Sequence[str]) -> None:
        self._upstream = upstream
        self._ways = ways

    async def create(self, request: Request) -> str:
        """Create, and once more."""
        try:
            return await self._upstream.create(request)
        except UnconfirmedError as error:
            if error.message not in self._ways:
                raise
            return await self._upstream.create(request)

    async def look(self, task_id: str) -> Look:
        """Look as ever."""
        return await self._upstream.look(task_id)

    async def credit(self) -> float:
        """Ask as ever."""
        return await self._upstream.credit()


class _MarksAfterSending(SqliteLedger):
    """Writes down that a job is being sent when the answer is there."""

    async def mark(self, job: Job, now: float, limits: Limits = NO_LIMITS) -> float:
        """Say that it may be sent, and write nothing."""
        return 0.0

    async def attach(self, job: Job, task_id: str, now: float, worker: str) -> Job:
        """Mark and attach at once."""
        await super().mark(job, now)
        return await super().attach(job, task_id, now, worker)

    async def move(self, job: Job, *, was: Phase) -> Job:
        """Nothing was marked, so nothing is undone."""
        return await super().move(job, was=Phase.RESERVED if was is Phase.SUBMITTING else was)


class _Resending(SqliteLedger):
    """Sends again what was being sent when a process died."""

    async def claim(self, account: str, worker: str, now: float, *known: Any, **how: Any) -> list[Job]:
        """Put what was being sent back into the line."""

        def back(db: sqlite3.Connection) -> None:
            rows = db.execute(
                "SELECT * FROM jobs WHERE phase = ? AND (worker IS NULL OR worker NOT IN"
                " (SELECT worker FROM workers WHERE alive_until > ?))",
                (Phase.SUBMITTING, now),
            )
            for job in [load(row) for row in rows.fetchall()]:
                again = advance(job, Phase.RESERVED, now, sent_at=None)
                db.execute("UPDATE jobs SET phase = ?, record = ? WHERE id = ?", (again.phase, dump(again), job.id))

        await self.transact(back)
        return await super().claim(account, worker, now, *known, **how)


class _TrustingTheClock(SqliteLedger):
    """Ages calls by the clock of the wall alone."""

    async def reserve_all(
        self, ordered: Sequence[NewJob], worker: str, *, recent: Recent = NOTHING_RECENT, **how: Any
    ) -> list[tuple[Job, bool]]:
        """Forget what the process remembers."""
        return await super().reserve_all(ordered, worker, **how)


class _TakesLateForHeard(SqliteLedger):
    """Takes whatever was answered for heard, however late."""

    async def note(self, notes: Mapping[str, Note], worker: str) -> None:
        """Make no difference."""
        heard = {
            job_id: replace(note, caller=Caller.ANSWERED)
            for job_id, note in notes.items()
            if note.caller is Caller.LATE
        }
        await super().note({**notes, **heard}, worker)


class _TakesUnconfirmedForTheEnd(SqliteLedger):
    """Owes nothing to whoever was told that a job is unconfirmed."""

    async def attach(self, job: Job, task_id: str, now: float, worker: str) -> Job:
        """Leave the caller as it is."""
        [before] = await self.transact(
            lambda db: db.execute("SELECT caller FROM jobs WHERE id = ?", (job.id,)).fetchall()
        )
        attached = await super().attach(job, task_id, now, worker)
        await self.transact(lambda db: db.execute("UPDATE jobs SET caller = ? WHERE id = ?", (*before, job.id)))
        return attached


class _Impatient(StepLoop):
    """Looks as soon as somebody asks."""

    async def _wait_for_look(self, job: Job, seconds: float, memory: Any) -> bool:
        nudge = self._nudges[job.id] = anyio.Event()
        with anyio.move_on_after(seconds):
            await nudge.wait()
        memory.is_asked = nudge.is_set()
        return True


BUGS: dict[str, Product] = {
    "retry after a read timeout": Product(upstream=lambda upstream: _Retrying(upstream, ["read timeout"])),
    "retry on 502": Product(upstream=lambda upstream: _Retrying(upstream, ["502"])),
    "mark after send": Product(ledger=_MarksAfterSending),
    "resend after a crash": Product(ledger=_Resending),
    "looks too close": Product(loop=_Impatient),
    "trust the clock": Product(ledger=_TrustingTheClock),
    "take late for heard": Product(ledger=_TakesLateForHeard),
    "take unconfirmed for the end": Product(ledger=_TakesUnconfirmedForTheEnd),
}
