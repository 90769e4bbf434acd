"""`kie-mcp speech`: speak a text."""

import argparse
from pathlib import Path

from kie_mcp.cli.command import Command, Group

TOOL = "generate_speech"
EXAMPLES = """examples:
  kie-mcp speech "Hello! It is raining." --voice Rachel --open
  kie-mcp speech --from letter.txt --estimate
  fortune | kie-mcp speech -"""


def _add_arguments(speech: argparse.ArgumentParser) -> None:
    from kie_mcp.cli.order_commands import add_order_options
    from kie_mcp.cli.tool_options import add_tool_options

    speech.add_argument("text", nargs="?", default="", metavar="TEXT", help="what to say; - reads standard input")
    speech.add_argument("--from", dest="file", type=Path, metavar="FILE", help="read the text from a file")
    add_tool_options(speech, TOOL, leave_out=["text"])
    add_order_options(speech)


def _run(arguments: argparse.Namespace) -> int:
    from kie_mcp.cli.order_commands import read_text, run_order
    from kie_mcp.cli.tool_options import read_tool_options

    given = read_tool_options(arguments, TOOL)
    return run_order(arguments, TOOL, given | {"text": read_text(arguments.text, arguments.file)}, files=[])


COMMAND = Command(
    help="speak a text",
    group=Group.MAKE,
    place=2,
    about="Speak a text. Costs Kie.ai credits; --estimate says how many.",
    epilog=EXAMPLES,
    add_arguments=_add_arguments,
    run=_run,
)
