"""The viewer: a page that clients with MCP Apps show beside a tool's answer."""

from importlib.resources import files
from typing import Any, Final

from mcp.server.apps import Apps, ResourceCsp
from mcp.server.mcpserver.resources import Resource

from kie_mcp.catalog.models import OUTPUT_HOSTS

URI: Final = "ui://kie/viewer.html"

# The flat name is outdated, and the only one that some hosts read.
SHOWN_IN_VIEWER: Final[dict[str, Any]] = {"ui": {"resourceUri": URI}, "ui/resourceUri": URI}
"""What a tool says in its `_meta` to have its answers shown in the viewer."""


class Viewer(Resource):
    """The page, read from the package when somebody asks for it."""

    async def read(self) -> str:
        """The whole page: it loads nothing else."""
        return files("kie_mcp.surface").joinpath("viewer.html").read_text("utf-8")


def make_viewer() -> Apps:
    """The extension that says that there is a viewer, and serves it."""
    # The viewer reads saved files first and needs these only where a host hands on none.
    csp = ResourceCsp(resource_domains=[f"https://{host}" for host in OUTPUT_HOSTS])
    apps = Apps()
    apps.add_resource(
        Viewer(
            uri=URI,
            name="viewer",
            title="Viewer",
            description="Shows a job's progress and its files.",
            mime_type="text/html;profile=mcp-app",
            meta={"ui": {"csp": csp.model_dump(by_alias=True, exclude_none=True), "prefersBorder": True}},
        )
    )
    return apps
