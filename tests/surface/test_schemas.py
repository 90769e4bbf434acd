"""The published schemas: what clients are told about the tools, and that all answers match it."""
# ruff: noqa: E501 (schemas stand as they are published)

import builtins
import json
import keyword
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from inline_snapshot import snapshot
from pydantic import BaseModel

from kie_mcp.app import INSTRUCTIONS
from kie_mcp.errors import OrderError
from kie_mcp.jobs.job import Phase
from kie_mcp.surface.answers.build import build_listing, build_lost_answer, build_refusal, build_result, describe_job
from tests.support.every_state import EVERY, NOW, job
from tests.support.sandbox_server import Era, stand

pytestmark = pytest.mark.anyio

BUDGET = 3600
"""Tokens for the whole list, at four bytes each."""


@pytest.fixture(params=["legacy", "auto"])
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


async def published(folder: Path, era: Era = "legacy") -> dict[str, dict[str, Any]]:
    """Return the tools as they are sent."""
    async with stand(folder, era=era) as here:
        listed = await here.client.list_tools()
    tools = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in listed.tools]
    return {tool["name"]: tool for tool in tools}


async def test_the_input_schemas(tmp_path: Path) -> None:
    tools = await published(tmp_path)
    assert {name: tool["inputSchema"] for name, tool in tools.items()} == snapshot(
        {
            "generate_image": {
                "properties": {
                    "prompt": {
                        "description": "What to show; none for topaz, crisp-upscale and remove-background",
                        "maxLength": 20000,
                        "type": "string",
                    },
                    "prompts": {"description": "Instead of prompt", "items": {"type": "string"}, "type": "array"},
                    "count": {"type": "integer", "description": "1-10 each"},
                    "images": {
                        "description": "Pictures to edit or follow: https URL, local path, data URI, or kie://jobs/{job_id}/outputs/{n} of an earlier job",
                        "items": {"type": "string"},
                        "maxItems": 14,
                        "type": "array",
                    },
                    "model": {
                        "default": "google/nano-banana",
                        "description": "Credits a picture: nano-banana=4, pro=18 (4K 24), 2=8 (2K 12, 4K 18), lite=4, 2-1=4 (2K 6, 4K 9), topaz=10-40, crisp-upscale=0.5, remove-background=1",
                        "enum": [
                            "google/nano-banana",
                            "nano-banana-pro",
                            "nano-banana-2",
                            "nano-banana-2-lite",
                            "nano-banana-2-1",
                            "topaz/image-upscale",
                            "recraft/crisp-upscale",
                            "recraft/remove-background",
                        ],
                        "type": "string",
                    },
                    "aspect_ratio": {
                        "description": "Width:height; 1:4, 4:1, 1:8, 8:1 only for 2, lite and 2-1",
                        "enum": [
                            "1:1",
                            "9:16",
                            "16:9",
                            "3:4",
                            "4:3",
                            "3:2",
                            "2:3",
                            "5:4",
                            "4:5",
                            "21:9",
                            "auto",
                            "1:4",
                            "4:1",
                            "1:8",
                            "8:1",
                        ],
                        "type": "string",
                    },
                    "resolution": {
                        "description": "Of the picture; only for pro, 2 and 2-1",
                        "enum": ["1K", "2K", "4K"],
                        "type": "string",
                    },
                    "output_format": {"description": "Of the file", "enum": ["png", "jpeg", "jpg"], "type": "string"},
                    "style": {"description": "Such as photorealistic", "maxLength": 500, "type": "string"},
                    "upscale": {"description": "Factor; only for topaz", "enum": ["2", "4", "1"], "type": "string"},
                    "wait_seconds": {
                        "maximum": 600,
                        "minimum": 0,
                        "type": "number",
                        "description": "Seconds to wait for the end; default and limit fit the client",
                    },
                    "idempotency_key": {
                        "description": "Same key, same job: safe to repeat",
                        "maxLength": 200,
                        "type": "string",
                    },
                    "new": {
                        "description": "Make, and pay for, another job even if an equal one can be joined",
                        "type": "boolean",
                    },
                    "preview": {
                        "type": "boolean",
                        "description": "Show a small picture of it; default fits the client",
                    },
                    "convert": {
                        "description": "Turn a file that the model does not take into one that it takes",
                        "type": "boolean",
                    },
                    "estimate_only": {"description": "Only tell the cost: free", "type": "boolean"},
                    "agreed_credits": {"type": "number", "description": "Credits the user agreed to"},
                },
                "type": "object",
            },
            "generate_speech": {
                "properties": {
                    "text": {"description": "What to say", "maxLength": 5000, "minLength": 1, "type": "string"},
                    "voice": {
                        "description": "Name or id, such as James, Rachel or Brian",
                        "maxLength": 100,
                        "type": "string",
                    },
                    "model": {
                        "default": "elevenlabs/text-to-speech-turbo-2-5",
                        "description": "Credits per 1,000 characters: turbo=6, multilingual=12",
                        "enum": ["elevenlabs/text-to-speech-turbo-2-5", "elevenlabs/text-to-speech-multilingual-v2"],
                        "type": "string",
                    },
                    "speed": {
                        "default": 1.0,
                        "description": "1: the voice's own pace",
                        "maximum": 1.2,
                        "minimum": 0.7,
                        "type": "number",
                    },
                    "stability": {
                        "maximum": 1,
                        "minimum": 0,
                        "type": "number",
                        "description": "High: even; low: lively",
                    },
                    "similarity_boost": {
                        "maximum": 1,
                        "minimum": 0,
                        "type": "number",
                        "description": "Likeness to the voice",
                    },
                    "language": {"description": "ISO 639-1; only for turbo", "maxLength": 10, "type": "string"},
                    "wait_seconds": {
                        "maximum": 600,
                        "minimum": 0,
                        "type": "number",
                        "description": "Seconds to wait for the end; default and limit fit the client",
                    },
                    "idempotency_key": {
                        "description": "Same key, same job: safe to repeat",
                        "maxLength": 200,
                        "type": "string",
                    },
                    "new": {
                        "description": "Make, and pay for, another job even if an equal one can be joined",
                        "type": "boolean",
                    },
                    "estimate_only": {"description": "Only tell the cost: free", "type": "boolean"},
                    "agreed_credits": {"type": "number", "description": "Credits the user agreed to"},
                },
                "required": ["text"],
                "type": "object",
            },
            "create_talking_video": {
                "properties": {
                    "image": {
                        "description": "Picture with a face, JPEG or PNG up to 10 MB: https URL, local path, data URI, or kie://jobs/{job_id}/outputs/{n} of an earlier job",
                        "type": "string",
                    },
                    "audio": {
                        "description": "Voice recording, given like image; about 15 s for infinitalk, 60 s for omnihuman, 5 min for kling and kling pro",
                        "type": "string",
                    },
                    "image_prompt": {
                        "description": "Instead of image: the face to make first",
                        "maxLength": 5000,
                        "type": "string",
                    },
                    "script": {
                        "description": "Instead of audio: what to say, 15 letters a second",
                        "maxLength": 5000,
                        "type": "string",
                    },
                    "voice": {"description": "Who speaks the script", "maxLength": 100, "type": "string"},
                    "aspect_ratio": {
                        "description": "Of the face that image_prompt makes, such as 9:16",
                        "type": "string",
                    },
                    "prompt": {"description": "How the person acts", "maxLength": 5000, "type": "string"},
                    "model": {
                        "description": "Credits a second: infinitalk (default)=3 (720p 12), kling=8, kling pro=16, omnihuman=27",
                        "enum": [
                            "infinitalk/from-audio",
                            "kling/ai-avatar-standard",
                            "kling/ai-avatar-pro",
                            "omnihuman-1-5",
                        ],
                        "type": "string",
                    },
                    "resolution": {
                        "description": "Of the video; 480p, 720p only for infinitalk; 1080, 720 only for omnihuman",
                        "enum": ["480p", "720p", "1080", "720"],
                        "type": "string",
                    },
                    "seed": {
                        "maximum": 2147483647,
                        "minimum": -1,
                        "type": "integer",
                        "description": "Reported to be accepted and ignored by Kie.ai",
                    },
                    "wait_seconds": {
                        "maximum": 600,
                        "minimum": 0,
                        "type": "number",
                        "description": "Seconds to wait for the end; default and limit fit the client",
                    },
                    "idempotency_key": {
                        "description": "Same key, same job: safe to repeat",
                        "maxLength": 200,
                        "type": "string",
                    },
                    "new": {
                        "description": "Make, and pay for, another job even if an equal one can be joined",
                        "type": "boolean",
                    },
                    "preview": {
                        "type": "boolean",
                        "description": "Show a small picture of it; default fits the client",
                    },
                    "convert": {
                        "description": "Turn a file that the model does not take into one that it takes",
                        "type": "boolean",
                    },
                    "estimate_only": {"description": "Only tell the cost: free", "type": "boolean"},
                    "agreed_credits": {"type": "number", "description": "Credits the user agreed to"},
                },
                "type": "object",
            },
            "run_model": {
                "properties": {
                    "model": {"description": "Id from list_models", "maxLength": 200, "minLength": 1, "type": "string"},
                    "input": {
                        "description": "As kie://models/{id} says; {} tells what is required; files in any form that other tools take",
                        "type": "object",
                    },
                    "wait_seconds": {
                        "maximum": 600,
                        "minimum": 0,
                        "type": "number",
                        "description": "Seconds to wait for the end; default and limit fit the client",
                    },
                    "idempotency_key": {
                        "description": "Same key, same job: safe to repeat",
                        "maxLength": 200,
                        "type": "string",
                    },
                    "new": {
                        "description": "Make, and pay for, another job even if an equal one can be joined",
                        "type": "boolean",
                    },
                    "preview": {
                        "type": "boolean",
                        "description": "Show a small picture of it; default fits the client",
                    },
                    "convert": {
                        "description": "Turn a file that the model does not take into one that it takes",
                        "type": "boolean",
                    },
                    "estimate_only": {"description": "Only tell the cost: free", "type": "boolean"},
                    "agreed_credits": {"type": "number", "description": "Credits the user agreed to"},
                },
                "required": ["model", "input"],
                "type": "object",
            },
            "get_job_status": {
                "properties": {
                    "job_id": {
                        "description": "job_… or Kie.ai's task id; several with commas",
                        "maxLength": 1000,
                        "minLength": 1,
                        "type": "string",
                    },
                    "wait_seconds": {
                        "maximum": 600,
                        "minimum": 0,
                        "type": "number",
                        "description": "Seconds to wait for the end; default and limit fit the client",
                    },
                    "preview": {
                        "type": "boolean",
                        "description": "Show a small picture of it; default fits the client",
                    },
                },
                "required": ["job_id"],
                "type": "object",
            },
            "list_jobs": {
                "properties": {
                    "state": {
                        "enum": ["queued", "running", "succeeded", "failed", "unconfirmed"],
                        "type": "string",
                        "description": "Only these",
                    },
                    "kind": {
                        "enum": ["image", "speech", "talking_video", "other"],
                        "type": "string",
                        "description": "Only these",
                    },
                    "limit": {
                        "default": 20,
                        "description": "At most so many",
                        "maximum": 100,
                        "minimum": 1,
                        "type": "integer",
                    },
                },
                "type": "object",
            },
            "get_account": {
                "properties": {"success_rate_of": {"description": "Model id", "type": "string"}},
                "type": "object",
            },
            "list_models": {
                "properties": {
                    "query": {"description": "Such as upscale", "type": "string"},
                    "kind": {
                        "enum": ["image", "video", "audio", "text", "other"],
                        "type": "string",
                        "description": "What it makes",
                    },
                    "provider": {"description": "Its maker", "type": "string"},
                    "limit": {
                        "default": 10,
                        "description": "At most so many",
                        "maximum": 100,
                        "minimum": 1,
                        "type": "integer",
                    },
                },
                "type": "object",
            },
        }
    )


