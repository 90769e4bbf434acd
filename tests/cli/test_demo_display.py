"""What the demo shows of a job's progress, in a terminal and outside of one."""

import io

import pytest
from rich.console import Console

from kie_mcp.demo.display import Display

pytestmark = pytest.mark.anyio


def screen(*, terminal: bool) -> tuple[Display, io.StringIO]:
    written = io.StringIO()
    return Display(Console(file=written, force_terminal=terminal, width=100, _environ={"TERM": "xterm"})), written


async def test_outside_a_terminal_each_new_sentence_is_a_plain_line() -> None:
    shown, written = screen(terminal=False)
    with shown.bar("image") as bar:
        for sentence in ("image: ordering", "image: generating, 2 s", "image: generating, 2 s", None):
            await bar.show(1.0, None, sentence)
    shown.say("image  [1]  /tmp/a.png")
    assert written.getvalue() == "image: ordering\nimage: generating, 2 s\nimage  [1]  /tmp/a.png\n"


async def test_in_a_terminal_a_job_has_a_bar_that_ends_full() -> None:
    shown, written = screen(terminal=True)
    with shown.bar("image") as bar:
        await bar.show(0.5, 1.0, "image: generating, 2 s")
    *_, last = (line for line in written.getvalue().splitlines() if "image" in line)
    assert "done" in last


async def test_a_job_that_went_wrong_does_not_end_as_done() -> None:
    shown, written = screen(terminal=True)
    with pytest.raises(RuntimeError), shown.bar("image"):
        raise RuntimeError
    assert "done" not in written.getvalue()
