"""A file that must not be saved is not, and the reason is told."""

import errno
import os
import resource
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from kie_mcp.errors import OutputError, RefusedError
from kie_mcp.orders.kind import Kind
from tests.support.download_links import JOB, LINK, MADE, NAME, PNG, Hand, Shelf, failure, names, told, whole
from tests.support.media_files import film, picture, wav

pytestmark = pytest.mark.anyio


async def test_a_body_without_end_ends_at_the_cap(tmp_path: Path) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1000
            yield bytes(1000)

    assert await failure(Shelf((LINK, chunks)), tmp_path, image=5000) == snapshot("""\
File 1 of 1 was not saved: the file is larger than the 5000 bytes that are allowed.
Ask again with get_job_status while the link lives.\
""")
    assert sent == 6000


async def test_a_body_announced_as_too_large_is_not_begun(tmp_path: Path) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        raise AssertionError
        yield b""

    shelf = Shelf((LINK, chunks), headers={"content-length": "5001"})
    assert "larger than the 5000 bytes" in await failure(shelf, tmp_path / "unmade", image=5000)
    assert not (tmp_path / "unmade").exists()


async def test_a_drip_is_given_up(tmp_path: Path) -> None:
    """A byte every ten seconds is no download."""
    clock = Hand()

    async def chunks() -> AsyncIterator[bytes]:
        while True:
            await clock.sleep(10)
            yield b"\x89"

    assert await failure(Shelf((LINK, chunks)), tmp_path, clock=clock) == snapshot("""\
File 1 of 1 was not saved: the file came with less than 1024 bytes a second.
Ask again with get_job_status while the link lives.\
""")
    assert clock.time == MADE + 20 + 60


async def test_a_good_beginning_does_not_excuse_a_drip(tmp_path: Path) -> None:
    clock = Hand()

    async def chunks() -> AsyncIterator[bytes]:
        yield bytes(1_000_000)
        while True:
            await clock.sleep(10)
            yield b"\0"

    assert "less than 1024 bytes a second" in await failure(Shelf((LINK, chunks)), tmp_path, clock=clock, image=10**9)
    assert clock.time == MADE + 20 + 120


async def test_a_slow_file_has_ten_minutes(tmp_path: Path) -> None:
    """Fast enough for every minute, and still too long."""
    clock = Hand()

    async def chunks() -> AsyncIterator[bytes]:
        while True:
            await clock.sleep(30)
            yield bytes(32 * 1024)

    assert await failure(Shelf((LINK, chunks)), tmp_path, clock=clock, image=10**9) == snapshot("""\
File 1 of 1 was not saved: the file did not arrive within 600 s.
Ask again with get_job_status while the link lives.\
""")
    assert clock.time == MADE + 20 + 630


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "gzip;q=1"])
async def test_an_encoded_body_is_refused(encoding: str, tmp_path: Path) -> None:
    shelf = Shelf((LINK, whole(b"\x8b\x03" + PNG)), headers={"content-encoding": encoding})

    assert "encoded" in await failure(shelf, tmp_path)


async def test_a_body_that_says_it_is_not_encoded_is_taken(tmp_path: Path) -> None:
    shelf = Shelf((LINK, whole(PNG)), headers={"content-encoding": "Identity", "content-length": str(len(PNG))})

    assert (await shelf.saver(tmp_path).save(JOB, [LINK]))[1] is None


async def test_a_length_that_is_a_lie_is_found_out(tmp_path: Path) -> None:
    longer = Shelf((LINK, whole(PNG)), headers={"content-length": str(len(PNG) - 1)})
    shorter = Shelf((LINK, whole(PNG)), headers={"content-length": str(len(PNG) + 1)})

    assert await failure(longer, tmp_path) == snapshot("""\
File 1 of 1 was not saved: the file is longer than the 88 bytes that were announced.
Ask again with get_job_status while the link lives.\
""")
    assert await failure(shorter, tmp_path) == snapshot("""\
File 1 of 1 was not saved: the file broke off after 89 of 90 bytes.
Ask again with get_job_status while the link lives.\
""")


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        (Kind.IMAGE, b"<!doctype html><title>Sorry</title>", "an HTML page instead of a PNG, JPEG or WebP picture"),
        (Kind.IMAGE, picture("gif"), "a GIF picture instead of a PNG, JPEG or WebP picture"),
        (Kind.IMAGE, b"", "an empty file instead of"),
        (Kind.IMAGE, PNG[:20], "a PNG picture that is damaged"),
        (Kind.SPEECH, b'{"code": 404}', "JSON instead of audio"),
        (Kind.SPEECH, film(), "an MP4 video instead of audio"),
        (Kind.OTHER, b"<html>", "an HTML page instead of a picture, audio or a video"),
        (Kind.TALKING_VIDEO, wav(), "WAV audio instead of a video"),
        (Kind.TALKING_VIDEO, film()[:400], "an MP4 video that is damaged"),
    ],
)
async def test_the_wrong_content_is_named(kind: Kind, data: bytes, words: str, tmp_path: Path) -> None:
    assert words in await failure(Shelf((LINK, whole(data))), tmp_path, replace(JOB, kind=kind))


