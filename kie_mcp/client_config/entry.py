"""Write the entry that a client keeps of this server."""

from typing import Any

from kie_mcp.client_config.clients import Client
from kie_mcp.client_config.launch_command import LaunchCommand

VARIABLE = "KIE_API_KEY"
PLACEHOLDER = "your key"
"""What stands in a block that is shown, where the key belongs."""

KEY_INPUT = {"id": "kie-api-key", "type": "promptString", "description": "Kie.ai API key", "password": True}
"""What VS Code is told to ask for."""


def is_no_key(value: object) -> bool:
    """Return whether a value of a file stands for a key that is not there yet.

    An empty one does: the server starts with it, and says how to get a key.
    """
    return isinstance(value, str) and value in {"", PLACEHOLDER}


def is_secret(client: Client, key: object) -> bool:
    """Return whether a value of the client's file is a key itself, not what stands for one."""
    return isinstance(key, str) and key != client.reference and not is_no_key(key)


def build_entry(client: Client, command: LaunchCommand, key: str | None) -> dict[str, Any]:
    """Return the client's entry. `key`: the key or what stands for it; None leaves the variable out."""
    env = {} if key is None else {name_variables(client): {VARIABLE: key}}
    if client.shape == "opencode":
        return {"type": "local", "command": [*command.words], **env, "enabled": True}
    plain = {"command": command.program, "args": [*command.arguments]}
    if client.shape == "codex" and key == client.reference:
        return {**plain, "env_vars": [VARIABLE]}  # Codex passes on what is named here, and nothing else
    kind = {"type": "stdio"} if client.shape == "typed" else {}
    return {**kind, **plain, **env}


def name_variables(client: Client) -> str:
    """Return the name under which the client's entry has the variables of the environment."""
    return "environment" if client.shape == "opencode" else "env"


def build_document(client: Client, name: str, entry: dict[str, Any], *, asks: bool) -> dict[str, Any]:
    """Return what stands in a file that holds nothing but this entry. `asks`: whether the client asks for the key."""
    document: dict[str, Any] = {name: entry}
    for word in reversed(client.servers):
        document = {word: document}
    return {"inputs": [KEY_INPUT], **document} if asks else document
