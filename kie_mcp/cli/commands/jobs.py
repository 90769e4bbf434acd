"""`kie-mcp jobs`: list the latest jobs of this key; show, save or open one of them."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from kie_mcp.cli.argument_types import parse_number
from kie_mcp.cli.command import Command, Group
from kie_mcp.cli.execution import read_settings, run_async, use_settings
from kie_mcp.cli.ledger_file import may_exist
from kie_mcp.cli.terminal import print_lines
from kie_mcp.console import CheckedOutput

if TYPE_CHECKING:
    from kie_mcp.settings import Settings

ACTIONS = ("show", "save", "open")
EXAMPLES = """examples:
  kie-mcp jobs --watch
  kie-mcp jobs show job_6ph3uux47ffsi4fpdzsnqgypqo
  kie-mcp jobs save job_6ph3uux47ffsi4fpdzsnqgypqo --to .

An id may be Kie.ai's own, as https://kie.ai/logs shows it, so that a job made
elsewhere is saved, too."""


def _add_arguments(jobs: argparse.ArgumentParser) -> None:
    action_help = "show all of a job, save its files (waits for its end), or open them; without it the jobs are listed"
    jobs.add_argument("action", nargs="?", choices=ACTIONS, metavar="show|save|open", help=action_help)
    jobs.add_argument("ids", nargs="*", metavar="ID", help="the jobs to show, save or open")
    jobs.add_argument(
        "--limit", type=_parse_limit, default=20, metavar="N", help="how many are listed, at most 100 (20)"
    )
    jobs.add_argument("--watch", action="store_true", help="list them again and again until all are done")
    jobs.add_argument("--to", type=Path, metavar="DIR", help="for save: copy the files into this folder")
    jobs.add_argument("--json", action="store_true", help="as JSON")


def _parse_limit(text: str) -> int:
    return int(parse_number(text, least=1, most=100, whole=True))


def _run(arguments: argparse.Namespace) -> int:
    _check(arguments)
    settings = read_settings(arguments)
    if not (arguments.sandbox or arguments.action or arguments.json or may_exist(settings.ledger_path)):
        print_lines([f"No jobs yet: there is no ledger at {settings.ledger_path}"], CheckedOutput())
        return 0

    async def run() -> int:
        async with use_settings(settings, arguments) as used:
            return await _act(used, arguments)

    return run_async(run())


async def _act(settings: "Settings", arguments: argparse.Namespace) -> int:
    from kie_mcp.cli.jobs import list_jobs, open_jobs, save_jobs, show_jobs
    from kie_mcp.cli.session import open_session

    as_json, sandbox = arguments.json, arguments.sandbox
    async with open_session(settings, sandbox=sandbox) as session:
        match arguments.action:
            case "show":
                code = await show_jobs(session, arguments.ids, as_json=as_json)
            case "save":
                code = await save_jobs(session, arguments.ids, arguments.to, as_json=as_json)
            case "open":
                code = await open_jobs(session, arguments.ids)
            case _:
                limit, watch = arguments.limit, arguments.watch
                code = await list_jobs(session, limit, sandbox=sandbox, as_json=as_json, watch=watch)
        session.confirm()
    return code


def _check(arguments: argparse.Namespace) -> None:
    from kie_mcp.setting_values import SettingsError

    if arguments.action and not arguments.ids:
        problem = f"jobs {arguments.action}: which one?"
        raise SettingsError(problem, remedy="Give the id of a job, as `kie-mcp jobs` lists it.")
    if arguments.to and arguments.action != "save":
        raise SettingsError("--to: only for jobs save.", remedy="Leave it out, or: kie-mcp jobs save ID --to DIR")


COMMAND = Command(
    help="list the latest jobs of this key; show, save or open one",
    group=Group.LOOK,
    place=1,
    about="List the latest jobs of this key with the states that Kie.ai tells just now; or show, save or open some."
    " It costs nothing.",
    epilog=EXAMPLES,
    add_arguments=_add_arguments,
    run=_run,
)
