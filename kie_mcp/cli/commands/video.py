"""`kie-mcp video`: make a face speak."""

import argparse
from pathlib import Path

from kie_mcp.cli.command import Command, Group

TOOL = "create_talking_video"
EXAMPLES = """examples:
  kie-mcp video --image fox.png --script "Hello! It is raining." --voice Rachel
  kie-mcp video --image-prompt "a friendly red fox" --script "Hello!" --open
  kie-mcp video --image fox.png --audio hello.mp3 --estimate"""


def _add_arguments(video: argparse.ArgumentParser) -> None:
    from kie_mcp.cli.order_commands import add_order_options
    from kie_mcp.cli.tool_options import add_tool_options

    add_tool_options(video, TOOL, leave_out=["preview"])
    video.add_argument("--script-from", dest="file", type=Path, metavar="FILE", help="read the script from a file")
    add_order_options(video)


def _run(arguments: argparse.Namespace) -> int:
    from kie_mcp.cli.order_commands import read_text, resolve_file, run_order
    from kie_mcp.cli.tool_options import read_tool_options

    given = read_tool_options(arguments, TOOL)
    if script := read_text(given.get("script", ""), arguments.file):
        given["script"] = script
    files = {name: resolve_file(given[name]) for name in ("image", "audio") if name in given}
    return run_order(arguments, TOOL, given | files, files=[*files.values()])


COMMAND = Command(
    help="make a face speak: a talking video of a picture and a voice",
    group=Group.MAKE,
    place=3,
    about="Make a face speak, from --image or --image-prompt and --audio or --script. Takes minutes. Costs Kie.ai"
    " credits a second; --estimate says how many.",
    epilog=EXAMPLES,
    add_arguments=_add_arguments,
    run=_run,
)
