"""Send callbacks: signed as Kie.ai documents it, once, from a worker thread."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any

SECONDS_TO_ANSWER = 15.0


def sign(key: str, task_id: str, timestamp: int) -> str:
    """Return the signature: base64 of HMAC-SHA256 over `<taskId>.<timestamp>`, without the body."""
    digest = hmac.new(key.encode(), f"{task_id}.{timestamp}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def callback_headers(key: str | None, task_id: str, timestamp: int) -> dict[str, str]:
    """Return the headers of a callback, with a signature only if the account has a webhook key."""
    plain = {"Content-Type": "application/json", "User-Agent": "kie-mcp-sandbox", "X-Kie-Sandbox": "1"}
    if key is None:
        return plain
    signed = {"X-Webhook-Timestamp": str(timestamp), "X-Webhook-Signature": sign(key, task_id, timestamp)}
    return plain | signed


def post(url: str, body: Mapping[str, Any], extra: Mapping[str, str]) -> int | None:
    """POST once and return the status of the answer; None if nobody answered. It blocks: call it in a thread."""
    request = urllib.request.Request(url, json.dumps(body).encode(), dict(extra), method="POST")  # noqa: S310
    # Without a proxy, which could not reach a receiver on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=SECONDS_TO_ANSWER) as response:
            return response.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except (OSError, HTTPException, ValueError):
        return None
