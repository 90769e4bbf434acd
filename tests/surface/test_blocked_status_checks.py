"""A look that fails until the user does something: the answer says what, and the job goes on."""

from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from tests.support.sandbox_server import facts, stand, text
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio

ANSWERS: dict[str, tuple[int, dict[str, Any], str, str]] = {
    "a refused key": (200, {"code": 401, "msg": "You do not have access permissions"}, "key", "Check KIE_API_KEY"),
    "a key for other addresses": (403, {"code": 403, "msg": "IP not allowed"}, "key", "Check KIE_API_KEY"),
    "no credits": (200, {"code": 402, "msg": "Insufficient Credits"}, "look", "Top up"),
    "the key's own cap": (200, {"code": 433, "msg": "cap"}, "look", "Raise the key's cap"),
}


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


class Refusing(httpx.AsyncBaseTransport):
    """Refuses looks as long as it is set to do so."""

    def __init__(self, inner: httpx.AsyncBaseTransport, refusals: list[httpx.Response]) -> None:
        self._inner = inner
        self._refusals = refusals

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/recordInfo") and self._refusals:
            given = self._refusals[0]
            return httpx.Response(given.status_code, content=given.content)
        return await self._inner.handle_async_request(request)


@pytest.mark.parametrize("case", ANSWERS)
async def test_it_is_told_with_what_to_do_and_forgotten_when_it_works_again(tmp_path: Path, case: str) -> None:
    status, body, category, remedy = ANSWERS[case]
    refusals = [httpx.Response(status, json=body)]
    async with stand(tmp_path, speed=100, transport=lambda inner: Refusing(inner, refusals)) as here:
        ordered = await here.call("generate_image", prompt="a cat", wait_seconds=10)
        job_id = facts(ordered)["job_id"]
        listed = await here.call("list_jobs")
        refusals.clear()
        await anyio.sleep(3)
        ended = await here.call("get_job_status", job_id=job_id)
    error = facts(ordered)["error"]
    assert (facts(ordered)["state"], ordered.is_error) == ("running", False)
    assert (error["category"], error["may_have_been_charged"]) == (category, True)
    for told in (error["remedy"], text(ordered)):
        assert remedy in told
    assert f"problem: {error['message']}" in text(ordered)
    assert "charged: nothing" not in text(ordered)
    assert error["message"] in text(listed)
    assert any(error["message"].rstrip(".") in (message or "") for _, _, message in here.heard)
    assert (facts(ended)["state"], "error" in facts(ended)) == ("succeeded", False)
    assert len(here.creates) == 1
