"""Define the limits of callers over HTTP: connections, sessions, time and memory for their requests."""

import sys
from dataclasses import dataclass, field


def _most_connections(most: int = 500) -> int:
    """Return how many connections are allowed: at most half of the file descriptors, for the ledger needs some too."""
    if sys.platform == "win32":
        return most
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return most if soft == resource.RLIM_INFINITY else max(8, min(most, soft // 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """The limits. Times are in seconds, sizes in bytes."""

    connections: int = field(default_factory=_most_connections)
    """The most connections; beyond that, an idle one is closed for a new one."""
    head_seconds: float = 20.0
    """The time for the head of a request, from the start of the connection, or from its first byte on an old one."""
    body_seconds: float = 20.0
    """The time for the body of a request; each `slowest` bytes that arrive add a second."""
    slowest: int = 64 * 1024
    """The slowest rate at which a long body may arrive, in bytes a second."""
    body: int = 32 * 1024 * 1024
    """The largest body: it has room for two data URIs of the largest size."""
    bodies: int = 64 * 1024 * 1024
    """The most bytes of large bodies that are read at the same time."""
    small: int = 1024 * 1024
    """A body with more bytes than this is a large one."""
    turn_seconds: float = 60.0
    """How long a large body waits for other large ones."""
    sessions: int = 500
    """The most sessions, at about 40 kB each; beyond that, the one that was idle longest is ended."""
    session_seconds: float = 4 * 3600.0
    """How long a session may be idle before it is ended."""
