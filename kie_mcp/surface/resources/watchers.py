"""Watches the resources that clients have subscribed to: one watcher for each, however many clients there are."""

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
from kie_mcp.jobs.history import JobHistory
from kie_mcp.jobs.job import TRANSITIONS, Job
from kie_mcp.jobs.service import JobService
from kie_mcp.orders.job_uris import JOBS_URI, output_uri, parse_job_uri
from kie_mcp.surface.resources.file_entries import PAGE

logger = logging.getLogger(__name__)

NOT_OPEN = "nothing can be watched before `open`"
RETRY_SECONDS = 10.0
"""Seconds until the next reading of a finished job that may still get a file, and after a reading that failed."""


@dataclass(slots=True)
class ResourceWatcher:
    """The watching of one resource."""

    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    started: anyio.Event = field(default_factory=anyio.Event)
    """Set once the resource's first state is known: changes from then on are published."""
    listeners: int = 0


class ResourceWatchers:
    """Publishes an event on the bus when its resource has changed, as long as the event has a listener.

    Each account has its own bus: no other account may learn that its list of jobs has changed.
    """

    def __init__(self, service: JobService, history: JobHistory, bus: SubscriptionBus | None = None) -> None:
        self._service = service
        self._history = history
        self.bus = bus or InMemorySubscriptionBus()
        self.stream = ListenHandler(self.bus)
        """Handles a `subscriptions/listen` request: sends what is published as long as it is open."""
        self._watchers: dict[ServerEvent, ResourceWatcher] = {}
        self._group: anyio.abc.TaskGroup | None = None

    @asynccontextmanager
    async def open(self) -> AsyncGenerator["ResourceWatchers"]:
        """Allow watching; at the end all watchers end."""
        async with anyio.create_task_group() as group:
            self._group = group
            try:
                yield self
            finally:
                self._group = None
                group.cancel_scope.cancel()

    @contextmanager
    def hold(self, events: Iterable[ServerEvent]) -> Generator[list[ResourceWatcher]]:
        """Watch these resources as long as the context lasts."""
        taken = [event for event in dict.fromkeys(events) if can_change(event)]
        watchers = [self.add_listener(event) for event in taken]
        try:
            yield watchers
        finally:
            for event in taken:
                self.remove_listener(event)

    def add_listener(self, event: ServerEvent) -> ResourceWatcher:
        """Watch a resource until `remove_listener` was called as often as this."""
        if self._group is None:
            raise RuntimeError(NOT_OPEN)
        if event not in self._watchers:
            self._watchers[event] = watcher = ResourceWatcher()
            self._group.start_soon(self._follow, event, watcher)
        watcher = self._watchers[event]
        watcher.listeners += 1
        return watcher

    def run_beside(self, work: Callable[[], Awaitable[None]]) -> anyio.CancelScope:
        """Run a task beside the watchers; returns the scope that cancels it."""
        if self._group is None:
            raise RuntimeError(NOT_OPEN)
        scope = anyio.CancelScope()

        async def inside() -> None:
            with scope:
                await work()

        self._group.start_soon(inside)
        return scope

    def remove_listener(self, event: ServerEvent) -> None:
        """Remove one listener; with the last one the watcher ends."""
        watcher = self._watchers[event]
        watcher.listeners -= 1
        if not watcher.listeners:
            watcher.scope.cancel()
            del self._watchers[event]

    async def _follow(self, event: ServerEvent, watcher: ResourceWatcher) -> None:
        with watcher.scope:
            try:
                await self._publish_changes(event, watcher)
            except UnknownJobError:
                logger.debug("%s: there is no such job", event)
            finally:
                watcher.started.set()

    async def _publish_changes(self, event: ServerEvent, watcher: ResourceWatcher) -> None:
        known: Any = None
        while True:
            try:
                async with aclosing(self._states(event)) as states:
                    async for state in states:
                        if watcher.started.is_set() and state != known:
                            await self.bus.publish(event)
                        known = state
                        watcher.started.set()
            except UnknownJobError:
                raise
            except KieError as error:
                logger.warning("%s: %s", event, error)
            except Exception:
                # Later listeners get this same watcher, so it must not end here.
                logger.exception("%s: watched again in %g s", event, RETRY_SECONDS)
            else:
                return
            watcher.started.set()  # nobody waits for a ledger that cannot be read
            await anyio.sleep(RETRY_SECONDS)

    async def _states(self, event: ServerEvent) -> AsyncGenerator[Any]:
        """Yield the state of a resource again and again: values that are equal as long as it reads the same."""
        if isinstance(event, ResourceUpdated) and (about := parse_job_uri(event.uri)):
            job_id, index = about
            async with aclosing(self._follow_job(job_id)) as states:
                async for job in states:
                    yield _readable_part(job) if index is None else job.outputs[index : index + 1]
            return
        while True:
            if isinstance(event, ResourcesListChanged):
                yield await self._list_files()
            else:
                yield [_readable_part(job) for job in await self._service.list_jobs()]
            await anyio.sleep(self._service.timing.foreign_gap)

    async def _follow_job(self, job_id: str) -> AsyncGenerator[Job]:
        """Yield the job at each change, until nothing can change any more."""
        job: Job | None = None
        while job is None or TRANSITIONS[job.phase]:
            async with aclosing(self._service.watch(job_id)) as states:
                async for job in states:
                    yield job
            await anyio.sleep(RETRY_SECONDS)

    async def _list_files(self) -> list[tuple[str, str | None]]:
        jobs = await self._history.list_finished(limit=PAGE)
        return [(output_uri(job.id, n), output.path) for job in jobs for n, output in enumerate(job.outputs)]


def can_change(event: ServerEvent) -> bool:
    """Say whether this event can happen: models, tools and prompts never change while the server runs."""
    return isinstance(event, ResourcesListChanged) or (
        isinstance(event, ResourceUpdated) and (event.uri == JOBS_URI or parse_job_uri(event.uri) is not None)
    )


def _readable_part(job: Job) -> Job:
    """Return the job without the fields that its resource does not show."""
    return replace(job, updated_at=0.0, looked_at=None, upstream_state="", not_before=0.0, epoch=0)
