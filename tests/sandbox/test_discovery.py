"""The sandbox lists its models, their schemas, prices and success rates as Kie.ai does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import unquote

import pytest
from jsonschema import Draft202012Validator

from kie_mcp.sandbox.account import market
from kie_mcp.sandbox.account.model import Model
from kie_mcp.sandbox.account.models import MODELS
from kie_mcp.sandbox.api import openapi
from tests.support.sandbox_client import VOICE, SandboxClient, service

pytestmark = pytest.mark.anyio
TOO_MANY = {"code": 429, "msg": "Your call frequency is too high. Please try again later.", "data": None}
UNKNOWN = {
    "code": 404,
    "msg": "The model name you specified is not supported. Please verify your input and use one of "
    "the supported models provided by KIE.",
    "data": None,
}
LISTED = market.load_listings()
SCHEMAS = {name: openapi.describe(one, MODELS.get(name)) for name, one in LISTED.items()}
OFFERED = {name: model for name, model in MODELS.items() if model.dialect == "live"}


async def ask(kie: SandboxClient, path: str = "", **query: str) -> dict[str, Any]:
    """Ask about models, a second after the last question."""
    kie.pass_time(1)
    answer = await kie.http.get(f"/api/v1/models{path}", params=query)
    assert answer.status_code == 200
    return answer.json()


def resolve(document: dict[str, Any], value: Any) -> Any:
    """Replace every reference by what it leads to; a key is spelled with blanks, or like the reference."""
    if isinstance(value, list):
        return [resolve(document, one) for one in value]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(value, dict):
        return value
    reference = value.get("$ref")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if not isinstance(reference, str):
        return {key: resolve(document, one) for key, one in value.items()}  # pyright: ignore[reportUnknownVariableType]
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part if part in found else unquote(part)]
    return resolve(document, found)


def input_schema(name: str) -> dict[str, Any]:
    """The schema of a model's input, without references."""
    document = SCHEMAS[name]
    assert document is not None
    body = document["paths"]["/api/v1/jobs/createTask"]["post"]["requestBody"]["content"]["application/json"]
    return resolve(document, body["schema"]["properties"]["input"])


async def test_the_list_has_the_documented_fields_and_is_not_paginated() -> None:
    async with service() as kie:
        body = await ask(kie)
    models = body["data"]["models"]
    assert (body["code"], body["msg"], body["data"]["total"]) == (200, "success", len(models))
    assert body["data"].keys() == {"total", "models"}
    keys = {"model", "slug", "title", "provider", "taskType", "description", "pricingDesc"}
    assert [one["model"] for one in models if one.keys() != keys] == []
    kling = next(one for one in models if one["model"] == "kling/v2-1-master-text-to-video")
    assert (kling["slug"], kling["provider"], kling["taskType"]) == (kling["model"], "Kling", ["Text to Video"])
    assert kling["pricingDesc"].startswith("A 5-second video costs 160 credits (0.80 USD), ")
    assert {None} < {one["description"] for one in models}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "MUSIC"}, {"ai-music-api/generate", "ai-music-api/generate-lyrics"}),
        ({"q": "upscale", "provider": "topaz"}, {"topaz/image-upscale", "topaz/video-upscale"}),
        ({"taskType": "Text to Music,Audio to Audio"}, {"ai-music-api/generate", "elevenlabs/audio-isolation"}),
        ({"provider": "Kling", "taskType": "Text to Video"}, {"kling/v2-1-master-text-to-video"}),
        ({"q": "no such thing"}, set[str]()),
    ],
)
async def test_the_list_is_searched_by_words_provider_and_task_type(query: dict[str, str], found: set[str]) -> None:
    async with service() as kie:
        data = (await ask(kie, **query))["data"]
    assert {one["model"] for one in data["models"]} == found
    assert data["total"] == len(found)


async def test_all_four_calls_share_one_request_a_second() -> None:
    paths = ("", "/z-image/schema", "/z-image/price", "/z-image/success-rate")
    async with service(speed=1000) as kie:
        for first in paths:
            assert (await ask(kie, first))["code"] == 200
            for again in paths:
                kie.pass_time(0.2)
                assert (await kie.http.get(f"/api/v1/models{again}")).json() == TOO_MANY
        assert len(kie.sandbox.discoveries) == 20
        assert (await kie.create("z-image", prompt="x", aspect_ratio="1:1"))["code"] == 200


