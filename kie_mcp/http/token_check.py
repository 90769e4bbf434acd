"""Check the token that callers over HTTP have to send, if one is set."""

import json
import secrets

from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

SENTENCE = (
    "This server wants the header `Authorization: Bearer <token>`, with the token that KIE_HTTP_TOKEN was set to."
)


class TokenRequired:
    """ASGI middleware that refuses requests without the token. CORS must answer preflights, which carry none, first."""

    def __init__(self, app: ASGIApp, token: SecretStr) -> None:
        self._app = app
        self._token = token.get_secret_value().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it without reading its body."""
        shown = Headers(scope=scope).getlist("authorization") if scope["type"] == "http" else []
        if scope["type"] != "http" or self._fits(shown):
            await self._app(scope, receive, send)
            return
        challenge = 'Bearer realm="kie-mcp"' + (', error="invalid_token"' if shown else "")
        body = json.dumps({"error": "invalid_token", "error_description": SENTENCE})
        refusal = Response(body, 401, {"WWW-Authenticate": challenge}, "application/json")
        await refusal(scope, receive, send)

    def _fits(self, shown: list[str]) -> bool:
        if len(shown) != 1:
            return False
        scheme, _, token = shown[0].partition(" ")
        # Compared in constant time, so that the time does not tell how much of the token was right.
        fits = secrets.compare_digest(token.strip().encode("latin-1"), self._token)
        return fits and scheme.lower() == "bearer"
