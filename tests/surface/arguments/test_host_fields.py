"""Fields that hosts add to a call are ignored; any other unknown argument is refused."""

from pathlib import Path
from typing import Any

import pytest

from kie_mcp.surface.arguments.host_fields import HOST_FIELDS, is_host_field
from tests.support.sandbox_server import facts, stand, text
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio

N8N = {"sessionId": "f00", "action": "sendMessage", "chatInput": "a fox, please", "toolCallId": "call_1"}
CLINE = {"task_progress": "- [x] think\n- [ ] draw"}
CURSOR = {"random_string": "dummy"}
GEMINI = {"wait_for_previous": False}
PROXIES: dict[str, Any] = {"_sessionID": "f00", "_auth_auth_type": "admin", "_meta": {"progressToken": 1}, "__arg1": ""}


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


@pytest.mark.parametrize(
    "added",
    [N8N, CLINE, CURSOR, GEMINI, PROXIES, dict.fromkeys(HOST_FIELDS)],
    ids=["n8n", "Cline", "Cursor", "Gemini", "proxies", "all"],
)
async def test_what_a_host_adds_to_every_call_changes_nothing(tmp_path: Path, added: dict[str, Any]) -> None:
    async with stand(tmp_path) as here:
        made = facts(await here.call("generate_image", prompt="a fox", **added))
        asked = facts(await here.call("get_job_status", job_id=made["job_id"], **added))
        listed = facts(await here.call("list_jobs", **added))
    assert (made["state"], asked["state"], len(listed["jobs"])) == ("succeeded", "succeeded", 1)
    assert "sendMessage" not in str(here.creates)


async def test_no_tool_has_an_argument_of_such_a_name_and_each_says_what_it_rests_on(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        tools = (await here.client.list_tools()).tools
    assert not any(is_host_field(name) for tool in tools for name in tool.input_schema["properties"])
    assert all(HOST_FIELDS.values())


async def test_another_unknown_argument_is_refused_with_the_nearest_known_one(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        refused = await here.call("generate_image", prompt="a fox", aspectRatio="16:9", **N8N)
    assert refused.is_error
    assert "'aspectRatio': generate_image has no such argument; did you mean aspect_ratio?" in text(refused)
    assert here.creates == []
