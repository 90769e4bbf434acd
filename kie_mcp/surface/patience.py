"""How long a client can be kept waiting, and what it can be shown: one row for each client known by name."""

from collections.abc import Mapping
from dataclasses import dataclass

LISTENING = 45.0
"""Seconds for an unknown client that listens to progress: most that cut a call do so at 60."""
NOT_LISTENING = 3.0
"""Seconds for an unknown client that does not: the strictest ones cut a call at 5."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a client."""

    seconds: float | None = None
    """How long it waits; None if that hangs on whether it listens."""
    links: bool = True
    """Whether a resource link in an answer does it no harm."""


CLIENTS: Mapping[str, Profile] = {
    "claude-code": Profile(45),  # waits for hours, but its user looks on
    "claude-ai": Profile(45),  # Claude Desktop: cuts at 60, deaf to progress
    "gemini-cli-mcp-client": Profile(45),  # cuts at 600
    "codex-mcp-client": Profile(45),  # cuts at 300, older ones at 60
    "cursor-vscode": Profile(45),  # cuts at 300
    "visual studio code": Profile(45),  # never cuts
    "opencode": Profile(3),  # reported to cut at 5, though it listens
    "agno": Profile(3),  # cuts at 10, though it listens
    "semantic kernel": Profile(links=False),  # a link makes its whole call fail
}


def profile(client: str) -> Profile:
    """The row of the client with that name; an unknown one gets the careful default."""
    return CLIENTS.get(client.strip().lower(), Profile())


def patience(given: float | None, *, override: float | None, client: str, listening: bool) -> float:
    """Seconds to wait: what the caller asks for rules, then the setting, then the client's row."""
    if given is not None:
        return given
    if override is not None:
        return override
    known = profile(client).seconds
    return known if known is not None else LISTENING if listening else NOT_LISTENING
