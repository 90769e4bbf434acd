"""A folder with a ledger, the upstream of it, and the servers that share it."""

import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from kie_mcp.jobs.job import FINAL, Phase
from kie_mcp.jobs.timing import STANDARD, Timing
from kie_mcp.settings import Settings
from tests.support.fork_server import start
from tests.support.stdio_process import Server

R = TypeVar("R")
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the upstream's log."""

    at: float
    event: str
    prompt: str
    task: str


@dataclass
class House:
    """Use as a context manager: what it started is gone after it."""

    folder: Path
    pace: float = 1.0
    """How long everything takes, as a share of the usual."""
    url: str = ""
    servers: list[Server] = field(default_factory=list[Server])
    settings: dict[str, str] = field(default_factory=dict[str, str])
    """Variables that all servers here are started with, beside the usual ones."""

    @property
    def state(self) -> Path:
        """The state folder."""
        return self.folder / "state"

    @property
    def ledger(self) -> Path:
        """The ledger's file."""
        return self.state / "jobs.sqlite3"

    @property
    def environment(self) -> dict[str, str]:
        """What the servers are started with."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("KIE_", "XDG_"))}
        own = {
            "KIE_API_KEY": "tests",
            "KIE_API_BASE_URL": self.url,
            "KIE_UPLOAD_BASE_URL": self.url,
            "KIE_STATE_DIR": str(self.state),
            "KIE_OUTPUT_DIR": str(self.folder / "out"),
        }
        return clean | own | self.settings | {"PYTHONPATH": str(ROOT), "HOME": str(self.folder)}

    @property
    def account(self) -> str:
        """What keeps this house's jobs apart from others."""
        return Settings.from_environment(self.environment).account

    @property
    def timing(self) -> Timing:
        """The times of the servers here."""
        return STANDARD.scale(self.pace)

    def server(self, *driver: str, greet: bool = True, command: Sequence[str] = (), **environment: str) -> Server:
        """Start one: the real command, or the driver with these arguments, or any."""
        server = Server(command or self.command(*driver), self.environment | environment)
        self.servers.append(server)
        if greet:
            server.greet()
            if "KIE_STATE_DIR" not in environment:
                until(self._is_made)  # a client is greeted before the ledger is there
        return server

    def _is_made(self) -> bool:
        """Return whether the ledger has its tables, by the number of their version in the file."""
        return self.ledger.exists() and any(self.ledger.read_bytes()[60:64])

    def command(self, *driver: str) -> list[str]:
        """The real command, or the driver where the pace is another or it is told something."""
        driven = ["tests.processes.driver", "--pace", str(self.pace), *driver]
        return [sys.executable, "-m", *(driven if driver or self.pace != 1.0 else ["kie_mcp"])]

    def say(self, name: str) -> None:
        """Let the upstream go on where it waits for that name."""
        (self.folder / name).touch()

    def events(self, *kinds: str, prompt: str | None = None) -> list[Event]:
        """What the upstream has written down."""
        lines = (
            (self.folder / "upstream.log").read_text().splitlines() if (self.folder / "upstream.log").exists() else []
        )
        events = [Event(**json.loads(line)) for line in lines]
        return [one for one in events if one.event in kinds and prompt in {None, one.prompt}]

    def made(self, prompt: str | None = None) -> int:
        """How many jobs the upstream has made, and charged."""
        return len(self.events("made", prompt=prompt))

    def files(self) -> list[Path]:
        """The files that a person sees in the output folder."""
        return sorted(path for path in (self.folder / "out").glob("*") if not path.name.startswith("."))

    @contextmanager
    def connected(self) -> Generator[sqlite3.Connection]:
        """The ledger's file, as another program sees it."""
        db = sqlite3.connect(self.ledger, timeout=10, isolation_level=None)
        try:
            yield db
        finally:
            db.close()

    @contextmanager
    def locked(self) -> Generator[None]:
        """Let nobody write to the ledger meanwhile."""
        with self.connected() as db:
            db.execute("BEGIN IMMEDIATE")
            yield
            db.execute("ROLLBACK")

    def free(self) -> bool:
        """Whether nobody keeps others from writing to the ledger for longer than a transaction takes."""
        db = sqlite3.connect(self.ledger, timeout=1, isolation_level=None)
        try:
            db.execute("BEGIN IMMEDIATE")
            db.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return False
        finally:
            db.close()
        return True

    def write(self, sql: str, *values: object) -> None:
        """Change the ledger from outside."""
        with self.connected() as db:
            db.execute(sql, values)

    def lapse(self) -> None:
        """Let the lease of everybody who has one be over, without waiting for it."""
        self.write("UPDATE workers SET alive_until = alive_until - ?", self.timing.lease)

    def hold(self, seconds: float | None = None) -> None:
        """Let nothing be sent for that long: by default the longest that a server believes, with some to spare."""
        values = (self.account, time.time() + (0.9 * self.timing.longest_hold if seconds is None else seconds))
        self.write("INSERT INTO accounts (account, held_until) VALUES (?, ?)", *values)

    def jobs(self) -> dict[str, dict[str, Any]]:
        """The records in the ledger by their ids."""
        with self.connected() as db:
            rows = db.execute("SELECT id, phase, record FROM jobs").fetchall()
        return {name: {"phase": phase} | json.loads(record) for name, phase, record in rows}

    def callers(self) -> list[str]:
        """What became of those who ordered."""
        with self.connected() as db:
            return sorted(caller for (caller,) in db.execute("SELECT caller FROM jobs"))

    def phases(self) -> list[str]:
        """How far the jobs have come."""
        return sorted(job["phase"] for job in self.jobs().values())

    def reached(self, phase: Phase) -> bool:
        """Whether all jobs, and at least one, have come that far."""
        return set(self.phases()) == {phase}

    def settled(self) -> bool:
        """Whether all jobs, and at least one, have come to an end."""
        phases = set(self.phases())
        return bool(phases) and phases <= FINAL

    def sound(self) -> bool:
        """Whether SQLite finds nothing wrong with the file."""
        with self.connected() as db:
            return db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def until(what: Callable[[], R], timeout: float = 15.0) -> R:
    """Wait until it is so."""
    ends = time.monotonic() + timeout
    while not (found := what()):
        if time.monotonic() > ends:
            raise TimeoutError(f"not so within {timeout:g} s")
        time.sleep(0.01)
    return found


@contextmanager
def opened(folder: Path, *, pace: float = 1.0) -> Generator[House]:
    """A house with its upstream running."""
    house = House(folder, pace)
    command = [sys.executable, "-m", "tests.processes.upstream", str(folder), "--pace", str(pace)]
    upstream = start(command, dict(os.environ))
    assert upstream.stdin
    assert upstream.stdout
    assert upstream.stderr
    try:
        house.url = upstream.stdout.readline().decode().strip()
        yield house
    finally:
        for server in house.servers:
            server.tidy()
        upstream.kill()
        upstream.wait()
        for pipe in (upstream.stdin, upstream.stdout, upstream.stderr):
            pipe.close()
