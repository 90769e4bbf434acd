"""Proxies on real sockets, a CONNECT one and a SOCKS5 one, and what hosts behind them need to be believed."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Proxy:
    """Where it is, whom it was asked for, and what it was told about who asks."""

    port: int = 0
    asked: list[str] = field(default_factory=list[str])
    heads: list[bytes] = field(default_factory=list[bytes])


@dataclass(frozen=True)
class Certificates:
    """A host's identity, and the file by which others believe it."""

    server: ssl.SSLContext
    file: Path


def certificates(folder: Path, *names: str) -> Certificates:
    """Make a certificate for these names that nobody else has signed."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, secret = folder / "certificate.pem", folder / "key.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain, form = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file, secret)
    return Certificates(server, file)


@asynccontextmanager
async def http_proxy(places: Mapping[str, int], *, refuse: str = "") -> AsyncGenerator[Proxy]:
    """A proxy that knows these hosts by name, each on a port of this machine; `refuse` is its answer to everybody."""
    proxy = Proxy()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        proxy.heads.append(head)
        method, target, _ = head.split(b" ", 2)
        proxy.asked.append(target.decode())
        host, _, _ = target.decode().partition(":")
        if refuse or method != b"CONNECT" or host not in places:
            writer.write(f"HTTP/1.1 {refuse or '502 Bad Gateway'}\r\nContent-Length: 0\r\n\r\n".encode())
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await _join(reader, writer, places[host])

    async with _listening(talk) as proxy.port:
        yield proxy


@asynccontextmanager
async def socks_proxy(places: Mapping[str, int]) -> AsyncGenerator[Proxy]:
    """The same, speaking SOCKS5; with a user and a password if it is offered them."""
    proxy = Proxy()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        method = max(await reader.readexactly(count))
        writer.write(bytes([5, method]))
        if method == 2:
            user = await reader.readexactly((await reader.readexactly(2))[1])
            password = await reader.readexactly((await reader.readexactly(1))[0])
            proxy.heads.append(user + b":" + password)
            writer.write(b"\x01\x00")
        kind = (await reader.readexactly(4))[3]
        size = (await reader.readexactly(1))[0] if kind == 3 else 4
        host = (await reader.readexactly(size)).decode("ascii", "replace")
        proxy.asked.append(f"{host}:{int.from_bytes(await reader.readexactly(2))}")
        known = kind == 3 and host in places
        writer.write(bytes([5, 0 if known else 4, 0, 1, 0, 0, 0, 0, 0, 0]))
        if known:
            await _join(reader, writer, places[host])

    async with _listening(talk) as proxy.port:
        yield proxy


@asynccontextmanager
async def deaf_proxy(says: bytes = b"") -> AsyncGenerator[Proxy]:
    """Something that takes connections and says this, or nothing, and no more."""
    proxy = Proxy()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        proxy.heads.append(await reader.read(1000))
        writer.write(says)
        await asyncio.Event().wait()

    async with _listening(talk) as proxy.port:
        yield proxy


@asynccontextmanager
async def _listening(talk: Talk) -> AsyncGenerator[int]:
    talks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await talk(reader, writer)
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(handle(reader, writer))
        talks.add(task)
        task.add_done_callback(talks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await asyncio.sleep(0)
        await server.wait_closed()


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    there, back = await asyncio.open_connection("127.0.0.1", port)

    async def carry(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                to.write(data)
                await to.drain()
            to.write_eof()

    try:
        await asyncio.gather(carry(reader, back), carry(there, writer))
    finally:
        back.close()
