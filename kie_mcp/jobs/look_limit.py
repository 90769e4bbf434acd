"""Limits how many looks a process takes in a second; those that somebody waits for go first."""

from collections import Counter, OrderedDict
from collections.abc import Collection, Generator
from contextlib import contextmanager

import anyio

from kie_mcp.jobs.timing import STANDARD, Timing

FAIR = 4
"""Every so many turns one that nobody waits for goes first, so that none is forgotten."""
AT_ONCE = 3
"""Looks that may go side by side after a pause: with the gap, at most ten in a second."""


class _Turn:
    """One look that waits to be allowed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.come = anyio.Event()


class LookLimiter:
    """Lets the looks of one process go one by one."""

    def __init__(self, timing: Timing = STANDARD) -> None:
        self._gap = timing.looks_apart
        self._urgent: OrderedDict[_Turn, None] = OrderedDict()
        self._patient: OrderedDict[_Turn, None] = OrderedDict()
        self._turns = 0
        self._next: _Turn | None = None
        """The one that goes as soon as the gap is over."""
        self._full_at = 0.0
        self._awaited: Counter[str] = Counter()

    async def turn(self, name: str, *, urgent: bool = False) -> None:
        """Wait until a look at the job of that name may go; *urgent* ones, and those that are awaited, go first."""
        turn = _Turn(name)
        line = self._urgent if urgent or self._awaited[name] else self._patient
        line[turn] = None
        self._call()
        try:
            await turn.come.wait()
            await anyio.sleep(max(self._full_at - (AT_ONCE - 1) * self._gap - anyio.current_time(), 0))
            self._full_at = max(self._full_at, anyio.current_time()) + self._gap
        finally:
            self._urgent.pop(turn, None)
            self._patient.pop(turn, None)
            if self._next is turn:
                self._next = None
                self._call()

    def hurry(self, name: str) -> None:
        """Let a look at that job go before those that nobody waits for."""
        for turn in [turn for turn in self._patient if turn.name == name]:
            del self._patient[turn]
            self._urgent[turn] = None

    @contextmanager
    def prefer(self, names: Collection[str]) -> Generator[None]:
        """Let looks at these jobs go first while inside: somebody waits for them."""
        self._awaited.update(names)
        for name in names:
            self.hurry(name)
        try:
            yield
        finally:
            self._awaited.subtract(names)
            for name in names:
                if not self._awaited[name]:
                    del self._awaited[name]

    def _call(self) -> None:
        if self._next is not None or not (self._urgent or self._patient):
            return
        self._turns += 1  # only those that are given: the fourth call may always be one that gives none
        first, second = (self._urgent, self._patient) if self._turns % FAIR else (self._patient, self._urgent)
        self._next, _ = (first or second).popitem(last=False)
        self._next.come.set()
