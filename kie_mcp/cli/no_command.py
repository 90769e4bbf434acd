"""What `kie-mcp` does without a command: serve MCP in a pipe, and say on a terminal what it is and what to do next."""

import argparse
import re
import signal
import sys
from typing import TYPE_CHECKING

from kie_mcp import __version__
from kie_mcp.cli.execution import read_settings, run_async
from kie_mcp.cli.terminal import find_width, is_terminal, print_lines, wrap
from kie_mcp.console import CheckedOutput

if TYPE_CHECKING:  # the settings load pydantic, which --help and --version do without
    from kie_mcp.settings import Settings
    from kie_mcp.surface.stdio.hand_over import HandOver

_WHAT = (
    "kie-mcp makes pictures, speech and talking videos with Kie.ai. An assistant such as Claude starts it as an MCP"
    " server; a person can order from here."
)
_COMMAND = re.compile(rf"(kie-mcp {re.escape(__version__)}$|  \S.*)")
"""What is in bold: the name, and what can be typed."""
_LOOK = ("kie-mcp demo", "a picture, a voice and a talking video: no key, no cost")
_CLIENTS = "Claude Code, or of another client that config --help names"
_WITH_KEY = (
    ('kie-mcp image "a red fox" --estimate', "what a picture costs; without --estimate it is made"),
    ("kie-mcp config claude-code --write", f"puts this server and the key into the file of {_CLIENTS}"),
    ("kie-mcp jobs", "what was made, and what still runs"),
    ("kie-mcp account", "the balance, and what was spent"),
    ("kie-mcp doctor", "checks key, connections and folders"),
)
_CONNECT = (
    "kie-mcp config claude-code --write --key ask",
    f"asks for a key, and puts it with this server into the file of {_CLIENTS}",
)
_WITHOUT_KEY = (
    _LOOK,
    _CONNECT,
    ("export KIE_API_KEY=…", "to order from here: a key of your own, made at https://kie.ai/api-key"),
    ("kie-mcp doctor", "checks key, connections and folders"),
)


def run_without_command(arguments: argparse.Namespace, hand_over: "HandOver | None" = None) -> int:
    """Serve MCP on standard input and output until the client leaves; where a person types, tell them what this is."""
    if not hand_over and is_terminal(sys.stdin) and is_terminal(sys.stdout):
        print_lines(_introduce(read_settings(arguments), find_width()), CheckedOutput(), _COMMAND)
        return 0
    settings = prepare_to_serve(arguments, has_greeted=hand_over is not None)
    from kie_mcp.stdio_server import serve_stdio

    async def serve() -> int:
        await serve_stdio(settings, sandbox=arguments.sandbox, speed=arguments.speed or 1.0, hand_over=hand_over)
        return 0

    return run_async(serve())


def _introduce(settings: "Settings", width: int) -> list[str]:
    """Say what this is and what to do next, with or without a key."""
    from kie_mcp.client_config.launch_command import name_program

    has_key = settings.api_key is not None
    state = "A key is set." if has_key else "No key is set (KIE_API_KEY)."
    lines = [f"kie-mcp {__version__}", "", *wrap(_WHAT, width), "", f"{state} What to do next:", ""]
    program, with_sandbox = name_program(), name_program(sandbox=True)
    for command, use in _WITH_KEY if has_key else _WITHOUT_KEY:
        start = with_sandbox if command == _LOOK[0] else program
        lines += [f"  {command.replace('kie-mcp', start, 1)}", *wrap(f"      {use}", width, indent="      ")]
    return [*lines, "", *wrap(f"All commands: {program} --help. In a pipe it serves MCP.", width)]


def prepare_to_serve(arguments: argparse.Namespace, *, http: bool = False, has_greeted: bool = False) -> "Settings":
    """Read the settings of a server, and send its log to standard error.

    `has_greeted`: whether the start has handed a client over; then it has seen to signals too.
    """
    # Until the server handles signals itself, Ctrl-C ends the process at once: an import leaves nothing to clean up.
    if not has_greeted:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return read_settings(arguments, http=http)
