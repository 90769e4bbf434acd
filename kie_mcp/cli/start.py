"""What `kie-mcp` does without a command: serve MCP on standard input and output."""

import argparse
import signal
from typing import TYPE_CHECKING

from kie_mcp.cli.execution import read_settings, run_async

if TYPE_CHECKING:  # the settings load pydantic, which --help and --version do without
    from kie_mcp.settings import Settings


def run_without_command(arguments: argparse.Namespace) -> int:
    """Serve MCP on standard input and output until the client leaves."""
    settings = prepare_to_serve(arguments)
    from kie_mcp.stdio_server import serve_stdio

    async def serve() -> int:
        await serve_stdio(settings, sandbox=arguments.sandbox, speed=arguments.speed or 1.0)
        return 0

    return run_async(serve())


def prepare_to_serve(arguments: argparse.Namespace, *, http: bool = False) -> "Settings":
    """Read the settings of a server, and send its log to standard error."""
    # Until the server handles signals itself, Ctrl-C ends the process at once: an import leaves nothing to clean up.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    settings = read_settings(arguments, http=http)
    from kie_mcp.log_format import log_to_stderr

    log_to_stderr(settings.log_level, settings.log_format, settings.secrets)
    return settings
