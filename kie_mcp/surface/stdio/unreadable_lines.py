"""Lines that are no message, answered instead of dropped: whoever sent one waits for something.

It leans on two habits of the SDK: its reader hands on a line that it cannot read as the exception, in the place of a
message, and its server takes any stream that can be received from, iterated and closed.
"""

import json
import re
from types import TracebackType
from typing import Any, cast

import anyio
from mcp.shared.message import SessionMessage
from mcp.types import INVALID_PARAMS, INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError
from pydantic import ValidationError

_SURROGATE = re.compile(r"[\ud800-\udfff]")


class ReadableMessages:
    """What a client sends, without the lines that cannot be read: those are answered with an error.

    Stands in for the SDK's stream of messages, given that stream and the one where answers go.
    """

    def __init__(self, messages: Any, answers: Any) -> None:
        self._messages = messages
        self._answers = answers

    async def receive(self) -> SessionMessage:
        """Return the next message."""
        while isinstance(item := await self._messages.receive(), Exception):
            await self._answers.send(SessionMessage(explain(item)))
        return cast("SessionMessage", item)

    async def __anext__(self) -> SessionMessage:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    def __aiter__(self) -> "ReadableMessages":
        return self

    async def aclose(self) -> None:
        """Close the stream behind this one."""
        await self._messages.aclose()

    async def __aenter__(self) -> "ReadableMessages":
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        await self.aclose()


def explain(error: Exception) -> JSONRPCError:
    """Say what is wrong with a line, to the request that it held if that can be told."""
    line = _original_line(error)
    try:
        message: Any = json.loads(line)  # takes halves of surrogate pairs, where the SDK's reader does not
        found = _SURROGATE.search(json.dumps(message, ensure_ascii=False))
    except (ValueError, RecursionError):
        return build_error(
            None, PARSE_ERROR, "That line is not JSON; nothing was done. Send one JSON-RPC message a line."
        )
    request_id = cast("dict[str, Any]", message).get("id") if isinstance(message, dict) else None
    request_id = request_id if isinstance(request_id, int | str) and not isinstance(request_id, bool) else None
    if isinstance(request_id, str) and _SURROGATE.search(request_id):
        request_id = None  # it cannot be sent back
    if found:
        words = f"A text holds U+{ord(found[0]):04X}, half of a surrogate pair, which no UTF-8 can carry; nothing was"
        return build_error(request_id, INVALID_PARAMS, f"{words} done. Take the character out and send it again.")
    return build_error(request_id, INVALID_REQUEST, "That is JSON, but no JSON-RPC 2.0 message; nothing was done.")


def _original_line(error: Exception) -> str:
    given = error.errors(include_url=False)[0]["input"] if isinstance(error, ValidationError) else ""
    return given if isinstance(given, str) else json.dumps(given)


def build_error(request_id: int | str | None, code: int, message: str) -> JSONRPCError:
    """The answer to a request of that number, or to a line of which no number is known."""
    return JSONRPCError(jsonrpc="2.0", id=request_id, error=ErrorData(code=code, message=message))
