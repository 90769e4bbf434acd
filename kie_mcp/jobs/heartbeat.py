"""Says that this process is alive, and takes over the jobs of those that are not.

Several processes share a ledger. Each says every few seconds that it is there, and takes over the jobs of one that is
not.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

import anyio

from kie_mcp.jobs.absent_workers import Ended, ended_unknown, find_absent
from kie_mcp.jobs.clock import Clock
from kie_mcp.jobs.failure_log import FailureLog
from kie_mcp.jobs.job import Job
from kie_mcp.jobs.store.errors import LedgerError
from kie_mcp.jobs.store.protocols import Leases
from kie_mcp.jobs.timing import STANDARD, Timing

logger = logging.getLogger(__name__)

AWAY = 2
"""Signs of life at the start and after an absence before the jobs of others are taken over that may live."""
_LEDGER = "the ledger does not answer; trying again"


class Heartbeat:
    """The sign of life of one worker that cares for the jobs of one account."""

    def __init__(
        self,
        leases: Leases,
        clock: Clock,
        *,
        account: str,
        worker: str,
        ended: Ended = ended_unknown,
        timing: Timing = STANDARD,
    ) -> None:
        self._leases = leases
        self._clock = clock
        self._account = account
        self._worker = worker
        self._ended = ended
        self._timing = timing
        self._failures = FailureLog(logger)

    async def beat(self, seconds: float = 0.0) -> None:
        """Say that this worker is alive, and for so many seconds longer than usual. Raises LedgerError."""
        await self._leases.beat(self._worker, self._clock.now() + seconds)

    async def ended_workers(self) -> set[str]:
        """Return the workers with callers whose processes have ended."""
        workers = await self._leases.find_waiting_workers()
        ended = await self._ended(workers - {self._worker, ""})
        return {worker for worker, over in ended.items() if over}

    async def run(self, on_beat: Callable[[], Awaitable[None]], on_claim: Callable[[Sequence[Job]], None]) -> None:
        """Say it again and again; call `on_beat` each time, and `on_claim` with the jobs that are taken over."""
        alive_at = self._clock.now()
        patience = AWAY
        while True:
            # After a closed lid, or a change of the clock, everybody has been away: let the others say first that they
            # are back.
            try:
                began = self._clock.now()
                leases = await self._leases.renew(self._account, self._worker, began)
                patience = AWAY if self._clock.now() - alive_at > self._timing.lease else max(patience - 1, 0)
                alive_at = began
                await on_beat()
                on_claim(await self._take_over(leases, patient=patience > 0))
                self._failures.clear(_LEDGER)
            except LedgerError as error:
                self._failures.log(_LEDGER, error)
            except Exception as error:
                self._failures.log("a sign of life went wrong; trying again", error)
            await anyio.sleep(self._timing.heartbeat)

    async def _take_over(self, leases: Mapping[str, float | None], *, patient: bool) -> Sequence[Job]:
        if not leases:
            return ()
        ended, now = await self._ended([worker for worker in leases if worker]), self._clock.now()
        if not find_absent(leases, ended, now, patient=patient):
            return ()
        return await self._leases.claim(self._account, self._worker, now, ended, patient=patient)
