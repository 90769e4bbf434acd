"""How long a client can be kept waiting, and what it can be shown: one row for each client known by name.

The name is what a client calls itself when it connects. Every row says what it rests on; what is *reported* was read
in the client's own threads, what is *measured* was seen by running it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

LISTENING = 45.0
"""Seconds for an unknown client that listens to progress: most that cut a call do so at 60."""
NOT_LISTENING = 3.0
"""Seconds for an unknown client that does not: the strictest ones cut a call at 5."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known of a client."""

    seconds: float | None = None
    """How long it waits; None if that hangs on whether it listens."""
    links: bool = True
    """Whether a resource link in an answer does it no harm."""
    preview: bool = False
    """Whether it shows a small picture to its user, or to its model, as a picture."""
    evidence: str = ""


UNKNOWN = Profile(evidence="measured: widely used ones cut a call at 5 s, and show a picture as text")

CLIENTS: Mapping[str, Profile] = {
    "claude-code": Profile(
        seconds=45, preview=True, evidence="measured: a call of 330 s ends well, a picture arrives as one"
    ),
    "claude-ai": Profile(
        seconds=45, preview=True, evidence="reported of Claude Desktop: cuts at 60 s, deaf to progress, shows pictures"
    ),
    "gemini-cli-mcp-client": Profile(
        seconds=45, preview=True, evidence="source: cuts at 600 s; measured: a picture arrives as one"
    ),
    "codex-mcp-client": Profile(seconds=45, evidence="reported: cuts at 300 s, older ones at 60 s"),
    "cursor-vscode": Profile(seconds=45, evidence="reported: cuts at 300 s"),
    "visual studio code": Profile(seconds=45, preview=True, evidence="reported: never cuts, shows pictures"),
    "opencode": Profile(seconds=3, evidence="reported: cuts at 5 s, though it listens"),
    "agno": Profile(seconds=3, evidence="measured: cuts at 10 s, though it listens"),
    "google-adk": Profile(seconds=3, evidence="measured: cuts at 5 s, and does not listen"),
    "semantic kernel": Profile(links=False, evidence="measured: a link of any kind makes its whole call fail"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the settings say, over what is known of the client; None leaves it to the table."""

    wait_seconds: float | None = None
    links: bool | None = None
    preview: bool | None = None


NO_WISHES = Wishes()


def profile(client: str, wishes: Wishes = NO_WISHES) -> Profile:
    """The row of the client with that name, with the settings' wishes; an unknown one gets the careful default."""
    row = CLIENTS.get(client.strip().lower(), UNKNOWN)
    return replace(
        row,
        seconds=row.seconds if wishes.wait_seconds is None else wishes.wait_seconds,
        links=row.links if wishes.links is None else wishes.links,
        preview=row.preview if wishes.preview is None else wishes.preview,
    )


def patience(given: float | None, known: Profile, *, listening: bool) -> float:
    """Seconds to wait: what the caller asks for rules, then what is known of the client."""
    if given is not None:
        return given
    if known.seconds is not None:
        return known.seconds
    return LISTENING if listening else NOT_LISTENING
