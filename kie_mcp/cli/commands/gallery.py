"""`kie-mcp gallery`: make one page of what was made, and open it in the browser."""

import argparse
import sys
from pathlib import Path

from kie_mcp.cli.argument_types import parse_number
from kie_mcp.cli.command import Command, Group
from kie_mcp.cli.execution import read_settings, run_async
from kie_mcp.cli.terminal import is_terminal

MOST = 10_000
EXAMPLES = """examples:
  kie-mcp gallery
  kie-mcp gallery --limit 50 --out ~/Desktop/kie.html"""


def _add_arguments(gallery: argparse.ArgumentParser) -> None:
    out_help = "where the page goes (gallery.html in the folder of the outputs)"
    gallery.add_argument("--out", type=Path, metavar="FILE", help=out_help)
    gallery.add_argument("--limit", type=_parse_limit, default=200, metavar="N", help="how many jobs, the newest (200)")
    gallery.add_argument("--no-open", action="store_true", help="do not open it; in a pipe it is never opened")
    gallery.add_argument("--json", action="store_true", help="say as JSON where it is, and do not open it")


def _parse_limit(text: str) -> int:
    return int(parse_number(text, least=1, most=MOST, whole=True))


def _run(arguments: argparse.Namespace) -> int:
    settings = read_settings(arguments)
    if arguments.sandbox:
        from kie_mcp.setting_values import SettingsError

        message = "--sandbox: a built-in sandbox ends with its command, so there is no gallery of it."
        raise SettingsError(message, remedy="Leave it out. One that stays is run by: kie-mcp sandbox")
    import webbrowser

    from kie_mcp.cli.gallery.command import GalleryOptions, make_gallery
    from kie_mcp.cli.named_paths import find_path

    opens = is_terminal(sys.stdout) and not (arguments.no_open or arguments.json)
    wishes = GalleryOptions(
        out=find_path(arguments.out, "--out") if arguments.out else None,
        limit=arguments.limit,
        as_json=arguments.json,
        open_page=webbrowser.open if opens else None,
    )
    return run_async(make_gallery(settings, wishes))


COMMAND = Command(
    help="make one page of what was made, and open it in the browser",
    group=Group.LOOK,
    about="Make one HTML page of the files that the jobs of this key made, and open it in the browser. It is made from "
    "the ledger and the saved files: nothing is asked of Kie.ai, and nothing is sent anywhere.",
    epilog=EXAMPLES,
    add_arguments=_add_arguments,
    run=_run,
)
