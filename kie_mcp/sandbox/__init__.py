"""A Kie.ai of our own over real HTTP: `create_app` is the ASGI app, `serve` runs it on a port in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kie_mcp.sandbox.api.app import create_app
    from kie_mcp.sandbox.api.server import serve

__all__ = ["create_app", "serve"]


def __getattr__(name: str) -> object:
    """Load starlette and uvicorn only for those who start a sandbox."""
    if name == "create_app":
        from kie_mcp.sandbox.api.app import create_app

        return create_app
    if name == "serve":
        from kie_mcp.sandbox.api.server import serve

        return serve
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
