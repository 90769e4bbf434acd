"""A process that fetches and asks where the bombs lie, with little memory, and prints what came of each.

Run with the host's URL and an empty folder.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Awaitable, Mapping
from pathlib import Path

import anyio

from kie_mcp.errors import KieError
from kie_mcp.jobs.clock import SystemClock
from kie_mcp.jobs.job import Job, Phase, Request
from kie_mcp.kie.client import KieClient
from kie_mcp.kie.http_call_types import Patience
from kie_mcp.media.outputs.saver import OutputSaver
from kie_mcp.orders.kind import Kind
from tests.support.bombs import ANSWERS, FILES

KEY = "canary0123456789canary0123456789"
SHORT = Patience(connect=2.0, step=1.0, create=0.6, look=0.6, upload=0.6, transfer_step=0.6)
PATIENT = Patience()
ENDED_BY_TIME = frozenset({"drip", "drip-in-head", "drip-between", "endless-hints", "silent"})
"""Bombs that only a limit of time ends; from the others a busy machine may take longer than the short one."""
GIVEN_UP = 10.0
"""Seconds after which a bomb that does not end is left: nothing is told of it then."""
ROOM = 200 * 1024 * 1024
"""Bytes of address space above what a first, sound download has taken."""


class Fast(SystemClock):
    """Its minute is over in 0.3 seconds: for what only drips."""

    def now(self) -> float:
        """Seconds, each of them short."""
        return time.time() * 200


def memory(field: str) -> int:
    """Bytes, as the kernel counts them for this process alone: `VmHWM` is the most that was ever in use."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def patience(name: str) -> Patience:
    return SHORT if name in ENDED_BY_TIME else PATIENT


def job(name: str) -> Job:
    return Job(
        id=f"job_{name}",
        account="a",
        kind=Kind.IMAGE,
        model="m",
        order={},
        fingerprint="f",
        created_at=0.0,
        updated_at=0.0,
        finished_at=1.0,
        phase=Phase.RUNNING,
    )


class Bombed:
    """Takes what the host gives."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder

    async def save(self, name: str) -> dict[str, object]:
        """Save what lies there, and say what was told and what is left of it."""
        clock = Fast() if name == "drip" else SystemClock()
        began = time.monotonic()
        async with KieClient(KEY, base_url=self._url, upload_base_url=self._url, patience=patience(name)) as kie:
            saver = OutputSaver(self._folder / name, kie.fetch, kie.download_link, clock)
            outputs, trouble = (), None
            with anyio.move_on_after(GIVEN_UP):
                outputs, trouble = await saver.save(job(name), [f"{self._url}/{name}"])
        return {
            "told": trouble.message if trouble else "",
            "category": trouble.category if trouble else "",
            "saved": [output.path for output in outputs if output.path],
            "left": names(self._folder / name),
            "seconds": time.monotonic() - began,
        }

    async def ask(self, name: str) -> dict[str, object]:
        """Make every call of the API at once; what each of them raised."""
        base = f"{self._url}/calls/{name}"
        raised: dict[str, object] = {}

        async def call(what: str, made: Awaitable[object]) -> None:
            try:
                raised[what] = ["", str(await made)]
            except KieError as error:
                raised[what] = [type(error).__name__, error.message]

        began = time.monotonic()
        async with KieClient(KEY, base_url=base, upload_base_url=base, patience=patience(name)) as kie:
            calls: Mapping[str, Awaitable[object]] = {
                "create": kie.create(Request("m", {"prompt": name})),
                "look": kie.look("t"),
                "credit": kie.credit(),
                "download_link": kie.download_link("https://files.example/a.png"),
                "upload": kie.upload(b"\x89PNG"),
            }
            with anyio.move_on_after(GIVEN_UP):
                async with anyio.create_task_group() as group:
                    for what, made in calls.items():
                        group.start_soon(call, what, made)
        return {"raised": raised, "seconds": time.monotonic() - began}


async def main(url: str, folder: Path) -> None:
    """Warm up, draw the limit, and take one bomb after the other."""
    here = Bombed(url, folder)
    report("picture", await here.save("picture"))
    await here.ask("well")
    resource.setrlimit(resource.RLIMIT_AS, (memory("VmSize") + ROOM, resource.RLIM_INFINITY))
    before = memory("VmHWM")
    for name in FILES:
        report(name, {**await here.save(name), "grown": memory("VmHWM") - before})
    for name in ANSWERS:
        report(f"calls/{name}", {**await here.ask(name), "grown": memory("VmHWM") - before})


def report(name: str, found: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps({"name": name, **found}) + "\n")
    sys.stdout.flush()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    anyio.run(main, given.url, given.folder)
