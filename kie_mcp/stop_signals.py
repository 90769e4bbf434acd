"""Receive the signals that ask this process to end, also on Windows, where the event loop cannot."""

import asyncio
import math
import signal
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import FrameType

import anyio

OpenReceiver = Callable[..., AbstractContextManager[AsyncIterator[signal.Signals]]]

SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGBREAK") if hasattr(signal, name)
)  # SIGBREAK is Windows's: Ctrl-Break, or a console that is closed
"""The signals that ask a process of this system to end."""

_LIKE_CTRL_C = ("SIGTERM", "SIGHUP", "SIGBREAK")


@contextmanager
def receive_stop_signals(
    open_receiver: OpenReceiver = anyio.open_signal_receiver,
) -> Generator[AsyncIterator[signal.Signals]]:
    """Yield an iterator that has an item for each such signal. `open_receiver` is the seam for tests."""
    with ExitStack() as stack:
        try:
            signals = stack.enter_context(open_receiver(*SIGNALS))
        except NotImplementedError:  # the event loop of Windows
            signals = stack.enter_context(_receive_by_handlers())
        yield signals


@contextmanager
def interrupt_on_stop_signals() -> Generator[None]:
    """Let the signals that ask this process to end do what Ctrl-C does, also a terminal that is closed.

    A signal that is ignored, as by nohup, stays so.
    """
    before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}
    for number in (getattr(signal, name) for name in _LIKE_CTRL_C if hasattr(signal, name)):
        if signal.getsignal(number) is signal.SIG_DFL:
            before[number] = signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGINT)


@contextmanager
def _receive_by_handlers() -> Generator[AsyncIterator[signal.Signals]]:
    """Receive them by handlers of Python's own, which run in the main thread, between two steps of the event loop."""
    loop = asyncio.get_running_loop()
    sender, receiver = anyio.create_memory_object_stream[signal.Signals](math.inf)

    def pass_on(number: int, _: FrameType | None) -> None:
        loop.call_soon_threadsafe(sender.send_nowait, signal.Signals(number))

    before = {number: signal.signal(number, pass_on) for number in SIGNALS}
    try:
        with sender, receiver:
            yield receiver
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
