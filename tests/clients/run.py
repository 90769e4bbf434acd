"""Put real clients through their scenes: `python -m tests.clients.run [NAME…]`, all of them if none is named.

Makes the environments that are missing, prints a line for each scene, writes what was seen to
`build/clients/accounts.jsonl`, and exits 1 if a client did not get to its file or had more than one job created.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import anyio

from tests.clients.fleet import FLEET, HOMES, Client
from tests.clients.scenes import Outcome, Scene, play, scenes

ROW = "{:14}{:13}{:>8}{:>8}{:>9}  {:30}{:12}{:9}{:14}{}\n"
AT_ONCE = 4
"""Scenes that are played side by side, the longest first: on two cores a start is then still done within seconds."""
HEAD = ("client", "scene", "seconds", "orders", "created", "says it is", "protocol", "listens", "gives up at", "result")


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 if all is well, 1 if not."""
    parser = argparse.ArgumentParser(prog="tests.clients.run", description="Put real clients through their scenes.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join(FLEET)}")
    parser.add_argument("--only-make", action="store_true", help="make the environments, and play nothing")
    given = parser.parse_args(argv)
    names: list[str] = given.names
    if unknown := set(names) - FLEET.keys():
        parser.error(f"there is no client {', '.join(sorted(unknown))}; there are: {', '.join(FLEET)}")
    fleet = [FLEET[name] for name in names or FLEET]
    for client in fleet:
        if client.make():
            sys.stdout.write(f"made build/clients/{client.name}\n")
    if given.only_make:
        return 0
    outcomes = anyio.run(_play_all, fleet)
    failed = sum(bool(outcome.problems) for outcome in outcomes)
    sys.stdout.write(f"{len(outcomes) - failed} passed, {failed} failed\n")
    return 1 if failed else 0


async def _play_all(fleet: Sequence[Client]) -> list[Outcome]:
    """Play every scene of every client, a few at a time: most of a scene is waiting."""
    sys.stdout.write(ROW.format(*HEAD))
    outcomes: list[Outcome] = []
    stage = anyio.CapacityLimiter(AT_ONCE)
    HOMES.mkdir(parents=True, exist_ok=True)
    with (HOMES / "accounts.jsonl").open("w") as accounts:

        async def play_one(client: Client, scene: Scene) -> None:
            async with stage:
                outcome = await play(client, scene)
            outcomes.append(outcome)
            sys.stdout.write(_row(outcome))
            sys.stdout.flush()
            accounts.write(json.dumps(asdict(outcome)) + "\n")

        async with anyio.create_task_group() as group:
            for client, scene in sorted(_all_scenes(fleet), key=lambda each: -each[1].picture):
                group.start_soon(play_one, client, scene)
    return outcomes


def _all_scenes(fleet: Sequence[Client]) -> Iterator[tuple[Client, Scene]]:
    for client in fleet:
        for scene in scenes(client):
            yield client, scene


def _row(outcome: Outcome) -> str:
    seen = outcome.evidence
    return ROW.format(
        outcome.client,
        outcome.scene,
        outcome.seconds,
        seen.orders,
        outcome.created,
        f"{seen.client} {seen.version}"[:29],
        seen.protocol,
        "yes" if seen.listens else "no",
        ", ".join(f"{seconds:g}" for seconds in seen.gave_up[:3]) or "-",
        "; ".join(outcome.problems) or "ok",
    )


if __name__ == "__main__":
    sys.exit(main())
