"""What a hostile or broken host may answer, over a real socket: too much, too slowly, or something else."""

import asyncio
import itertools
import socket
import struct
import zlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from tests.support.faulty_host import Behaviour, FaultyHost, faulty_host, response, says

PICTURE = b"\x89PNG\r\n\x1a\n" + b"".join(
    struct.pack(">I4s", len(data), name) + data + struct.pack(">I", zlib.crc32(name + data))
    for name, data in (
        (b"IHDR", struct.pack(">IIBBBBB", 3, 2, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes(8))),
        (b"IEND", b""),
    )
)
"""A sound one."""
TEN_GB = 10 * 1024**3
DRIP = 0.02
"""Seconds between two bytes."""
_PIECE = bytes(64 * 1024)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def endless(head: bytes, piece: bytes, *, pause: float = 0.0) -> Behaviour:
    """The head, and then the same piece as long as anybody listens."""

    async def behave(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return behave


async def many_headers(_: bytes, writer: asyncio.StreamWriter) -> None:
    """A head that has no end."""
    writer.write(_HEAD)
    for number in itertools.count():
        writer.write(f"X-{number}: {'x' * 1000}\r\n".encode())
        await writer.drain()


def unfolds(content_type: str, data: bytes) -> Behaviour:
    """10 MB that unfold into 10 GB of `data`."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(data * (1024 * 1024 // len(data))) + packer.flush(zlib.Z_FULL_FLUSH)
    gzip = bytes.fromhex("1f8b0800000000000003")
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"

    async def behave(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head.encode() + gzip)
        for _megabyte in range(TEN_GB // (1024 * 1024)):
            writer.write(block)
            await writer.drain()

    return behave


async def breaks(_: bytes, writer: asyncio.StreamWriter) -> None:
    """Half of what was announced, and then a reset."""
    writer.write(response(PICTURE[:40], length=len(PICTURE)))
    await writer.drain()
    await asyncio.sleep(0.1)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def silent(head: bytes) -> Behaviour:
    """The head, and nothing more."""

    async def behave(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        await asyncio.Event().wait()

    return behave


def leads(target: str) -> Behaviour:
    """Sends whoever asks to another place, with a body that has no end."""
    return endless(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nTransfer-Encoding: chunked\r\n\r\n".encode(), _chunk)


_chunk = f"{len(_PIECE):x}\r\n".encode() + _PIECE + b"\r\n"

FILES: Mapping[str, Behaviour] = {
    "huge": endless(_HEAD + f"Content-Length: {TEN_GB}\r\n\r\n".encode(), _PIECE),
    "endless": endless(_CHUNKED, _chunk),
    "endless-without-length": endless(_HEAD + b"\r\n", _PIECE),
    "endless-head": many_headers,
    "endless-hints": endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "drip": endless(_HEAD + b"Content-Length: 1000\r\n\r\n", b"\x89", pause=DRIP),
    "drip-in-head": endless(_HEAD + b"X: ", b"x", pause=DRIP),
    "drip-between": endless(_CHUNKED + b"1;", b"x", pause=DRIP),
    "gzip": unfolds("image/png", b"\0"),
    "too-short": says(response(PICTURE, length=1000)),
    "too-long": says(response(PICTURE, length=50)),
    "no-length": says(_HEAD + b"Content-Length: -1\r\n\r\n" + PICTURE),
    "page": says(response(b"<!doctype html><title>Sorry</title>", head="Content-Type: image/png\r\n")),
    "to-metadata": leads("http://169.254.169.254/latest/meta-data/"),
    "to-private": leads("https://192.168.1.1/a.png"),
    "to-file": leads("file:///etc/passwd"),
    "to-itself": leads("/to-itself"),
    "reset": breaks,
    "silent": silent(_HEAD + b"Content-Length: 1000\r\n\r\n"),
}
"""By the first part of the path: what lies there instead of a picture."""
ANSWERS: Mapping[str, Behaviour] = {
    "endless": endless(_CHUNKED, _chunk),
    "endless-text": endless(_HEAD + b"\r\n", b" " * len(_PIECE)),
    "endless-head": many_headers,
    "endless-hints": endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "drip": endless(_HEAD + b"Content-Length: 1000\r\n\r\n", b" ", pause=DRIP),
    "gzip": unfolds("application/json", b'{"code":200,"data":{"taskId":"t"}} '),
    "nested": says(response(b"[" * 1_000_000)),
    "silent": silent(_HEAD + b"Content-Length: 1000\r\n\r\n"),
}
"""The same for Kie.ai's own answers."""


SOUND: Mapping[str, bytes] = {"picture": PICTURE, "well": b'{"code":200,"data":1.0}'}


@asynccontextmanager
async def bombs() -> AsyncGenerator[FaultyHost]:
    """A host with all of them: files under /NAME, answers to calls under /calls/NAME."""

    async def behave(request: bytes, writer: asyncio.StreamWriter) -> None:
        first, second, *_ = [*request.split(b" ")[1].decode().split("/")[1:], ""]
        name, known = (second, ANSWERS) if first == "calls" else (first, FILES)
        await (known[name] if name in known else says(response(SOUND[name])))(request, writer)

    async with faulty_host(behave) as host:
        yield host
