"""Show the demo's progress: a bar for each job in a terminal, plain lines anywhere else."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Protocol, cast

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.theme import Theme

from kie_mcp.console import CheckedOutput

_THEME = Theme({"progress.elapsed": "none"})
"""The usual yellow cannot be read on white."""


class Bar(Protocol):
    """Shows the progress of one job."""

    async def show(self, progress: float, total: float | None, message: str | None) -> None:
        """Show a notification: its value, the value at the end if known, its sentence (`image: queued, 2 s`)."""
        ...


@dataclass(slots=True)
class Lines:
    """Shows progress as lines: one for each new message."""

    console: Console
    last: str = ""

    async def show(self, progress: float, total: float | None, message: str | None) -> None:
        """Print the message unless it was the last one."""
        if message and message != self.last:
            self.last = message
            self.console.print(message, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class Live:
    """Shows progress as a bar that moves."""

    progress: Progress
    task: TaskID

    async def show(self, progress: float, total: float | None, message: str | None) -> None:
        """Move the bar; without a total it only shows that work goes on."""
        self.progress.update(self.task, completed=progress, total=total, message=(message or "").partition(": ")[2])


def _make_console() -> Console:
    output = cast("IO[str]", CheckedOutput())
    return Console(file=output, markup=False, highlight=False, emoji=False)


@dataclass(frozen=True, slots=True)
class Display:
    """Writes to standard output: bars if it is a terminal, lines without control codes if it is not."""

    console: Console = field(default_factory=_make_console)

    def say(self, line: str) -> None:
        """Print a line as it is. Raises ConsoleError if it cannot be written."""
        self.console.print(line, soft_wrap=True)
        self.check()

    def check(self) -> None:
        """Raise ConsoleError if something could not be written; writing itself raises nothing."""
        if isinstance(self.console.file, CheckedOutput):
            self.console.file.check()

    @contextmanager
    def bar(self, title: str) -> Generator[Bar]:
        """Yield the display of one job's progress; when the block ends without an error it shows the job as done."""
        if not self.console.is_terminal or self.console.is_dumb_terminal:
            yield Lines(self.console)
            return
        with self.console.use_theme(_THEME), self._make_progress() as progress:
            task = progress.add_task(title, total=None, message="")
            yield Live(progress, task)
            progress.update(task, total=1, completed=1, message="done")

    def _make_progress(self) -> Progress:
        columns = (
            TextColumn("{task.description:14}"),
            BarColumn(24, complete_style="color(32)", finished_style="color(28)", pulse_style="color(32)"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[message]}"),
        )
        return Progress(*columns, console=self.console)
