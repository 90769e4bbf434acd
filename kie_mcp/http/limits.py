"""How much callers over HTTP can hold: connections, sessions, time and memory for their requests."""

import sys
from dataclasses import dataclass, field


def _most_connections(most: int = 500) -> int:
    """The ledger and files need descriptors too: half of them."""
    if sys.platform == "win32":
        return most
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return most if soft == resource.RLIM_INFINITY else max(8, min(most, soft // 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """Times in seconds, sizes in bytes."""

    connections: int = field(default_factory=_most_connections)
    """An idle one makes room for a new one."""
    head_seconds: float = 20.0
    """For the head of a request, from its first byte or from the start of its connection."""
    body_seconds: float = 20.0
    """For a body, and longer as long as `slowest` comes."""
    slowest: int = 64 * 1024
    """Bytes a second."""
    body: int = 32 * 1024 * 1024
    """Of one call: room for two data URIs of the largest size."""
    bodies: int = 64 * 1024 * 1024
    """Of larger bodies that are read at the same time."""
    small: int = 1024 * 1024
    """Up to which a body is not a larger one."""
    turn_seconds: float = 60.0
    """For which a larger body waits for the others."""
    sessions: int = 500
    """Each takes about 40 kB; the one that was idle longest makes room."""
    session_seconds: float = 4 * 3600.0
    """After which a session ends in which nothing was asked and nothing waits."""
