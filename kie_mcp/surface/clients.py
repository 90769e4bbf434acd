"""How long each client can be kept waiting, and what it can show: a table with a row for each known client.

A client is known by what it sends: its name, the protocol version and its capabilities; some clients share a name.
Every row states its evidence: *reported* was read in the client's issue threads, *measured* was seen by running it,
*source* was read in its source code.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

LISTENING = 45.0
"""Seconds to wait for an unknown client that asks for progress: most that cut a call do so at 60."""
NOT_LISTENING = 3.0
"""Seconds to wait for an unknown client that does not ask for progress: the strictest ones cut a call at 5."""
PER_REQUEST = "2026"
"""The year of the first protocol version without a handshake; the older versions have earlier years."""


@dataclass(frozen=True, slots=True)
class Peer:
    """The client at the other end of a connection."""

    name: str = ""
    protocol: str = ""
    """The protocol version in use, a date; empty if that is not known."""
    stdio: bool = True
    samples: bool = False
    """Whether it has the capability `sampling`: the server may ask its model something."""

    @property
    def older(self) -> bool:
        """Whether the protocol version in use begins with a handshake."""
        return bool(self.protocol) and self.protocol < PER_REQUEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known of a client."""

    default_wait: float | None = None
    """Seconds to wait by default; None if that depends on whether it asks for progress."""
    longest_wait: float | None = None
    """The longest wait, in seconds, after which the answer still reaches it; None if no limit is known."""
    links: bool = True
    """Whether it can take a resource link in an answer."""
    preview: bool = False
    """Whether it shows an image in an answer as an image, to its user or to its model."""
    evidence: str = ""
    """Where this is known from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A client, told by name and three conditions, and what is known of it. A condition that is None always holds."""

    name: str
    older: bool | None = None
    stdio: bool | None = None
    samples: bool | None = None
    profile: Profile

    def matches(self, peer: Peer) -> bool:
        """Say whether this row describes the client."""
        same = peer.name.strip().lower() == self.name and self.samples in {None, peer.samples}
        return same and self.older in {None, peer.older} and self.stdio in {None, peer.stdio}


UNKNOWN = Profile(evidence="measured: widely used ones cut a call at 5 s, and show a picture as text")

CLIENTS: Sequence[Row] = (
    Row(
        name="claude-code",
        profile=Profile(
            default_wait=45, preview=True, evidence="measured: a call of 330 s succeeds, a picture is shown as one"
        ),
    ),
    Row(
        name="claude-ai",
        profile=Profile(
            default_wait=45,
            longest_wait=50,
            preview=True,
            evidence="reported of Claude Desktop: cuts at 60 s, ignores progress, shows pictures",
        ),
    ),
    Row(
        name="gemini-cli-mcp-client",
        profile=Profile(
            default_wait=45,
            longest_wait=580,
            preview=True,
            evidence="source: cuts at 600 s; measured: a picture is shown as one",
        ),
    ),
    Row(
        name="qwen-code-mcp-client",
        profile=Profile(
            default_wait=45, longest_wait=580, evidence="source: cuts at 600 s; measured: waits of 45 s succeed"
        ),
    ),
    Row(
        name="codex-mcp-client",
        profile=Profile(default_wait=45, longest_wait=280, evidence="reported: cuts at 300 s, older ones at 60 s"),
    ),
    Row(name="cursor-vscode", profile=Profile(default_wait=45, longest_wait=280, evidence="reported: cuts at 300 s")),
    Row(
        name="visual studio code",
        profile=Profile(default_wait=45, preview=True, evidence="reported: never cuts, shows pictures"),
    ),
    Row(name="opencode", profile=Profile(default_wait=45, evidence="measured: a wait of 45 s succeeds")),
    Row(
        name="continue-cli-client",
        profile=Profile(
            default_wait=45, longest_wait=50, evidence="source: cuts at 60 s; measured: does not ask for progress"
        ),
    ),
    Row(name="@cline/core", profile=Profile(default_wait=3, evidence="measured of its CLI: does not ask for progress")),
    Row(
        name="fastmcp",
        older=True,
        profile=Profile(
            default_wait=6, longest_wait=6, evidence="measured of agno, which sends this name: cuts at 10 s"
        ),
    ),
    Row(
        name="fastmcp",
        profile=Profile(
            default_wait=6,
            evidence="measured: its own client and pydantic-ai do not cut; agno, set to this version, cuts at 10 s; "
            "from fastmcp 4.2 on all three send the same",
        ),
    ),
    Row(
        name="mcp",
        older=True,
        stdio=True,
        samples=True,
        profile=Profile(
            default_wait=3,
            longest_wait=3,
            links=False,
            evidence="measured of autogen, which sends the SDK's name: cuts at 5 s, and a link makes its call fail",
        ),
    ),
    Row(
        name="mcp",
        older=True,
        stdio=False,
        samples=True,
        profile=Profile(links=False, evidence="measured of autogen over stdio: a link makes its call fail"),
    ),
    Row(
        name="google-adk",
        stdio=True,
        profile=Profile(
            default_wait=3, longest_wait=3, evidence="measured: cuts at 5 s, and does not ask for progress"
        ),
    ),
    Row(
        name="google-adk",
        stdio=False,
        profile=Profile(
            default_wait=45,
            longest_wait=280,
            evidence="source: cuts at 300 s; measured: a wait of more than 5 s succeeds",
        ),
    ),
    Row(
        name="semantic kernel",
        profile=Profile(links=False, evidence="measured: a link of any kind makes its whole call fail"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """What the user's settings say instead of the table; None leaves it to the table."""

    wait_seconds: float | None = None
    links: bool | None = None
    preview: bool | None = None


NO_SETTINGS = ClientSettings()


def find_profile(peer: Peer, client_settings: ClientSettings = NO_SETTINGS) -> Profile:
    """Return what is known of a client, changed as the settings say; an unknown client gets the careful default."""
    row = next((row.profile for row in CLIENTS if row.matches(peer)), UNKNOWN)
    wished = client_settings.wait_seconds
    return replace(
        row,
        default_wait=row.default_wait if wished is None else wished,
        longest_wait=row.longest_wait if wished is None or row.longest_wait is None else max(row.longest_wait, wished),
        links=row.links if client_settings.links is None else client_settings.links,
        preview=row.preview if client_settings.preview is None else client_settings.preview,
    )


def choose_wait(given: float | None, known: Profile, *, listening: bool) -> float:
    """Return the seconds to wait: what the caller asks for, up to the client's limit, else the client's default.

    *listening*: whether the client asks for progress.
    """
    if given is not None:
        return given if known.longest_wait is None else min(given, known.longest_wait)
    if known.default_wait is not None:
        return known.default_wait
    return LISTENING if listening else NOT_LISTENING


def explain_shortening(given: float | None, known: Profile) -> str:
    """Tell a caller that its wait was shortened; empty if it was not."""
    if given is None or known.longest_wait is None or given <= known.longest_wait:
        return ""
    return f"Waited {known.longest_wait:g} s, not {given:g}: this client gives up calls that take longer."
