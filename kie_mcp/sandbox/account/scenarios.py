"""Define trouble on request: every scenario by its name, with a sentence that says what it does.

A scenario is asked for by the words `sandbox:NAME` anywhere in a prompt or text, or for all tasks by
`create_app(scenario="NAME")` (several names are separated by commas). Unknown names are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from kie_mcp.sandbox.api.answers import PAUSED, Answer, refusal_answer

SCENARIOS: Mapping[str, str] = {
    "fail": "The task runs its course and fails with code 501; its credits are given back.",
    "moderation": "The task fails because a content policy flags the prompt; its credits are given back.",
    "slow": "The task takes ten times as long.",
    "stuck": "The task stays in generating and never ends.",
    "402": "The creation is refused for lack of credits; nothing is created.",
    "429": "The first try is refused with HTTP 429 and Retry-After; the same request is accepted when it comes again.",
    "maintenance": "The creation is refused with code 455; nothing is created.",
    "500": "The creation answers HTTP 200 with code 500 and a text that names no field; nothing is created.",
    "http500": "The creation answers HTTP 500; nothing is created.",
    "502": "The creation answers HTTP 502 with a gateway's HTML page; nothing is created.",
    "502-after": "The task is created and charged, and the answer is HTTP 502 with a gateway's HTML page.",
    "422-at-first": "For the first 5 seconds of the task's life its record is null (code 422).",
    "reset": "The task is created and charged, and the connection is closed without an answer.",
    "unknown-state": "The middle of the task's life is reported under a state name that no document lists.",
    "expired": "The result links answer 403 until a link is made by download-url.",
    "no-id": "The task is created and charged, and the answer says success without a taskId.",
    "empty": "The task succeeds with an empty list of result URLs.",
    "bad-result": "The task succeeds with a resultJson that is not JSON.",
    "spec": "The task speaks the other dialect: code 0, status, progress, output.",
}

NEVER_SEEN_STATE = "rendering"
INVISIBLE_SECONDS = 5.0
SLOW_FACTOR = 10.0
RETRY_AFTER_SECONDS = 1

GATEWAY_PAGE = Answer(
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
    "<body><center><h1>502 Bad Gateway</h1></center></body>\r\n</html>\r\n",
    status=502,
    headers={"Content-Type": "text/html"},
)

TOO_MANY_ONCE = Answer(
    {"code": 429, "msg": "Your call frequency is too high. Please try again later.", "data": None},
    status=429,
    headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
)

REFUSALS: Mapping[str, Answer] = {
    "402": refusal_answer(402, "Insufficient Credits"),
    "maintenance": PAUSED,
    "500": refusal_answer(500, "Server exception, please try again later or contact customer service"),
    "http500": Answer({"code": 500, "msg": "Internal Server Error", "data": None}, status=500),
    "502": GATEWAY_PAGE,
}

FAILURES: Mapping[str, tuple[str, str]] = {
    "fail": ("501", "Generation Failed"),
    "moderation": ("400", "The prompt was flagged by our content policy (sensitive content); nothing was generated."),
}
"""The failCode and failMsg of the scenarios in which the task fails."""

_WORD = re.compile(r"sandbox:([a-z0-9]+(?:-[a-z0-9]+)*)", re.IGNORECASE)


def find_named(text: str) -> frozenset[str]:
    """Return the known scenarios that a text asks for."""
    return frozenset(name.lower() for name in _WORD.findall(text)) & SCENARIOS.keys()


def parse_names(scenario: str | None) -> frozenset[str]:
    """Return the names in a comma-separated list, known or not."""
    return frozenset(filter(None, re.split(r"[\s,]+", (scenario or "").lower())))


def parse_known(scenario: str | None) -> frozenset[str]:
    """Return the known scenarios of a comma-separated list."""
    return parse_names(scenario) & SCENARIOS.keys()


def remove_words(text: str) -> str:
    """Return the text without its scenario words, as it is drawn and spoken."""
    return " ".join(_WORD.sub(" ", text).split())


def find_refusal(names: frozenset[str]) -> Answer | None:
    """Return the answer of the first scenario that refuses the creation; None if none does."""
    return next((answer for name, answer in REFUSALS.items() if name in names), None)


def find_failure(names: frozenset[str]) -> tuple[str, str] | None:
    """Return failCode and failMsg of the first scenario that lets the task fail; None if none does."""
    return next((failure for name, failure in FAILURES.items() if name in names), None)
