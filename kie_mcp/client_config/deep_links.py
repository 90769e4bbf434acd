"""Write the links that install the server in Cursor and in VS Code with a click."""

import base64
import json
from typing import Any
from urllib.parse import quote, urlencode

from kie_mcp.client_config.clients import BY_ID
from kie_mcp.client_config.entry import KEY_INPUT, build_entry
from kie_mcp.client_config.launch_command import write_uvx_command


def write_cursor_link(name: str = "kie") -> str:
    """Return the link for Cursor, which shows the entry before it adds it: the key is filled in there."""
    entry = build_entry(BY_ID["cursor"], write_uvx_command(sandbox=False), "")
    config = base64.b64encode(_write_short(entry).encode()).decode()
    return f"https://cursor.com/en/install-mcp?{urlencode({'name': name, 'config': config})}"


def write_vscode_link(name: str = "kie") -> str:
    """Return the link for VS Code, which asks for the key when the server starts."""
    client = BY_ID["vscode"]
    entry = build_entry(client, write_uvx_command(sandbox=False), client.reference)
    asked = {"name": name, "inputs": _write_short([KEY_INPUT]), "config": _write_short(entry)}
    return f"https://vscode.dev/redirect/mcp/install?{urlencode(asked, quote_via=quote)}"


def _write_short(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
