"""A large upload says how far it is: at its beginning, once a second, and at its end."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kie_mcp.errors import OutputError
from kie_mcp.jobs.events import JobEvents
from kie_mcp.jobs.job import Phase
from kie_mcp.jobs.store.sqlite import SqliteLedger
from kie_mcp.media.inputs.open_file import OpenFile
from kie_mcp.media.inputs.uploads import LARGE, Uploads
from tests.support.download_links import Hand
from tests.support.every_state import UNSENT, done, job

pytestmark = pytest.mark.anyio

MB = 1024 * 1024
WAITING = job(Phase.RESERVED, **UNSENT)


@asynccontextmanager
async def uploads(folder: Path, *, seconds: float, fails: bool = False) -> AsyncGenerator[Uploads]:
    """Over a line that takes so many seconds for a megabyte."""
    clock = Hand()

    async def send(source: OpenFile, *, name: str) -> str:
        source.seek(0)
        while source.read(MB // 4):
            await clock.sleep(seconds / 4)
        if fails:
            raise OutputError("The upload broke off.")
        return f"https://uploads.example/{name}"

    ledger = SqliteLedger(folder / "jobs.sqlite3")
    await ledger.open()
    try:
        yield Uploads(send, ledger, clock, account="me", token=lambda: "token")
    finally:
        await ledger.close()


async def heard(folder: Path, size: int, *, seconds: float, name: str = "face.png") -> list[str]:
    """What is said of a file of that size, the second time too."""
    (folder / name).write_bytes(bytes(size))
    said: list[str] = []
    async with uploads(folder, seconds=seconds) as way:
        for _ in range(2):
            assert await way.path(folder / name, say=said.append) == "https://uploads.example/token.bin"
    return said


async def test_a_slow_line_is_told_once_a_second(tmp_path: Path) -> None:
    assert await heard(tmp_path, 5 * MB + 1, seconds=1.0) == [
        *(f"uploading face.png, {sent} of 6 MB" for sent in (0, 1, 2, 3, 4)),
        "uploading face.png, 5 of 6 MB",
    ]


async def test_a_fast_line_is_told_at_its_beginning_and_its_end(tmp_path: Path) -> None:
    assert await heard(tmp_path, LARGE, seconds=0.0) == [
        "uploading face.png, 0 of 5 MB",
        "uploading face.png, 5 of 5 MB",
    ]


async def test_a_file_that_is_not_large_goes_without_words(tmp_path: Path) -> None:
    assert await heard(tmp_path, LARGE - 1, seconds=60.0) == []


async def test_a_name_is_told_without_what_would_disturb_a_terminal(tmp_path: Path) -> None:
    said = await heard(tmp_path, LARGE, seconds=0.0, name="a\x1b[31m\u202eb.png")
    assert said[0] == "uploading a?[31m?b.png, 0 of 5 MB"


async def test_a_clock_that_is_set_back_does_not_silence_it(tmp_path: Path) -> None:
    said = await heard(tmp_path, LARGE, seconds=-60.0)
    assert len(said) == 4 * 5


async def test_what_is_said_of_a_job_wakes_its_waiters_and_is_its_note_for_a_while() -> None:
    events = JobEvents()
    with events.watch([WAITING.id]) as watch:
        events.say(WAITING.id, "uploading face.png, 0 of 5 MB")
        assert await watch.wait(0)
        assert events.annotate(WAITING).note == "uploading face.png, 0 of 5 MB"
        assert events.annotate(done()) == done()

        events.say(WAITING.id, "uploading face.png, 0 of 5 MB")
        assert not await watch.wait(0)
        events.say(WAITING.id, "")
        assert await watch.wait(0)
        assert events.annotate(WAITING) == WAITING
