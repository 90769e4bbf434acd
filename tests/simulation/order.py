"""The same order in every run: anyio keeps its scopes and tasks in sets, and Python orders those by address."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from typing import Any

from anyio._backends._asyncio import CancelScope  # only it has the sets

from tests.simulation.circles import WatchedLoop


class _Task(asyncio.Task[Any]):
    """A task whose hash is its number."""

    number = 0

    def __hash__(self) -> int:
        return self.number


class OrderedLoop(WatchedLoop):
    """A loop in virtual time whose tasks are hashed by their birth."""

    def __init__(self) -> None:
        super().__init__()
        self._births = count()
        self.set_task_factory(self._make)

    def _make(self, loop: asyncio.AbstractEventLoop, work: Any, **rest: Any) -> asyncio.Task[Any]:
        task = _Task(work, loop=loop, **rest)
        task.number = next(self._births)
        return task


@contextmanager
def by_birth() -> Generator[None]:
    """Meanwhile scopes are hashed by their birth, too. None that was made before may be in use."""
    births, numbers = count(), dict[int, int]()
    begin, hashed = CancelScope.__init__, CancelScope.__hash__

    def begin_numbered(self: CancelScope, *args: Any, **rest: Any) -> None:
        numbers[id(self)] = next(births)  # an address is used again, but not while its scope lives
        begin(self, *args, **rest)

    def number(self: CancelScope) -> int:
        return numbers[id(self)]

    CancelScope.__init__, CancelScope.__hash__ = begin_numbered, number
    try:
        yield
    finally:
        CancelScope.__init__, CancelScope.__hash__ = begin, hashed
