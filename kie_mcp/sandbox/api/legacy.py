"""Answer the specification's two legacy calls: a picture at once, and a talking video as a task.

The specification gives both no more than an example. Where it is silent the sandbox does the plainest thing: the code
of an error is the HTTP status too, and the picture has the size of the example, which the specification recommends.
"""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from kie_mcp.sandbox.account import models, scenarios
from kie_mcp.sandbox.account.file_store import File
from kie_mcp.sandbox.account.sandbox import Sandbox, answer_created
from kie_mcp.sandbox.account.tasks import Task
from kie_mcp.sandbox.account.timeline import TaskTimeline
from kie_mcp.sandbox.api import answers
from kie_mcp.sandbox.api.answers import Answer
from kie_mcp.sandbox.api.requests import read_json
from kie_mcp.sandbox.studio import pictures

ERRORS = {
    400: "Invalid request parameters",
    401: "Invalid or missing API key",
    402: "Insufficient credits",
    429: "Rate limit exceeded",
    500: "Internal server error",
}
"""The specification's table of codes."""

SIZES = {"vertical": "2:3", "horizontal": "3:2"}
"""The ratio of each orientation. The table says 9:16 and 16:9; the example and the recommended sizes are 512x768."""

LARGEST_IMAGE = 10 * 1024 * 1024
PLAIN_FIELDS = ("prompt", "orientation", "model", "style")


def _error(code: int, why: str = "") -> Answer:
    msg = f"{ERRORS[code]}: {why}" if why else ERRORS[code]
    return Answer({"success": False, "code": code, "msg": msg}, status=code)


NO_ACCESS = _error(401)


async def generate_picture(sandbox: Sandbox, request: Request, base: str) -> Answer | None:
    """Answer images/generate, a multipart form: prompt, image, orientation, model, style. None means: no answer."""
    began = sandbox.clock.now()
    async with request.form() as form:
        fields = {key: await value.read() if isinstance(value, UploadFile) else value for key, value in form.items()}
        sandbox.creates.append((began, fields))
        fault = _find_fault(form, fields)
    if fault:
        return _error(400, fault)
    made = await sandbox.order(_as_request(sandbox, fields, base), base, models.LEGACY_MODELS)
    if isinstance(made, Answer):
        return _translate(made)
    # The task is over when the call is: it has no id by which anybody could ask for it.
    made.timeline = TaskTimeline(0.0, fails=made.failure is not None)
    return await _answer_picture(sandbox, made, began)


def _find_fault(form: FormData, fields: dict[str, Any]) -> str | None:
    unknown = [key for key in fields if key not in (*PLAIN_FIELDS, "image")]
    if unknown:
        return f"unknown parameter {unknown[0]}"
    if not fields.get("prompt"):
        return "prompt is required"
    if fields.get("orientation") not in (None, *SIZES):
        return "orientation must be vertical or horizontal"
    image = form.get("image")
    if image is None:
        return None
    if not isinstance(image, UploadFile):
        return "image must be a file"
    return "image must be at most 10MB" if len(fields["image"]) > LARGEST_IMAGE else None


def _as_request(sandbox: Sandbox, fields: dict[str, Any], base: str) -> dict[str, Any]:
    style = fields.get("style")
    given = {
        "prompt": f"{fields['prompt']} ({style})" if style else fields["prompt"],
        "image_size": SIZES.get(fields.get("orientation", ""), "auto"),
    }
    image = fields.get("image")
    if image is not None:
        path = f"user-uploads/legacy/{sandbox.files.random_name()}"
        given["image_urls"] = [sandbox.files.put(path, File("application/octet-stream", lambda: image), base)]
    return {"model": fields.get("model") or "nanobanana", "input": given}


async def _answer_picture(sandbox: Sandbox, task: Task, began: float) -> Answer | None:
    if task.failure:
        code, why = task.failure
        return _error(400 if code == "400" else 500, why)
    if task.troubles & {"reset", "502-after"}:
        return answer_created(task)
    if "bad-result" in task.troubles:
        return Answer('{"success":true,"image_url":"', headers={"Content-Type": "application/json"})
    wide, high = await _measure(sandbox, task)
    took = round((sandbox.clock.now() - began) * 1000)
    metadata = {"width": wide, "height": high, "model": task.name, "generation_time_ms": took}
    url = None if "empty" in task.troubles else task.urls[0]
    return Answer({"success": True, "image_url": url, "metadata": metadata})


async def _measure(sandbox: Sandbox, task: Task) -> tuple[int, int]:
    file = sandbox.files.find(sandbox.files.path_of_own(task.urls[0]) or "")
    if file is None:
        raise LookupError(task.urls[0])
    data = await file.read(sandbox.studio.executor)
    return await sandbox.studio.run_in_thread(lambda: pictures.decode(data)[0].size)


async def generate_film(sandbox: Sandbox, request: Request, base: str) -> Answer | None:
    """Answer infinitetalk/generate, a JSON body with the fields of the model's input. None means: no answer."""
    body = await read_json(request)
    sandbox.creates.append((sandbox.clock.now(), body))
    made = await sandbox.order({"model": "infinitetalk", "input": body}, base, models.MODELS)
    return _translate(made) if isinstance(made, Answer) else answer_created(made)


def _translate(refusal: Answer) -> Answer:
    """Return a refusal of the jobs API as one of the specification's table; what scenarios send stays as it is."""
    if isinstance(refusal.body, str) or refusal in (
        scenarios.TOO_MANY_ONCE,
        *(scenarios.REFUSALS[name] for name in ("500", "http500")),
    ):
        return refusal
    if refusal in (answers.NO_CREDITS, answers.TOO_MANY):
        return _error(refusal.body["code"])
    if refusal == scenarios.REFUSALS["maintenance"]:
        return _error(500, refusal.body["msg"])
    return _error(400, refusal.body["msg"])
