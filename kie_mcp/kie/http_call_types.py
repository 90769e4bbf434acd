"""The types of a call to Kie.ai, without httpx: its time limits, its answer, its error."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds that whole calls, and single steps of a call, may take."""

    connect: float = 10.0
    step: float = 20.0
    """Without a byte in either direction."""
    create: float = 30.0
    create_with_file: float = 300.0
    """For a create call that is answered only when the file is made."""
    look: float = 15.0
    """For all free calls except uploads."""
    upload: float = 600.0
    transfer_step: float = 60.0
    """The same as `step`, in an upload or a download."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class CallError(Exception):
    """There was no answer. The text names the cause, but no URL and no header of the request."""

    def __init__(self, cause: str, *, unsent: bool = False, remedy: str = "") -> None:
        super().__init__(cause)
        self.remedy = remedy
        """What to do about it; empty if unknown."""
        self.unsent = unsent
        """Whether it is certain that nothing was sent."""
