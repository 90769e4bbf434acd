"""Cold start beside the smallest server there is: `python -m tests.bench.cold_start [rounds]`, or `make bench`.

The servers take turns, so that a busy moment hits all. The best round of each counts, because noise only adds; the
ratio is of these. A home folder lasts for all rounds, as a user's does.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.pipe import PROTOCOL

ROOT = Path(__file__).parents[2]
SERVERS = {
    "kie-mcp": [sys.executable, "-m", "kie_mcp"],
    "bare SDK server, one tool": [sys.executable, str(Path(__file__).with_name("echo_server.py"))],
}
RATIO, MEGABYTES = 0.08, 15.0
"""The aims: of the time to `tools/list`, and of the memory of an idle process."""
IDLE = 1.0
"""Seconds after which a process is idle: then the ledger was checked."""
HELLO = {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}


@dataclass(frozen=True, slots=True)
class Start:
    """What one start took."""

    initialize: float
    """Seconds from the start of the process to the answer, as below."""
    tools: float
    megabytes: float
    """The resident memory of the idle process; 0 where the system does not tell."""


def measure(command: list[str], home: str) -> Start:
    """Start a server, ask what clients ask first, and look at it once it is idle."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("KIE_", "XDG_"))}
    pipe, environment = subprocess.PIPE, own | {"HOME": home, "USERPROFILE": home, "PYTHONPATH": str(ROOT)}
    began = time.perf_counter()
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment) as server:  # noqa: S603 - one of ours
        assert server.stdin
        assert server.stdout
        taken: list[float] = []
        for method, params in (("initialize", {"params": HELLO}), ("tools/list", {})):
            message = {"jsonrpc": "2.0", "id": method, "method": method, **params}
            server.stdin.write(json.dumps(message).encode() + b"\n")
            server.stdin.flush()
            if "result" not in json.loads(server.stdout.readline()):
                raise RuntimeError(f"{method} was refused by {command}")
            taken.append(time.perf_counter() - began)
        time.sleep(IDLE)
        megabytes = _read_memory(server.pid)
        server.stdin.close()
    return Start(taken[0], taken[1], megabytes)


def _read_memory(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0


def main(rounds: int = 9) -> None:
    """Print the best times of each server, their ratio, and the memory of each."""
    taken: dict[str, list[Start]] = {name: [] for name in SERVERS}
    with TemporaryDirectory() as home:
        for _ in range(rounds + 1):
            for name, command in SERVERS.items():
                taken[name].append(measure(command, home))
    rows = {
        name: [min(getattr(one, field) for one in starts[1:]) for field in Start.__slots__]
        for name, starts in taken.items()
    }
    sys.stdout.write(
        f"{'':28}{'initialize':>12}{'tools/list':>12}{'idle':>10}   best of {rounds}, after one to warm up\n"
    )
    for name, (initialize, tools, megabytes) in rows.items():
        sys.stdout.write(f"{name:28}{initialize * 1000:9.1f} ms{tools * 1000:9.1f} ms{megabytes:7.1f} MB\n")
    ours, bare = rows.values()
    ratios = [mine / theirs if theirs else 0.0 for mine, theirs in zip(ours, bare, strict=True)]
    sys.stdout.write(f"{'ratio':28}{ratios[0]:12.3f}{ratios[1]:12.3f}{ratios[2]:10.2f}")
    sys.stdout.write(f"   aims: {RATIO} to tools/list, {MEGABYTES:g} MB\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
