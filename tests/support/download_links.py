"""Links and what lies behind them: the other side of an outbox, made by hand."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kie_mcp.errors import DeadLinkError, Trouble
from kie_mcp.jobs.job import Job, Output, Phase
from kie_mcp.media.outputs.saver import OutputSaver
from kie_mcp.orders.kind import Kind
from tests.support.media_files import picture

LINK = "https://files.example/a.png?signature=canary"
PNG = picture()
MADE = 1_795_305_600.0  # 2026-11-22, 00:00 UTC
NAME = "2026-11-22-image-7kq2abcd-1.png"
JOB = Job(
    id="job_7kq2abcdefghij",
    account="a",
    kind=Kind.IMAGE,
    model="m",
    order={},
    fingerprint="f",
    created_at=MADE,
    updated_at=MADE,
    finished_at=MADE + 12,
    phase=Phase.RUNNING,
)

Chunks = Callable[[], AsyncIterator[bytes]]


@dataclass
class Hand:
    """A clock that is turned by hand."""

    time: float = MADE + 20

    def now(self) -> float:
        """Where the hands stand."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Turn the hands."""
        self.time += seconds


@dataclass
class Answer:
    """A download."""

    chunks: AsyncIterator[bytes]
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    status: int = 200


def whole(data: bytes) -> Chunks:
    """The body in pieces of 16 bytes."""

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 16):
            yield data[start : start + 16]

    return chunks


class Shelf:
    """The other side: what lies at which link. Counts the calls; a link with nothing behind it is dead."""

    def __init__(
        self, *bodies: tuple[str, Chunks], headers: Mapping[str, str] | None = None, status: int = 200
    ) -> None:
        self.bodies = dict(bodies)
        self.headers = headers or {}
        self.status = status
        self.fetched: list[str] = []
        self.renewed: list[str] = []

    def fetch(self, url: str) -> AbstractAsyncContextManager[Answer]:
        """Answer with what lies there."""

        @asynccontextmanager
        async def opened() -> AsyncGenerator[Answer]:
            self.fetched.append(url)
            if url not in self.bodies:
                raise DeadLinkError(f"{url} answered 404")
            yield Answer(self.bodies[url](), self.headers, self.status)

        return opened()

    async def renew(self, url: str) -> str:
        """Give another link, living or not."""
        self.renewed.append(url)
        return url + "&renewed=1"

    def saver(self, folder: Path, clock: Hand | None = None, **caps: int) -> OutputSaver:
        """Make an outbox that fetches from here."""
        limits = {Kind.IMAGE: 64_000, Kind.SPEECH: 64_000, Kind.TALKING_VIDEO: 64_000}
        limits |= {Kind(name): cap for name, cap in caps.items()}
        hand = clock or Hand()
        return OutputSaver(folder, self.fetch, self.renew, hand, caps=limits, sleep=hand.sleep)


def told(trouble: Trouble | None) -> str:
    """Give what is said and what to do, a line each."""
    assert trouble is not None
    assert (trouble.category, trouble.retryable) == ("not_saved", True)
    assert "canary" not in trouble.message + trouble.remedy
    return f"{trouble.message}\n{trouble.remedy}"


def names(folder: Path) -> list[str]:
    """What is in the folder; nothing if there is none."""
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


async def failure(shelf: Shelf, folder: Path, job: Job = JOB, clock: Hand | None = None, **caps: int) -> str:
    """Save something that must not be saved: nothing may be left in the folder."""
    outputs, trouble = await shelf.saver(folder, clock, **caps).save(job, [LINK])
    assert outputs == (Output(url=LINK, expires_at=MADE + 12 + 86_400),)
    assert names(folder) == []
    return told(trouble)
