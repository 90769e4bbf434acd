"""A watcher goes on after an error: listeners that come later are notified too."""

from typing import Any

import anyio
import pytest
from mcp.server.subscriptions import InMemorySubscriptionBus
from mcp.shared.subscriptions import ResourceUpdated, ServerEvent

from kie_mcp.jobs.history import JobHistory
from kie_mcp.surface.resources.watchers import RETRY_SECONDS, ResourceWatchers
from tests.support.scripted_kie import DONE, RUNNING, Script, Stage, draft
from tests.support.virtual_time import VIRTUAL

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> Any:
    """Time passes only when all tasks sleep."""
    return VIRTUAL


class Bus(InMemorySubscriptionBus):
    """A bus that fails the first time."""

    def __init__(self) -> None:
        super().__init__()
        self.broke = anyio.Event()
        self.told: list[float] = []

    async def publish(self, event: ServerEvent) -> None:
        if not self.broke.is_set():
            self.broke.set()
            raise RuntimeError
        self.told.append(anyio.current_time())


async def test_a_watch_that_broke_goes_on_for_those_who_listen_and_those_who_come_later(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage, bus = Stage(Script(looks=[RUNNING] * 20 + [DONE])), Bus()
    history = JobHistory(await stage.ledger_with(), account="account")
    async with stage.service().open() as service, ResourceWatchers(service, history, bus).open() as watches:
        job, _ = await service.place(draft())
        event = ResourceUpdated(f"kie://jobs/{job.id}")
        first = watches.add_listener(event)
        await first.started.wait()
        await bus.broke.wait()
        broke = anyio.current_time()
        later = watches.add_listener(event)
        await anyio.sleep(20 * RETRY_SECONDS)
    assert later is first
    assert bus.told
    assert bus.told[0] >= broke + RETRY_SECONDS - 1, "not at once, over and over"
    assert [record.levelname for record in caplog.records if "watched again" in record.message] == ["ERROR"]
