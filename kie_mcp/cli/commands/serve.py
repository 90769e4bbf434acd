"""`kie-mcp serve`: serve MCP over HTTP to the programs of this machine."""

import argparse

from kie_mcp.cli.argument_types import parse_host, parse_origin, parse_port
from kie_mcp.cli.command import Command, Group
from kie_mcp.cli.execution import run_async
from kie_mcp.cli.no_command import prepare_to_serve
from kie_mcp.console import warn


def _add_arguments(serve: argparse.ArgumentParser) -> None:
    serve.add_argument("--host", default="127.0.0.1", metavar="H", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=parse_port, default=8766, metavar="N", help="port (8766); 0 picks a free one")
    host_help = "name by which callers may ask for it, besides its own; with or without a port"
    serve.add_argument("--allow-host", action="append", default=[], type=parse_host, metavar="H", help=host_help)
    origin_help = "web site whose pages may call it, such as https://app.example"
    serve.add_argument("--allow-origin", action="append", default=[], type=parse_origin, metavar="O", help=origin_help)


def _run(arguments: argparse.Namespace) -> int:
    settings = prepare_to_serve(arguments, http=True)
    from kie_mcp.http.server import HttpAccess, serve_http

    access = HttpAccess(arguments.host, arguments.port, hosts=arguments.allow_host, origins=arguments.allow_origin)

    def announce(url: str) -> None:
        who = " for callers with the token of KIE_HTTP_TOKEN," if settings.http_token else ""
        warn(f"kie-mcp: MCP over HTTP at {url}{who} until Ctrl-C")

    async def serve() -> int:
        await serve_http(settings, access, announce, sandbox=arguments.sandbox, speed=arguments.speed or 1.0)
        return 0

    return run_async(serve())


COMMAND = Command(
    help="serve MCP over HTTP to the programs of this machine",
    group=Group.SERVE,
    add_arguments=_add_arguments,
    run=_run,
)
