"""Clients that have subscribed are notified when jobs change, in both eras; others are not, and no watcher stays."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import uvicorn
from mcp import Client
from mcp.client.subscriptions import Subscription
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated
from mcp.types import (
    EmptyResult,
    ResourceUpdatedNotification,
    SubscribeRequest,
    SubscribeRequestParams,
    UnsubscribeRequest,
    UnsubscribeRequestParams,
)
from starlette.applications import Starlette

from kie_mcp.app import create_server
from kie_mcp.kie.client import KieClient
from kie_mcp.sandbox import create_app
from tests.support.plain_media import PlainMedia
from tests.support.sandbox_server import BASE, Era, facts, settings
from tests.support.virtual_time import HURRIED, LoopClock

pytestmark = pytest.mark.anyio

JOBS = "kie://jobs"


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


@pytest.fixture(params=["legacy", "auto"])
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


class Ear:
    """A client, and the notifications about resources that it receives."""

    def __init__(self, where: Any, era: Era) -> None:
        self.era: Era = era
        self.client = Client(where, mode=era, message_handler=self._hear)
        self.heard: list[str] = []
        self.lists = 0
        self._news = anyio.Event()

    async def order(self, prompt: str = "a cat sandbox:slow") -> str:
        """Order a picture that takes a while; return its job's id."""
        return facts(await self.client.call_tool("generate_image", {"prompt": prompt, "wait_seconds": 0}))["job_id"]

    async def finish(self, job: str) -> None:
        """Wait for the job's end without a subscription."""
        await self.client.call_tool("get_job_status", {"job_id": job, "wait_seconds": 300})

    async def subscribe(self, uri: str) -> None:
        """Subscribe as the older era does; the SDK's own method for that warns that it is outdated."""
        request = SubscribeRequest(params=SubscribeRequestParams(uri=uri))
        await self.client.session.send_request(request, EmptyResult)

    async def unsubscribe(self, uri: str) -> None:
        """Unsubscribe as the older era does."""
        request = UnsubscribeRequest(params=UnsubscribeRequestParams(uri=uri))
        await self.client.session.send_request(request, EmptyResult)

    @asynccontextmanager
    async def subscribed(self, *uris: str, lists: bool = False) -> AsyncGenerator[None]:
        """Subscribe as clients of the era do; those of the older one cannot ask about changes of the list."""
        if self.era == "legacy":
            for uri in uris:
                await self.subscribe(uri)
            yield
            return
        async with (
            self.client.listen(resource_subscriptions=uris, resources_list_changed=lists) as stream,
            anyio.create_task_group() as group,
        ):
            group.start_soon(self._listen, stream)
            yield
            group.cancel_scope.cancel()

    async def until(self, *uris: str, lists: int = 0) -> None:
        """Wait until all of these were notified."""
        with anyio.fail_after(600):
            while not set(uris) <= set(self.heard) or self.lists < lists:
                await self._news.wait()

    async def _listen(self, stream: Subscription) -> None:
        async for event in stream:
            self._note(event.uri if isinstance(event, ResourceUpdated) else event)

    async def _hear(self, message: object) -> None:
        if self.era == "legacy" and isinstance(message, ResourceUpdatedNotification):
            self._note(message.params.uri)

    def _note(self, news: object) -> None:
        if isinstance(news, str):
            self.heard.append(news)
        self.lists += isinstance(news, ResourcesListChanged)
        self._news.set()
        self._news = anyio.Event()


def sandbox(speed: float = 10.0) -> Starlette:
    return create_app(clock=asyncio.get_running_loop().time, base_url=BASE, speed=speed, makers=PlainMedia())


def server(folder: Path, app: Starlette) -> Any:
    kie = KieClient(
        "sandbox", base_url=BASE, upload_base_url=BASE, transport=httpx.ASGITransport(app), now=LoopClock().now
    )
    return create_server(settings(folder), kie=kie, clock=LoopClock())


