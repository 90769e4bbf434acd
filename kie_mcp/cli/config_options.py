"""Read the arguments of `kie-mcp config`, and find what this computer has to say about them."""

import argparse
from pathlib import Path

from kie_mcp.cli.config import Wish
from kie_mcp.cli.named_paths import find_path
from kie_mcp.client_config.clients import BY_ID, Client
from kie_mcp.client_config.entry import VARIABLE
from kie_mcp.client_config.launch_command import find_command
from kie_mcp.client_config.locations import VARIABLES, find_file, find_folders
from kie_mcp.optional_packages import require_sandbox
from kie_mcp.setting_values import SettingsError
from kie_mcp.settings import read_variables


def read_wish(arguments: argparse.Namespace) -> Wish:
    """Return what is asked for. Raises SettingsError if the client has no such file."""
    client = BY_ID[arguments.client]
    variables = read_variables((*VARIABLES, VARIABLE, "UV"))
    command = find_command(sandbox=arguments.sandbox, uv=variables.get("UV", ""))
    if arguments.sandbox and "--from" not in command.arguments:
        require_sandbox()  # else the client would start a server that ends at once
    return Wish(
        client=client,
        path=_choose_path(client, arguments, variables),
        command=command,
        name=arguments.name,
        project=arguments.project,
        sandbox=arguments.sandbox,
        key_source=arguments.key,
        environment_key=variables.get(VARIABLE, ""),
        force=arguments.force,
    )


def _choose_path(client: Client, arguments: argparse.Namespace, variables: dict[str, str]) -> Path:
    if arguments.path:
        return find_path(arguments.path, "--path")
    if not arguments.project:
        return find_file(client, find_folders(variables, _find_home()))
    if not client.project:
        raise SettingsError(f"{client.title} has no file for a project.", remedy="Leave --project out.")
    return find_path(client.project, "--project")


def _find_home() -> Path:
    try:
        return Path.home()
    except (RuntimeError, KeyError):
        raise SettingsError("It is not known where your home folder is.", remedy="Give --path FILE.") from None
