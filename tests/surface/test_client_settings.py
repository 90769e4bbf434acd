"""The settings for answers take effect: how long they wait, whether they have links, whether they have a picture."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from kie_mcp.setting_values import SettingsError
from kie_mcp.settings import Settings
from tests.support.sandbox_server import BASE, facts, stand
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio

SLACK = 10.0
"""Hurried seconds that threads take on a busy machine; what the table of clients says is further away."""


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


def read(folder: Path, **variables: str) -> dict[str, Any]:
    """Read the settings of a server that is started with these variables, with all its files under one folder."""
    own = {
        "KIE_API_KEY": "sandbox",
        "KIE_API_BASE_URL": BASE,
        "KIE_UPLOAD_BASE_URL": BASE,
        "KIE_OUTPUT_DIR": str(folder / "out"),
        "KIE_STATE_DIR": str(folder / "state"),
    }
    return dict(Settings.from_environment(own | variables))


async def kinds(folder: Path, client: str, **variables: str) -> list[str]:
    """Return the types of the content blocks in an answer to that client."""
    changes = read(folder, KIE_WAIT_SECONDS="300", **variables)
    async with stand(folder, client=client, changes=changes) as here:
        answer = await here.call("generate_image", prompt="a fox")
    assert facts(answer)["state"] == "succeeded"
    return [block.type for block in answer.content]


@pytest.mark.parametrize(
    ("client", "given", "carried"),
    [
        ("somebody", "", True),
        ("somebody", "true", True),
        ("somebody", "false", False),
        ("semantic kernel", "", False),
        ("semantic kernel", "true", True),
        ("semantic kernel", "0", False),
    ],
)
async def test_links_are_carried_as_the_environment_says(
    client: str, given: str, carried: bool, tmp_path: Path
) -> None:
    assert ("resource_link" in await kinds(tmp_path, client, KIE_LINKS=given)) == carried


@pytest.mark.parametrize(
    ("client", "given", "shown"),
    [
        ("somebody", "", False),
        ("somebody", "TRUE", True),
        ("claude-code", "", True),
        ("claude-code", "false", False),
        ("claude-code", "no", False),
    ],
)
async def test_a_preview_is_shown_as_the_environment_says(client: str, given: str, shown: bool, tmp_path: Path) -> None:
    assert ("image" in await kinds(tmp_path, client, KIE_PREVIEW=given)) == shown


@pytest.mark.parametrize(
    ("client", "given", "seconds"),
    [("somebody", "", 3), ("somebody", "30", 30), ("opencode", "20.5", 20.5), ("claude-code", "0", 0)],
)
async def test_an_answer_comes_when_the_environment_says(
    client: str, given: str, seconds: float, tmp_path: Path
) -> None:
    async with stand(tmp_path, client=client, changes=read(tmp_path, KIE_WAIT_SECONDS=given)) as here:
        began = asyncio.get_running_loop().time()
        answered = await here.client.call_tool("generate_image", {"prompt": "a cat sandbox:stuck"})
        took = asyncio.get_running_loop().time() - began
    assert facts(answered)["state"] in {"queued", "running"}
    assert seconds <= took < seconds + SLACK


@pytest.mark.parametrize("given", ["601", "-1", "soon"])
def test_a_wait_that_no_call_can_have_is_refused_by_its_name(given: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=rf"^KIE_WAIT_SECONDS: .*\(given: '{given}'\)$"):
        read(tmp_path, KIE_WAIT_SECONDS=given)


@pytest.mark.parametrize("name", ["KIE_LINKS", "KIE_PREVIEW"])
def test_a_switch_that_is_neither_on_nor_off_is_refused_by_its_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=rf"^{name}: .*\(given: 'sometimes'\)$"):
        read(tmp_path, **{name: "sometimes"})
