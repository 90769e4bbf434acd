"""Time that jumps: an event loop that never waits, and the clock that goes with it."""

import asyncio
import selectors
from collections.abc import Mapping
from typing import Any

START = 1_790_000_000.0
"""What the virtual clock says at first, seconds since 1970."""


class DeadlockError(Exception):
    """Everything waits, and nothing is left that could wake it."""


class _Jumping(selectors.BaseSelector):
    """Asks the real selector without waiting, and moves the loop's hands by what it would have waited."""

    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)
        if not ready and timeout is None:
            raise DeadlockError
        if not ready and timeout:
            self.now += timeout
        return ready

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()


class VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio loop whose time passes only when everybody sleeps. Not for worker threads or sockets."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Virtual seconds since the loop began."""
        return self._jumping.now


class LoopClock:
    """Wall-clock time that follows the running loop's."""

    def now(self) -> float:
        """Seconds since 1970."""
        return START + asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Wait that long."""
        await asyncio.sleep(max(seconds, 0))


class AheadClock(LoopClock):
    """The same, put forward by hand: hours pass for what is written down, and nobody waits for them."""

    ahead = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return super().now() + self.ahead


VIRTUAL = ("asyncio", {"loop_factory": VirtualLoop})
"""What an `anyio_backend` fixture returns for a test in virtual time."""


class _Hurrying(selectors.DefaultSelector):
    """Waits a fraction of what the loop asks for."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self._factor = factor

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(timeout / self._factor if timeout else timeout)


class HurriedLoop(asyncio.SelectorEventLoop):
    """An asyncio loop whose time passes faster than the world's: for tests with worker threads and sockets."""

    def __init__(self, factor: float = 20.0) -> None:
        self._factor = factor
        super().__init__(_Hurrying(factor))

    def time(self) -> float:
        """Hurried seconds."""
        return super().time() * self._factor


HURRIED = ("asyncio", {"loop_factory": HurriedLoop})
"""What an `anyio_backend` fixture returns for a test in hurried time."""
BRISK = ("asyncio", {"loop_factory": lambda: HurriedLoop(3.0)})
"""The same for a test whose own steps take time that must not count."""
