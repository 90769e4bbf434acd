"""An answer that was written to its client counts as heard, whatever becomes of the process right after."""

from collections.abc import Callable

import pytest

from tests.support.shared_ledger import House, until
from tests.support.stdio_process import Server

PROMPT = "cat"


def kill(house: House, server: Server) -> None:
    """As a host that ends its servers hard, once it has what it wanted."""
    until(lambda: set(house.callers()) == {"answered"}, timeout=2)
    server.kill()


def close(_: House, server: Server) -> None:
    """As most hosts: their end of standard input is closed."""
    server.close_input()
    server.wait()


@pytest.mark.parametrize("end", [kill, close])
def test_a_host_that_ends_right_after_an_answer_gets_another_job_for_the_next_wish(
    house: House, end: Callable[[House, Server], None]
) -> None:
    """It would have joined the old one for a day."""
    made: list[str] = []
    for _ in range(2):
        server = house.server(KIE_WAIT_SECONDS="60")
        answer = server.call("generate_image", prompt=PROMPT)
        end(house, server)
        assert answer["state"] == "succeeded"
        made.append(answer["job_id"])
    assert made[0] != made[1]
    assert house.made() == 2
