"""Carries messages between the SDK and standard input and output: lines in, lines out, and an end when nobody reads.

It depends on how the SDK works: `stdio_server` iterates over the input that it is given and writes to the output.
"""

import asyncio
import errno
import json
import logging
import math
import os
import select
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar, cast

import anyio
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.types import JSONRPCError

from kie_mcp.surface.arrivals import Arrivals
from kie_mcp.surface.delivery_tracker import Deliveries
from kie_mcp.surface.stdio.hand_over import HandOver
from kie_mcp.surface.stdio.lines import NO_HEADERS, LineReader
from kie_mcp.surface.stdio.unreadable_lines import ReadableMessages

logger = logging.getLogger(__name__)

R = TypeVar("R")
CHUNK = 64 * 1024
FINAL_WRITE = 1.0
"""Seconds that the last answer may take to be written after the client has closed standard input."""


class DaemonThread:
    """A thread that does blocking calls one after the other; the process can end without waiting for it."""

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        Thread(target=self._work_forever, daemon=True).start()

    async def run(self, work: Callable[[], R]) -> R:
        """Do a blocking call and return its result. Raises its OSError; a caller that is cancelled does not stop it."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()

        def settle(setter: Callable[[], None]) -> None:
            if not future.done():
                setter()

        def do() -> None:
            try:
                done = work()
                told = lambda: settle(lambda: future.set_result(done))  # noqa: E731 - bound here, called in the loop
            except OSError as error:
                failed = error
                told = lambda: settle(lambda: future.set_exception(failed))  # noqa: E731 - the same
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(told)

        self._work.put(do)
        return await future

    def _work_forever(self) -> None:
        while True:
            self._work.get()()


class Stdio:
    """The client on standard input and output.

    Args:
        deliveries: Is told of each line that was written.
        arrivals: Is told when each line has arrived.
        hand_over: What the start has read, if it has answered the client's first requests.
    """

    def __init__(self, deliveries: Deliveries, arrivals: Arrivals, hand_over: HandOver | None = None) -> None:
        self._deliveries = deliveries
        self._arrivals = arrivals
        self._hand_over = hand_over
        self._opening_id = hand_over.opening_id if hand_over else ""
        """The id of the opening whose answer the client has already; empty once it was kept back."""
        deliveries.tracks_writes = True
        self.lost = anyio.Event()
        """Set when nothing can be written to the client any more, although standard input is still open."""
        self.error: OSError | None = None
        """The error of the last write; None if it failed only because the client has left."""
        self._input = self._output = -1
        self._writer, self._text, self._lock = DaemonThread(), "", anyio.Lock()
        self._deadline = math.inf
        """When the last answer has to be written, on the event loop's clock."""
        self._sending = anyio.CancelScope()

    @contextmanager
    def claim(self) -> Generator[None]:
        """Keep the two pipes for the protocol: meanwhile descriptor 0 is empty and 1 is standard error.

        So no stray print and no child process can disturb the client. Raises OSError if standard output is closed.
        """
        if self._hand_over and self._hand_over.output is not None:
            self._output = self._hand_over.output
            yield
            return
        os.write(1, b"")
        self._input, self._output = os.dup(0), os.dup(1)
        empty = os.open(os.devnull, os.O_RDONLY)
        _redirect(0, empty)
        _redirect(1, 2)
        os.close(empty)
        try:
            yield
        finally:
            _redirect(0, self._input)
            _redirect(1, self._output)

    async def watch(self) -> None:
        """Set `lost` when the reader of standard output has gone. Windows does not tell, so there this does nothing."""
        if sys.platform == "win32":
            return
        poll = select.poll()
        poll.register(self._output, 0)
        found = await DaemonThread().run(poll.poll)
        if any(events & (select.POLLERR | select.POLLHUP) for _, events in found):
            self.lost.set()

    async def lines(self) -> AsyncGenerator[str]:
        """Yield line by line until the client leaves; what cannot be read is answered here with an error."""
        lines, reader = LineReader(), DaemonThread()
        for line in lines.feed(self._hand_over.opening if self._hand_over else b""):
            yield cast("str", line)
        while (piece := await reader.run(self._read))[1]:
            for line in lines.feed(piece[1]):
                if isinstance(line, str):
                    self._arrivals.note(line, piece[0])
                    yield line
                else:
                    await self._refuse(line)
        for line in lines.end():
            if isinstance(line, str):
                yield line
            else:
                await self._refuse(line)
        self._deadline = self._sending.deadline = anyio.current_time() + FINAL_WRITE

    async def write(self, text: str) -> None:
        """Keep the text for `flush`."""
        self._text += text

    async def flush(self) -> None:
        """Write what is kept. If that fails this never returns: whoever waits for `lost` ends the process."""
        text, self._text = self._text, ""
        if self._is_known(text):
            return
        if await self._send(text.encode()):
            self._deliveries.note_written(text)

    async def _refuse(self, error: JSONRPCError) -> None:
        if error.error.message == NO_HEADERS and error.id is None:  # only once
            logger.warning("the client sends Content-Length headers; this server reads one message per line")
        await self._send(error.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")

    async def _send(self, data: bytes) -> bool:
        """Write the bytes; returns whether all of them were written in time."""
        async with self._lock:
            try:
                with anyio.CancelScope(deadline=self._deadline) as self._sending:
                    await self._writer.run(lambda: self._write(data))
            except OSError as error:
                self.error = None if error.errno == errno.EPIPE else error
                self.lost.set()
                await anyio.sleep_forever()
            return not self._sending.cancelled_caught

    def _is_known(self, text: str) -> bool:
        """Return whether it is the answer to the opening, which the client has already. That is so once."""
        if not self._opening_id or self._opening_id not in text or json.loads(text).get("id") != self._opening_id:
            return False
        self._opening_id = ""
        return True

    def _read(self) -> tuple[float, bytes]:
        if self._hand_over:
            return self._hand_over.read()
        while True:
            try:
                data = os.read(self._input, CHUNK)
            except BlockingIOError:
                select.select([self._input], [], [])
                continue
            except OSError:  # the terminal was closed
                data = b""
            return time.monotonic(), data

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._output, rest) :]
            except BlockingIOError:
                select.select([], [self._output], [])


async def run_stdio(lowlevel: Server[Any], client: Stdio, stop: Callable[[], Awaitable[None]]) -> None:
    """Serve one client until it leaves.

    Args:
        lowlevel: The low-level server under the SDK's own.
        client: The client.
        stop: Stops the work on all jobs; called when nothing can be written to the client any more.

    Raises OSError if standard output cannot be written, unless that is because the client has left.
    """

    async def leave_when_lost() -> None:
        await client.lost.wait()
        await stop()
        group.cancel_scope.cancel()

    with client.claim():
        async with anyio.create_task_group() as group:
            group.start_soon(client.watch)
            group.start_soon(leave_when_lost)
            given = cast("anyio.AsyncFile[str]", client.lines()), cast("anyio.AsyncFile[str]", client)
            async with stdio_server(*given) as (messages, answers):
                await lowlevel.run(
                    ReadableMessages(messages, answers), answers, lowlevel.create_initialization_options()
                )
            group.cancel_scope.cancel()
    if client.error:
        raise client.error


def _redirect(number: int, elsewhere: int) -> None:
    os.dup2(elsewhere, number)
    if sys.platform == "win32":
        from mcp.os.win32.utilities import rebind_std_handle_to_fd

        with suppress(OSError):
            rebind_std_handle_to_fd(number)
