"""Only a server that says that it is a sandbox is called one: behind a gateway real money is spent."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp.types import CallToolResult

from kie_mcp.app import create_server
from kie_mcp.kie.client import KieClient
from kie_mcp.kie.network_settings import Network
from tests.support.sandbox_server import facts, settings, stand, text
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> Any:
    """The sandbox's delays pass faster."""
    return HURRIED


class Gateway(httpx.AsyncBaseTransport):
    """A gateway on this machine, in front of a Kie.ai that does not say that it is a sandbox."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on, and the answer back without the sandbox's header."""
        answer = await self._inner.handle_async_request(request)
        del answer.headers["x-kie-sandbox"]
        return answer


def beside(made: CallToolResult) -> str:
    """Read the JSON file beside a job's first file."""
    return Path(facts(made)["outputs"][0]["path"] + ".json").read_text()


async def test_a_sandbox_is_called_one_once_it_has_answered(tmp_path: Path) -> None:
    async with stand(tmp_path, changes={"sidecar": True}) as here:
        made = await here.call("generate_image", prompt="a fox")
        asked = await here.call("get_job_status", job_id=facts(made)["job_id"])
    for told in (made, asked):
        assert facts(told)["sandbox"] is True
        assert "no money is involved" in text(told)
    assert '"sandbox": true' in beside(made)


async def test_before_anything_has_answered_nothing_is_said_of_money(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        first = await here.call("generate_image", prompt="a fox sandbox:slow", wait_seconds=0)
        jobs = await here.call("list_jobs")
    if not here.creates:  # the answer may have come in the meantime
        assert "sandbox" not in facts(first)
    assert facts(jobs)["jobs"]


async def test_a_gateway_on_this_machine_is_no_sandbox(tmp_path: Path) -> None:
    async with stand(tmp_path, transport=Gateway, changes={"sidecar": True}) as here:
        made = await here.call("generate_image", prompt="a fox")
        asked = await here.call("get_job_status", job_id=facts(made)["job_id"])
        listed = await here.call("list_jobs")
    assert facts(made)["state"] == "succeeded"
    for told in (made, asked, listed):
        assert "sandbox" not in str(told.structured_content)
        assert "money" not in text(told)
    assert '"sandbox": false' in beside(made)


async def test_what_we_have_started_ourselves_is_known_before_it_answers(tmp_path: Path) -> None:
    started = KieClient("sandbox", base_url="http://127.0.0.1:9", network=Network(), sandbox=True)
    unknown = KieClient("sandbox", base_url="http://127.0.0.1:9", network=Network())
    assert (started.sandbox, unknown.sandbox) == (True, None)
    assert create_server(settings(tmp_path), sandbox=True)


async def test_the_last_answer_is_the_one_that_counts() -> None:
    marks = iter([{"X-Kie-Sandbox": "1"}, {}])

    def answers(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"code": 200, "data": 5}, headers=next(marks))

    async with KieClient("key", transport=httpx.MockTransport(answers)) as kie:
        known: list[bool | None] = [kie.sandbox]
        for _ in range(2):
            await kie.credit()
            known.append(kie.sandbox)
    assert known == [None, True, False]


async def test_how_long_a_sandbox_takes_is_not_learned_of_kie(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        await here.call("generate_image", prompt="a fox")
    with closing(sqlite3.connect(settings(tmp_path).ledger_path)) as db:
        assert [bucket for (bucket,) in db.execute("SELECT bucket FROM durations")] == [
            "127.0.0.1|google/nano-banana||"
        ]
