"""Write the OpenAPI document of a model as Kie.ai does: complete, with references, and with its callback."""

from __future__ import annotations

from typing import Any

from kie_mcp.sandbox.account.input_fields import Fields, describe_fields
from kie_mcp.sandbox.account.market import Listing
from kie_mcp.sandbox.account.model import Model

Schema = dict[str, Any]
_ACCEPTED = "response not with recordId"
_CODES = (200, 401, 402, 404, 422, 429, 433, 455, 500, 501, 505)

COMPONENTS = {
    "recraft/crisp-upscale": ("image", "#/components/schemas/image%20file", "image%20file"),
    "topaz/image-upscale": ("upscale_factor", "#/components/schemas/upscale%20factor%20", "upscale factor "),
}
"""Fields that are components of their own, with the reference and the key: names may have blanks, also at their end,
and the key may be spelled like the reference, with %20."""

INPUT_COMPONENTS = frozenset({"ai-music-api/generate"})
"""Models whose whole input is a component."""


def describe(listing: Listing, model: Model | None) -> Schema | None:
    """Return the document of a model; None for a job whose document has not been synced."""
    if not listing.is_job:
        return _document(listing, _describe_chat(listing), {})
    if model is None:
        return None
    components: dict[str, Schema] = {}
    given = _describe_input(listing.model, model, components)
    if listing.model in INPUT_COMPONENTS:
        components["Input "] = given
        given = {"$ref": "#/components/schemas/Input%20"}
    return _document(listing, _describe_job(listing, given), components)


def _describe_input(name: str, model: Model, components: dict[str, Schema]) -> Schema:
    about = f"Input parameters for {name}."
    if not model.instead:
        return {"description": about, **_describe_branch(name, model.fields, components)}
    branches = (_describe_branch(name, fields, components) for fields in (model.fields, *model.instead))
    return {"description": about, "oneOf": [{"title": " and ".join(one["required"]), **one} for one in branches]}


def _describe_branch(name: str, fields: Fields, components: dict[str, Schema]) -> Schema:
    """Describe one set of fields; what is a component of its own goes there, and leaves a reference."""
    schema = describe_fields(fields)
    properties: dict[str, Schema] = schema["properties"]
    shared = [("nsfw_checker", "#/components/schemas/nsfw_checker", "nsfw_checker"), COMPONENTS.get(name)]
    for field, reference, key in filter(None, shared):
        if field in properties:
            components[key] = properties[field]
            properties[field] = {"$ref": reference}
    return schema


def _describe_job(listing: Listing, given: Schema) -> Schema:
    properties = {
        "model": {"type": "string", "enum": [listing.model], "default": listing.model},
        "callBackUrl": {"type": "string", "format": "uri", "description": "Called when the task is over."},
        "input": given,
    }
    body = {"type": "object", "required": ["model", "input"], "properties": properties}
    accepted = {"allOf": [{"$ref": "#/components/schemas/response%20not%20with%20recordId"}]}
    return {
        **_describe_call(listing, body, accepted),
        "callbacks": {"onTaskCompleted": {"{$request.body#/callBackUrl}": {"post": _describe_callback()}}},
    }


def _describe_chat(listing: Listing) -> Schema:
    texts: Schema = {"type": "array", "items": {"type": "object", "properties": {"role": {}, "content": {}}}}
    key = "messages" if "messages" in listing.path else "contents" if "gemini" in listing.path else "input"
    name = {"type": "string", "enum": [listing.model]}
    properties: Schema = {"model": name, key: texts, "stream": {"type": "boolean"}}
    return _describe_call(listing, {"type": "object", "required": [key], "properties": properties}, {"type": "object"})


def _describe_call(listing: Listing, body: Schema, answer: Schema) -> Schema:
    return {
        "summary": listing.title,
        "operationId": listing.model.replace("/", "-"),
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "200": {"description": "Request successful", "content": {"application/json": {"schema": answer}}},
            "500": {"$ref": "#/components/responses/Error "},
        },
        "security": [{"BearerAuth": []}],
    }


def _describe_callback() -> Schema:
    record = {
        "taskId": {"type": "string"},
        "model": {"type": "string"},
        "state": {"type": "string", "enum": ["success", "fail"]},
        "param": {"type": "string"},
        "resultJson": {"type": "string"},
        "failCode": {"type": "string"},
        "failMsg": {"type": "string"},
        "costTime": {"type": "integer", "description": "Task duration in seconds"},
        "creditsConsumed": {"type": "number", "format": "double"},
        "createTime": {"type": "integer", "format": "int64"},
        "completeTime": {"type": "integer", "format": "int64"},
        "updateTime": {"type": "integer", "format": "int64"},
    }
    properties = {
        "code": {"type": "integer", "enum": [200, 400, 500, 501]},
        "msg": {"type": "string"},
        "data": {"type": "object", "properties": record},
    }
    schema = {"type": "object", "properties": properties}
    return {
        "summary": "Task callback",
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"description": "Callback received successfully"}},
    }


def _document(listing: Listing, operation: Schema, components: dict[str, Schema]) -> Schema:
    envelope = {"code": {"type": "integer", "enum": list(_CODES)}, "msg": {"type": "string"}}
    task = {"type": "object", "required": ["taskId"], "properties": {"taskId": {"type": "string"}}}
    accepted = {"type": "object", "required": ["data"], "properties": {**envelope, "data": task}}
    failed = {"type": "object", "properties": {**envelope, "data": {"type": "object"}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": listing.title, "version": "1.0.0", "description": "Written by the kie-mcp sandbox."},
        "servers": [{"url": "https://api.kie.ai"}],
        "paths": {listing.path: {"post": operation}},
        "components": {
            "schemas": {_ACCEPTED: accepted, **components},
            "responses": {
                "Error ": {"description": "request failed", "content": {"application/json": {"schema": failed}}}
            },
            "securitySchemes": {"BearerAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "API Key"}},
        },
    }
