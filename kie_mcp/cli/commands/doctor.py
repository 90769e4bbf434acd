"""`kie-mcp doctor`: check everything that a job needs, and say what to do."""

import argparse
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kie_mcp.cli.command import Command, Group
from kie_mcp.cli.execution import read_settings, run_async, use_settings
from kie_mcp.console import FAILED, say, warn

if TYPE_CHECKING:  # --help does without what these load
    from kie_mcp.cli.findings import Finding
    from kie_mcp.settings import Settings


def _add_arguments(doctor: argparse.ArgumentParser) -> None:
    doctor.add_argument("--live", action="store_true", help="also compare the models here with Kie.ai's; costs nothing")
    report_help = "also write a report that is safe to attach to a bug report; - prints it in place of the findings"
    doctor.add_argument("--report", nargs="?", const="", metavar="FILE", help=report_help)
    doctor.add_argument("--json", action="store_true", help="as JSON")


def _run(arguments: argparse.Namespace) -> int:
    settings = read_settings(arguments)
    from kie_mcp.cli.doctor import examine
    from kie_mcp.cli.findings import Grade, print_findings

    async def ask() -> int:
        async with use_settings(settings, arguments) as used:
            findings = await examine(used, live=arguments.live)
            if arguments.report is not None:
                await _report(used, findings, arguments.report)
        if arguments.report != "-":
            print_findings(findings, as_json=arguments.json)
        return FAILED if any(finding.grade is Grade.PROBLEM for finding in findings) else 0

    return run_async(ask())


async def _report(settings: "Settings", findings: "Sequence[Finding]", name: str) -> None:
    from kie_mcp.cli.named_paths import find_path
    from kie_mcp.cli.report import make_report, name_report, write_report

    now = time.time()
    report = await make_report(settings, findings, now)
    if name == "-":
        say(report.rstrip())
        return
    path = find_path(name or name_report(now), "--report")
    write_report(path, report)
    warn(f"kie-mcp: the report is in {path}")


COMMAND = Command(
    help="check key, connections, folders, SQLite and clock, and say what to do",
    group=Group.SET_UP,
    add_arguments=_add_arguments,
    run=_run,
)
