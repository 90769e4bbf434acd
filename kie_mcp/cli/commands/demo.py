"""`kie-mcp demo`: make a picture, a voice and a talking video with the sandbox."""

import argparse
from pathlib import Path

from kie_mcp.cli.command import Command, Group
from kie_mcp.optional_packages import require_sandbox

DEFAULT_OUT = Path("kie-demo")


def _add_arguments(demo: argparse.ArgumentParser) -> None:
    demo.add_argument("prompt", nargs="*", metavar="PROMPT", help="what the picture shows; a fox if nothing is said")
    demo.add_argument("--out", type=Path, default=DEFAULT_OUT, metavar="DIR", help=f"where to save ({DEFAULT_OUT})")
    style_help = "how jobs are ordered: jobs, seed or legacy, as KIE_API_STYLE says (jobs)"
    demo.add_argument("--style", choices=("jobs", "seed", "legacy"), default="jobs", help=style_help)


def _run(arguments: argparse.Namespace) -> int:
    require_sandbox()
    from kie_mcp.cli.named_paths import find_path
    from kie_mcp.cli.pictures import show_pictures
    from kie_mcp.demo.run import PROMPT, SPEED, run_demo

    prompt = " ".join(arguments.prompt).strip() or PROMPT
    out = find_path(arguments.out, "--out")
    made = run_demo(out, prompt=prompt, speed=arguments.speed or SPEED, style=arguments.style)
    show_pictures(made)
    return 0


COMMAND = Command(
    help="make a picture, a voice and a talking video with the sandbox",
    group=Group.MAKE,
    place=90,
    add_arguments=_add_arguments,
    run=_run,
)