async def test_the_output_schemas(tmp_path: Path) -> None:
    """Every tool that speaks of a job says the same of it."""
    schemas = {name: tool["outputSchema"] for name, tool in (await published(tmp_path)).items()}
    listing_schema, of_a_job = schemas.pop("list_jobs"), schemas.pop("get_job_status")
    of_models, account_schema = schemas.pop("list_models"), schemas.pop("get_account")
    assert schemas == dict.fromkeys(
        ["generate_image", "generate_speech", "create_talking_video", "run_model"], of_a_job
    )
    assert {
        "of a job": of_a_job,
        "list_jobs": listing_schema,
        "get_account": account_schema,
        "list_models": of_models,
    } == snapshot(
        {
            "of a job": {
                "properties": {
                    "job_id": {"type": "string"},
                    "kind": {"type": "string"},
                    "title": {"type": "string"},
                    "model": {"type": "string"},
                    "state": {"type": "string"},
                    "elapsed_s": {"type": "number"},
                    "outputs": {
                        "type": "array",
                        "items": {"type": "object"},
                    },
                    "joined": {"type": "boolean"},
                    "place": {"type": "integer"},
                    "waiting_for": {"type": "array", "items": {"type": "string"}},
                    "parts": {"type": "array", "items": {"type": "object"}},
                    "expected_s": {"type": "number"},
                    "progress": {"type": "number"},
                    "credits": {"type": "object"},
                    "error": {"type": "object"},
                    "note": {"type": "string"},
                    "data": {"type": "object"},
                    "created_at": {"type": "string"},
                    "sandbox": {"type": "boolean"},
                    "kie_task_id": {"type": "string"},
                    "next": {"type": "string"},
                },
                "type": "object",
            },
            "list_jobs": {
                "properties": {"jobs": {"type": "array", "items": {"type": "object"}}, "next": {"type": "string"}},
                "type": "object",
            },
            "get_account": {"type": "object"},
            "list_models": {
                "properties": {
                    "models": {"type": "array", "items": {"type": "object"}},
                    "as_of": {"type": "string"},
                    "note": {"type": "string"},
                    "next": {"type": "string"},
                },
                "type": "object",
            },
        }
    )


