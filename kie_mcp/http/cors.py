"""CORS: which web pages may call this server from a browser, also from the public network."""

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

LOCAL = ("private-network", "local-network")
"""The names that browsers have used for this machine's network when they ask whether a public page may reach it."""


class LocalCORS(CORSMiddleware):
    """Starlette's CORS, which also lets pages of the public network call this machine if their origin is allowed."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer a preflight: the question that a browser asks before the call of a page."""
        asked = [name for name in LOCAL if request_headers.get(f"access-control-request-{name}") == "true"]
        # Starlette refuses one of the two unless told otherwise, and older releases know neither.
        names = {f"access-control-request-{name}".encode() for name in LOCAL}
        response = super().preflight_response(Headers(raw=[one for one in request_headers.raw if one[0] not in names]))
        if response.status_code == 200:
            for name in asked:
                response.headers[f"access-control-allow-{name}"] = "true"
        return response
