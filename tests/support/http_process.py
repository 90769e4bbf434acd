"""A server process that serves over HTTP: started, found by the URL that it tells, and ended."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
URL = re.compile(r"http://\S+/mcp")


@dataclass
class Serving:
    """The process; a thread reads what it says to standard error."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list[str])
    place: str = ""
    told: threading.Event = field(default_factory=threading.Event)

    @property
    def said(self) -> str:
        """What it has said, but for where it is."""
        return "".join(line for line in self.lines if not URL.search(line))

    def url(self, timeout: float = 30.0) -> str:
        """Where it is, once it says so."""
        assert self.told.wait(timeout), f"no URL within {timeout:g} s: {self.said}"
        assert self.place, f"it has ended: {self.said}"
        return self.place

    def leave(self, by: signal.Signals = signal.SIGTERM, timeout: float = 20.0) -> tuple[int, float]:
        """Tell it to end, and wait for that: the exit code, and how long it took."""
        began = time.monotonic()
        self.process.send_signal(by)
        return self.process.wait(timeout), time.monotonic() - began

    def listen(self) -> None:
        """Read what it says until it ends."""
        assert self.process.stderr
        for line in self.process.stderr:
            self.lines.append(line)
            if found := URL.search(line):
                self.place = found[0]
                self.told.set()
        self.told.set()


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """What a server is started with that keeps everything under one folder."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("KIE_", "XDG_"))}
    own = {"KIE_STATE_DIR": str(folder / "state"), "KIE_OUTPUT_DIR": str(folder / "out"), "HOME": str(folder)}
    return clean | own | {"PYTHONPATH": str(ROOT)} | settings


@contextmanager
def serving(folder: Path, *arguments: str, **settings: str) -> Generator[Serving]:
    """Start `kie-mcp` with the arguments; it is gone afterwards, whatever has happened."""
    command = [sys.executable, "-m", "kie_mcp", *arguments]
    pipe = subprocess.PIPE
    started = environment(folder, **settings)
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=started) as process:  # noqa: S603 - our own
        one = Serving(process)
        listener = threading.Thread(target=one.listen)
        listener.start()
        try:
            yield one
        finally:
            process.kill()
            listener.join()
