"""Make answers to calls: a status, a JSON body in Kie.ai's envelope, and headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

UNSUPPORTED_MODEL = (
    "The model name you specified is not supported. Please verify your input and use one of "
    "the supported models provided by KIE."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; `body` is JSON, or text that is sent as it is."""

    body: Mapping[str, Any] | str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


def success_answer(data: object, code: int = 200) -> Answer:
    """Return a success in the envelope; in the other dialect its code is 0."""
    return Answer({"code": code, "msg": "success", "data": data})


def refusal_answer(code: int, msg: str) -> Answer:
    """Return a refusal as Kie.ai sends it: the HTTP status is 200, the code is in the body."""
    return Answer({"code": code, "msg": msg, "data": None})


# The live body of a bad key has no `data`.
NO_ACCESS = Answer({"code": 401, "msg": "You do not have access permissions"})
NO_CREDITS = refusal_answer(402, "Insufficient Credits")
TOO_MANY = refusal_answer(429, "Your call frequency is too high. Please try again later.")
NOT_VISIBLE = refusal_answer(422, "recordInfo is null")
PAUSED = refusal_answer(455, "This interface is temporarily paused.")
UNKNOWN_TASK = refusal_answer(422, "task_id is not valid")
NO_TASK_ID = refusal_answer(400, "taskId parameter is required")
FOREIGN_URL = refusal_answer(422, "Invalid URL (External file URLs are not supported)")
