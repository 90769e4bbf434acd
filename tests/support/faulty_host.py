"""A host on a real socket that misbehaves as it is told, and counts what it was sent."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Behaviour = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
"""Gets a whole request and answers it, or does not; the connection is closed after it."""


@dataclass
class FaultyHost:
    """Where it is, and what it was sent."""

    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list[bytes])

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self.port}"


def response(body: bytes, *, status: str = "200 OK", head: str = "", length: int | None = None) -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n{head}\r\n".encode() + body
    )


def says(content: bytes) -> Behaviour:
    async def behave(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(content)
        await writer.drain()

    return behave


async def drips(_: bytes, writer: asyncio.StreamWriter) -> None:
    """A byte now and then: no single wait is long."""
    writer.write(response(b"", length=1000))
    while True:
        await asyncio.sleep(0.05)
        writer.write(b" ")
        await writer.drain()


async def hangs(_: bytes, _writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def resets(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def closes(_: bytes, _writer: asyncio.StreamWriter) -> None:
    return


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return head + await reader.readexactly(int(lengths[0].split(b":")[1]) if lengths else 0)


@asynccontextmanager
async def faulty_host(
    behave: Behaviour, *, unread: bool = False, keep: bool = False, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[FaultyHost]:
    """Listen until the block ends; `unread` hangs up before anything was read, `keep` waits for more requests."""
    host = FaultyHost()
    handlers: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host.connections += 1
        try:
            while not unread:
                request = await _request(reader)
                host.requests.append(request)
                await behave(request, writer)
                if not keep:
                    break
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(handle(reader, writer))
        handlers.add(task)
        task.add_done_callback(handlers.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    host.port = server.sockets[0].getsockname()[1]
    try:
        yield host
    finally:
        server.close()
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
        await server.wait_closed()
