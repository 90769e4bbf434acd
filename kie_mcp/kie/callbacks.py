"""Verify the signature of a callback: that Kie.ai sent it, just now, and for the first time."""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping, MutableMapping
from typing import Any, cast

from kie_mcp.errors import CallbackError

TIMESTAMP, SIGNATURE = "X-Webhook-Timestamp", "X-Webhook-Signature"
"""The headers of a callback that is signed."""
WINDOW = 300.0
"""Seconds by which a callback may be older, or newer, than this computer's clock says."""

_SECONDS = re.compile(r"[0-9]{1,12}")


def verify_callback(
    key: str,
    headers: Mapping[str, str],
    body: bytes | str,
    *,
    seen: MutableMapping[str, float],
    now: float | None = None,
    window: float = WINDOW,
) -> str:
    """Return the task id of a callback that Kie.ai signed.

    The body is not covered by the signature: only the task id and the time are. Whoever has seen one callback can send
    its headers with another body, so believe nothing of the body. Take a callback as a reason to look at the job again,
    with `KieClient.look(task_id)`, and believe what that says. Kie.ai may also send none, or several for one task.

    Args:
        key: The webhookHmacKey of your Kie.ai account, which is made at https://kie.ai/settings. It is not the API key.
        headers: The headers of the request, their names in any case.
        body: The body of the request, as it came.
        seen: The memory against replays, which you keep between calls and which starts empty, such as a dict. What is
            too old to be accepted again is removed from it. Several processes need one in common.
        now: The time, in seconds since 1970; None asks this computer's clock.
        window: The most seconds by which the callback's time may differ from that, in either direction.

    Raises:
        CallbackError: It is not signed, not by this key, too old, or has been seen: leave it.
    """
    given = {name.casefold(): value.strip() for name, value in headers.items()}
    timestamp, signature = _find_header(given, TIMESTAMP), _find_header(given, SIGNATURE)
    if not _SECONDS.fullmatch(timestamp):
        raise CallbackError("is not a time in whole seconds since 1970.", argument=TIMESTAMP)
    task_id = _find_task_id(body)
    _check_signature(key, f"{task_id}.{timestamp}", signature)
    sent, now = float(timestamp), time.time() if now is None else now
    _check_age(now - sent, window)
    _remember(f"{task_id}.{timestamp}", sent, seen, now - window)
    return task_id


def _find_header(given: Mapping[str, str], name: str) -> str:
    if value := given.get(name.casefold()):
        return value
    remedy = "Callbacks are signed once the account has a webhookHmacKey: make one at https://kie.ai/settings"
    raise CallbackError("is missing.", argument=name, remedy=remedy)


def _find_task_id(body: bytes | str) -> str:
    """Return the task id, from the first of the four places in which callbacks of Kie.ai's have it.

    Raises:
        CallbackError: None of them has one.
    """
    try:
        root = _mapping(json.loads(body))
    except (ValueError, RecursionError):
        raise CallbackError("is not JSON.", argument="body") from None
    data = _mapping(root.get("data"))
    places = (data.get("taskId"), data.get("task_id"), root.get("taskId"), root.get("task_id"))
    if task_id := next((value for value in places if isinstance(value, str) and value), ""):
        return task_id
    problem = "names no task: neither data.taskId, data.task_id, taskId nor task_id is a text."
    raise CallbackError(problem, argument="body")


def _check_signature(key: str, signed: str, signature: str) -> None:
    if not key:
        remedy = "Give the webhookHmacKey of https://kie.ai/settings; with an empty one anybody could sign."
        raise CallbackError("is empty.", argument="key", remedy=remedy)
    digest = hmac.new(key.encode(), signed.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    if not hmac.compare_digest(base64.b64encode(digest), signature.encode("utf-8", "surrogatepass")):
        remedy = "It is forged, or signed with another key: compare yours with https://kie.ai/settings"
        raise CallbackError("does not fit the task id and the time.", argument=SIGNATURE, remedy=remedy)


def _check_age(age: float, window: float) -> None:
    if not abs(age) <= window:
        problem = f"is {abs(age):.0f} s {'old' if age > 0 else 'in the future'}; at most {window:g} s are accepted."
        remedy = "Answer callbacks at once, and let the system set its clock from the network."
        raise CallbackError(problem, argument=TIMESTAMP, remedy=remedy)


def _remember(signed: str, sent: float, seen: MutableMapping[str, float], oldest: float) -> None:
    """Note a callback that is accepted, and refuse one that was, however its signature is spelled.

    Raises:
        CallbackError: It was accepted before.
    """
    for name in [name for name, at in seen.items() if at < oldest]:
        seen.pop(name, None)
    if signed in seen:
        remedy = "Leave it: the first one was accepted."
        raise CallbackError("was used by a callback that was accepted before.", argument=SIGNATURE, remedy=remedy)
    seen[signed] = sent


def _mapping(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
