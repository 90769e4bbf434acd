"""Answers lines that are not valid messages with an error; the SDK would drop them, and their sender would wait.

It depends on how the SDK works: its reader passes on an exception in place of a message that it cannot read, and its
server accepts any object with `receive`, iteration and `aclose` as the stream of messages.
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
    """The messages of a client, without the lines that cannot be read, which are answered with an error.

    It takes the place of the SDK's stream of messages.

    Args:
        messages: The SDK's stream of messages.
        answers: The stream that answers are sent to.
    """

    def __init__(self, messages: Any, answers: Any) -> None:
        self._messages = messages
        self._answers = answers

    async def receive(self) -> SessionMessage:
        """Return the next message that can be read."""
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
        """Close the SDK's stream."""
        await self._messages.aclose()

    async def __aenter__(self) -> "ReadableMessages":
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        await self.aclose()


def explain(error: Exception) -> JSONRPCError:
    """Build the error that says what is wrong with a line, with the id of its request if that can be found."""
    line = _original_line(error)
    try:
        message: Any = json.loads(line)  # unlike the SDK's reader it accepts halves of surrogate pairs
        found = _SURROGATE.search(json.dumps(message, ensure_ascii=False))
    except (ValueError, RecursionError):
        return build_error(
            None, PARSE_ERROR, "That line is not JSON; nothing was done. Send one JSON-RPC message per line."
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
    """Build an error as the answer to the request with this id, or with None to a line whose id is not known."""
    return JSONRPCError(jsonrpc="2.0", id=request_id, error=ErrorData(code=code, message=message))
