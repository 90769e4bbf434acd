"""`kie-mcp run`: run any other model of Kie.ai."""

import argparse
import json
from typing import Any

from kie_mcp.cli.command import Command, Group
from kie_mcp.text import literal

TOOL = "run_model"
EXAMPLES = """examples:
  kie-mcp models music                      which models there are
  kie-mcp models MODEL                      what one of them takes
  kie-mcp run MODEL prompt="rain on a roof" duration=10 --estimate
  kie-mcp run MODEL --input '{"prompt": "rain on a roof", "duration": 10}'"""


def _add_arguments(run: argparse.ArgumentParser) -> None:
    from kie_mcp.cli.order_commands import add_order_options
    from kie_mcp.cli.tool_options import add_tool_options

    run.add_argument("model", metavar="MODEL", help="its id, as kie-mcp models lists it")
    run.add_argument("fields", nargs="*", type=_parse_field, metavar="KEY=VALUE", help="a field of its input")
    run.add_argument("--input", type=_parse_input, default={}, metavar="JSON", help="its input as a JSON object")
    add_tool_options(run, TOOL, leave_out=["model", "input", "preview"])
    add_order_options(run)


def _parse_input(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f'must be a JSON object such as \'{{"prompt": "rain"}}\', not {literal(text)}')
    return value  # pyright: ignore[reportUnknownVariableType]


def _parse_field(text: str) -> tuple[str, Any]:
    """Return the name and the value of a field; the value is JSON if it can be, else text."""
    name, is_there, value = text.partition("=")
    if not is_there or not name:
        raise argparse.ArgumentTypeError(f"must be KEY=VALUE, not {literal(text)}")
    try:
        return name, json.loads(value)
    except (ValueError, RecursionError):
        return name, value


def _run(arguments: argparse.Namespace) -> int:
    from kie_mcp.cli.order_commands import find_files, run_order
    from kie_mcp.cli.tool_options import read_tool_options

    given, files = find_files({**arguments.input, **dict(arguments.fields)})
    wishes = {"model": arguments.model, "input": given}
    return run_order(arguments, TOOL, read_tool_options(arguments, TOOL) | wishes, files=files)


COMMAND = Command(
    help="run any other model of Kie.ai, for music, films and more",
    group=Group.MAKE,
    place=4,
    about="Run any other model of Kie.ai. Costs Kie.ai credits; --estimate says how many.",
    epilog=EXAMPLES,
    add_arguments=_add_arguments,
    run=_run,
)
