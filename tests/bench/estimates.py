"""Compares estimates with what was charged: fifty talking videos on the sandbox, as a table.

python -m tests.bench.estimates
"""

import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.sandbox_server import Stand, facts, stand
from tests.support.scripts import SCRIPTS, ScriptCase
from tests.support.virtual_time import HurriedLoop

FACE = "https://example.com/face.png"
CREDITS = 100_000.0
SHARE = 0.05
"""So many of all may cost more than was said."""


@dataclass(frozen=True, slots=True)
class Row:
    """One script: what was said before, and what was charged."""

    script: ScriptCase
    least: float
    most: float
    charged: float

    @property
    def verdict(self) -> str:
        """Where the charge lies."""
        return "ABOVE" if self.charged > self.most else "below" if self.charged < self.least else "in"


async def measure(here: Stand, script: ScriptCase) -> Row:
    """Order a voice and its video in one breath, and read the estimate before and the charge after."""
    film = {"image": FACE, "model": "infinitalk/from-audio", "wait_seconds": 0, "new": True}
    spoken = {"voice": script.voice, "wait_seconds": 0, "new": True}
    if script.speed == 1.0:
        given = {"script": script.text, "voice": script.voice}
    else:
        speech = await here.call("generate_speech", text=script.text, speed=script.speed, **spoken)
        given = {"audio": f"kie://jobs/{facts(speech)['job_id']}/outputs/0"}
    ordered = facts(await here.call("create_talking_video", **film, **given))
    done = facts(await here.call("get_job_status", job_id=ordered["job_id"], wait_seconds=600))
    price: dict[str, Any] = ordered["credits"]
    return Row(script, price.get("least", price["estimated"]), price["estimated"], done["credits"]["used"])


async def measure_all(folder: Path) -> list[Row]:
    """Measure every script, each as an account's first one, so that nothing was learned before."""
    rows: list[Row] = []
    for number, script in enumerate(SCRIPTS):
        async with stand(folder / str(number), credits=CREDITS) as here:
            rows.append(await measure(here, script))
    return rows


async def measure_again(folder: Path) -> list[Row]:
    """Measure every script with one account, which learns from each."""
    async with stand(folder, credits=CREDITS) as here:
        return [await measure(here, script) for script in SCRIPTS]


def write_table(title: str, rows: list[Row]) -> None:
    """Print the rows, and how many were charged more than was said."""
    sys.stdout.write(f"{title}\n\n  estimate      charged  where  speed  script\n")
    for row in rows:
        said = f"{row.least:.1f}-{row.most:.1f}"
        text = " ".join(row.script.text.split())[:50]
        sys.stdout.write(f"{said:>12} {row.charged:>10.2f}  {row.verdict:<5}  {row.script.speed:<5g}  {text}\n")
    above = sum(row.verdict == "ABOVE" for row in rows)
    width = sum(row.most / row.charged for row in rows) / len(rows)
    inside = sum(row.verdict == "in" for row in rows)
    sys.stdout.write(f"\n{len(rows)} scripts: {inside} in the range, {above} above it; ")
    sys.stdout.write(f"the most is on average {width:.2f} times the charge\n\n")


def main() -> int:
    """Print both tables; return 1 if more than one charge of twenty was above its estimate."""
    with asyncio.Runner(loop_factory=HurriedLoop) as runner, tempfile.TemporaryDirectory() as folder:
        first = runner.run(measure_all(Path(folder, "first")))
        learned = runner.run(measure_again(Path(folder, "learned")))
    write_table("An account's first video: estimates by the row and by what voices are known for", first)
    write_table("One account, which learns from each: estimates corrected by its own jobs", learned)
    return int(any(sum(row.verdict == "ABOVE" for row in rows) > SHARE * len(rows) for rows in (first, learned)))


if __name__ == "__main__":
    sys.exit(main())
