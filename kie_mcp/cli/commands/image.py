"""`kie-mcp image`: make, edit or enlarge pictures."""

import argparse
from pathlib import Path

from kie_mcp.cli.command import Command, Group

TOOL = "generate_image"
EXAMPLES = """examples:
  kie-mcp image "a red fox in a raincoat" --aspect-ratio 16:9 --open
  kie-mcp image "make it night" --images fox.png
  kie-mcp image "a red fox" "a grey owl" --count 2 --estimate
  kie-mcp --sandbox --speed 10 image "a red fox" --json"""


def _add_arguments(image: argparse.ArgumentParser) -> None:
    from kie_mcp.cli.order_commands import add_order_options
    from kie_mcp.cli.tool_options import add_tool_options

    prompt_help = "what to show; several make several pictures; - reads standard input"
    image.add_argument("prompts", nargs="*", metavar="PROMPT", help=prompt_help)
    image.add_argument("--from", dest="file", type=Path, metavar="FILE", help="read the prompt from a file")
    add_tool_options(image, TOOL, leave_out=["prompt", "prompts", "preview"])
    add_order_options(image)


def _run(arguments: argparse.Namespace) -> int:
    from kie_mcp.cli.order_commands import read_text, resolve_file, run_order
    from kie_mcp.cli.tool_options import read_tool_options

    given = read_tool_options(arguments, TOOL)
    if len(arguments.prompts) > 1:
        given["prompts"] = [read_text(one, None) for one in arguments.prompts]
    elif prompt := read_text("".join(arguments.prompts), arguments.file):
        given["prompt"] = prompt
    files = [resolve_file(one) for one in given.get("images", ())]
    return run_order(arguments, TOOL, given | ({"images": files} if files else {}), files=files)


COMMAND = Command(
    help="make, edit or enlarge pictures",
    group=Group.MAKE,
    place=1,
    about="Make, edit, enlarge, sharpen or cut out pictures. Costs Kie.ai credits; --estimate says how many.",
    epilog=EXAMPLES,
    add_arguments=_add_arguments,
    run=_run,
)
