"""One task: what was asked for, when, how it will end, and what it makes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kie_mcp.sandbox.account.model import Model
from kie_mcp.sandbox.account.timeline import Clock, State, TaskTimeline


@dataclass(slots=True)
class Task:
    """A task that was created."""

    id: str
    name: str
    """The model's name as it was asked for."""
    model: Model
    body: Mapping[str, Any]
    """The whole create request."""
    created: float
    """When it was created, by the sandbox's clock, which `speed` does not change."""
    timeline: TaskTimeline
    troubles: frozenset[str]
    cost: float
    failure: tuple[str, str] | None
    """failCode and failMsg of a task that will fail; None if it will succeed."""
    urls: list[str] = field(default_factory=list[str])
    """The links to all files that it makes."""
    result: dict[str, Any] = field(default_factory=dict[str, Any])
    """What its record says of them."""

    def age(self, clock: Clock) -> float:
        """Return how many seconds of its life are over: the elapsed time, multiplied by the speed."""
        return (clock.now() - self.created) * clock.speed

    def state(self, clock: Clock) -> State:
        """Return its state now."""
        return self.timeline.state_at(self.age(clock))

    def ended_at(self, clock: Clock) -> float | None:
        """Return when it ended, by the sandbox's clock; None while it runs."""
        if self.state(clock) not in ("success", "fail"):
            return None
        return self.created + self.timeline.total / clock.speed

    def callback_url(self) -> str | None:
        """Return the URL to which its end is reported; None if there is none."""
        url = self.body.get("callBackUrl")
        return url if isinstance(url, str) and url.startswith(("http://", "https://")) else None

    def param(self) -> str:
        """Return the request as records repeat it: JSON whose `input` is itself a JSON string."""
        inner = json.dumps(self.body.get("input"), separators=(",", ":"))
        return json.dumps({"model": self.name, "input": inner}, separators=(",", ":"))

    def uses_spec(self) -> bool:
        """Return whether its records use the dialect of Kie.ai's specification, where success is code 0."""
        return self.model.dialect == "spec" or "spec" in self.troubles
