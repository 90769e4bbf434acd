"""`kie-mcp doctor`: check everything that a job needs, and say what to do."""

import argparse

from kie_mcp.cli.command import Command, Group
from kie_mcp.cli.execution import read_settings, run_async, use_settings
from kie_mcp.console import FAILED


def _add_arguments(doctor: argparse.ArgumentParser) -> None:
    doctor.add_argument("--live", action="store_true", help="also compare the models here with Kie.ai's; costs nothing")
    doctor.add_argument("--json", action="store_true", help="as JSON")


def _run(arguments: argparse.Namespace) -> int:
    settings = read_settings(arguments)
    from kie_mcp.cli.doctor import examine
    from kie_mcp.cli.findings import Grade, print_findings

    async def ask() -> int:
        async with use_settings(settings, arguments) as used:
            findings = await examine(used, live=arguments.live)
        print_findings(findings, as_json=arguments.json)
        return FAILED if any(finding.grade is Grade.PROBLEM for finding in findings) else 0

    return run_async(ask())


COMMAND = Command(
    help="check key, connections, folders, SQLite and clock, and say what to do",
    group=Group.SET_UP,
    add_arguments=_add_arguments,
    run=_run,
)
