"""Cold start, process start to `tools/list` answered, as a ratio: `python -m tests.bench.cold_start [rounds]`.

The two servers take turns, so that a busy moment hits both; the best round of each counts, because noise only adds.
"""

import resource
import sys
from pathlib import Path

from tests.support.pipe import greet

SERVERS = {
    "bare SDK server, one tool": [sys.executable, str(Path(__file__).with_name("echo_server.py"))],
    "kie-mcp": [sys.executable, "-m", "kie_mcp"],
}
AIM = 1.25


def measure(command: list[str]) -> tuple[float, float]:
    """Seconds on the wall and seconds of CPU that one start took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = greet(command).seconds
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(rounds: int = 9) -> None:
    """Print the best times of each server and their ratio."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in SERVERS}
    for _ in range(rounds + 1):
        for name, command in SERVERS.items():
            taken[name].append(measure(command))
    best = {name: [min(figures) for figures in zip(*times[1:], strict=True)] for name, times in taken.items()}
    sys.stdout.write(f"{'':28}{'wall':>9}{'CPU':>9}   best of {rounds}, after one to warm up\n")
    for name, (wall, cpu) in best.items():
        sys.stdout.write(f"{name:28}{wall:7.3f} s{cpu:7.3f} s\n")
    bare, ours = best.values()
    ratios = [mine / theirs for mine, theirs in zip(ours, bare, strict=True)]
    sys.stdout.write(f"{'ratio':28}{ratios[0]:9.2f}{ratios[1]:9.2f}   aim: at most {AIM} on the wall\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
