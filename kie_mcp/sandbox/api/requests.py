"""Read a request: its key, its JSON, the range of bytes that it asks for."""

from __future__ import annotations

import json
import re
from typing import Any, cast

from starlette.requests import Request

BAD_KEYS = ("wrong", "bad")
"""A key that begins like this is refused, so that people can see what a wrong key does."""


def has_key(request: Request) -> bool:
    """Return whether the request has a bearer key that the sandbox takes: any but the bad ones."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = key.strip()
    return scheme.lower() == "bearer" and bool(key) and not key.lower().startswith(BAD_KEYS)


async def read_json(request: Request) -> Any:
    """Return the body as JSON; as text if it is no JSON."""
    raw = await request.body()
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return raw.decode("utf-8", "replace")


async def read_json_object(request: Request) -> dict[str, Any]:
    """Return the body as a JSON object; an empty one if it is no object."""
    value = await read_json(request)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def parse_byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Return the first byte of a range and the one after its last; None for no range, or for several.

    Raises:
        ValueError: if the range lies beyond the file.
    """
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", header or "")
    if not found or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    begin = int(first) if first else max(0, size - int(last))
    end = min(int(last) + 1, size) if first and last else size
    if begin >= end:
        raise ValueError(header)
    return begin, end
