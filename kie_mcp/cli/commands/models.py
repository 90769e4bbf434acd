"""`kie-mcp models`: list the models of Kie.ai, or tell what one of them takes and costs."""

import argparse
import re
import sys

from kie_mcp.cli.command import Command, Group
from kie_mcp.cli.execution import read_settings, run_async, use_settings
from kie_mcp.cli.terminal import find_width, is_terminal, print_lines
from kie_mcp.console import CheckedOutput, say

_NAME = re.compile(r"([a-z][\w./-]*)(?=  |$)")
"""What is in bold: the name of a model, or of a fact about one."""


def _add_arguments(models: argparse.ArgumentParser) -> None:
    models.add_argument("query", nargs="*", metavar="WORDS", help="words to search for, or the id of one model")
    models.add_argument("--kind", choices=("image", "video", "audio", "text", "other"), help="what they make")
    models.add_argument("--provider", default="", metavar="P", help="who makes them")
    models.add_argument("--json", action="store_true", help="as JSON")


def _run(arguments: argparse.Namespace) -> int:
    settings = read_settings(arguments)
    from kie_mcp.cli.models import show_models

    async def show() -> int:
        async with use_settings(settings, arguments) as used:
            words = " ".join(arguments.query)
            kinds = {"makes": arguments.kind, "provider": arguments.provider, "as_json": arguments.json}
            width = find_width() if is_terminal(sys.stdout) else 0
            told = await show_models(used, words, width=width, **kinds)
            if width and not arguments.json:
                print_lines(told.splitlines(), CheckedOutput(), _NAME)
            else:
                say(told)
        return 0

    return run_async(show())


COMMAND = Command(
    help="list the models of Kie.ai, or tell what one of them takes and costs",
    group=Group.LOOK,
    add_arguments=_add_arguments,
    run=_run,
)
