"""Any model of Kie.ai's is found by words, and its resource says what it takes."""

# ruff: noqa: E501 (whole answers)

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from inline_snapshot import snapshot
from mcp.types import ResourceTemplateReference, TextResourceContents

from tests.market.documents import openapi
from tests.support.sandbox_server import Era, Stand, facts, stand, text
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio

MODELS = [
    {
        "model": "kling/v9-text-to-video",
        "title": "Kling 9",
        "provider": "Kling",
        "taskType": ["Text to Video"],
        "description": None,
        "pricingDesc": "8 credits per second (0.04 USD).\nHigh-tier top-ups (+10% bonus) make it less.",
    },
    {"model": "claude-9", "title": "Claude 9", "provider": "Anthropic", "taskType": ["Chat"]},
    {"model": "new-one", "title": "New", "taskType": ["Text to Image"], "pricingDesc": None},
]
SCHEMA = openapi(
    {"$ref": "#/components/schemas/Kling%20Input"},
    "/api/v1/jobs/createTask",
    **{"Kling Input ": {"properties": {"prompt": {"type": "string"}, "tail_image_url": {"type": "string"}}}},
)


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


@pytest.fixture(params=["legacy", "auto"])
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


class KieModels(httpx.AsyncBaseTransport):
    """Answers about models as Kie.ai does, and lets everything else through."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.startswith("/api/v1/models"):
            return await self._inner.handle_async_request(request)
        self.asked.append(request.url.path)
        if request.url.path.endswith("/schema"):
            data: Any = {"openapi": SCHEMA if "kling" in request.url.path else None}
        else:
            data = {"total": len(MODELS), "models": MODELS}
        return httpx.Response(200, json={"code": 200, "msg": "success", "data": data})


def watched(transports: list[KieModels]) -> Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport]:
    def put_between(inner: httpx.AsyncBaseTransport) -> KieModels:
        transports.append(KieModels(inner))
        return transports[-1]

    return put_between


async def document(here: Stand, uri: str) -> Any:
    content = (await here.client.read_resource(uri)).contents[0]
    assert isinstance(content, TextResourceContents)
    return json.loads(content.text)


async def test_the_live_list_is_told_with_its_age_and_the_next_step(tmp_path: Path, era: Era) -> None:
    transports: list[KieModels] = []
    async with stand(tmp_path, era=era, transport=watched(transports)) as here:
        found = await here.call("list_models", query="video")
        every = await here.call("list_models")
    assert text(found) == snapshot("""\
kling/v9-text-to-video (video) Kling 9 - 8 credits per second
1 of 1 found; Kie.ai's list, just read; not listed: 1 that answer at once, without a job
next: run_model(model="kling/v9-text-to-video", input={…}); read its fields first: kie://models/kling/v9-text-to-video\
""")
    assert facts(found)["models"] == snapshot(
        [{"id": "kling/v9-text-to-video", "kind": "video", "about": "Kling 9", "price": "8 credits per second"}]
    )
    assert [one["id"] for one in facts(every)["models"]] == ["kling/v9-text-to-video", "new-one"]
    assert transports[0].asked == ["/api/v1/models"]


async def test_a_model_says_what_it_takes_and_kie_is_asked_once(tmp_path: Path, era: Era) -> None:
    transports: list[KieModels] = []
    async with stand(tmp_path, era=era, transport=watched(transports)) as here:
        first = await document(here, "kie://models/kling/v9-text-to-video")
        assert await document(here, "kie://models/kling/v9-text-to-video") == first
        unknown = await document(here, "kie://models/new-one")
    assert first["input_schema"] == {"properties": {"prompt": {"type": "string"}, "tail_image_url": {"type": "string"}}}
    assert (first["files"], first["tool"], first["source"]) == ({"tail_image_url": "image"}, "run_model", "kie.ai")
    assert (unknown["input_schema"], unknown["pricing"]) == (None, None)
    assert [path.removeprefix("/api/v1/models") for path in transports[0].asked] == [
        "",
        "/kling/v9-text-to-video/schema",
        "/new-one/schema",
    ]


async def test_without_a_key_the_documented_models_are_found(tmp_path: Path) -> None:
    async with stand(tmp_path, changes={"api_key": None}) as here:
        found = await here.call("list_models", query="sharper picture", limit=2)
        row = await here.call("list_models", query="nano banana pro", limit=1)
        nothing = await here.call("list_models", query="zebra", provider="nobody")
        schema = (await document(here, "kie://models/topaz/image-upscale"))["input_schema"]
    assert text(found) == snapshot("""\
topaz/image-upscale (image) Makes a picture larger and sharper. - 10 credits per 2K image, 20 credits per 4K image, 40 credits per 8K image [generate_image]
recraft/crisp-upscale (image) Makes a picture larger and sharper. - 0.5 credits per upscale [generate_image]
2 of 2 found; documented on 2026-10-11; Kie.ai itself was not asked, because there is no key or no answer
next: generate_image(model="topaz/image-upscale", …)\
""")
    assert text(row) == snapshot("""\
nano-banana-pro (image) Nano Banana Pro - 18 credits for 1K/2K and 24 credits for 4K [generate_image]
1 of 6 found; documented on 2026-10-11; Kie.ai itself was not asked, because there is no key or no answer
next: generate_image(model="nano-banana-pro", …)\
""")
    assert text(nothing) == snapshot("""\
no such models
0 of 0 found; documented on 2026-10-11; Kie.ai itself was not asked, because there is no key or no answer
next: search again with other or fewer words, or without kind and provider\
""")
    assert schema["required"] == ["image_url", "upscale_factor"]


async def test_ids_are_completed_from_what_is_known(tmp_path: Path) -> None:
    async with stand(tmp_path) as here:
        ref = ResourceTemplateReference(uri="kie://models/{+model_id}")
        done = await here.client.complete(ref, {"name": "model_id", "value": "topaz"})
    assert done.completion.values == ["topaz/image-upscale", "topaz/video-upscale"]
