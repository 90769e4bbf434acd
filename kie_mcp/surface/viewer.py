"""The viewer: a web page that clients with the MCP Apps extension show beside a tool's answer."""

import json
import re
from importlib.resources import files
from typing import Any, Final

from mcp.server.apps import Apps, ResourceCsp
from mcp.server.mcpserver.resources import Resource

from kie_mcp.catalog.model import OUTPUT_HOSTS
from kie_mcp.catalog.models import MODELS

_UNREAD = re.compile(r"^\s+|\s*// .*", re.MULTILINE)
"""What a browser does not read: hosts fetch the page for each server that they start."""
_UNREAD_STYLE = re.compile(r"/\*.*?\*/|\s+(?=[{}])|(?<=[{};,])\s+|(?<=:) ", re.DOTALL)
_UNREAD_SCRIPT = re.compile(r"""("[^"\n]*"|`[^`]*`)|\s*([=!+?:{}(),;&|<>*]+)\s*""")
"""Spaces around signs, with what may hold such spaces as text: no `${}` there has a text in backticks in it."""
_SCRIPTS = ("state", "host", "answers", "texts", "card", "lists", "files", "buttons", "start")
"""The parts of the page's one script, in the order in which they are joined."""
URI: Final = "ui://kie/viewer.html"

# The second name is outdated, but some hosts read only that one.
SHOWN_IN_VIEWER: Final[dict[str, Any]] = {"ui": {"resourceUri": URI}, "ui/resourceUri": URI}
"""The `_meta` of a tool whose answers are shown in the viewer."""


class Viewer(Resource):
    """The page, read from the package when a client asks for it."""

    async def read(self) -> str:
        """Read the whole page, which loads no other files; without indentation and comments."""
        titles = json.dumps({name: model.title for model in MODELS for name in (model.id, model.edit_id) if name})
        script = "".join(_read_part(f"{name}.js") for name in _SCRIPTS).replace("MODELS = {}", f"MODELS = {titles}", 1)
        style = _UNREAD_STYLE.sub("", _read_part("style.css"))
        script = _UNREAD_SCRIPT.sub(r"\1\2", _UNREAD.sub("", script))
        return _UNREAD.sub("", _read_part("page.html")).replace("STYLE", style, 1).replace("SCRIPT", script, 1)


def _read_part(name: str) -> str:
    return files("kie_mcp.surface").joinpath("viewer_page", name).read_text("utf-8")


def make_viewer() -> Apps:
    """Make the extension that announces the viewer and serves its page."""
    # The viewer asks the host for saved files first; it needs these addresses only if the host does not pass files on.
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
