"""One task: what was asked, when, how it will go, and what it makes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kie_mcp.sandbox.account.models import Model
from kie_mcp.sandbox.account.timeline import Clock, State, TaskTimeline


@dataclass(slots=True)
class Task:
    """A task that was really created."""

    id: str
    name: str
    """The model's name as it was asked for."""
    model: Model
    body: Mapping[str, Any]
    """The whole create request."""
    created: float
    """When, on the unsped clock."""
    timeline: TaskTimeline
    troubles: frozenset[str]
    cost: float
    failure: tuple[str, str] | None
    """failCode and failMsg, if it is doomed."""
    urls: list[str] = field(default_factory=list[str])

    def age(self, clock: Clock) -> float:
        """Seconds of its own life so far: elapsed time, sped up."""
        return (clock.now() - self.created) * clock.speed

    def state(self, clock: Clock) -> State:
        """What it shows now."""
        return self.timeline.state_at(self.age(clock))

    def ended_at(self, clock: Clock) -> float | None:
        """When it ended, on the unsped clock; None while it runs."""
        if self.state(clock) not in ("success", "fail"):
            return None
        return self.created + self.timeline.total / clock.speed

    def callback_url(self) -> str | None:
        """Where to report the end, if that was asked for."""
        url = self.body.get("callBackUrl")
        return url if isinstance(url, str) and url.startswith(("http://", "https://")) else None

    def param(self) -> str:
        """The request as records echo it: JSON whose `input` is again a JSON string."""
        inner = json.dumps(self.body.get("input"), separators=(",", ":"))
        return json.dumps({"model": self.name, "input": inner}, separators=(",", ":"))

    def speaks_spec(self) -> bool:
        """Whether it is reported in the dialect of code 0."""
        return self.model.dialect == "spec" or "spec" in self.troubles