async def test_a_dead_link_is_renewed_only_once(tmp_path: Path) -> None:
    """The dead link is kept: it can be renewed again, a renewed one cannot."""
    shelf = Shelf()

    assert await failure(shelf, tmp_path) == snapshot("""\
File 1 of 1 was not saved: its link has died, and Kie.ai gave no living one.
Look for it at https://kie.ai/logs: Kie.ai keeps files for 14 days.\
""")
    assert (shelf.renewed, len(shelf.fetched)) == ([LINK], 2)


async def test_a_link_that_kie_does_not_renew_is_dead(tmp_path: Path) -> None:
    class Stubborn(Shelf):
        async def renew(self, url: str) -> str:
            raise RefusedError(f"{url} is not ours")

    assert "gave no living one" in await failure(Stubborn(), tmp_path)


async def test_one_lost_file_does_not_cost_the_others(tmp_path: Path) -> None:
    links = [f"https://files.example/{name}" for name in ("a", "b", "c")]
    shelf = Shelf((links[0], whole(PNG)), (links[1], whole(b"no")), (links[2], whole(PNG)))
    outputs, trouble = await shelf.saver(tmp_path).save(JOB, links)

    assert [bool(output.path) for output in outputs] == [True, False, True]
    assert told(trouble) == snapshot("""\
File 2 of 3 was not saved: the link gave text instead of a PNG, JPEG or WebP picture.
Ask again with get_job_status while the link lives.\
""")
    assert names(tmp_path) == [NAME, NAME.replace("-1.", "-3.")]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OutputError(f"{LINK} broke off."), "https://files.example/a.png broke off.\nAsk"),
        (
            OutputError("https://me:canary@files.example/a.png broke off."),
            "https://files.example/a.png broke off.\nAsk",
        ),
        (ConnectionResetError(LINK), "something unforeseen happened (ConnectionResetError)"),
        (ValueError(LINK), "something unforeseen happened (ValueError)"),
    ],
)
async def test_a_body_that_breaks_off_is_told(
    error: Exception, words: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever breaks: the job is paid for and done, and saving it never raises."""

    async def chunks() -> AsyncIterator[bytes]:
        yield PNG[:40]
        raise error

    said = await failure(Shelf((LINK, chunks)), tmp_path)
    assert words in said
    assert "canary" not in said + caplog.text
    assert ("in chunks" in caplog.text) is ("unforeseen" in words)


async def test_an_answer_that_is_no_file_is_refused(tmp_path: Path) -> None:
    assert "status 206" in await failure(Shelf((LINK, whole(PNG)), status=206), tmp_path)
    for span in (f"bytes 0-{len(PNG) - 1}/{len(PNG) + 9}", f"bytes 1-{len(PNG)}/{len(PNG)}", "bytes 0-9/*", "all"):
        part = Shelf((LINK, whole(PNG)), status=206, headers={"content-range": span})
        assert "status 206" in await failure(part, tmp_path)
    said = {"content-range": f"bytes 0-{len(PNG) - 1}/{len(PNG)}"}
    assert "broke off" in await failure(Shelf((LINK, whole(PNG[:-9])), status=206, headers=said), tmp_path)


async def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A folder under a file cannot be made by anybody, not even by root."""
    (tmp_path / "file").touch()
    (output,), trouble = await Shelf((LINK, whole(PNG))).saver(tmp_path / "file" / "kie").save(JOB, [LINK])

    assert output.path is None
    assert told(trouble).replace(str(tmp_path), "") == snapshot("""\
File 1 of 1 was not saved: /file/kie cannot be written (not a directory).
Set KIE_OUTPUT_DIR to a folder that can be written, then call get_job_status.\
""")


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """In a process that may write no file of more than 64 KiB."""
    script = f"import anyio, test_save_errors; anyio.run(test_save_errors.fill, {str(tmp_path)!r})"
    tests = Path(__file__).parent
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-W", "error", "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(tests), str(tests.parent)))},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.replace(str(tmp_path), "OUT") == snapshot("""\
File 1 of 1 was not saved: there is no room in OUT (file too large).
Free some space for KIE_OUTPUT_DIR, then call get_job_status.
""")
    assert done.stderr == ""
    assert names(tmp_path) == []


async def fill(folder: str) -> None:
    """Save more than this process may write, and print what is told."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, 64 * 1024))
    shelf = Shelf((LINK, whole(PNG + bytes(300_000))))
    (output,), trouble = await shelf.saver(Path(folder), image=10**9).save(JOB, [LINK])
    assert output.path is None
    print(told(trouble))  # noqa: T201 - this is how a process answers


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
async def test_a_file_for_which_there_was_no_room_is_saved_when_it_is_asked_for_again(
    tmp_path: Path, number: int
) -> None:
    full = True

    async def chunks() -> AsyncIterator[bytes]:
        yield PNG[:40]
        if full:
            raise OSError(number, os.strerror(number))
        yield PNG[40:]

    shelf = Shelf((LINK, chunks))
    outputs, trouble = await shelf.saver(tmp_path).save(JOB, [LINK])
    assert [(output.url, output.path) for output in outputs] == [(LINK, None)]
    assert "there is no room in" in told(trouble)
    assert "Free some space for KIE_OUTPUT_DIR, then call get_job_status." in told(trouble)
    full = False
    outputs, trouble = await shelf.saver(tmp_path).save(replace(JOB, outputs=outputs), [LINK])
    assert trouble is None
    assert outputs[0].path == str(tmp_path / NAME)
