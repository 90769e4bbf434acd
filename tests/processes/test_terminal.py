"""What a person sees at a terminal: what kie-mcp is, and how to come back to a job that was left."""

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from anyio.to_thread import run_sync

from kie_mcp.sandbox import serve
from tests.support.http_process import environment
from tests.support.terminal import Shown, run_in_terminal

pytestmark = pytest.mark.skipif(os.name != "posix", reason="terminals of this kind are POSIX's")


def kie_mcp(folder: Path, more: dict[str, str], *arguments: str, types: Sequence[tuple[str, str]] = ()) -> Shown:
    command = [sys.executable, "-m", "kie_mcp", *arguments]
    return run_in_terminal(command, environment(folder, TERM="xterm-256color") | more, types=types)


def test_alone_at_a_terminal_it_says_what_it_is_and_what_to_do_next(tmp_path: Path) -> None:
    with_key, without = kie_mcp(tmp_path, {"KIE_API_KEY": "key"}), kie_mcp(tmp_path, {})
    assert (with_key.code, without.code) == (0, 0)
    assert "A key is set. What to do next:" in with_key.text
    assert "https://kie.ai/api-key" in without.text
    assert re.search(r"^\x1b\[1m  .*kie.mcp demo\x1b\[0m\r?$", without.text, re.MULTILINE)
    assert "config claude-code --write --key ask" in without.text
    told = [line for line in without.text.splitlines() if "/" not in line or "://" in line]  # a path may be longer
    assert max(map(len, told)) <= 80


@pytest.mark.anyio
async def test_a_person_is_asked_and_ctrl_c_leaves_the_job_at_kie(tmp_path: Path) -> None:
    async with serve() as url:
        own = {"KIE_API_BASE_URL": url, "KIE_UPLOAD_BASE_URL": url, "KIE_API_KEY": "sandbox"}
        own |= {"KIE_CONFIRM_ABOVE_CREDITS": "1"}
        order = ("image", "a red fox")
        refused = await run_sync(lambda: kie_mcp(tmp_path, own, *order, types=[("[y/N]", "n\r")]))
        assert (refused.code, "Nothing was ordered" in refused.text) == (4, True)
        typed = (("[y/N]", "y\r"), ("generating, ", "\x03"))
        left = await run_sync(lambda: kie_mcp(tmp_path, own, *order, types=typed))
        assert left.code == 130
        [job] = re.findall(r"kie-mcp jobs show (job_\w+)", left.text)
        assert "it goes on there." in " ".join(left.text.split())
        assert f"kie-mcp jobs save {job}" in left.text
        shown = await run_sync(lambda: kie_mcp(tmp_path, own, "jobs", "show", job))
        assert shown.code == 3
    assert re.match(r"\x1b\[[0-9;]*mrunning\x1b\[0m: ", shown.text)
