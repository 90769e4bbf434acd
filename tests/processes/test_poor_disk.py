"""A disk that cannot do everything costs no paid job: either the check before paying says so, or the file is saved."""

import base64
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import CallToolResult

from kie_mcp.errors import NotCreatedError
from kie_mcp.jobs.store.schema import connect
from kie_mcp.media.outputs.download_limits import MB, expected_bytes
from kie_mcp.media.outputs.saver import OutputSaver
from kie_mcp.orders.kind import Kind
from kie_mcp.sandbox import serve
from tests.support.download_links import JOB, LINK, PNG, Hand, Shelf, names, whole
from tests.support.http_process import environment
from tests.support.media_files import picture
from tests.support.sandbox_server import facts

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform != "linux", reason="there the kernel can be told to refuse a call"),
]

POOR = Path(__file__).parents[1] / "support" / "poor_disk.py"
NO_MODES = "chmod=EPERM,utime=EPERM,flock=ENOLCK"


async def ordered(folder: Path, refused: str, *calls: tuple[str, dict[str, object]]) -> list[CallToolResult]:
    """Call tools of a server process to which the kernel refuses some calls."""
    async with serve(speed=60) as url:
        place = {"KIE_API_KEY": "sandbox", "KIE_API_BASE_URL": url, "KIE_UPLOAD_BASE_URL": url}
        started = environment(folder, KIE_SIDECAR="1", **place)
        command = StdioServerParameters(command=sys.executable, args=[str(POOR), refused, "kie_mcp"], env=started)
        with (folder / "stderr").open("w+") as errlog:
            async with Client(stdio_client(command, errlog=errlog)) as client:
                return [await client.call_tool(tool, {"wait_seconds": 60, **given}) for tool, given in calls]


async def test_a_disk_without_modes_and_locks_takes_everything(tmp_path: Path) -> None:
    """As drives of Windows under WSL, CIFS, NTFS and exFAT: the ledger, files handed in, pictures, sidecars."""
    image = f"data:image/png;base64,{base64.b64encode(picture('png', size=(400, 400))).decode()}"
    drawn, changed = await ordered(
        tmp_path,
        NO_MODES,
        ("generate_image", {"prompt": "a cat"}),
        ("generate_image", {"prompt": "as a dog", "images": [image]}),
    )

    for result in (drawn, changed):
        assert (facts(result)["state"], facts(result).get("error")) == ("succeeded", None)
        path = anyio.Path(facts(result)["outputs"][0]["path"])
        assert await path.is_file()
        assert await path.with_name(f"{path.name}.json").is_file()
    assert "Traceback" not in (tmp_path / "stderr").read_text()


async def test_a_disk_on_which_nothing_gets_its_name_is_found_before_it_costs(tmp_path: Path) -> None:
    """What the check does is what saving does."""
    for refused, words in (("rename=EXDEV", "cannot be written"), ("fallocate=EDQUOT", "no room")):
        (result,) = await ordered(tmp_path, refused, ("generate_image", {"prompt": "a cat"}))
        assert result.is_error
        assert facts(result)["error"]["category"] == "not_created"
        assert words in facts(result)["error"]["message"]
        assert not facts(result)["error"]["may_have_been_charged"]
    assert names(tmp_path / "out") == []


@pytest.mark.parametrize("refused", ["fsync=EINVAL", "fallocate=EOPNOTSUPP"])
def test_what_a_disk_cannot_do_is_no_trouble(tmp_path: Path, refused: str) -> None:
    assert saved_by(tmp_path, refused) == "saved 2026-11-22-ein-mäntelchen-7kq2abcd-1.png\n"


def test_a_name_that_a_disk_cannot_take_gives_way_to_a_plain_one(tmp_path: Path) -> None:
    plain = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert saved_by(tmp_path, "fsync=EINVAL", **plain) == "saved 2026-11-22-image-7kq2abcd-1.png\n"


def test_a_disk_that_fails_is_trouble(tmp_path: Path) -> None:
    assert "cannot be written (input/output error)" in saved_by(tmp_path, "fsync=EIO")


def saved_by(folder: Path, refused: str, **given: str) -> str:
    tests = Path(__file__).parent
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, str(POOR), refused, "poor_disk_saving", str(folder)],
        env=environment(folder, PYTHONPATH=f"{tests}:{tests.parent}", **given),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


def unable(*_: object) -> None:
    raise PermissionError(1, "Operation not permitted")


async def test_modes_are_set_where_they_can_be(tmp_path: Path) -> None:
    shelf = Shelf((LINK, whole(PNG)))
    saver = OutputSaver(tmp_path / "out", shelf.fetch, shelf.renew, Hand(), sidecar=True, chmod=unable)
    await saver.check(expected_bytes(Kind.IMAGE))
    _, trouble = await saver.save(JOB, [LINK])
    assert trouble is None
    assert len(names(tmp_path / "out")) == 2
    connect(tmp_path / "state" / "jobs.sqlite3", unable).close()


async def test_a_disk_without_room_for_what_is_ordered_is_found_before_it_costs(tmp_path: Path) -> None:
    shelf = Shelf((LINK, whole(PNG)))
    saver = OutputSaver(tmp_path, shelf.fetch, shelf.renew, Hand(), free=lambda _: 40 * MB)
    await saver.check(expected_bytes(Kind.IMAGE))
    with pytest.raises(NotCreatedError, match=r"no room .* 100 MB \(40 MB are free\)\. Nothing was sent") as caught:
        await saver.check(expected_bytes(Kind.TALKING_VIDEO, seconds=100))
    assert "Free some space" in caught.value.remedy
    assert names(tmp_path) == []


def test_the_doctor_says_that_a_disk_has_no_modes(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(0o755)
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, str(POOR), NO_MODES, "kie_mcp", "doctor"],
        env=environment(tmp_path, KIE_API_BASE_URL="http://127.0.0.1:9"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "attention  state folder   others can look into it (mode 755)" in done.stdout
    assert "ok         output folder" in done.stdout
    assert "Traceback" not in done.stderr
