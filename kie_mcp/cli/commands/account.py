"""`kie-mcp account`: show how the account stands."""

import argparse
import sys

from kie_mcp.cli.command import Command, Group
from kie_mcp.cli.execution import read_settings, run_async, use_settings
from kie_mcp.cli.shell_words import rewrite
from kie_mcp.cli.terminal import is_terminal, print_lines
from kie_mcp.console import CheckedOutput, say


def _add_arguments(account: argparse.ArgumentParser) -> None:
    rate_help = "how often jobs of this model succeeded lately, too"
    account.add_argument("--success-rate", default="", metavar="MODEL", help=rate_help)
    account.add_argument("--json", action="store_true", help="as JSON")


def _run(arguments: argparse.Namespace) -> int:
    settings = read_settings(arguments)
    from kie_mcp.cli.account import report_account

    async def show() -> int:
        async with use_settings(settings, arguments) as used:
            told = await report_account(used, as_json=arguments.json, success_rate_of=arguments.success_rate)
        if arguments.json:
            say(told)
            return 0
        lines = rewrite(told).splitlines()
        print_lines(_unfold(lines) if is_terminal(sys.stdout) else lines, CheckedOutput())
        return 0

    return run_async(show())


def _unfold(lines: list[str]) -> list[str]:
    """Give each model and each ceiling a line of its own."""
    return [
        part
        for line in lines
        for part in (line if line.startswith("sandbox") else line.replace("; ", "\n  ")).split("\n")
    ]


COMMAND = Command(
    help="show balance, spending, ceilings and jobs in flight of this key",
    group=Group.LOOK,
    add_arguments=_add_arguments,
    run=_run,
)
