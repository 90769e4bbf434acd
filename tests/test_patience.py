"""How long a call waits: what the caller says, then the setting, then what is known of the client."""

import asyncio
from pathlib import Path

import anyio
import pytest

from kie_mcp.surface.patience import CLIENTS, LISTENING, NOT_LISTENING, UNKNOWN, Wishes, patience, profile
from tests.stand import Era, facts, stand
from tests.virtual import HURRIED


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
        (600, None, "opencode", False, 600),
        (None, 60, "opencode", False, 60),
        (None, 0, "claude-code", True, 0),
        (None, None, "claude-code", False, 45),
        (None, None, "Claude-AI ", False, 45),
        (None, None, "opencode", True, 3),
        (None, None, "agno", True, 3),
        (None, None, "semantic kernel", True, LISTENING),
        (None, None, "semantic kernel", False, NOT_LISTENING),
        (None, None, "somebody", True, LISTENING),
        (None, None, "", False, NOT_LISTENING),
    ],
)
def test_the_caller_rules_then_the_setting_then_the_client(
    given: float | None, override: float | None, client: str, listening: bool, seconds: float
) -> None:
    known = profile(client, Wishes(wait_seconds=override))
    assert patience(given, known, listening=listening) == seconds


def test_nobody_is_kept_waiting_longer_than_most_clients_wait() -> None:
    """Widely used clients cut a call at 60 seconds, and the strictest at 5."""
    assert max(row.seconds or 0 for row in CLIENTS.values()) < 60
    assert LISTENING < 60
    assert NOT_LISTENING < 5


def test_names_in_the_table_are_found_in_any_case() -> None:
    assert all(profile(f" {name.upper()} ") == row for name, row in CLIENTS.items())


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
        with anyio.move_on_after(8) as scope:
            await here.call("generate_image", prompt="a cat sandbox:stuck")
    assert scope.cancelled_caught
    assert len(here.heard) > 1


@pytest.mark.anyio
async def test_a_client_known_by_name_is_told_apart_in_both_eras(tmp_path: Path, era: Era) -> None:
    """This one listens, and cuts a call all the same."""
    async with stand(tmp_path, era=era, client="opencode", changes={"wait_seconds": None}) as here:
        with anyio.fail_after(30):  # of hurried time, which a busy machine stretches; whoever listens gets 45 s
            answered = await here.call("generate_image", prompt="a cat sandbox:stuck")
    assert facts(answered)["state"] == "running"


def test_every_row_says_what_it_rests_on() -> None:
    assert all(row.evidence.startswith(("measured", "reported", "source")) for row in (UNKNOWN, *CLIENTS.values()))


@pytest.mark.parametrize("client", ["claude-code", "semantic kernel", "somebody"])
def test_the_settings_rule_over_the_table(client: str) -> None:
    known = profile(client, Wishes(wait_seconds=7, links=False, preview=False))
    assert (known.seconds, known.links, known.preview) == (7, False, False)
    known = profile(client, Wishes(links=True, preview=True))
    assert (known.links, known.preview) == (True, True)
