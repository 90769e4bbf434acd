"""Orders from the command line, on the sandbox: what is printed where, and with which exit code."""
# ruff: noqa: E501 (whole sentences)

import argparse
import contextlib
import errno
import io
import json
import logging
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import anyio
import pytest
from inline_snapshot import snapshot

from kie_mcp.cli.copies import copy_file
from kie_mcp.cli.execution import read_settings
from kie_mcp.cli.jobs import list_jobs, save_jobs, show_jobs
from kie_mcp.cli.main import main
from kie_mcp.cli.order_commands import find_files, read_text, resolve_file
from kie_mcp.cli.ordering import Ordering
from kie_mcp.cli.session import Session
from kie_mcp.console import ConsoleError, say_json
from kie_mcp.log_format import TextFormatter
from kie_mcp.setting_values import SettingsError
from tests.support.sandbox_server import Stand, stand
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio
IMAGE = "generate_image"


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


@pytest.fixture
async def here(tmp_path: Path) -> AsyncGenerator[Stand]:
    async with stand(tmp_path, era="auto", client="kie-mcp") as opened:
        yield opened


def order(here: Stand, **more: Any) -> Ordering:
    given: dict[str, Any] = {"tool": IMAGE, "arguments": {"prompt": "a red fox"}, "shows": False} | more
    return Ordering(settings=here.settings, **given)


def plain(text: str) -> str:
    """The text with a name in place of each id, time and folder."""
    text = re.sub(r"job_[a-z2-7]{26}", "job_ID", text)
    return re.sub(r"[0-9a-f]{32}", "TASK", text)


