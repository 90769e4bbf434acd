"""`kie-mcp config`: show or write what a client needs to start this server."""

import argparse
from pathlib import Path

from kie_mcp.cli.command import Command, Group
from kie_mcp.client_config.clients import BY_ID
from kie_mcp.console import say


def _add_arguments(config: argparse.ArgumentParser) -> None:
    # A list, because shtab takes a mapping for commands.
    config.add_argument("client", choices=[*BY_ID], metavar="CLIENT", help=", ".join(BY_ID))
    config.add_argument("--write", action="store_true", help="put it into the client's file, beside what is there")
    config.add_argument("--force", action="store_true", help="also in place of another entry of the same name")
    key_help = "ask, environment (KIE_API_KEY), reference (the client reads KIE_API_KEY), or none"
    key_help += "; without this option KIE_API_KEY is taken if it is set"
    config.add_argument("--key", choices=("environment", "ask", "reference", "none"), metavar="FROM", help=key_help)
    config.add_argument("--name", default="kie", metavar="NAME", help="what the server is called there (kie)")
    config.add_argument("--project", action="store_true", help="for the project in the working folder only")
    config.add_argument("--path", type=Path, metavar="FILE", help="another file of the client")


def _run(arguments: argparse.Namespace) -> int:
    from kie_mcp.cli.config import show_entry, write_to_client
    from kie_mcp.cli.config_options import read_wish

    say((write_to_client if arguments.write else show_entry)(read_wish(arguments)))
    return 0


COMMAND = Command(
    help="show what a client needs to start this server, or --write it into its file",
    group=Group.SET_UP,
    place=10,
    add_arguments=_add_arguments,
    run=_run,
)
