"""What becomes of the resources that somebody has asked to hear of; one watch for each, however many listen."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
import anyio.abc
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, SubscriptionBus
from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated, ServerEvent

from kie_mcp.errors import KieError, UnknownJobError
from kie_mcp.jobs.history import PAGE, JobHistory
from kie_mcp.jobs.job import TRANSITIONS, Job
from kie_mcp.jobs.service import JobService
from kie_mcp.orders.job_uris import JOBS_URI, output_uri, parse_job_uri

logger = logging.getLogger(__name__)

NOT_OPEN = "nothing is watched before `open`"
LATER = 10.0
"""Seconds between two readings of a job that is done but may still gain a file, and after a reading that failed."""


@dataclass(slots=True)
class ResourceWatcher:
    """One resource that is looked after."""

    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    begun: anyio.Event = field(default_factory=anyio.Event)
    """Set once it is known how the resource stands: what changes from then on is told."""
    listeners: int = 0


class ResourceWatchers:
    """Publishes an event on the bus when what it is about has changed, as long as somebody holds it.

    Each account has a bus of its own: that its list of jobs has changed is nobody else's business.
    """

    def __init__(self, service: JobService, history: JobHistory, bus: SubscriptionBus | None = None) -> None:
        self._service = service
        self._history = history
        self.bus = bus or InMemorySubscriptionBus()
        self.stream = ListenHandler(self.bus)
        """Answers a request that is held open with what is published."""
        self._watches: dict[ServerEvent, ResourceWatcher] = {}
        self._group: anyio.abc.TaskGroup | None = None

    @asynccontextmanager
    async def open(self) -> AsyncGenerator["ResourceWatchers"]:
        """Watch from here on; at the end all watches end."""
        async with anyio.create_task_group() as group:
            self._group = group
            try:
                yield self
            finally:
                self._group = None
                group.cancel_scope.cancel()

    @contextmanager
    def held(self, events: Iterable[ServerEvent]) -> Generator[list[ResourceWatcher]]:
        """Have these looked after while inside."""
        taken = [event for event in dict.fromkeys(events) if watched(event)]
        watches = [self.take(event) for event in taken]
        try:
            yield watches
        finally:
            for event in taken:
                self.let_go(event)

    def take(self, event: ServerEvent) -> ResourceWatcher:
        """Have this looked after until `let_go` was called as often."""
        if self._group is None:
            raise RuntimeError(NOT_OPEN)
        if event not in self._watches:
            self._watches[event] = watch = ResourceWatcher()
            self._group.start_soon(self._follow, event, watch)
        watch = self._watches[event]
        watch.listeners += 1
        return watch

    def run(self, work: Callable[[], Awaitable[None]]) -> anyio.CancelScope:
        """Do this along with the watches; returns what ends it."""
        if self._group is None:
            raise RuntimeError(NOT_OPEN)
        scope = anyio.CancelScope()

        async def inside() -> None:
            with scope:
                await work()

        self._group.start_soon(inside)
        return scope

    def let_go(self, event: ServerEvent) -> None:
        """One listener less; after the last one nothing of the watch is left."""
        watch = self._watches[event]
        watch.listeners -= 1
        if not watch.listeners:
            watch.scope.cancel()
            del self._watches[event]

    async def _follow(self, event: ServerEvent, watch: ResourceWatcher) -> None:
        with watch.scope:
            try:
                await self._tell(event, watch)
            except UnknownJobError:
                logger.debug("%s: there is no such job to watch", event)
            finally:
                watch.begun.set()

    async def _tell(self, event: ServerEvent, watch: ResourceWatcher) -> None:
        known: Any = None
        while True:
            try:
                async with aclosing(self._states(event)) as states:
                    async for state in states:
                        if watch.begun.is_set() and state != known:
                            await self.bus.publish(event)
                        known = state
                        watch.begun.set()
            except UnknownJobError:
                raise
            except KieError as error:
                logger.warning("%s: %s", event, error)
            except Exception:
                # Whoever asks for this resource later is given this same watch: it must not be a dead one.
                logger.exception("%s: watched again in %g s", event, LATER)
            else:
                return
            watch.begun.set()  # nobody is kept waiting for a ledger that cannot be read
            await anyio.sleep(LATER)

    async def _states(self, event: ServerEvent) -> AsyncGenerator[Any]:
        """Something that is equal as long as the resource reads the same, again and again."""
        if isinstance(event, ResourceUpdated) and (about := parse_job_uri(event.uri)):
            job_id, index = about
            async with aclosing(self._job(job_id)) as states:
                async for job in states:
                    yield _as_read(job) if index is None else job.outputs[index : index + 1]
            return
        while True:
            listing = isinstance(event, ResourcesListChanged)
            yield await self._files() if listing else [_as_read(job) for job in await self._service.list_jobs()]
            await anyio.sleep(self._service.timing.foreign_gap)

    async def _job(self, job_id: str) -> AsyncGenerator[Job]:
        """The job at each change, until nothing can change any more."""
        job: Job | None = None
        while job is None or TRANSITIONS[job.phase]:
            async with aclosing(self._service.watch(job_id)) as states:
                async for job in states:
                    yield job
            await anyio.sleep(LATER)

    async def _files(self) -> list[tuple[str, str | None]]:
        jobs = await self._history.made(limit=PAGE)
        return [(output_uri(job.id, n), output.path) for job in jobs for n, output in enumerate(job.outputs)]


def watched(event: ServerEvent) -> bool:
    """Whether it can happen: the catalogue, the tools and the prompts stay as they are."""
    return isinstance(event, ResourcesListChanged) or (
        isinstance(event, ResourceUpdated) and (event.uri == JOBS_URI or parse_job_uri(event.uri) is not None)
    )


def _as_read(job: Job) -> Job:
    """The job without what its resource does not show."""
    return replace(job, updated_at=0.0, looked_at=None, upstream_state="", not_before=0.0, epoch=0)
