"""Define the command line: the commands, their arguments, and the checks of each argument."""

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

from kie_mcp import __version__
from kie_mcp.console import say, warn

DEFAULT_OUT = Path("kie-demo")
HOST = re.compile(r"(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
"""A name or an address, with or without a port; never a wildcard, which would let everybody in."""


class Parser(argparse.ArgumentParser):
    """A parser that notices when its help cannot be printed."""

    def _print_message(self, message: str, file: object = None) -> None:
        if message:
            (say if file is sys.stdout else warn)(message.removesuffix("\n"))


def build_parser() -> argparse.ArgumentParser:
    """Make the parser. Its result names the command in `command`; ConsoleError is raised if help cannot be printed."""
    whole = Parser(
        prog="kie-mcp",
        description="An MCP server for Kie.ai: pictures, speech and talking videos. "
        "Without a command it serves MCP on standard input and output; an MCP client starts it that way.",
        epilog="Settings are environment variables: KIE_API_KEY, KIE_OUTPUT_DIR and others; the README lists them.",
    )
    whole.set_defaults(command="stdio")
    whole.add_argument("--version", action="version", version=f"kie-mcp {__version__}")
    whole.add_argument("--sandbox", action="store_true", help="use a built-in sandbox: no key, no cost")
    speed_help = "how many times faster than Kie.ai the sandbox works (1)"
    whole.add_argument("--speed", type=_parse_speed, default=1.0, metavar="X", help=speed_help)
    commands = whole.add_subparsers(title="commands", metavar="command")
    _add_commands(commands.add_parser)
    for command in commands.choices.values():
        # Accepted after the command too, because people write it there. A default would undo one before the command.
        command.add_argument("--sandbox", action="store_true", default=argparse.SUPPRESS, help="as before the command")
    return whole


def _add_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    _add_serve(add("serve", help="serve MCP over HTTP to the programs of this machine"))
    demo = add("demo", help="make a picture, a voice and a talking video with the sandbox")
    demo.set_defaults(command="demo")
    demo.add_argument("--out", type=Path, default=DEFAULT_OUT, metavar="DIR", help=f"where to save ({DEFAULT_OUT})")
    style_help = "how jobs are ordered: jobs, seed or legacy, as KIE_API_STYLE says (jobs)"
    demo.add_argument("--style", choices=("jobs", "seed", "legacy"), default="jobs", help=style_help)
    sandbox = add("sandbox", help="run the sandbox alone, for other programs")
    sandbox.set_defaults(command="sandbox")
    sandbox.add_argument("--port", type=_parse_port, default=8765, metavar="N", help="port on 127.0.0.1 (8765)")
    sandbox.add_argument(
        "--speed", type=_parse_speed, default=1.0, metavar="X", help="how many times faster than Kie.ai (1)"
    )
    sandbox.add_argument(
        "--credits", type=_parse_credits, default=1000.0, metavar="N", help="balance at the start (1000)"
    )
    sandbox.add_argument("--scenario", metavar="NAME", help="trouble that every job runs into")
    doctor = add("doctor", help="check key, connections, folders, SQLite and clock, and say what to do")
    doctor.set_defaults(command="doctor")
    doctor.add_argument("--live", action="store_true", help="also compare the models here with Kie.ai's; costs nothing")
    models = add("models", help="list the models of Kie.ai, or tell what one of them takes and costs")
    models.set_defaults(command="models")
    models.add_argument("query", nargs="*", metavar="WORDS", help="words to search for, or the id of one model")
    models.add_argument("--kind", choices=("image", "video", "audio", "text", "other"), help="what they make")
    models.add_argument("--provider", default="", metavar="P", help="who makes them")
    models.add_argument("--json", action="store_true", help="as JSON")
    jobs = add("jobs", help="list the latest jobs of this key")
    jobs.set_defaults(command="jobs")
    jobs.add_argument("--limit", type=_parse_count, default=20, metavar="N", help="how many (20)")
    account = add("account", help="show balance, spending, ceilings and jobs in flight of this key")
    account.set_defaults(command="account")
    rate_help = "how often jobs of this model succeeded lately, too"
    account.add_argument("--success-rate", default="", metavar="MODEL", help=rate_help)
    account.add_argument("--json", action="store_true", help="as JSON")


def _add_serve(serve: argparse.ArgumentParser) -> None:
    serve.set_defaults(command="serve")
    serve.add_argument("--host", default="127.0.0.1", metavar="H", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=_parse_port, default=8766, metavar="N", help="port (8766); 0 picks a free one")
    host_help = "name by which callers may ask for it, besides its own; with or without a port"
    serve.add_argument("--allow-host", action="append", default=[], type=_parse_host, metavar="H", help=host_help)
    origin_help = "web site whose pages may call it, such as https://app.example"
    serve.add_argument("--allow-origin", action="append", default=[], type=_parse_origin, metavar="O", help=origin_help)


def _parse_host(text: str) -> str:
    if not HOST.fullmatch(text):
        raise argparse.ArgumentTypeError(f"must be a host such as kie.example or kie.example:8443, not {text!r}")
    return text.casefold()


def _parse_origin(text: str) -> str:
    scheme, _, host = text.rstrip("/").partition("://")
    if scheme.casefold() not in {"http", "https"} or not HOST.fullmatch(host):
        raise argparse.ArgumentTypeError(f"must be an origin such as https://app.example, not {text!r}")
    return f"{scheme}://{host}".casefold()


def _parse_count(text: str) -> int:
    return int(_parse_number(text, least=1, whole=True))


def _parse_port(text: str) -> int:
    return int(_parse_number(text, least=0, most=65535, whole=True))


def _parse_speed(text: str) -> float:
    return _parse_number(text, least=0.01, most=1000)


def _parse_credits(text: str) -> float:
    return _parse_number(text, least=0)


def _parse_number(text: str, *, least: float, most: float = 1e9, whole: bool = False) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not least <= number <= most or (whole and number != int(number)):
        kind = "a whole number" if whole else "a number"
        end = f"from {least:g} to {most:g}" if most < 1e9 else f"of at least {least:g}"
        raise argparse.ArgumentTypeError(f"must be {kind} {end}, not {text!r}")
    return number
