"""Remembers when requests have arrived that had to wait until they were read, as those do that load the server."""

import json
from typing import Any, cast

import anyio
from mcp.types import RequestId

LATE = 0.05
"""Seconds; a request that was read sooner after its arrival counts as read at once."""


class Arrivals:
    """The requests that waited to be read. A caller's patience began when they arrived, and so does its wait."""

    def __init__(self) -> None:
        self._late: dict[object, float] = {}

    def note(self, line: str, arrived: float) -> None:
        """Note that a line is read now which has arrived at that time, on the event loop's clock."""
        late = anyio.current_time() - arrived > LATE
        if not late and not self._late:
            return  # nearly always: then the line need not be looked at
        request_id = _read_id(line)
        self._late.pop(request_id, None)
        if late and request_id is not None:
            self._late[request_id] = arrived

    def take_wait(self, request_id: RequestId | None) -> float:
        """Return how many seconds ago the request has arrived, if it had to wait; else 0. It is forgotten then."""
        arrived = self._late.pop(request_id, None)
        return 0.0 if arrived is None else max(anyio.current_time() - arrived, 0.0)


def _read_id(line: str) -> object:
    try:
        message: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    found = cast("dict[str, Any]", message).get("id") if isinstance(message, dict) else None
    return found if isinstance(found, int | str) else None
