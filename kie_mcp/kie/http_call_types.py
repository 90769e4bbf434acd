"""What a call to Kie.ai may take, and what comes of it: an answer, or none."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds that a call may take as a whole, and one step of it."""

    connect: float = 10.0
    step: float = 20.0
    """Without a byte in either direction."""
    create: float = 30.0
    look: float = 15.0
    """The same for all calls that cost nothing, but uploads."""
    upload: float = 600.0
    transfer_step: float = 60.0
    """The same as `step`, of an upload or a download."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class CallError(Exception):
    """No answer. Its text names the cause and nothing of the request: no URL, no header."""

    def __init__(self, cause: str, *, unsent: bool = False, remedy: str = "") -> None:
        super().__init__(cause)
        self.remedy = remedy
        """What to do about it, where that is known."""
        self.unsent = unsent
        """Whether it is certain that nothing was sent."""