@pytest.mark.parametrize("about", ["schema", "price", "success-rate"])
async def test_an_unknown_model_and_an_encoded_slash_are_code_404(about: str) -> None:
    async with service() as kie:
        assert await ask(kie, f"/no/such/{about}") == UNKNOWN
        assert await ask(kie, f"/nano-banana/{about}") == UNKNOWN
        assert await ask(kie, f"/google%2Fnano-banana/{about}") == UNKNOWN
        assert (await ask(kie, f"/google/nano-banana/{about}"))["code"] == 200


async def test_discovery_needs_a_key() -> None:
    async with service(key="") as kie:
        assert (await ask(kie))["code"] == 401


async def test_a_price_is_prose_or_null() -> None:
    async with service() as kie:
        known = await ask(kie, "/nano-banana-2/price")
        unknown = await ask(kie, "/ideogram/v3-remix/price")
    text = (
        "A 1K image costs 8 credits (0.04 USD), a 2K image costs 12 credits (0.06 USD), "
        "and a 4K image costs 18 credits (0.09 USD)."
    )
    assert known == {"code": 200, "msg": "success", "data": {"model": "nano-banana-2", "pricingDesc": text}}
    assert unknown["data"] == {"model": "ideogram/v3-remix", "pricingDesc": None}


def charges(model: Model) -> Iterator[float]:
    """What a model charges for each resolution, or for each length or size, that its fields have."""
    counted = next((name for name in ("resolution", "quality", "rendering_speed") if name in model.fields), "")
    sizes = model.fields[counted].schema["enum"] if counted else [None]
    amounts = {"enlargement": (2048, 4096, 8192), "clip": (5, 10)}.get(model.makes, (1,))
    if "audio" in model.fields:
        amounts = (1,)
    for size, amount, audio in product(sizes, amounts, (False, True) if "audio" in model.fields else (False,)):
        given = {"text": "x" * 1000, "dialogue": [{"text": "x" * 1000}], counted: size, "audio": audio}
        yield model.price({key: value for key, value in given.items() if value}, amount)


@pytest.mark.parametrize("name", [name for name in OFFERED if LISTED[name].pricing])
def test_a_price_text_names_what_a_task_is_charged(name: str) -> None:
    said = [float(one) for one in re.findall(r"([\d.]+) credits?\b", LISTED[name].pricing or "")]
    assert list(dict.fromkeys(charges(OFFERED[name]))) == pytest.approx(list(dict.fromkeys(said)))


def test_dollars_are_half_a_cent_a_credit() -> None:
    pairs = [
        (float(price.replace(",", "")), float(dollars))
        for one in LISTED.values()
        for price, dollars in re.findall(r"([\d.,]+) credits? \(([\d.]+) USD\)", one.pricing or "")
    ]
    assert len(pairs) > 40
    assert [pair for pair in pairs if pair[1] != pytest.approx(pair[0] * 0.005, rel=0.01)] == []


def test_every_model_of_the_sandbox_is_listed_but_for_the_specifications_names() -> None:
    assert OFFERED.keys() <= LISTED.keys()
    assert {name for name in MODELS if name not in OFFERED}.isdisjoint(LISTED)


