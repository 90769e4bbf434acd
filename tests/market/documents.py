"""OpenAPI objects such as Kie.ai answers with."""

from typing import Any


def openapi(given: Any, path: str = "/api/v1/jobs/createTask", /, **components: Any) -> dict[str, Any]:
    """A document around the schema of an input."""
    body = {"type": "object", "properties": {"model": {"type": "string"}, "input": given}, "required": ["model"]}
    post = {"requestBody": {"content": {"application/json": {"schema": body}}}}
    return {"openapi": "3.1.0", "paths": {path: {"post": post}}, "components": {"schemas": components}}
