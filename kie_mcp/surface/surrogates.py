"""Calls over HTTP with half a surrogate pair in them: answered in our words, to the request that they held."""

import re

from mcp.types import INVALID_PARAMS, JSONRPCError, jsonrpc_message_adapter
from pydantic import ValidationError
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kie_mcp.surface.stdio.unreadable import complaint

_ESCAPED = re.compile(rb"\\u[dD][89a-fA-F]")


class Halves:
    """An app whose refusal of such a call says what is wrong with it; everything else passes as it is.

    It listens to what the app reads and never reads ahead, so the app's own checks and its limit of bytes hold.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        heard: list[bytes] = []
        instead: Response | None = None

        async def listen() -> Message:
            message = await receive()
            heard.append(message.get("body", b""))
            return message

        async def answer(message: Message) -> None:
            nonlocal instead
            if message["type"] == "http.response.start":
                refusal = _refusal(b"".join(heard)) if message["status"] == 400 else None
                heard.clear()
                if refusal:
                    instead = Response(refusal, 400, media_type="application/json")
                    await instead(scope, receive, send)
            if instead is None:
                await send(message)

        await self._app(scope, listen, answer)


def _refusal(body: bytes) -> str:
    """What is said of a call that cannot be read for that reason; empty for any other."""
    if not _ESCAPED.search(body):
        return ""
    try:
        jsonrpc_message_adapter.validate_json(body.decode(), by_name=False)
    except UnicodeDecodeError:
        return ""
    except ValidationError as error:
        said = complaint(error)
        return _written(said) if said.error.code == INVALID_PARAMS else ""
    return ""


def _written(said: JSONRPCError) -> str:
    # Whoever asked without a number is answered with none, which is not the same as no answer.
    return said.model_dump_json(by_alias=True, exclude_unset=True)
