"""What Kie.ai made is saved whole, and once."""

import os
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from kie_mcp.jobs.job import Output
from kie_mcp.media.outputs.saver import OutputSaver, is_saved
from kie_mcp.orders.kind import Kind
from tests.support.download_links import JOB, LINK, MADE, NAME, PNG, Hand, Shelf, names, told, whole
from tests.support.media_files import film, picture, wav

pytestmark = pytest.mark.anyio


async def test_a_picture_is_saved_under_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "kie"
    outputs, trouble = await Shelf((LINK, whole(PNG))).saver(folder).save(JOB, [LINK])

    assert trouble is None
    assert outputs == (
        Output(
            url=LINK,
            path=str(folder / NAME),
            mime_type="image/png",
            bytes=len(PNG),
            width=31,
            height=17,
            expires_at=MADE + 12 + 86_400,
        ),
    )
    assert names(folder) == [NAME]
    assert (folder / NAME).read_bytes() == PNG


@pytest.mark.parametrize(
    ("kind", "data", "name"),
    [
        (Kind.SPEECH, wav(), "2026-11-22-speech-7kq2abcd-1.wav"),
        (Kind.TALKING_VIDEO, film(), "2026-11-22-talking-video-7kq2abcd-1.mp4"),
        (Kind.OTHER, wav(), "2026-11-22-other-7kq2abcd-1.wav"),
        (Kind.OTHER, film("webm", "libvpx", audio=False), "2026-11-22-other-7kq2abcd-1.webm"),
        (Kind.IMAGE, picture("jpeg"), "2026-11-22-image-7kq2abcd-1.jpg"),
    ],
)
async def test_the_name_ends_as_the_content_is(kind: Kind, data: bytes, name: str, tmp_path: Path) -> None:
    (output,), trouble = await Shelf((LINK, whole(data))).saver(tmp_path).save(replace(JOB, kind=kind), [LINK])

    assert trouble is None
    assert output.path == str(tmp_path / name)


async def test_the_file_has_the_rights_of_any_other(tmp_path: Path) -> None:
    """It is private only while it is a part."""
    await Shelf((LINK, whole(PNG))).saver(tmp_path).save(JOB, [LINK])
    (tmp_path / "other").touch()

    assert (tmp_path / NAME).stat().st_mode == (tmp_path / "other").stat().st_mode


async def test_a_repeated_save_is_one_file(tmp_path: Path) -> None:
    """After a crash nobody remembers the first; with a memory it is not even fetched again."""
    shelf = Shelf((LINK, whole(PNG)))
    first, _ = await shelf.saver(tmp_path).save(JOB, [LINK])
    again, _ = await shelf.saver(tmp_path).save(JOB, [LINK])
    known, _ = await shelf.saver(tmp_path).save(replace(JOB, outputs=again), [LINK])

    assert first == again == known
    assert len(shelf.fetched) == 2
    assert names(tmp_path) == [NAME]


async def test_a_file_that_was_thrown_away_is_saved_again(tmp_path: Path) -> None:
    shelf = Shelf((LINK, whole(PNG)))
    outputs, _ = await shelf.saver(tmp_path).save(JOB, [LINK])
    (tmp_path / NAME).unlink()

    assert await shelf.saver(tmp_path).save(replace(JOB, outputs=outputs), [LINK]) == (outputs, None)
    assert (tmp_path / NAME).read_bytes() == PNG


async def test_half_a_file_is_never_seen(tmp_path: Path) -> None:
    """Not under its name, not by others; and an older one stays whole until the new one takes its place."""
    (tmp_path / NAME).write_bytes(b"older")
    parts: list[Path] = []

    async def chunks() -> AsyncIterator[bytes]:
        async for chunk in whole(PNG)():
            yield chunk
            (part,) = (tmp_path / name for name in names(tmp_path) if name != NAME)
            assert (part.name[0], part.stat().st_mode & 0o777) == (".", 0o600)
            assert (tmp_path / NAME).read_bytes() == b"older"
            parts.append(part)

    _, trouble = await Shelf((LINK, chunks)).saver(tmp_path).save(JOB, [LINK])

    assert trouble is None
    assert (len(parts), len(set(parts))) == (6, 1)
    assert (tmp_path / NAME).read_bytes() == PNG


async def test_a_symlink_under_the_name_is_replaced_and_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (tmp_path / "precious").write_bytes(b"mine")
    (folder / NAME).symlink_to(tmp_path / "precious")
    await Shelf((LINK, whole(PNG))).saver(folder).save(JOB, [LINK])

    assert (tmp_path / "precious").read_bytes() == b"mine"
    assert not (folder / NAME).is_symlink()


async def test_what_a_crash_left_is_cleared_away(tmp_path: Path) -> None:
    """A part that is being written right now, perhaps by another server, is not."""
    old, young, foreign = (tmp_path / f".{stem}.part" for stem in (f"{NAME[:-4]}.a", f"{NAME[:-4]}.b", "other.c"))
    for path in (old, young, foreign):
        path.touch()
    for path in (old, foreign):
        os.utime(path, (0, 0))
    await Shelf((LINK, whole(PNG))).saver(tmp_path).save(JOB, [LINK])

    assert names(tmp_path) == sorted([NAME, young.name, foreign.name])


async def test_a_cancelled_save_leaves_nothing(tmp_path: Path) -> None:
    begun = anyio.Event()

    async def chunks() -> AsyncIterator[bytes]:
        yield PNG[:40]
        begun.set()
        await anyio.sleep_forever()

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(Shelf((LINK, chunks)).saver(tmp_path).save, JOB, [LINK])
            await begun.wait()
            assert len(names(tmp_path)) == 1
            group.cancel_scope.cancel()

    assert names(tmp_path) == []


