"""What a tool call is: its options, when it arrived, and how long its client waits."""

from dataclasses import dataclass

import anyio

from kie_mcp.surface.clients import Profile
from kie_mcp.surface.tenant import Tenant

SHORTEST_WAIT = 2.5
"""Seconds that are left for a job to a call that waited until the server was loaded, if it chose no shorter wait.

What another process cared for is looked at after two seconds. A client that starts a server for each call would else
never see its job go on where the loading takes longer than its calls wait.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOptions:
    """The arguments of a call that say how to place the order and how to answer, not what to make."""

    wait_seconds: float | None = None
    idempotency_key: str = ""
    new: bool = False
    preview: bool | None = None
    convert: bool = False
    estimate_only: bool = False
    agreed_credits: float | None = None
    """What the person has agreed to spend on this call, if they were asked before."""


NO_OPTIONS = CallOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """When a call arrived, by two clocks."""

    loop_time: float
    """Seconds on the event loop's clock."""
    service_time: float
    """Seconds on the clock of the job service."""
    is_waking: bool
    """Whether the process was suspended just before: then the call may have been made, and given up, long ago."""
    waited: float = 0.0
    """Seconds for which it waited before it was read: the wait for its job is shorter by that."""

    def shorten(self, seconds: float, spent: float) -> float:
        """Return what is left of a wait, of which so many seconds are spent."""
        return max(seconds - spent, min(seconds, SHORTEST_WAIT) if self.waited else 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that is being handled."""

    tenant: Tenant
    profile: Profile
    """What is known of its client."""
    arrival: Arrival
    seconds: float
    """How long it waits for the end of what it is about."""
    patience: float
    """How long its client waits for an answer at all, the time for the person's own answer included."""

    @property
    def seconds_left(self) -> float:
        """How much of that is left."""
        return max(self.seconds - (anyio.current_time() - self.arrival.loop_time), 0.0)
