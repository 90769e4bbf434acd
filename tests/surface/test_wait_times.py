"""How long a call waits: as long as the caller says, else the setting, else what is known of the client."""

import asyncio
from pathlib import Path

import anyio
import pytest

from kie_mcp.surface.clients import (
    CLIENTS,
    LISTENING,
    NOT_LISTENING,
    UNKNOWN,
    ClientSettings,
    Peer,
    Row,
    choose_wait,
    find_profile,
)
from tests.support.sandbox_server import Era, facts, stand, text
from tests.support.virtual_time import HURRIED


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


@pytest.fixture(params=["legacy", "auto"])
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


@pytest.mark.parametrize(
    ("given", "override", "client", "listening", "seconds"),
    [
        (0, 60, "claude-code", True, 0),
        (600, None, "claude-code", False, 600),
        (600, None, "somebody", False, 600),
        (600, None, "google-adk", True, 3),
        (45, 30, "google-adk", True, 30),
        (2, None, "google-adk", True, 2),
        (600, None, "claude-ai", True, 50),
        (None, 60, "google-adk", False, 60),
        (None, 0, "claude-code", True, 0),
        (None, None, "claude-code", False, 45),
        (None, None, "Claude-AI ", False, 45),
        (None, None, "opencode", True, 45),
        (None, None, "qwen-code-mcp-client", True, 45),
        (None, None, "continue-cli-client", False, 45),
        (None, None, "semantic kernel", True, LISTENING),
        (None, None, "semantic kernel", False, NOT_LISTENING),
        (None, None, "somebody", True, LISTENING),
        (None, None, "", False, NOT_LISTENING),
    ],
)
def test_the_caller_rules_then_the_setting_then_the_client(
    given: float | None, override: float | None, client: str, listening: bool, seconds: float
) -> None:
    known = find_profile(Peer(client), ClientSettings(wait_seconds=override))
    assert choose_wait(given, known, listening=listening) == seconds


@pytest.mark.parametrize(
    ("given", "peer", "seconds"),
    [
        (None, Peer("fastmcp", "2025-11-25"), 6),  # agno, which gives up at 10 s
        (45, Peer("fastmcp", "2025-11-25"), 6),
        (None, Peer("fastmcp", "2026-07-28"), 6),  # agno if it is told to, or a client that never gives up
        (45, Peer("fastmcp", "2026-07-28"), 45),
        (None, Peer("mcp", "2025-11-25"), LISTENING),
        (45, Peer("mcp", "2025-11-25", samples=True), 3),  # autogen, which gives up at 5 s
        (45, Peer("mcp", "2026-07-28", samples=True), 45),
        (45, Peer("mcp", "2025-11-25", samples=True, stdio=False), 45),
        (None, Peer("google-adk", "2025-11-25", stdio=True), 3),
        (None, Peer("google-adk", "2025-11-25", stdio=False), 45),
        (None, Peer(), LISTENING),
    ],
)
def test_clients_of_one_name_are_told_apart_by_what_else_they_send(
    given: float | None, peer: Peer, seconds: float
) -> None:
    assert choose_wait(given, find_profile(peer), listening=True) == seconds


def test_nobody_is_kept_waiting_longer_than_most_clients_wait() -> None:
    """Widely used clients cut a call at 60 seconds, and the strictest at 5."""
    assert max(row.profile.default_wait or 0 for row in CLIENTS) < 60
    assert LISTENING < 60
    assert NOT_LISTENING < 5


def test_a_link_is_left_out_for_the_nameless_client_that_it_breaks() -> None:
    assert not find_profile(Peer("mcp", "2025-11-25", samples=True)).links
    assert not find_profile(Peer("mcp", "2025-11-25", samples=True, stdio=False)).links
    assert find_profile(Peer("mcp", "2025-11-25")).links


def test_no_client_is_kept_longer_than_it_stands() -> None:
    known = [row.profile for row in CLIENTS if row.profile.longest_wait is not None]
    assert known
    assert all(row.default_wait is not None and row.default_wait <= (row.longest_wait or 0) for row in known)


def test_names_in_the_table_are_found_in_any_case() -> None:
    assert all(row.name == row.name.lower() and row.matches(_peer(f" {row.name.upper()} ", row)) for row in CLIENTS)


def _peer(name: str, row: Row) -> Peer:
    protocol = "2025-11-25" if row.older else "2026-07-28"
    return Peer(name, protocol, stdio=row.stdio is not False, samples=row.samples is True)


@pytest.mark.anyio
async def test_a_client_that_does_not_listen_gets_its_answer_within_seconds(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era, changes={"wait_seconds": None}) as here:
        began = asyncio.get_running_loop().time()
        answered = await here.client.call_tool("generate_image", {"prompt": "a cat sandbox:stuck"})
        took = asyncio.get_running_loop().time() - began
    assert facts(answered)["state"] == "running"
    assert NOT_LISTENING <= took < LISTENING / 2


@pytest.mark.anyio
async def test_a_client_that_listens_waits_longer(tmp_path: Path) -> None:
    """Only in the older era: in the newer one a call inside one process carries no progress token."""
    async with stand(tmp_path, changes={"wait_seconds": None}) as here:
        with anyio.move_on_after(LISTENING / 2) as scope:
            await here.call("generate_image", prompt="a cat sandbox:stuck")
    assert scope.cancelled_caught
    assert len(here.heard) > 1


@pytest.mark.anyio
async def test_a_client_known_by_name_is_told_apart_in_both_eras(tmp_path: Path, era: Era) -> None:
    """This client asks for progress and still cuts calls."""
    async with stand(tmp_path, era=era, client="google-adk", changes={"wait_seconds": None}) as here:
        with anyio.fail_after(30):  # of hurried time, which a busy machine stretches; whoever listens gets 45 s
            answered = await here.call("generate_image", prompt="a cat sandbox:stuck")
    assert facts(answered)["state"] in {"queued", "running"}
    assert "gives up" not in text(answered)


@pytest.mark.anyio
async def test_a_wait_that_a_client_would_not_stand_is_cut_short_and_the_answer_says_so(
    tmp_path: Path, era: Era
) -> None:
    async with stand(tmp_path, era=era, client="google-adk", changes={"wait_seconds": None}) as here:
        with anyio.fail_after(60):
            running = await here.call("generate_image", prompt="a cat sandbox:stuck", wait_seconds=600)
            asked = await here.call("get_job_status", job_id=facts(running)["job_id"], wait_seconds=600)
    for answered in (running, asked):
        assert facts(answered)["state"] in {"queued", "running"}
        assert facts(answered)["note"] == "Waited 3 s, not 600: this client gives up calls that take longer."
        assert facts(answered)["note"] in text(answered)


def test_every_row_says_what_it_rests_on() -> None:
    assert all(
        row.evidence.startswith(("measured", "reported", "source"))
        for row in (UNKNOWN, *(row.profile for row in CLIENTS))
    )


@pytest.mark.parametrize("client", ["claude-code", "semantic kernel", "somebody"])
def test_the_settings_rule_over_the_table(client: str) -> None:
    known = find_profile(Peer(client), ClientSettings(wait_seconds=7, links=False, preview=False))
    assert (known.default_wait, known.links, known.preview) == (7, False, False)
    known = find_profile(Peer(client), ClientSettings(links=True, preview=True))
    assert (known.links, known.preview) == (True, True)