async def test_a_dead_link_is_renewed_once(tmp_path: Path) -> None:
    """The living link takes the place of the dead one, and lives for twenty minutes."""
    shelf = Shelf((LINK + "&renewed=1", whole(PNG)))
    (output,), trouble = await shelf.saver(tmp_path).save(JOB, [LINK])

    assert trouble is None
    assert (output.url, output.expires_at) == (LINK + "&renewed=1", MADE + 20 + 1200)
    assert shelf.renewed == [LINK]


async def test_what_all_files_of_a_job_bring_is_bounded_and_their_links_are_kept(tmp_path: Path) -> None:
    """What is beyond it is not even fetched, also when it is asked for again."""
    links = [f"https://files.example/{number}" for number in range(5)]
    shelf = Shelf(*((link, whole(PNG)) for link in links))
    saver = OutputSaver(tmp_path, shelf.fetch, shelf.renew, Hand(), totals={Kind.IMAGE: 2 * len(PNG) + 1})
    outputs, trouble = await saver.save(JOB, links)
    again, still = await saver.save(replace(JOB, outputs=outputs), links)

    assert [bool(output.path) for output in outputs] == [True, True, False, False, False]
    assert [output.url for output in outputs] == links
    assert told(trouble).startswith(
        f"File 3 of 5 was not saved: the files of this job have more than the {2 * len(PNG) + 1} bytes that are allowed"
        " in all. File 4"
    )
    assert told(trouble).endswith("\nFetch it by its link, which lives for a day.")
    assert (again, still) == (outputs, trouble)
    assert shelf.fetched == [*links[:3], links[2]]
    assert len(names(tmp_path)) == 2


async def test_a_picture_that_somebody_has_worked_on_stays_and_the_first_one_is_saved_beside_it(tmp_path: Path) -> None:
    shelf = Shelf((LINK, whole(PNG)))
    outputs, _ = await shelf.saver(tmp_path).save(JOB, [LINK])
    (tmp_path / NAME).write_bytes(b"worked on")
    (again,), trouble = await shelf.saver(tmp_path).save(replace(JOB, outputs=outputs), [LINK])

    assert trouble is None
    assert again.path == str(tmp_path / NAME.replace("-1.", "-1-again."))
    assert (tmp_path / NAME).read_bytes() == b"worked on"
    assert (tmp_path / NAME.replace("-1.", "-1-again.")).read_bytes() == PNG
    assert await shelf.saver(tmp_path).save(replace(JOB, outputs=(again,)), [LINK]) == ((again,), None)


def folder(path: Path) -> None:
    path.mkdir()


def link(path: Path) -> None:
    path.symlink_to("/proc/self/environ")


@pytest.mark.parametrize("put", [folder, link])
async def test_what_is_no_file_is_not_taken_for_the_saved_one(tmp_path: Path, put: Callable[[Path], None]) -> None:
    shelf = Shelf((LINK, whole(PNG)))
    outputs, _ = await shelf.saver(tmp_path).save(JOB, [LINK])
    (tmp_path / NAME).unlink()
    put(tmp_path / NAME)
    job = replace(JOB, outputs=outputs)

    assert not await is_saved(job)
    (again,), trouble = await shelf.saver(tmp_path).save(job, [LINK])
    assert (again.path is None) == (trouble is not None) == (tmp_path / NAME).is_dir()


async def test_a_file_that_came_to_nothing_is_saved_again_in_its_place(tmp_path: Path) -> None:
    shelf = Shelf((LINK, whole(PNG)))
    outputs, _ = await shelf.saver(tmp_path).save(JOB, [LINK])
    (tmp_path / NAME).write_bytes(b"")
    assert await shelf.saver(tmp_path).save(replace(JOB, outputs=outputs), [LINK]) == (outputs, None)
    assert names(tmp_path) == [NAME]


async def test_a_saved_file_whose_drive_is_unplugged_keeps_its_place_until_the_drive_is_back(tmp_path: Path) -> None:
    """Else its path would be lost, and the file be brought once more when the link is long dead."""
    drive, drawer = tmp_path / "drive", tmp_path / "drawer"
    shelf = Shelf((LINK, whole(PNG)))
    outputs, _ = await shelf.saver(drive / "kie").save(JOB, [LINK])
    drive.rename(drawer)
    drive.write_bytes(b"")  # nothing can be made in its place
    job = replace(JOB, outputs=outputs)

    assert not await is_saved(job)
    unplugged, trouble = await shelf.saver(drive / "kie").save(job, [LINK])
    assert unplugged == outputs
    assert "cannot be written" in told(trouble)

    drive.unlink()
    drawer.rename(drive)
    shelf.bodies.clear()
    job = replace(JOB, outputs=unplugged, trouble=trouble)
    assert await is_saved(job)
    assert await shelf.saver(drive / "kie").save(job, [LINK]) == (outputs, None)


async def test_what_somebody_put_in_the_place_of_a_file_is_not_called_the_saved_one(tmp_path: Path) -> None:
    shelf = Shelf((LINK, whole(PNG)))
    outputs, _ = await shelf.saver(tmp_path).save(JOB, [LINK])
    (tmp_path / NAME).write_bytes(b"mine")
    shelf.bodies.clear()
    (lost,), _ = await shelf.saver(tmp_path).save(replace(JOB, outputs=outputs), [LINK])
    assert lost == Output(url=LINK, expires_at=MADE + 12 + 86_400)