@asynccontextmanager
async def over_http(folder: Path) -> AsyncGenerator[str]:
    """Start one server that several clients share."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # who comes before the server is up waits
        port = listening.getsockname()[1]
        served = server(folder, sandbox()).streamable_http_app()
        web = uvicorn.Server(uvicorn.Config(served, log_level="error", ws="none", timeout_graceful_shutdown=1))
        async with anyio.create_task_group() as group:
            group.start_soon(web.serve, [listening])
            yield f"http://127.0.0.1:{port}/mcp"
            web.should_exit = True


def watches() -> list[str]:
    """Return the running tasks that watch resources."""
    return [task.get_name() for task in asyncio.all_tasks() if "resources.watchers" in task.get_name()]


async def left(most: int) -> bool:
    """Say whether at most so many are left after a few turns of the event loop."""
    for _ in range(200):
        if len(watches()) <= most:
            return True
        await anyio.sleep(0.1)
    return False


async def test_it_is_advertised(tmp_path: Path, era: Era) -> None:
    async with Ear(server(tmp_path, sandbox()), era).client as client:
        offered = client.server_capabilities.resources
    assert offered is not None
    assert (offered.subscribe, offered.list_changed) == (True, era == "auto")


async def test_a_job_its_output_and_the_list_of_jobs_are_told_of(tmp_path: Path, era: Era) -> None:
    ear = Ear(server(tmp_path, sandbox()), era)
    async with ear.client:
        job = await ear.order()
        uris = (JOBS, f"{JOBS}/{job}", f"{JOBS}/{job}/outputs/0")
        async with ear.subscribed(*uris):
            await ear.until(*uris)
            read = (await ear.client.read_resource(uris[2])).contents
    assert read
    assert ear.heard.count(uris[2]) == 1
    assert len(ear.heard) < 20


async def test_only_what_was_asked_for_is_told(tmp_path: Path, era: Era) -> None:
    ear = Ear(server(tmp_path, sandbox()), era)
    async with ear.client:
        one, other = await ear.order("a cat sandbox:slow"), await ear.order("a dog sandbox:slow")
        async with ear.subscribed(f"{JOBS}/{one}/outputs/0", "kie://models"):
            await ear.finish(other)
            await ear.until(f"{JOBS}/{one}/outputs/0")
    assert set(ear.heard) == {f"{JOBS}/{one}/outputs/0"}
    assert ear.lists == 0


async def test_a_client_that_unsubscribes_hears_no_more(tmp_path: Path) -> None:
    ear = Ear(server(tmp_path, sandbox()), "legacy")
    async with ear.client:
        job = await ear.order()
        async with ear.subscribed(f"{JOBS}/{job}", f"{JOBS}/{job}/outputs/0"):
            await ear.unsubscribe(f"{JOBS}/{job}")
            await ear.unsubscribe(f"{JOBS}/{job}")
            await ear.until(f"{JOBS}/{job}/outputs/0")
    assert set(ear.heard) == {f"{JOBS}/{job}/outputs/0"}


async def test_a_job_that_another_process_moves_is_told_of(tmp_path: Path, era: Era) -> None:
    """The other process follows the job; this one sees it only in the ledger that they share."""
    app = sandbox()
    doer, ear = Ear(server(tmp_path, app), "auto"), Ear(server(tmp_path, app), era)
    async with doer.client, ear.client:
        async with ear.subscribed(JOBS):
            job = await doer.order()
            await ear.until(JOBS)
        output = f"{JOBS}/{job}/outputs/0"
        async with ear.subscribed(f"{JOBS}/{job}", output):
            await ear.until(f"{JOBS}/{job}", output)


async def test_a_list_that_has_grown_is_told_of_where_that_is_promised(tmp_path: Path) -> None:
    ear = Ear(server(tmp_path, sandbox(100)), "auto")
    async with ear.client, ear.subscribed(lists=True):
        before = (await ear.client.list_resources()).resources
        await ear.finish(await ear.order("a cat"))
        await ear.until(lists=1)
        after = (await ear.client.list_resources(cache_mode="refresh")).resources
    assert len(after) == len(before) + 1
    assert ear.heard == []


async def test_what_cannot_be_subscribed_to_is_refused(tmp_path: Path) -> None:
    ear = Ear(server(tmp_path, sandbox()), "legacy")
    uris = [f"{JOBS}/job_nothere", f"{JOBS}/job_nothere/outputs/0", f"{JOBS}/", "kie://nothing", "file:///etc/passwd"]
    async with ear.client:
        for uri in uris:
            with pytest.raises(MCPError) as caught:
                await ear.subscribe(uri)
            assert (caught.value.error.code, caught.value.error.data) == (-32602, {"uri": uri})
        assert watches() == []


async def test_a_job_that_is_not_there_is_never_told_of(tmp_path: Path) -> None:
    """The newer era accepts such a subscription, and no notification comes."""
    ear = Ear(server(tmp_path, sandbox()), "auto")
    async with ear.client, ear.subscribed(f"{JOBS}/job_nothere", "kie://nothing", JOBS):
        await ear.finish(await ear.order("a cat"))
        await ear.until(JOBS)
    assert set(ear.heard) == {JOBS}


async def test_a_client_may_listen_to_a_hundred_resources(tmp_path: Path, era: Era) -> None:
    ear = Ear(server(tmp_path, sandbox()), era)
    async with ear.client:
        job = await ear.order()
        uris = [f"{JOBS}/{job}/outputs/{index}" for index in range(101)]
        with pytest.raises((MCPError, ExceptionGroup), check=lambda error: "at most 100" in repr(error)):
            async with ear.subscribed(*uris):
                pass
        async with ear.subscribed(uris[0]):
            await ear.until(uris[0])


@pytest.mark.parametrize("known", ["auto", "legacy"])
async def test_each_session_hears_its_own_and_leaves_nothing_behind(tmp_path: Path, known: Era) -> None:
    async with over_http(tmp_path) as url:
        stays, goes = Ear(url, known), Ear(url, known)
        async with stays.client:
            one, other = await stays.order("a cat sandbox:slow"), await stays.order("a dog sandbox:stuck")
            async with stays.subscribed(f"{JOBS}/{one}"):
                alone = len(watches())
                async with goes.client, goes.subscribed(f"{JOBS}/{other}", JOBS):
                    assert len(watches()) > alone
                    await goes.order("a bird")
                    await goes.until(JOBS)
                assert await left(alone)
                await stays.until(f"{JOBS}/{one}")
        assert await left(0)
    assert set(stays.heard) == {f"{JOBS}/{one}"}
    assert set(goes.heard) <= {f"{JOBS}/{other}", JOBS}
