"""Without a key, or with a wrong one, the server starts, and its answers say what to do."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from inline_snapshot import snapshot
from pydantic import SecretStr

from kie_mcp.client_config.clients import CLIENTS, Client
from kie_mcp.setting_values import SettingsError
from kie_mcp.settings import Settings
from tests.support.sandbox_server import Era, facts, stand, text
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio

ORDERS = {
    "generate_image": {"prompt": "a cat"},
    "generate_speech": {"text": "Hello."},
    "create_talking_video": {"image": "https://example.com/a.png", "audio": "https://example.com/a.mp3"},
}


NO_KEY = snapshot("""\
error: There is no Kie.ai API key.
what to do: Make a key at https://kie.ai/api-key. In a terminal, this asks for it and puts it in the client's file:
uvx kie-mcp config CLIENT --write --key ask
CLIENT is claude-code, claude-desktop, cursor, vscode, windsurf, zed, cline, codex, gemini or opencode.
Or set KIE_API_KEY where the client starts this server. Then restart the client.
To try everything without a key or cost, add the argument --sandbox.\
""")


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


@pytest.fixture(params=["legacy", "auto"])
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


@pytest.mark.parametrize("tool", ORDERS)
async def test_a_paid_tool_says_how_to_get_a_key(tmp_path: Path, tool: str) -> None:
    async with stand(tmp_path, changes={"api_key": None}) as here:
        assert tool in {one.name for one in (await here.client.list_tools()).tools}
        result = await here.call(tool, **ORDERS[tool])
        jobs = facts(await here.call("list_jobs"))["jobs"]
    assert result.is_error
    assert facts(result)["error"]["category"] == "no_key"
    assert not facts(result)["error"]["may_have_been_charged"]
    assert (jobs, here.creates) == ([], [])
    assert text(result) == NO_KEY
    assert shown(CLIENTS) in text(result)


def shown(clients: Sequence[Client]) -> str:
    *others, last = (client.id for client in clients)
    return f"CLIENT is {', '.join(others)} or {last}."


async def test_free_tools_work_without_a_key(tmp_path: Path) -> None:
    async with stand(tmp_path, changes={"api_key": None}) as here:
        listed = await here.call("list_jobs")
        ours = await here.call("get_job_status", job_id="job_nothere")
        theirs = await here.call("get_job_status", job_id="0123456789abcdef")
        resources = await here.client.read_resource("kie://jobs")
    assert text(listed) == "no jobs yet"
    assert facts(ours)["error"]["category"] == "unknown_job"
    assert text(theirs) == NO_KEY
    assert len(resources.contents) == 1


async def test_a_wrong_key_is_said_to_be_wrong(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era, changes={"api_key": SecretStr("wrong-key-0123456789")}) as here:
        result = await here.call("generate_image", prompt="a cat")
        listed = facts(await here.call("list_jobs"))["jobs"]
        asked = await here.call("get_job_status", job_id=facts(result)["job_id"])
    assert text(result).replace(facts(result)["job_id"], "JOB") == snapshot("""\
failed: image, Kie.ai did not accept the key (code 401).
Kie.ai says: "You do not have access permissions"
charged: nothing that we know of
what to do: Check KIE_API_KEY: keys are made and seen at https://kie.ai/api-key
job: JOB "a cat"
sandbox: a stand-in for Kie.ai answers here; no money is involved\
""")
    assert [job["state"] for job in listed] == ["failed"]
    assert facts(asked)["error"] == facts(result)["error"]
    assert here.creates == []


@pytest.mark.parametrize("sign", [" ", "\t", "\n", "\r", "\x00", "\x1b", "\x7f", "\xa0", "\u2028", "é"])
def test_a_key_that_no_header_carries_is_refused_at_the_start_and_not_shown(sign: str) -> None:
    for key in (f"Bearer{sign}canary0123456789", f"canary0123456789{sign}canary"):
        with pytest.raises(SettingsError) as caught:
            Settings.from_environment({"KIE_API_KEY": key})
        assert str(caught.value).startswith("KIE_API_KEY: must be letters, digits and signs")
        assert "canary" not in str(caught.value)
        with pytest.raises(ValueError, match="api_key") as given:
            Settings(api_key=SecretStr(key))
        assert "canary" not in str(given.value)


def test_a_blank_round_a_key_is_none_of_it() -> None:
    key = Settings.from_environment({"KIE_API_KEY": " key\r\n"}).api_key
    assert key is not None
    assert key.get_secret_value() == "key"


async def test_an_order_is_checked_first_also_without_a_key(tmp_path: Path) -> None:
    async with stand(tmp_path, changes={"api_key": None}) as here:
        result = await here.call("generate_image", promt="a cat")
    assert facts(result)["error"]["category"] == "invalid_argument"
