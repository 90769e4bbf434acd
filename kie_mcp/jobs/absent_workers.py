"""Finds workers that have ended or are silent, so that others take their jobs: one pure rule for every store."""

import math
from collections.abc import Awaitable, Callable, Collection, Mapping

Ended = Callable[[Collection[str]], Awaitable[Mapping[str, bool | None]]]
"""Tells of the processes with these workers' names whether they have ended: True if one certainly has, False if it
certainly lives, None if nobody knows."""


async def ended_unknown(workers: Collection[str]) -> Mapping[str, bool | None]:
    """Say that of no process it is known whether it has ended: then its lease alone tells."""
    return dict.fromkeys(workers)


def find_absent(
    leases: Mapping[str, float | None], ended: Mapping[str, bool | None], now: float, *, patient: bool
) -> dict[str, float]:
    """Return the workers that have ended or give no sign of life, and for how many seconds.

    Of one that has ended, or of which nobody knows more than that its lease is over, that is for ever. *patient* leaves
    out those that may live.

    *leases* say until when each has promised to live, if it has; *ended* is what is known of their processes. A worker
    without a name has ended.
    """
    silent: dict[str, float] = {}
    for worker, until in leases.items():
        over = ended.get(worker) if worker else True
        if over or (until is None and over is None):
            silent[worker] = math.inf
        elif until is not None and until <= now and not patient:
            silent[worker] = math.inf if over is None else now - until
    return silent
