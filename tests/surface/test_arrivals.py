"""A call that had to wait until it was read waits so much less, and counts as come when it arrived."""

import json

import anyio
import pytest

from kie_mcp.surface.arrivals import Arrivals
from tests.support.virtual_time import VIRTUAL

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> object:
    """Time passes only when everybody sleeps."""
    return VIRTUAL


def request(number: object) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call"})


async def test_the_time_from_the_arrival_is_counted_once() -> None:
    arrivals, now = Arrivals(), anyio.current_time()
    arrivals.note(request(1), now - 2.0)
    await anyio.sleep(1.0)
    assert arrivals.take_wait(1) == pytest.approx(3.0)
    assert arrivals.take_wait(1) == 0.0


async def test_what_was_read_at_once_has_not_waited() -> None:
    arrivals, now = Arrivals(), anyio.current_time()
    arrivals.note(request(1), now - 0.01)
    assert arrivals.take_wait(1) == 0.0


async def test_an_id_that_is_used_again_is_another_request() -> None:
    arrivals, now = Arrivals(), anyio.current_time()
    arrivals.note(request(1), now - 2.0)
    arrivals.note(request(1), now)
    assert arrivals.take_wait(1) == 0.0


@pytest.mark.parametrize("line", ["{", "[" * 9999, "[]", "3", '{"id":[1]}', '{"method":"x"}'])
async def test_a_line_without_an_id_is_no_trouble(line: str) -> None:
    arrivals = Arrivals()
    arrivals.note(line, anyio.current_time() - 2.0)
    assert arrivals.take_wait(None) == 0.0
