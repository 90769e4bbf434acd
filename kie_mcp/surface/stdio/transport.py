"""Standard input and output as an MCP client holds them: lines in, lines out, and noticed when nobody reads them.

It leans on a habit of the SDK: `stdio_server` iterates over the input that it is given, and writes to the output.
"""

import asyncio
import errno
import logging
import math
import os
import select
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar, cast

import anyio
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.types import JSONRPCError

from kie_mcp.surface.delivery import Deliveries
from kie_mcp.surface.stdio.lines import NO_HEADERS, LineReader
from kie_mcp.surface.stdio.unreadable_lines import ReadableMessages

logger = logging.getLogger(__name__)

R = TypeVar("R")
CHUNK = 64 * 1024
FINAL_WRITE = 1.0
"""Seconds that an answer on its way gets once the client has left."""


class DaemonThread:
    """Does one blocking thing after the other; a process that ends does not wait for it."""

    def __init__(self) -> None:
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        Thread(target=self._work_forever, daemon=True).start()

    async def run(self, work: Callable[[], R]) -> R:
        """Do it and return what it returns. Raises its OSError; who is cancelled leaves it behind."""
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
    """One client on standard input and output. *deliveries* are told of each line that was written."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries
        deliveries.tracks_writes = True
        self.lost = anyio.Event()
        """Set when nothing more can be said to the client, although its end of standard input is open."""
        self.error: OSError | None = None
        """What the last write failed with; None if nobody reads standard output."""
        self._input = self._output = -1
        self._writer, self._text, self._lock = DaemonThread(), "", anyio.Lock()
        self._deadline = math.inf
        """When the last answer has to be written."""
        self._sending = anyio.CancelScope()

    @contextmanager
    def claim(self) -> Generator[None]:
        """Take the two pipes: meanwhile 0 is empty and 1 is standard error, for stray prints and children.

        Raises OSError if standard output is closed.
        """
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
        """Set `lost` when the reader of standard output goes, where the system tells: Linux, macOS."""
        if sys.platform == "win32":
            return
        poll = select.poll()
        poll.register(self._output, 0)
        found = await DaemonThread().run(poll.poll)
        if any(events & (select.POLLERR | select.POLLHUP) for _, events in found):
            self.lost.set()

    async def lines(self) -> AsyncGenerator[str]:
        """Read line by line until the client leaves; what is no line is answered here."""
        lines, reader = LineReader(), DaemonThread()
        while chunk := await reader.run(self._read):
            for line in lines.feed(chunk):
                if isinstance(line, str):
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
        """Write what is kept; never returns if that fails, since whoever waits for `lost` ends the process."""
        text, self._text = self._text, ""
        if await self._send(text.encode()):
            self._deliveries.note_written(text)

    async def _refuse(self, error: JSONRPCError) -> None:
        if error.error.message == NO_HEADERS and error.id is None:  # the first time
            logger.warning("the client sends Content-Length headers; this server reads one message a line")
        await self._send(error.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")

    async def _send(self, data: bytes) -> bool:
        """Write, and say whether all of it was."""
        async with self._lock:
            try:
                with anyio.CancelScope(deadline=self._deadline) as self._sending:
                    await self._writer.run(lambda: self._write(data))
            except OSError as error:
                self.error = None if error.errno == errno.EPIPE else error
                self.lost.set()
                await anyio.sleep_forever()
            return not self._sending.cancelled_caught

    def _read(self) -> bytes:
        while True:
            try:
                return os.read(self._input, CHUNK)
            except BlockingIOError:
                select.select([self._input], [], [])
            except OSError:  # a terminal that was closed
                return b""

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._output, rest) :]
            except BlockingIOError:
                select.select([], [self._output], [])


async def run_stdio(lowlevel: Server[Any], client: Stdio, stop: Callable[[], Awaitable[None]]) -> None:
    """Serve one client of the server beneath the SDK's own until it leaves; `stop` lets go of what is at work.

    Raises OSError if standard output cannot be written, other than because its reader has left.
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
