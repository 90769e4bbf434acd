"""Define the command line: the options of every command, and the parser of each."""

import argparse
import sys
from typing import Any

from kie_mcp import __version__
from kie_mcp.cli.argument_types import parse_speed
from kie_mcp.cli.command import Command, list_commands
from kie_mcp.cli.exit_codes import TABLE
from kie_mcp.cli.terminal import find_width, is_terminal, wrap
from kie_mcp.console import say, warn

NO_COMMAND = "stdio"
"""What `command` is where none is given."""
_ABOUT = """An MCP server for Kie.ai: pictures, speech and talking videos.
Without a command it serves MCP on standard input and output: an MCP client
starts it that way. On a terminal it says what to do first."""
_SETTINGS = """Settings are environment variables: KIE_API_KEY, KIE_OUTPUT_DIR and others;
the README lists them. `kie-mcp COMMAND --help` says more of a command."""
_SANDBOX_HELP = "use a built-in sandbox: no key, no cost"
_SPEED_HELP = "how many times faster than Kie.ai the sandbox works (1)"


_DEEPER = " " * 7
"""Where a line of a list goes on: below the words of the exit codes."""


class HelpFormatter(argparse.HelpFormatter):
    """Breaks lines between words only, never inside a model's name; a text that has lines keeps them."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrap(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines: list[str] = []
        for line in text.splitlines():
            lines += wrap(line, width, indent=_DEEPER if line.startswith(" ") else "")
        return "\n".join(indent + line for line in lines)


class Parser(argparse.ArgumentParser):
    """A parser that notices when its help cannot be printed."""

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        self.formatter_class = HelpFormatter

    def _print_message(self, message: str, file: object = None) -> None:
        if message and file is sys.stdout:
            say(message.removesuffix("\n"))
        elif message:
            width = find_width() if is_terminal(sys.stderr) else sys.maxsize
            warn(*(part for line in message.splitlines() for part in wrap(line, width, indent="  ")))


class CommandParser(Parser):
    """The parser of a command, whose arguments are added when the command is chosen: that may import much."""

    command: Command | None = None

    def fill(self) -> None:
        """Add the command's arguments, once."""
        command, self.command = self.command, None
        if command is not None:
            command.add_arguments(self)

    def parse_known_args(self, *args: Any, **named: Any) -> Any:
        """Parse, with all arguments."""
        self.fill()
        return super().parse_known_args(*args, **named)


def build_parser(*, whole: bool = False) -> argparse.ArgumentParser:
    """Make the parser. Its result names the command in `command`; ConsoleError is raised if help cannot be printed.

    `whole` adds the arguments of every command at once, which loads much.
    """
    parser = Parser(
        prog="kie-mcp",
        description=_ABOUT,
        epilog=f"{TABLE}\n\n{_SETTINGS}",
    )
    parser.set_defaults(command=NO_COMMAND)
    parser.add_argument("--version", action="version", version=f"kie-mcp {__version__}")
    parser.add_argument("--sandbox", action="store_true", help=_SANDBOX_HELP)
    parser.add_argument("--speed", type=parse_speed, metavar="X", help=_SPEED_HELP)
    commands = parser.add_subparsers(title="commands", metavar="command", parser_class=CommandParser)
    for name, command in list_commands().items():
        own = commands.add_parser(name, **_describe(command))
        _add_command(own, name, command)
        if whole:
            own.fill()
    return parser


def _describe(command: Command) -> dict[str, Any]:
    about = command.about or f"{command.help[:1].upper()}{command.help[1:]}."
    return {"help": command.help, "description": about, "epilog": command.epilog or None}


def _add_command(parser: CommandParser, name: str, command: Command) -> None:
    parser.command = command
    parser.set_defaults(command=name)
    # Accepted after the command too, because people write them there. A default would undo one before the command.
    parser.add_argument("--sandbox", action="store_true", default=argparse.SUPPRESS, help=_SANDBOX_HELP)
    parser.add_argument("--speed", type=parse_speed, default=argparse.SUPPRESS, metavar="X", help=_SPEED_HELP)