async def test_a_schema_is_a_whole_openapi_document_and_null_for_some() -> None:
    async with service() as kie:
        data = (await ask(kie, "/z-image/schema"))["data"]
        none = (await ask(kie, "/google/gemini-3-8-flash-tts/schema"))["data"]
    assert none == {"model": "google/gemini-3-8-flash-tts", "openapi": None}
    assert data.keys() == {"model", "openapi"}
    document = data["openapi"]
    assert document["openapi"].startswith("3.1")
    operation = document["paths"]["/api/v1/jobs/createTask"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["model", "input"]
    assert body["properties"].keys() == {"model", "callBackUrl", "input"}
    assert body["properties"]["input"]["properties"]["nsfw_checker"] == {"$ref": "#/components/schemas/nsfw_checker"}
    assert operation["responses"]["500"] == {"$ref": "#/components/responses/Error "}
    callback = operation["callbacks"]["onTaskCompleted"]["{$request.body#/callBackUrl}"]["post"]["requestBody"]
    assert callback["content"]["application/json"]["schema"]["properties"]["code"]["enum"] == [200, 400, 500, 501]


@pytest.mark.parametrize("name", sorted(OFFERED))
def test_every_reference_leads_somewhere_and_every_input_schema_is_valid(name: str) -> None:
    document = SCHEMAS[name]
    assert document is not None
    assert resolve(document, document["paths"])
    schema = input_schema(name)
    Draft202012Validator.check_schema(schema)
    for branch in schema.get("oneOf", [schema]):
        assert set(branch.get("required", ())) <= branch["properties"].keys()


def test_names_of_components_have_blanks_and_percent_signs() -> None:
    keys = {key for document in SCHEMAS.values() if document for key in document["components"]["schemas"]}
    assert {"response not with recordId", "upscale factor ", "image%20file", "Input "} <= keys


@pytest.mark.parametrize(
    ("name", "given", "is_valid"),
    [
        ("z-image", {"prompt": "x", "aspect_ratio": "1:1"}, True),
        ("z-image", {"prompt": "x"}, False),
        ("z-image", {"prompt": "x", "aspect_ratio": "1:1", "nsfw_checker": "no"}, False),
        ("topaz/image-upscale", {"image_url": "https://a.b/c", "upscale_factor": "2"}, True),
        ("topaz/image-upscale", {"image_url": "https://a.b/c", "upscale_factor": 2}, False),
        ("recraft/crisp-upscale", {"image": "https://a.b/c"}, True),
        ("recraft/crisp-upscale", {"image": ["https://a.b/c"]}, False),
        ("grok-imagine-image-2-0/segment-map", {"image_url": "https://a.b/c"}, True),
        ("grok-imagine-image-2-0/segment-map", {}, False),
        ("kling-3.0-omni/image-to-video", {"prompt": "x", "image_urls": ["https://a.b/c"] * 2}, True),
        ("kling-3.0-omni/image-to-video", {"prompt": "x", "image_urls": ["https://a.b/c"] * 3}, False),
        ("elevenlabs/text-to-dialogue-v3", {"dialogue": [{"text": "x", "voice": VOICE}]}, True),
        ("elevenlabs/text-to-dialogue-v3", {"dialogue": [{"text": "x", "voice": "Rachel"}]}, False),
        ("ai-music-api/generate", {"model": "V6", "custom_mode": False, "instrumental": True, "prompt": "x"}, True),
        ("ai-music-api/generate", {"model": "V9", "custom_mode": False, "instrumental": True, "prompt": "x"}, False),
    ],
)
def test_a_schema_allows_what_the_sandbox_takes_and_nothing_else(
    name: str, given: dict[str, Any], *, is_valid: bool
) -> None:
    allows = Draft202012Validator(input_schema(name)).is_valid(given)  # pyright: ignore[reportUnknownMemberType]
    assert allows is is_valid
    assert (MODELS[name].find_refusal(name, given) is None) is is_valid


def test_models_that_answer_at_once_have_another_path_and_no_callback() -> None:
    found = {name: one.path for name, one in LISTED.items() if not one.is_job}
    assert {"/claude/v1/messages", "/codex/v1/responses", "/grok/v1/responses"} < set(found.values())
    for name, path in found.items():
        document = SCHEMAS[name]
        assert document is not None
        assert document["paths"].keys() == {path}
        assert "callbacks" not in document["paths"][path]["post"]


async def test_a_listed_model_that_cannot_run_here_is_paused_and_one_that_answers_at_once_is_no_job() -> None:
    async with service() as kie:
        paused = await kie.create("veo-3-1", prompt="x")
        chat = await kie.create("claude-sonnet-4-6", prompt="x")
        assert kie.sandbox.created == 0
    assert (paused["code"], paused["msg"]) == (455, "This interface is temporarily paused.")
    assert chat["code"] == 422


async def test_success_rates_are_a_day_in_steps_of_ten_minutes_or_nothing() -> None:
    async with service() as kie:
        data = (await ask(kie, "/z-image/success-rate"))["data"]
        nothing = (await ask(kie, "/veo-3-1/success-rate"))["data"]
    points = data["points"]
    assert nothing == {"model": "veo-3-1", "points": []}
    assert len(points) == 144
    assert [one["end"] for one in points[:-1]] == [one["start"] for one in points[1:]]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d0:00Z", one["start"]) for one in points)
    assert {one["successRate"] is None for one in points} == {True, False}
    for one in points:
        assert one.keys() == {"start", "end", "successRate", "errorRate", "isNormal"}
        assert one["successRate"] is None or one["successRate"] + one["errorRate"] == pytest.approx(100)
