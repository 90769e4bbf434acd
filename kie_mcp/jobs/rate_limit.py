"""How many jobs an account may create, and when the next one may go: pure functions of the recent sends.

Kie.ai refuses the 21st creation within 10 seconds. A refilled bucket would let 39 through in the worst window, so the
sends themselves are remembered. The margins (18, and half a second) are for the time between the grant and the send.
"""

from collections import deque
from collections.abc import Sequence

from kie_mcp.jobs.timing import STANDARD, Timing

BUDGET = 18
"""Sends in any one window."""


def wait(sends: Sequence[float], now: float, held_until: float = 0.0, timing: Timing = STANDARD) -> float:
    """Return the seconds until one more may be sent; 0 means now. `sends` are times in ascending order."""
    recent = [at for at in sends if at > now - timing.send_window]
    free_at = recent[-BUDGET] + timing.send_window if len(recent) >= BUDGET else now
    return max(free_at - now, hold(held_until, now, timing), 0.0)


def hold(until: float, now: float, timing: Timing = STANDARD) -> float:
    """Return the seconds left until that time; 0 if it is over, or was written before the clock was set back."""
    return until - now if 0 < until - now <= timing.longest_hold else 0.0


def expected_wait(
    sends: Sequence[float], now: float, place: int, held_until: float = 0.0, timing: Timing = STANDARD
) -> float:
    """Return the seconds until a job is sent with that many before it, if each goes as soon as it may."""
    future = deque(sends, maxlen=BUDGET)
    at = now
    for _ in range(place + 1):
        at += wait(list(future), at, held_until, timing)
        future.append(at)
    return at - now
