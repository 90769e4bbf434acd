"""A sandbox that imitates Kie.ai over real HTTP: `create_app` makes the ASGI app, `serve` runs it in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kie_mcp.sandbox.api.app import create_app
    from kie_mcp.sandbox.api.server import serve

__all__ = ["create_app", "serve"]


def __getattr__(name: str) -> object:
    """Import starlette and uvicorn only when a sandbox is started."""
    if name == "create_app":
        from kie_mcp.sandbox.api.app import create_app

        return create_app
    if name == "serve":
        from kie_mcp.sandbox.api.server import serve

        return serve
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
