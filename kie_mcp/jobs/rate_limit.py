"""How many jobs an account may create, and when the next one may go: pure functions of the recent sends.

Kie.ai refuses the 21st creation within 10 seconds. A refilled bucket would let 39 through in the worst window, so the
sends themselves are remembered. The margins (18, and half a second) are for the time between the grant and the send.
"""

from collections import deque
from collections.abc import Sequence

BUDGET = 18
"""Sends in any one window."""
WINDOW = 10.5
"""Seconds."""
LONGEST_HOLD = 60.0
"""Seconds: nobody is asked to wait for longer. A time that is further ahead is of a clock that was set back since."""


def wait(sends: Sequence[float], now: float, held_until: float = 0.0) -> float:
    """Seconds until one more may be sent; 0 means now. `sends` are times in ascending order."""
    recent = [at for at in sends if at > now - WINDOW]
    free_at = recent[-BUDGET] + WINDOW if len(recent) >= BUDGET else now
    return max(free_at - now, hold(held_until, now), 0.0)


def hold(until: float, now: float) -> float:
    """Seconds that are left until that time; 0 if it is over, or was written down before the clock was set back."""
    return until - now if 0 < until - now <= LONGEST_HOLD else 0.0


def expected_wait(sends: Sequence[float], now: float, place: int, held_until: float = 0.0) -> float:
    """Seconds until the job with that many others before it is sent, if all before it are sent as soon as they may."""
    future = deque(sends, maxlen=BUDGET)
    at = now
    for _ in range(place + 1):
        at += wait(list(future), at, held_until)
        future.append(at)
    return at - now
