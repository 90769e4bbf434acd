"""`kie-mcp account`: show how the account stands."""

import argparse

from kie_mcp.cli.command import Command, Group
from kie_mcp.cli.execution import read_settings, run_async, use_settings
from kie_mcp.cli.shell_words import rewrite
from kie_mcp.cli.terminal import fit
from kie_mcp.console import say


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
        say(told if arguments.json else rewrite("\n".join(fit(told.splitlines()))))
        return 0

    return run_async(show())


COMMAND = Command(
    help="show balance, spending, ceilings and jobs in flight of this key",
    group=Group.LOOK,
    add_arguments=_add_arguments,
    run=_run,
)
