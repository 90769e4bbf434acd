"""The simulation by hand: `python -m tests.simulation.run --seeds 0:200`, or `--seed 17` with its trace."""

import argparse
import logging
import sys
import time
from collections.abc import Iterable

from tests.simulation.bugs import BUGS
from tests.simulation.invariants import violations
from tests.simulation.product import Product
from tests.simulation.world import live


def main(arguments: list[str] | None = None) -> int:
    """Live through the seeds; 1 if one of them broke something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0:200", help="from:to, the last one not included")
    parser.add_argument("--seed", type=int, help="only this one, with its trace")
    parser.add_argument("--bug", choices=sorted(BUGS), help="plant this bug")
    given = parser.parse_args(arguments)
    logging.getLogger("kie_mcp").setLevel(logging.CRITICAL)
    product = BUGS[given.bug] if given.bug else Product()
    if given.seed is not None:
        return _replay(given.seed, product)
    first, last = (int(number) for number in given.seeds.split(":"))
    return _many(range(first, last), product)


def _replay(seed: int, product: Product) -> int:
    seen = live(seed, product)
    broken = violations(seen)
    _say(*seen.trace, *broken, f"fingerprint {seen.fingerprint}")
    return 1 if broken else 0


def _many(seeds: Iterable[int], product: Product) -> int:
    began, lived, virtual, failed = time.perf_counter(), 0, 0.0, 0
    for seed in seeds:
        seen = live(seed, product)
        lived, virtual = lived + 1, virtual + seen.seconds
        if broken := violations(seen):
            failed += 1
            _say(f"seed {seed}:", *(f"  {words}" for words in broken))
    seconds = time.perf_counter() - began
    _say(f"{lived} seeds, {failed} of them broken, {virtual / 3600:.1f} virtual hours in {seconds:.1f} s")
    return 1 if failed else 0


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