async def test_the_path_is_printed_and_all_else_is_said_beside_it(
    here: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await order(here).run_in(Session(here.client)) == 0
    printed, said = capsys.readouterr()
    [path] = printed.splitlines()
    assert await anyio.Path(path).is_file()
    assert said.startswith("image: ")
    last = plain(said).splitlines()[-3:]
    assert re.fullmatch(r"succeeded: image, 1024x1024 PNG, made in \d+ s, 4 credits \(\$0\.02\)", last[0])
    assert last[1:] == snapshot(
        [
            'job: job_ID (Kie.ai\'s id: TASK) "a red fox"',
            "sandbox: a stand-in for Kie.ai answers here; no money is involved",
        ]
    )


async def test_json_is_the_answer_of_the_tool_with_the_path(here: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    assert await order(here, as_json=True).run_in(Session(here.client)) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["state"], answer["sandbox"]) == ("succeeded", True)
    assert await anyio.Path(answer["outputs"][0]["path"]).is_file()


async def test_an_estimate_orders_nothing(here: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    prompts = {"prompts": ["a fox", "an owl"], "estimate_only": True}
    assert await order(here, arguments=prompts).run_in(Session(here.client)) == 0
    assert capsys.readouterr().out == snapshot("""\
estimate: 2 pictures, about 8 credits ($0.04) in all; nothing was ordered
1. image "a fox" by google/nano-banana, about 4 credits ($0.02)
2. image "an owl" by google/nano-banana, about 4 credits ($0.02)
next: the same command without --estimate makes them
""")
    assert here.creates == []


async def test_what_is_not_waited_for_tells_how_to_come_back_and_is_joined(
    here: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    session = Session(here.client)
    first = order(here, arguments={"prompt": "a red fox", "wait_seconds": 0})
    assert await first.run_in(session) == 3
    assert plain(capsys.readouterr().err).splitlines()[-2:] == snapshot(
        ["To see it:  kie-mcp jobs show job_ID", "To have it: kie-mcp jobs save job_ID"]
    )
    await anyio.sleep(3)  # later than a second wish would come
    again = order(here)
    assert await again.run_in(session) == 0
    assert again.job_ids == first.job_ids
    assert plain(capsys.readouterr().err).splitlines()[-1] == snapshot(
        "note: joined job_ID, which an equal order had started; --new makes another"
    )
    assert len(here.creates) == 1


async def test_nobody_who_could_be_asked_is_told_of_the_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with stand(tmp_path, era="auto", changes={"confirm_above_credits": 3}) as here:
        assert await order(here).run_in(Session(here.client)) == 4
        assert capsys.readouterr().err == snapshot("""\
error: The price of this order is about 4 credits ($0.02). Above 3 credits you are asked first (KIE_CONFIRM_ABOVE_CREDITS), and nobody can be asked here. Nothing was ordered.
If you agree, repeat it with --agreed-credits 4, or raise KIE_CONFIRM_ABOVE_CREDITS.
""")
        agreed = {"prompt": "a red fox", "agreed_credits": 4}
        assert await order(here, arguments=agreed).run_in(Session(here.client)) == 0


@pytest.mark.parametrize(("prompt", "code"), [("", 2), ("x" * 5001, 2)], ids=["none", "long"])
async def test_what_is_wrong_with_an_order_is_said_with_a_remedy(
    here: Stand, prompt: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await order(here, arguments={"prompt": prompt}).run_in(Session(here.client)) == code
    printed, said = capsys.readouterr()
    assert printed == ""
    assert said.startswith("error: prompt: ")
    assert len(said.splitlines()) == 2


async def test_a_job_that_fails_ends_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with stand(tmp_path, era="auto", scenario="fail") as here:
        assert await order(here).run_in(Session(here.client)) == 1
        said = capsys.readouterr().err
        job = (await here.client.call_tool("list_jobs", {})).structured_content
        assert job is not None
        assert await show_jobs(Session(here.client), [job["jobs"][0]["job_id"]], as_json=False) == 1
    assert "failed: image, " in said


async def test_saving_waits_for_the_end_and_copies_once(
    here: Stand, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = Session(here.client)
    first = order(here, arguments={"prompt": "a red fox", "wait_seconds": 0})
    await first.run_in(session)
    capsys.readouterr()
    for _ in range(2):
        assert await save_jobs(session, first.job_ids, tmp_path / "mine", as_json=False) == 0
        [path] = capsys.readouterr().out.splitlines()
        assert Path(path).parent == tmp_path / "mine"
    assert len([*(tmp_path / "mine").iterdir()]) == 1


async def test_watched_jobs_are_told_at_each_change_until_all_are_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with stand(tmp_path, era="auto", speed=0.4) as here:
        session = Session(here.client)
        await order(here, arguments={"prompt": "a red fox", "wait_seconds": 0}).run_in(session)
        capsys.readouterr()
        assert await list_jobs(session, 5, sandbox=False, as_json=False, watch=True) == 0
    printed, said = capsys.readouterr()
    states = [line.split()[3] for line in printed.splitlines()]
    assert states in (["queued", "running", "succeeded"], ["running", "succeeded"])
    assert said.startswith("sandbox: ")


class Full(io.StringIO):
    """Standard output on a disk that is full."""

    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, "no room")


async def test_an_answer_that_nobody_could_read_is_joined_and_not_paid_for_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[str] = []
    for output in (Full(), io.StringIO(), io.StringIO()):
        async with stand(tmp_path, era="auto", client="kie-mcp") as here:
            here.server.deliveries.tracks_writes = True
            one, session = order(here), Session(here.client, here.server.deliveries)
            with contextlib.redirect_stdout(output):
                if isinstance(output, Full):
                    with pytest.raises(ConsoleError):
                        await one.run_in(session)
                else:
                    await one.run_in(session)
            made += one.job_ids
    assert made[0] == made[1] != made[2]
    assert f"kie-mcp jobs show {made[0]}" in capsys.readouterr().err


def test_json_is_json_in_a_console_of_another_code_page() -> None:
    data = io.BytesIO()
    with contextlib.redirect_stdout(io.TextIOWrapper(data, "cp1252", errors="backslashreplace")) as _console:
        say_json({"title": "\N{FOX FACE} für 1 €"})
    assert json.loads(data.getvalue()) == {"title": "\N{FOX FACE} für 1 €"}


def test_an_error_is_json_if_that_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--speed", "2", "--json"]) == 2
    printed, said = capsys.readouterr()
    assert json.loads(printed)["error"]["category"] == "settings"
    assert said.startswith("kie-mcp: --speed is for the sandbox")


def test_the_log_of_a_command_hides_secrets() -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    try:
        read_settings(argparse.Namespace(sandbox=False, speed=None))
        assert [type(handler.formatter) for handler in root.handlers] == [TextFormatter]
    finally:
        root.handlers[:], root.level = handlers, level


def test_half_a_copy_does_not_stay_and_another_file_is_not_touched(tmp_path: Path) -> None:
    saved = tmp_path / "fox.png"
    saved.write_bytes(b"fox")
    other = tmp_path / "other"
    other.mkdir()
    (other / "fox.png").symlink_to("/nowhere/at/all")
    with pytest.raises(SettingsError, match="is there already, and is another file"):
        copy_file(saved, other)
    with pytest.raises(SettingsError, match="it is no folder"):
        copy_file(saved, saved)
    with pytest.raises(SettingsError, match="cannot be used"):
        copy_file(tmp_path / "gone.png", tmp_path / "new")
    assert not [*(tmp_path / "new").iterdir()]


def test_a_text_without_an_end_is_not_read_whole(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="has more than 1,000,000 characters"):
        read_text("", Path("/dev/zero"))
    (tmp_path / "windows.txt").write_bytes(b"\xef\xbb\xbfa fox")
    assert read_text("", tmp_path / "windows.txt") == "a fox"


def test_a_working_folder_that_is_gone_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert resolve_file("~nobody-of-this-name/a.png") == str(tmp_path / "~nobody-of-this-name/a.png")
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(SettingsError, match="the working folder is not there any more"):
        resolve_file("a.png")
    monkeypatch.chdir(tmp_path)


def test_a_text_is_read_from_a_file_and_a_file_is_named_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "letter.txt").write_text("Hello!\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert read_text("", Path("letter.txt")) == "Hello!"
    with pytest.raises(SettingsError, match="given together with a text"):
        read_text("Hello!", Path("letter.txt"))
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        read_text("", Path("no-letter.txt"))
    own = str(tmp_path / "letter.txt")
    given = {"files": ["letter.txt", "https://example.com/a.png"], "prompt": "a letter", "n": 1}
    assert find_files(given) == ({**given, "files": [own, "https://example.com/a.png"]}, [own])
    assert resolve_file("kie://jobs/job_a/outputs/0") == "kie://jobs/job_a/outputs/0"
