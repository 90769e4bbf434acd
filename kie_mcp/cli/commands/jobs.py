"""`kie-mcp jobs`: list the latest jobs of this key."""

import argparse

from kie_mcp.cli.argument_types import parse_count
from kie_mcp.cli.command import Command, Group
from kie_mcp.cli.execution import no_sandbox_error, read_settings, run_async
from kie_mcp.console import say


def _add_arguments(jobs: argparse.ArgumentParser) -> None:
    jobs.add_argument("--limit", type=parse_count, default=20, metavar="N", help="how many (20)")


def _run(arguments: argparse.Namespace) -> int:
    if arguments.sandbox:
        raise no_sandbox_error("jobs cannot list those of", "jobs")
    settings = read_settings(arguments)
    from kie_mcp.cli.jobs import list_latest_jobs

    async def show() -> int:
        say(await list_latest_jobs(settings, arguments.limit))
        return 0

    return run_async(show())


COMMAND = Command(help="list the latest jobs of this key", group=Group.LOOK, add_arguments=_add_arguments, run=_run)
