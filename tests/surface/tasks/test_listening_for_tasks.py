"""Clients that ask for notifications about tasks: those without tasks are refused, the others are promised none."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    ResourceUpdatedNotification,
    SubscriptionFilter,
    SubscriptionsAcknowledgedNotification,
    SubscriptionsListenRequest,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
)

from tests.support.sandbox_server import facts
from tests.support.tasks_client import TASKS, TaskClient, order
from tests.support.virtual_time import HURRIED
from tests.surface.tasks.test_job_tasks import sandbox, server

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


class Ear:
    """Receives what is promised to a client that listens, and the notifications about resources."""

    def __init__(self) -> None:
        self.promised, self.told = [anyio.create_memory_object_stream[Any](100) for _ in range(2)]

    async def __call__(self, message: object) -> None:
        """Sort a message."""
        match message:
            case SubscriptionsAcknowledgedNotification():
                await self.promised[0].send(message.params.notifications)
            case ResourceUpdatedNotification():
                await self.told[0].send(message.params.uri)
            case _:
                pass

    def close(self) -> None:
        """Close the streams."""
        for stream in (*self.promised, *self.told):
            stream.close()


@asynccontextmanager
async def listening(client: Client, wanted: dict[str, Any]) -> AsyncGenerator[None]:
    params = SubscriptionsListenRequestParams(notifications=SubscriptionFilter.model_validate(wanted))
    async with anyio.create_task_group() as group:
        request = SubscriptionsListenRequest(params=params)
        group.start_soon(client.session.send_request, request, SubscriptionsListenResult)
        yield
        group.cancel_scope.cancel()


@pytest.mark.parametrize("many", [1, 10_000])
async def test_no_task_is_promised_and_the_resource_beside_it_is_told_of(tmp_path: Path, many: int) -> None:
    ear = Ear()
    async with Client(server(tmp_path, sandbox()), extensions=[TaskClient()], message_handler=ear) as client:
        job_id = (await order(client, "generate_image", prompt="a cat sandbox:slow")).task_id
        uri = f"kie://jobs/{job_id}"
        async with listening(client, {"taskIds": [job_id, "\x00"] * many, "resourceSubscriptions": [uri]}):
            with anyio.fail_after(60):
                promised = await ear.promised[1].receive()
                told = await ear.told[1].receive()
        status = await client.call_tool("get_job_status", {"job_id": job_id, "wait_seconds": 600})
    ear.close()
    assert promised.model_dump(exclude_none=True) == {"resource_subscriptions": [uri]}
    assert told == uri
    assert facts(status)["state"] == "succeeded"


@pytest.mark.parametrize("names", ["job_nothere", {"job": 1}, ["job_nothere"], [["\x00"]]])
async def test_who_takes_no_tasks_may_not_ask_to_be_told_of_any(tmp_path: Path, names: object) -> None:
    params = SubscriptionsListenRequestParams(notifications=SubscriptionFilter.model_validate({"taskIds": names}))
    async with Client(server(tmp_path, sandbox())) as client:
        with anyio.fail_after(60), pytest.raises(MCPError) as refused:
            await client.session.send_request(SubscriptionsListenRequest(params=params), SubscriptionsListenResult)
        assert (await client.list_tools()).tools
    assert refused.value.code == MISSING_REQUIRED_CLIENT_CAPABILITY
    assert refused.value.error.data == {"requiredCapabilities": {"extensions": {TASKS: {}}}}


@pytest.mark.parametrize("names", [[], None])
async def test_to_ask_for_no_task_keeps_nobody_from_listening(tmp_path: Path, names: object) -> None:
    ear = Ear()
    async with (
        Client(server(tmp_path, sandbox()), message_handler=ear) as client,
        listening(client, {"taskIds": names, "resourcesListChanged": True}),
    ):
        with anyio.fail_after(60):
            promised = await ear.promised[1].receive()
    ear.close()
    assert promised.model_dump(exclude_none=True) == {"resources_list_changed": True}