async def test_titles_descriptions_and_annotations(tmp_path: Path) -> None:
    tools = await published(tmp_path)
    said = {name: (tool["title"], tool["description"], tool["annotations"]) for name, tool in tools.items()}
    assert said == snapshot(
        {
            "generate_image": (
                "Generate image",
                "Make, edit, enlarge, sharpen or cut out pictures. Costs Kie.ai credits.",
                {"readOnlyHint": False, "destructiveHint": False, "idempotentHint": False, "openWorldHint": True},
            ),
            "generate_speech": (
                "Generate speech",
                "Speak a text. Costs Kie.ai credits.",
                {"readOnlyHint": False, "destructiveHint": False, "idempotentHint": False, "openWorldHint": True},
            ),
            "create_talking_video": (
                "Create talking video",
                "Make a face speak, from image or image_prompt and audio or script. Takes minutes. Costs credits a second.",
                {"readOnlyHint": False, "destructiveHint": False, "idempotentHint": False, "openWorldHint": True},
            ),
            "run_model": (
                "Run model",
                "Run any other model of Kie.ai, for music, films and more. Costs Kie.ai credits.",
                {"readOnlyHint": False, "destructiveHint": False, "idempotentHint": False, "openWorldHint": True},
            ),
            "get_job_status": (
                "Get job status",
                "Show a job's state, and wait for its end. Free: ask as often as needed instead of ordering again.",
                {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": True},
            ),
            "list_jobs": (
                "List jobs",
                "List jobs, newest first, also those of earlier conversations. Free.",
                {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False},
            ),
            "get_account": (
                "Get account",
                "Show balance, credits spent today and this month, ceilings and what they leave, jobs in flight. Free.",
                {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": True},
            ),
            "list_models": (
                "List models",
                "Find models of Kie.ai by words, with prices. Free.",
                {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": True},
            ),
        }
    )


async def test_both_eras_publish_the_same(tmp_path: Path) -> None:
    assert await published(tmp_path / "one") == await published(tmp_path / "two", era="auto")


async def test_every_argument_is_described(tmp_path: Path) -> None:
    for tool in (await published(tmp_path)).values():
        schema = tool["inputSchema"]
        jsonschema.Draft202012Validator.check_schema(schema)
        assert all(one.get("description") for one in schema["properties"].values())
        assert all("type" in one for one in schema["properties"].values())


READABLE = {"type", "description", "properties", "required", "items", "enum", "default"} | {
    *("minimum", "maximum", "minLength", "maxLength", "maxItems")
}
"""Keywords that every reader known to us understands: the SDKs of some models fail at others, such as
additionalProperties, $ref, const, or a list of types."""


def keywords(schema: dict[str, Any]) -> set[str]:
    """Return all keywords in a schema, at any depth."""
    inner = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    strange = set[str]() if isinstance(schema.get("type"), str) else {"a type that is not one word"}
    return strange.union(schema, *(keywords(one) for one in inner))


async def test_the_schemas_hold_only_keywords_that_every_reader_knows(tmp_path: Path) -> None:
    for tool in (await published(tmp_path)).values():
        assert keywords(tool["inputSchema"]) <= READABLE
        assert keywords(tool["outputSchema"]) <= READABLE


async def test_every_name_can_be_the_name_of_an_argument_in_python(tmp_path: Path) -> None:
    """Some clients make Python functions and models from the schemas."""
    async with stand(tmp_path) as here:
        tools, prompts = (await here.client.list_tools()).tools, (await here.client.list_prompts()).prompts
        templates = (await here.client.list_resource_templates()).resource_templates
    callables = [one.name for one in [*tools, *prompts]]
    arguments = [name for tool in tools for name in tool.input_schema["properties"]]
    arguments += [one.name for prompt in prompts for one in prompt.arguments or ()]
    arguments += [name for one in templates for name in re.findall(r"\{\+?(.*?)\}", one.uri_template)]
    for name in [*callables, *arguments]:
        assert name.isidentifier()
        assert not keyword.iskeyword(name)
        assert not name.startswith("_")
        assert not hasattr(builtins, name) or name == "input"  # Kie.ai's own word for what run_model takes
        assert not hasattr(BaseModel, name)


async def test_the_whole_list_stays_within_its_budget(tmp_path: Path, era: Era) -> None:
    tools = await published(tmp_path, era)
    wire = json.dumps({"tools": list(tools.values())}, separators=(",", ":"), ensure_ascii=False)
    assert len(wire.encode()) / 4 < BUDGET


async def test_the_server_introduces_itself(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era) as here:
        instructions = here.client.instructions
    assert instructions == INSTRUCTIONS
    assert (
        snapshot(
            "Pictures, speech and talking videos from Kie.ai, and by list_models and run_model music, videos and all else that it makes. Each is a job with an id and costs credits: estimate_only=true tells how many, get_account what is left. Chain jobs by their kie:// references: generate_image makes a face, generate_speech a voice, and create_talking_video takes both, also before those jobs are done, or has them made: image_prompt, script. A tool waits for a while; if the job is not done by then it answers `running` with the job id: call get_job_status(job_id), which is free and waits as long as this client can, until it is done. Never repeat an order because it takes long or because its answer was lost: look for its job first (list_jobs). `unconfirmed` means that it may have been charged: tell the user."
        )
        == INSTRUCTIONS
    )


async def test_every_answer_keeps_to_the_output_schema(tmp_path: Path) -> None:
    schemas = {name: closed(tool["outputSchema"]) for name, tool in (await published(tmp_path)).items()}
    for case in EVERY.values():
        told = describe_job(case.job, case.outlook, NOW, parts=case.parts, sandbox=case.sandbox, joined=case.joined)
        jsonschema.validate(build_result(case.job, told).structured_content, schemas["generate_image"])
        jsonschema.validate(build_listing([told]).structured_content, schemas["list_jobs"])


async def test_refusals_keep_to_it_too(tmp_path: Path) -> None:
    schema = closed((await published(tmp_path))["get_job_status"]["outputSchema"])
    jsonschema.validate(build_refusal(OrderError("no")).structured_content, schema)
    jsonschema.validate(build_lost_answer(job(Phase.RESERVED), OrderError("no")).structured_content, schema)


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the same schema, in which a field that is not published is an error."""
    return {**schema, "additionalProperties": False}
