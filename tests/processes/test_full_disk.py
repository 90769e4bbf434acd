"""The disk fills up under a running server: what cannot be written down is not paid for."""

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from kie_mcp.jobs.job import Phase
from tests.support.shared_ledger import House, until
from tests.support.stdio_process import Server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets another process's limits be changed")
PACE = 0.25


@contextmanager
def full(server: Server) -> Generator[None]:
    """No file of the process can be written meanwhile: as a full disk, and sooner made."""
    import resource

    before = resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    yield
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, before)


def test_an_order_that_cannot_be_written_down_is_refused_and_nothing_is_sent(house: House) -> None:
    server = house.server()
    with full(server):
        answer = server.call("generate_image", prompt="cat", wait_seconds=60)
        assert answer["error"]["category"] == "not_created", "the folder for the file is tried first"
        assert not answer["error"]["may_have_been_charged"]
        assert "KIE_OUTPUT_DIR" in answer["error"]["remedy"]
    assert not house.events("create")
    assert server.call("generate_image", prompt="cat", wait_seconds=60)["state"] == "succeeded"
    assert house.made() == 1


def test_an_order_that_cannot_be_marked_is_not_sent_till_it_can(house: House) -> None:
    house.pace = PACE
    server = house.server()
    held = 1.0
    house.hold(held)
    call = server.order("cat")
    until(lambda: house.reached(Phase.RESERVED))
    with full(server):
        time.sleep(2 * held)
        assert not house.events("create")
    assert server.end(call)["state"] == "succeeded"
    assert house.made() == len(house.events("create")) == 1
    assert house.sound()


def test_an_id_that_cannot_be_written_down_is_kept_till_it_can(house: House) -> None:
    server = house.server()
    call = server.order("{late:go} cat")
    until(house.made)
    with full(server):
        house.say("go")
        until(lambda: house.events("answered"))
        time.sleep(1)
        assert house.phases() == [Phase.SUBMITTING]
    assert server.end(call)["state"] == "succeeded"
    assert house.made() == len(house.events("create")) == len(house.files()) == 1
