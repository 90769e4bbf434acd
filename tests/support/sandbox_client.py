"""How the sandbox's tests talk to it: a clock that a test moves, and Kie.ai's calls by name."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from kie_mcp.sandbox import create_app
from kie_mcp.sandbox.account.sandbox import Sandbox

BASE = "http://sandbox.test"
VOICE = "EkK5I93UQWFDigLMpZcX"
IMAGE = "google/nano-banana"
SPEECH = "elevenlabs/text-to-speech-turbo-2-5"
FILM = "infinitalk/from-audio"


class SandboxClient:
    """A sandbox in this process, with a key, at a time of the test's choosing."""

    def __init__(self, sandbox: Sandbox, http: httpx.AsyncClient, moment: list[float]) -> None:
        self.sandbox = sandbox
        self.http = http
        self._moment = moment

    def pass_time(self, seconds: float) -> None:
        """Let the sandbox's clock go on."""
        self._moment[0] += seconds

    async def create(self, model: str, /, callback: str | None = None, **given: Any) -> dict[str, Any]:
        """The body that createTask answers."""
        return (await self.send(model, callback, **given)).json()

    async def send(self, model: str, /, callback: str | None = None, **given: Any) -> httpx.Response:
        """What createTask answers."""
        body = {"model": model, "input": given} | ({"callBackUrl": callback} if callback else {})
        return await self.http.post("/api/v1/jobs/createTask", json=body)

    async def task(self, model: str, /, **given: Any) -> str:
        """The id of a task that was accepted."""
        return (await self.create(model, **given))["data"]["taskId"]

    async def look(self, task_id: str) -> dict[str, Any]:
        """The body that recordInfo answers."""
        return (await self.http.get("/api/v1/jobs/recordInfo", params={"taskId": task_id})).json()

    async def finish(self, model: str, /, **given: Any) -> dict[str, Any]:
        """The record's data of a task after more time than any task of its kind takes."""
        task_id = await self.task(model, **given)
        self.pass_time(200)
        return (await self.look(task_id))["data"]

    async def made(self, model: str, /, **given: Any) -> str:
        """The URL of a task's result."""
        return (await self.finish(model, **given))["response"]["resultUrls"][0]

    async def file(self, url: str) -> bytes:
        """The bytes behind one of the sandbox's links."""
        response = await self.http.get(url)
        assert response.status_code == 200
        return response.content

    async def credits(self) -> float:
        """The account's balance."""
        return (await self.http.get("/api/v1/chat/credit")).json()["data"]

    async def renew(self, url: str) -> dict[str, Any]:
        """The body that download-url answers."""
        return (await self.http.post("/api/v1/common/download-url", json={"url": url})).json()


@asynccontextmanager
async def service(key: str = "any key", **settings: Any) -> AsyncGenerator[SandboxClient]:
    """A new sandbox whose clock stands still unless the test moves it."""
    moment = [1000.0]
    app = create_app(clock=lambda: moment[0], **settings)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE, headers=headers) as http:
        yield SandboxClient(app.state.sandbox, http, moment)
        await app.state.sandbox.close()
